"""The log: nothing secret or personal reaches it, whoever writes the record; what an operator needs survives."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot import logs

TOKEN = "5123456789:AAH-invented_token_0123456789abcdefg"
SECRETS = [TOKEN, "app/secret value", "verify-me-word"]
Configure = Callable[..., io.StringIO]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def configure() -> Iterator[Configure]:
    """Configures the log into a buffer; puts the process's logging back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook)
    levels = {name: logging.getLogger(name).level for name in logs._TALKATIVE}

    def start(level: str = "DEBUG", stream: io.StringIO | None = None) -> io.StringIO:
        stream = stream or io.StringIO()
        logs.configure(level, SECRETS, stream=stream)
        return stream

    yield start
    root.handlers[:], sys.excepthook = before[0], before[2]
    root.setLevel(before[1])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# what is written, what must not be read, the mark that stands in its place
SENSITIVE = [
    (f"HTTP Request: POST https://api.telegram.org/bot{TOKEN}/getMe", TOKEN[11:], "[secret]"),
    ("POST /bot987654321:AAE-another_token-not_configured_42/x", "another_token", "[token]"),
    ("GET /file/bot987654321%3AAAE-another_token-not_configured_42/x", "another_token", "[token]"),
    ("Authorization: Bearer EAAGm0PX4ZCpsBA", "EAAGm0PX4ZCpsBA", "[token]"),
    ("authorization: basic dXN1YXJpbzpzZW5oYQ==", "dXN1YXJpbzpzZW5oYQ", "[token]"),
    ("token EAAGm0PX4ZCpsBAKZCkqZAZCxyz0123 expired", "EAAGm0PX4ZCps", "[token]"),
    ("signed with app/secret value", "app/secret", "[secret]"),
    ("GET /hook?hub.verify_token=verify-me-word&x=1", "verify-me-word", "[secret]"),
    ("GET /hook?hub.verify_token=somebody-elses&x=1", "somebody-elses", "[secret]"),
    ("GET /oauth?s=app%2Fsecret%20value", "secret%20value", "[secret]"),
    ("postgresql://analista:senha-forte@banco/retencao", "senha-forte", "[password]"),
    ("CPF 529.982.247-25 recusado", "529.982", "[cpf]"),
    ("CPF 529 982 247 25 recusado", "982 247", "[cpf]"),
    ("CPF 529982247/25 recusado", "529982247", "[cpf]"),
    ("CNPJ 11.222.333/0001-81 recusado", "222.333", "[cnpj]"),
    ("CNPJ 11222333000181 recusado", "11222333000181", "[cnpj]"),
    ("CNPJ 11222333/0001-81 recusado", "11222333", "[cnpj]"),
    ("CNPJ 12.ABC.345/01DE-35 recusado", "ABC.345", "[cnpj]"),
    ("CNPJ 12ABC34501DE35 recusado", "12ABC34501DE35", "[cnpj]"),
    ("para +5571980000017", "980000017", "[phone]"),
    ("para +55 71 98000-0017", "98000-0017", "[phone]"),
    ("para +1 (202) 555-0143", "555-0143", "[phone]"),
    ("https://wa.me/5571980000017?text=x", "980000017", "[phone]"),
    ("para 557180000017", "80000017", "[phone]"),
    ("para (71) 98000-0017", "98000-0017", "[phone]"),
    ("para (071) 3333-4444", "3333-4444", "[phone]"),
    ("para 71 9 8000 0017", "8000 0017", "[phone]"),
    ("para 71 98000.0017", "98000.0017", "[phone]"),
    ("para 7133334444, fixo", "33334444", "[phone]"),
    ("para 98000-0017", "98000-0017", "[phone]"),
    ("fixo 3333-4444.", "3333-4444", "[phone]"),
    ("update: /start Zk3_c0nvite-7Q", "Zk3_c0nvite-7Q", "[invite]"),
    ("https://t.me/um_bot?start=Zk3_c0nvite-7Q", "Zk3_c0nvite-7Q", "[invite]"),
    ("DETAIL: Key (name, phone)=(Ana (Dra.), x) already exists.", "Ana", "[row]"),
    ("DETAIL: Failing row contains (1, Doutora Helena, (x)).", "Helena", "[row]"),
    ("DETAIL: Failing row contains (12, Oi :)\nmeu segredo (nosso)\né este, 3).", "segredo", "[row]"),
    ("DETAIL: Failing row contains (12, Oi :)\né este, 3).\n(Background on this error)", "este", "[row]"),
    ("x [type=int, input_value='Quero sair', input_type=str]", "Quero", "[input]"),
]


@pytest.mark.parametrize(("message", "hidden", "mark"), SENSITIVE, ids=[message for message, _, _ in SENSITIVE])
def test_what_is_sensitive_never_reaches_the_log(configure: Configure, message: str, hidden: str, mark: str) -> None:
    stream = configure()
    library = logging.getLogger("httpx")
    library.setLevel(logging.DEBUG)  # they are kept quiet; this shows that speaking they would leak nothing either
    library.info("one %s", message)
    library.info("two", extra={"address": message, "more": {"inner": [message, httpx.URL("http://x"), message]}})
    try:
        raise RuntimeError(message) from ValueError(message)
    except RuntimeError:
        library.exception("three")
        structlog.get_logger("bot.worker").exception("four", url=message)
    structlog.get_logger("bot.worker").info(message, **{"a key": {message: 1}})
    written = records(stream)
    assert [record["event"] for record in written][1:4] == ["two", "three", "four"]
    assert len(written) == 5
    assert hidden not in stream.getvalue()
    for record in written:
        assert mark in json.dumps(record)
    assert "RuntimeError" in written[2]["exception"]
    assert "RuntimeError" in written[3]["exception"]


SURVIVING = [
    "protocolo SAD202310300017 aberto",
    "SAD123456789012",
    "at 2026-11-22T06:32:26.123456Z and 2026-11-22T06:32:26+00:00",
    "em 30/10/2023 às 11:01, [16:22, 09/11/2023]",
    "de 2022-09 a 2023-10, anos 2022-2023, 5.1319 %",
    "epoch 1795329146.123456",
    "biz 3f0c1a52-9d3e-4c1b-8a77-0242ac120002",
    "GET http://127.0.0.1:8080/healthz 200, from 192.168.100.20:54321",
    "case 17, message 1234567, update 918273645",
    "wamid.HBgNQUJDREVGR0hJSktMTRUCABIYIA==",
    "R$ 0,35 -> 0,37; 131047; v26.0; 4194304 bytes",
    "INTERNALSERVER went away",
]


@pytest.mark.parametrize("message", SURVIVING)
def test_protocols_ids_and_times_survive(configure: Configure, message: str) -> None:
    stream = configure()
    logging.getLogger("anything").info(message)
    assert records(stream)[0]["event"] == message


def test_ids_given_as_numbers_survive_and_fields_named_like_a_body_do_not(configure: Configure) -> None:
    stream = configure()
    at = datetime(2023, 10, 30, 14, 1, tzinfo=UTC)
    structlog.get_logger("bot").warning(
        "kept", chat_id=-1001234567890, user_id=71980000017, code=131047, at=at, ok=True
    )
    structlog.get_logger("bot").warning("blanked", text="Quero sair", Body=b"Quero sair", raw=b"Quero sair", phone=None)
    kept, blanked = records(stream)
    assert (kept["chat_id"], kept["user_id"], kept["code"], kept["ok"]) == (-1001234567890, 71980000017, 131047, True)
    assert kept["at"] == str(at)
    assert (kept["level"], kept["logger"]) == ("warning", "bot")
    assert datetime.fromisoformat(kept["timestamp"]).tzinfo is not None
    assert "Quero sair" not in stream.getvalue()
    assert (blanked["text"], blanked["raw"]) == ("[text]", "[10 bytes]")


def test_a_failed_statement_does_not_quote_its_parameters(configure: Configure) -> None:
    stream = configure()
    engine = create_engine("sqlite://")
    values = {"body": "Quero sair\n[do plano]"}
    try:
        with engine.connect() as connection:
            connection.execute(text("INSERT INTO missing VALUES (:body)"), values)
    except SQLAlchemyError:
        logging.getLogger("storage").exception("failed")
    engine.dispose()
    assert "no such table: missing" in stream.getvalue()
    assert "[parameters]" in stream.getvalue()
    assert "Quero sair" not in stream.getvalue()


async def test_a_real_request_is_not_logged_with_its_token_at_any_level(configure: Configure) -> None:
    stream = configure("DEBUG")
    transport = httpx.MockTransport(lambda request: httpx.Response(404))
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.get(f"https://api.telegram.org/bot{TOKEN}/getMe")
    assert stream.getvalue() == ""
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        logging.getLogger("telegram.ext").warning("no luck: %s", error)
    assert "404 Not Found" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_a_record_that_cannot_be_formatted_does_not_print_its_arguments(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = configure()
    logging.getLogger("library").info("%d", "529.982.247-25")
    assert stream.getvalue().startswith("unwritable log record: library ")
    assert "529" not in stream.getvalue() + capsys.readouterr().err


def test_an_uncaught_exception_is_a_redacted_record(configure: Configure) -> None:
    stream = configure()
    error = RuntimeError(f"cannot reach bot{TOKEN}")
    sys.excepthook(RuntimeError, error, None)
    assert records(stream)[0]["level"] == "critical"
    assert TOKEN not in stream.getvalue()


def test_handlers_that_libraries_brought_along_are_taken_from_them(configure: Configure) -> None:
    own = io.StringIO()
    server = logging.getLogger("uvicorn.error")
    server.addHandler(logging.StreamHandler(own))
    server.propagate = False
    stream = configure()
    server.error("para +5571980000017")
    assert own.getvalue() == ""
    assert records(stream)[0]["event"] == "para [phone]"


def test_on_a_terminal_the_lines_are_for_the_eye_and_redacted_too(configure: Configure) -> None:
    stream = configure(stream=Terminal())
    try:
        raise RuntimeError(TOKEN)
    except RuntimeError:
        structlog.get_logger("bot").exception("falhou", to="+5571980000017")
    assert "falhou" in stream.getvalue()
    assert "Traceback" in stream.getvalue()
    assert TOKEN not in stream.getvalue()
    assert "5571980000017" not in stream.getvalue()


def test_the_level_holds_for_both_kinds_of_logger(configure: Configure) -> None:
    stream = configure("WARNING")
    logging.getLogger("library").info("quiet")
    structlog.get_logger("bot").info("quiet")
    structlog.get_logger("bot").warning("heard %s", "so")
    assert [record["event"] for record in records(stream)] == ["heard so"]
