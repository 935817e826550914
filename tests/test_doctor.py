"""`retencao doctor` against the emulators and real databases: a healthy set-up, and each fault as a row of a table."""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import running
from bot.doctor import CHECKS, Finding, Level, database, examine
from bot.doctor.findings import SUBJECTS
from bot.doctor.wire import Wire
from bot.sandbox import Sandbox
from bot.services import pauses
from bot.settings import Settings
from messages.statuses import ChannelName, Role
from messages.templates import Library
from storage import inspection
from storage.engine import connect, migrate
from storage.leader import Leadership
from storage.models import InboxEvent
from tests.factory import Store, create_analyst
from tests.flow.world import emulators, free_port, settings_for

OK, WARNS, FAILS = Level.OK, Level.WARNS, Level.FAILS
NOWHERE = "http://127.0.0.1:1"
SECRETS = {"telegram_webhook_secret": "segredo-do-telegram", "whatsapp_verify_token": "sandbox-verify-token"}


@contextlib.asynccontextmanager
async def at_meta_and_telegram(url: str, **more: Any) -> AsyncIterator[tuple[Sandbox, Settings]]:
    async with emulators() as (sandbox, address):
        yield sandbox, settings_for(sandbox, address, url, clock_url="", **(SECRETS | more))


async def checked(name: str, settings: Settings, seconds: float = 30.0) -> list[Finding]:
    """One check, aside: the emulators live in this loop."""
    return await asyncio.to_thread(lambda: list(CHECKS[name](settings, Wire(seconds))))


def impatience(words: str) -> float:
    """Short where an answer never comes; whatever else is slow is not meant."""
    return 0.5 if "a tempo" in words else 30.0


def tells(findings: list[Finding], level: Level, words: str) -> bool:
    return any(f.level is level and words in f.found and bool(f.remedy) is (level is not OK) for f in findings)


def keeps_secrets(findings: list[Finding], settings: Settings) -> bool:
    told = " ".join(f"{f.found} {f.remedy}" for f in findings)
    return not any(secret in told for secret in settings.secrets)


async def test_a_healthy_installation_is_told_to_be_so(sqlite_url: str) -> None:
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    os.chmod(sqlite_url.removeprefix("sqlite:///"), 0o600)  # noqa: PTH101
    served = {"http_port": port, "public_url": public, "telegram_mode": "webhook"}
    async with at_meta_and_telegram(sqlite_url, **served) as (sandbox, settings), running(settings):
        while not sandbox.telegram.updates.webhook:
            await asyncio.sleep(0.01)
        findings = await asyncio.to_thread(lambda: list(examine(settings)))
    told = [f.line() for f in findings if f.level is not OK and not f.found.startswith("SQLite 3.")]
    assert told == []
    assert {f.check for f in findings} == SUBJECTS.keys() - {"polling"} == CHECKS.keys() - {"polling"}
    assert keeps_secrets(findings, settings)
    store = Store(sqlite_url)
    assert store.count(InboxEvent) == 0  # the probes have left nothing
    store.close()


TELEGRAM_FAULTS: list[tuple[dict[str, Any], Callable[[Sandbox], Any], Level, str]] = [
    ({"telegram_token": "100200300:another-token"}, lambda _: None, FAILS, "recusou o token"),
    ({"telegram_api_url": NOWHERE}, lambda _: None, WARNS, "fora de alcance (a conexão foi recusada)"),
    ({}, lambda s: s.faults.add("telegram.getMe", "hang_before"), WARNS, "fora de alcance (não respondeu a tempo)"),
    ({}, lambda s: s.faults.add("telegram.getMe", "500_before"), FAILS, "respondeu 500"),
    ({}, lambda s: webhook(s, "https://outro.example/x"), WARNS, "para um webhook em outro.example, e não para cá"),
    ({"telegram_mode": "webhook"}, lambda _: None, WARNS, "ainda não está registrado"),
    (
        {"telegram_mode": "webhook"},
        lambda s: webhook(s, "https://outro.example/webhooks/telegram"),
        FAILS,
        "para outro endereço, em outro.example",
    ),
    ({"telegram_mode": "webhook"}, lambda s: waiting(s, 101), WARNS, "101 mensagens esperam no Telegram"),
    ({"telegram_mode": "webhook"}, lambda s: failing(s), WARNS, "não conseguiu entregar: Connection failed"),
]


def webhook(sandbox: Sandbox, url: str) -> None:
    sandbox.telegram.updates.set_webhook(url, None, None, False)


async def waiting(sandbox: Sandbox, count: int) -> None:
    sandbox.telegram.person(1, first_name="Ana")
    for _ in range(count):
        await sandbox.telegram.writes(1, "Oi")


async def failing(sandbox: Sandbox) -> None:
    webhook(sandbox, NOWHERE)
    await waiting(sandbox, 1)
    while sandbox.telegram.updates.deliveries.last_error is None:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("more", "happens", "level", "words"), TELEGRAM_FAULTS, ids=[row[3] for row in TELEGRAM_FAULTS]
)
async def test_what_is_wrong_with_telegram_is_told(
    more: dict[str, Any], happens: Callable[[Sandbox], Any], level: Level, words: str
) -> None:
    async with at_meta_and_telegram("sqlite:///none.db", public_url="https://retencao.example", **more) as (
        sandbox,
        settings,
    ):
        if (act := happens(sandbox)) is not None:
            await act
        findings = await checked("telegram", settings, seconds=impatience(words))
    assert tells(findings, level, words), findings
    assert keeps_secrets(findings, settings)


def judged(state: str) -> Callable[[Sandbox], Any]:
    return lambda sandbox: sandbox.whatsapp.judge_template("retencao_retomar", state)


def told(**changes: Any) -> Callable[[Sandbox], Any]:
    def change(sandbox: Sandbox) -> None:
        for name, value in changes.items():
            setattr(sandbox.config, name, value)

    return change


def registered(body: str, category: str) -> Callable[[Sandbox], Any]:
    def register(sandbox: Sandbox) -> None:
        sandbox.whatsapp.template("retencao_retomar", body or Library.packaged()["retomar"].meta_body(), category)

    return register


META_FAULTS: list[tuple[dict[str, Any], Callable[[Sandbox], Any], Level, str]] = [
    ({"whatsapp_token": "another-token"}, lambda _: None, FAILS, "recusou o token"),
    ({"whatsapp_phone_number_id": "77"}, lambda _: None, FAILS, "não conhece o que está em WHATSAPP_PHONE_NUMBER_ID"),
    ({"whatsapp_waba_id": "77"}, lambda _: None, FAILS, "não conhece o que está em WHATSAPP_WABA_ID"),
    ({"whatsapp_api_url": NOWHERE}, lambda _: None, WARNS, "fora de alcance (a conexão foi recusada)"),
    ({}, lambda s: s.faults.add("whatsapp.media", "error", code=200), FAILS, "o token não tem permissão"),
    ({}, lambda s: s.faults.add("whatsapp.media", "error", code=80007), WARNS, "pede para esperar"),
    ({}, lambda s: s.faults.add("whatsapp.media", "500_before"), FAILS, "a Meta respondeu 500"),
    ({}, lambda s: s.faults.add("whatsapp.media", "hang_before"), WARNS, "fora de alcance (não respondeu a tempo)"),
    ({}, told(number_status="BANNED"), FAILS, "o número está BANNED"),
    ({}, told(can_send="BLOCKED"), FAILS, "a Meta bloqueia o envio"),
    ({}, told(can_send="LIMITED"), WARNS, "a Meta limita o envio"),
    ({}, told(quality_rating="YELLOW"), WARNS, "qualidade média"),
    ({}, told(quality_rating="RED"), WARNS, "qualidade baixa"),
    ({}, told(quality_rating="UNKNOWN"), OK, "qualidade ainda sem nota"),
    ({}, told(messaging_limit="TIER_250"), WARNS, "até 250 pessoas por dia"),
    ({}, told(messaging_limit="TIER_100K"), OK, "até 100.000 pessoas por dia"),
    ({}, told(messaging_limit="TIER_UNLIMITED"), OK, "sem limite"),
    ({}, told(messaging_limit=""), WARNS, "não diz a quantas pessoas"),
    ({}, told(app_subscribed=False), FAILS, "nenhum aplicativo está inscrito"),
    ({}, judged("PENDING"), WARNS, "retencao_retomar está em análise"),
    ({}, judged("PAUSED"), WARNS, "retencao_retomar está pausado"),
    ({}, judged("REJECTED"), FAILS, "retencao_retomar está recusado"),
    ({}, judged("DISABLED"), FAILS, "retencao_retomar está desativado"),
    ({}, judged("ARCHIVED"), FAILS, "retencao_retomar está arquivado"),
    ({}, registered("Olá, {{dentist_addressed}}!", "UTILITY"), FAILS, "retencao_retomar tem na Meta outro texto"),
    ({}, registered("", "MARKETING"), WARNS, "retencao_retomar é cobrado como marketing, e não utilidade"),
]


@pytest.mark.parametrize(("more", "happens", "level", "words"), META_FAULTS, ids=[row[3] for row in META_FAULTS])
async def test_what_is_wrong_at_meta_is_told(
    more: dict[str, Any], happens: Callable[[Sandbox], Any], level: Level, words: str
) -> None:
    async with at_meta_and_telegram("sqlite:///none.db", **more) as (sandbox, settings):
        if (act := happens(sandbox)) is not None:
            await act
        findings = await checked("whatsapp", settings, seconds=impatience(words))
    assert tells(findings, level, words), findings
    assert keeps_secrets(findings, settings)


async def test_a_template_that_was_never_made_is_told_and_those_on_later_pages_are_found() -> None:
    async with at_meta_and_telegram("sqlite:///none.db") as (sandbox, settings):
        sandbox.whatsapp.templates.__init__()  # type: ignore[misc]  nothing registered any more
        for number in range(120):
            sandbox.whatsapp.template(f"outro_{number}", "Olá!", "UTILITY")
        missing = await checked("whatsapp", settings)
        registered("", "UTILITY")(sandbox)
        found = await checked("whatsapp", settings)
    assert tells(missing, FAILS, "o modelo retencao_retomar não existe na conta")
    assert tells(found, OK, "modelo retencao_retomar aprovado")


WEBHOOK_FAULTS: list[tuple[dict[str, Any], Level, str]] = [
    ({"public_url": ""}, WARNS, "falta PUBLIC_URL"),
    ({"public_url": NOWHERE}, FAILS, "não responde (a conexão foi recusada)"),
    ({"public_url": "http://retencao.invalid"}, FAILS, "não começa com https://"),
    ({"whatsapp_verify_token": "another"}, FAILS, "a pergunta da Meta é recusada"),
    ({"whatsapp_verify_token": ""}, FAILS, "não consegue confirmar"),
    ({"whatsapp_app_secret": "another"}, FAILS, "a assinatura certa é recusada"),
    ({"telegram_webhook_secret": "another"}, FAILS, "o segredo do Telegram é recusado"),
]


@pytest.mark.parametrize(("more", "level", "words"), WEBHOOK_FAULTS, ids=[row[2] for row in WEBHOOK_FAULTS])
async def test_what_is_wrong_on_the_way_to_the_webhooks_is_told(
    sqlite_url: str, more: dict[str, Any], level: Level, words: str
) -> None:
    port = free_port()
    served = {"http_port": port, "public_url": f"http://127.0.0.1:{port}", "telegram_mode": "webhook"}
    async with at_meta_and_telegram(sqlite_url, **served) as (_, settings), running(settings):
        findings = await checked("webhook", settings.model_copy(update=secret(more)))
    assert tells(findings, level, words), findings
    assert keeps_secrets(findings, settings)


def secret(changes: dict[str, Any]) -> dict[str, Any]:
    """As the settings hold them."""
    fields = Settings(_env_file=None, **changes)
    return {name: getattr(fields, name) for name in changes}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([200] * 9, "em PUBLIC_URL responde outra coisa"),
        ([404] * 9, "em PUBLIC_URL responde outra coisa"),
        ([403, 204], "um corpo com assinatura falsa foi aceito"),
        ([403, 401, 204, 413], "um corpo de 3 MB não passa (resposta 413)"),
        ([403, 401, 204, 401], "um corpo de 3 MB não passa (resposta 401)"),
    ],
)
async def test_what_stands_before_the_product_may_spoil_the_bodies(answers: list[int], words: str) -> None:
    async with answering(answers) as url, at_meta_and_telegram("sqlite:///none.db", public_url=url) as (_, settings):
        findings = await checked("webhook", settings)
    assert tells(findings, FAILS, words), findings


@contextlib.asynccontextmanager
async def answering(statuses: list[int], date: str | None = None) -> AsyncIterator[str]:
    """A server that reads each request and answers with the next status, and with this date."""
    left = list(statuses)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        await reader.readexactly(int(length or 0))
        dated = f"Date: {date}\r\n" if date else ""
        writer.write(
            f"HTTP/1.1 {left.pop(0)} As told\r\n{dated}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [(0, OK, "certo"), (30, WARNS, "30 s adiantado"), (-30, WARNS, "30 s atrasado"), (300, FAILS, "300 s adiantado")],
)
async def test_a_clock_that_goes_wrong_is_told(ahead: int, level: Level, words: str) -> None:
    theirs = format_datetime(datetime.now(UTC) - timedelta(seconds=ahead), usegmt=True)
    async with answering([302], theirs) as url:
        findings = await checked("clock", Settings(_env_file=None, telegram_api_url=url))
    assert [f.level for f in findings] == [level]
    assert words.split()[-1] in findings[0].found


async def test_a_clock_that_others_move_and_one_that_cannot_be_compared_are_told() -> None:
    settings = Settings(_env_file=None, telegram_api_url=NOWHERE, clock_url="http://127.0.0.1:1/clock")
    findings = await checked("clock", settings)
    assert tells(findings, WARNS, "CLOCK_URL está definido") and tells(findings, WARNS, "não comparado com o de fora")
    async with answering([200]) as url:
        findings = await checked("clock", Settings(_env_file=None, telegram_api_url=url))
    assert tells(findings, WARNS, "a resposta veio sem data")


# --- the database ---


async def of_database(url: str) -> list[Finding]:
    return await checked("database", Settings(_env_file=None, database_url=url))


async def test_a_database_at_the_newest_schema_is_well_and_left_as_it_is(database_url: str) -> None:
    findings = await of_database(database_url)
    assert tells(findings, OK, "esquema em dia")
    assert not [f for f in findings if f.level is FAILS]


async def test_a_database_of_another_version_is_told(database_url: str, sqlite_url: str) -> None:
    engine = connect(database_url)
    newest = inspection.schema(engine).newest
    told = {}
    for revision in ("0003", "9999", newest):
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        told[revision] = await of_database(database_url)
    engine.dispose()
    assert tells(told["0003"], WARNS, "migrações")
    assert tells(told["9999"], FAILS, "é de uma versão mais nova")
    assert tells(told[newest], OK, "esquema em dia")


async def test_an_sqlite_file_that_is_missing_no_database_empty_or_held_is_told(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    assert tells(await of_database(f"sqlite:///{file}"), WARNS, "ainda não existe")
    assert not file.exists()
    assert tells(await of_database("sqlite:////dev/null/new.db"), FAILS, "não pode ser criado")
    file.write_text("Bolo de cenoura\n" * 100, encoding="utf-8")
    assert tells(await of_database(f"sqlite:///{file}"), FAILS, "not a database")
    file.unlink()
    sqlite3.connect(file).close()
    file.touch()
    assert tells(await of_database(f"sqlite:///{file}"), WARNS, "o esquema está atrás")
    migrate(f"sqlite:///{file}")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert tells(await of_database(f"sqlite:///{file}"), FAILS, "database is locked")
    holder.close()


async def test_a_postgresql_out_of_reach_or_that_only_reads_is_told(postgresql_url: str) -> None:
    away = "postgresql://ana:segredo@127.0.0.1:1/retencao"
    findings = await of_database(away)
    assert tells(findings, FAILS, "não consegui usá-lo") and "segredo" not in findings[0].found
    assert tells(
        await of_database(f"{postgresql_url}?options=-cdefault_transaction_read_only%3Don"), FAILS, "read-only"
    )


async def test_a_team_in_which_nobody_supervises_is_told(database_url: str) -> None:
    settings = Settings(_env_file=None, database_url=database_url)
    assert tells(await checked("team", settings), OK, "ninguém entrou ainda")
    store = Store(database_url)
    create_analyst(store)
    create_analyst(store, "Ex-chefe", Role.SUPERVISOR, active=False)
    create_analyst(store, "Convidada", Role.SUPERVISOR, telegram_user_id=None)
    assert tells(await checked("team", settings), WARNS, "ninguém na supervisão")
    create_analyst(store, "Sofia", Role.SUPERVISOR)
    store.close()
    assert tells(await checked("team", settings), OK, "1 pessoa na supervisão")
    assert await checked("team", Settings(_env_file=None, database_url="sqlite:////nowhere/retencao.db")) == []


async def test_a_channel_that_rests_is_told_with_what_to_do(sqlite_url: str) -> None:
    settings = Settings(_env_file=None, database_url=sqlite_url)
    assert tells(await checked("sending", settings), OK, "nenhum canal")
    store = Store(sqlite_url)
    store.do(pauses.begin, ChannelName.WHATSAPP, 131031, "A conta está bloqueada: peça a revisão.")
    store.close()
    found = await checked("sending", settings)
    assert tells(found, FAILS, "os envios pelo WhatsApp estão parados desde 30/10/2023, 11:00 (código 131031)")
    assert "peça a revisão" in found[0].remedy
    assert await checked("sending", Settings(_env_file=None, database_url="sqlite:////nowhere/retencao.db")) == []


async def test_who_polls_is_told_where_several_may(postgresql_url: str) -> None:
    settings = Settings(_env_file=None, database_url=postgresql_url, telegram_token="100200300:token")
    assert tells(await checked("polling", settings), WARNS, "nenhum processo busca")
    engine = connect(postgresql_url)
    leadership = Leadership(engine)
    assert leadership.held()
    assert tells(await checked("polling", settings), OK, "um processo busca as mensagens")
    leadership.release()
    engine.dispose()


@pytest.mark.parametrize(
    ("version", "spoils"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_which_sqlite_may_spoil_its_file_is_known(version: tuple[int, int, int], spoils: bool) -> None:
    assert database.spoils(version) is spoils


@pytest.mark.parametrize(("free", "level"), [(50 * 1024**2, FAILS), (500 * 1024**2, WARNS), (5 * 1024**3, OK)])
def test_little_room_on_the_disk_is_told(free: int, level: Level) -> None:
    assert tells([database.room(free, "ao lado do banco")], level, "livres ao lado do banco")


def test_a_folder_of_files_that_cannot_be_written_is_told() -> None:
    for folder, level, words in (("/dev/null/files", FAILS, "não pode ser gravada"), ("", OK, "GB livres")):
        findings = list(CHECKS["disk"](Settings(_env_file=None, media_folder=folder), Wire(1)))
        assert tells(findings, level, words), findings


# --- settings, time, the command ---


def test_what_is_off_and_what_others_can_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings, file = Settings(_env_file=None), Path(".env")
    file.touch(0o600)
    assert not tells(list(CHECKS["settings"](settings, Wire(1))), WARNS, "podem ler")
    file.chmod(0o644)
    findings = list(CHECKS["settings"](settings, Wire(1)))
    assert tells(findings, WARNS, "O Telegram está desligado: falta TELEGRAM_TOKEN")
    assert tells(findings, WARNS, "podem ler .env")


async def test_a_check_that_hangs_is_told_and_left_behind(sqlite_url: str) -> None:
    async with at_meta_and_telegram(sqlite_url) as (sandbox, settings):
        sandbox.faults.add("telegram.getMe", "hang_before")
        findings = await asyncio.to_thread(lambda: list(examine(settings, patience=2, one_call=30)))
    late = [f.check for f in findings if f.found == "não terminou a tempo"]
    assert late == ["telegram"]
    assert tells(findings, OK, "um formulário de teste foi impresso")


async def command(settings: Settings, *arguments: str) -> tuple[int | None, str, str]:
    """`retencao doctor` as a process, with these settings in its environment."""
    hidden = {"telegram_token", "whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token"}
    given = {name.upper(): str(value) for name, value in settings if name not in hidden}
    given |= {name.upper(): getattr(settings, name).get_secret_value() for name in hidden}
    given["TELEGRAM_WEBHOOK_SECRET"] = ""
    environment = os.environ | given | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    program = [sys.executable, "-m", "bot", "doctor", *arguments]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, env=environment, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_command_ends_with_0_when_nothing_fails_1_when_something_does_and_2_for_bad_input(
    sqlite_url: str,
) -> None:
    async with at_meta_and_telegram(sqlite_url, whatsapp_app_secret="") as (sandbox, settings):
        code, out, err = await command(settings)
        assert (code, err) == (0, ""), out + err
        assert "ok       Telegram: token aceito, o robô é @retencao_sandbox_bot.\n" in out
        sandbox.config.number_status = "BANNED"
        code, out, err = await command(settings, "--json")
        lines = [json.loads(line) for line in out.splitlines()]
        assert (code, err) == (1, "")
        banned = {"check": "whatsapp", "level": "fails", "found": "o número está BANNED", "remedy": None}
        failures = [line for line in lines if line["level"] == "fails"]
        assert [line | {"remedy": None} for line in failures] == [banned]
        assert not any(secret in out for secret in settings.secrets)
        code, out, err = await command(settings, "--yaml")
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        code, out, err = await command(settings.model_copy(update={"timezone": "Lua"}))
        assert (code, out, err.startswith("retencao: TIMEZONE: ")) == (2, "", True)
