"""What goes wrong in a day: each has one clear sentence, and nothing is lost or done twice."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from bot.sandbox import SandboxError
from storage.engine import connect
from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, FORMS, World, eventually, world_on

OTHER_FORM = "form-101-00.txt"
STRANGER = "+5511977770001"


async def test_an_unknown_sender_waits_in_quarantine_until_a_tap(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.whatsapp.writes(STRANGER, "Oi, aqui é a secretária da Dra. Marina")
    card = await world.sees("De quem é?")
    assert "secretária" in card["text"]
    assert world.rows("SELECT case_id FROM contact") == [{"case_id": None}]
    await world.taps("Dra. Marina")
    await world.sees("💬")
    assert [r["case_id"] for r in world.rows("SELECT case_id FROM contact")] == [1]
    await world.whatsapp.writes(STRANGER, "Ela responde amanhã")
    answer = await world.sees("Ela responde amanhã")
    assert "De quem é?" not in answer["text"]  # the number is remembered
    await world.telegram.writes(ANALYST, "Obrigada, aguardo.", reply_to_message_id=answer["message_id"])
    await world.sees("aprovada")
    world.forward(seconds=15)
    await world.sent(1)
    assert world.accepted()[0]["to"].endswith("11977770001")  # an answer goes to whoever wrote


async def test_a_quarantined_message_is_filed_by_naming_the_protocol(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.whatsapp.writes(STRANGER, "Oi, é sobre o protocolo")
    card = await world.sees("De quem é?")
    await world.telegram.writes(ANALYST, "não sei", reply_to_message_id=card["message_id"])
    await world.sees("Responda com o nº do protocolo")
    await world.telegram.writes(ANALYST, "SAD169000763629", reply_to_message_id=card["message_id"])
    await world.sees("é sobre o protocolo")
    await eventually(lambda: world.rows("SELECT 1 FROM contact WHERE case_id = 1"), "the filing", world.chat)


async def test_a_number_shared_by_two_cases_is_asked_about(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.opens_case(OTHER_FORM, shows="retorno até sexta")
    await world.whatsapp.writes(DENTIST, "Boa tarde")
    card = await world.sees("De quem é?")
    names = {b["text"] for row in card["buttons"] for b in row}
    assert {n.split(" · ")[0] for n in names} == {"Dra. Marina Prado Serra Azul", "Dra. Caio Queiroga Serra Azul"}
    assert world.rows("SELECT case_id FROM contact WHERE direction = 'in'") == [{"case_id": None}]


async def test_a_reply_on_a_closed_case_is_kept_and_told(world: World) -> None:
    await first_touch(world)
    await world.taps("Abrir caso")
    await world.comes_to_the_end()
    await world.taps("Encerrar o caso")
    await world.sees("encerrado")
    await world.whatsapp.writes(DENTIST, "Obrigada por tudo")
    card = await world.sees("Obrigada por tudo")
    assert "Este caso está encerrado" in card["text"]
    await world.telegram.writes(ANALYST, "Por nada!", reply_to_message_id=card["message_id"])
    await world.sees("reabra-o antes de escrever")
    assert len(world.accepted()) == 1
    await world.taps("Reabrir")
    await world.offered("Agendar retorno")


async def draft_of_first_touch(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.offered("Aprovar e enviar")


async def test_a_double_tap_sends_once(world: World) -> None:
    await draft_of_first_touch(world)
    world.sandbox.faults.add("telegram.update", "duplicate", times=1)
    message_id, label = world.button("Aprovar e enviar") or (0, "")
    await world.telegram.taps(ANALYST, message_id, text=label)
    with contextlib.suppress(SandboxError):  # the screen may have been redrawn by now
        await world.telegram.taps(ANALYST, message_id, text=label)
    await world.sees("aprovada")
    world.forward(seconds=15)
    await world.sees("entregue")
    assert len(world.accepted()) == 1
    assert len(world.rows("SELECT 1 FROM message")) == 1


async def test_a_button_of_an_older_text_does_not_send_the_newer_one(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("▫️ Ação de divulgação")
    await world.taps("Ver a mensagem")
    preview = await world.sees("Vai pelo seu WhatsApp")
    await world.taps("Editar")
    await world.sees("Envie o novo texto")
    await world.telegram.writes(ANALYST, "Texto novo, doutora.")
    newer = await world.sees("Texto novo, doutora.")
    assert newer["message_id"] != preview["message_id"]
    await world.telegram.taps(ANALYST, preview["message_id"], text="✅ Enviei")
    await eventually(
        lambda: any("O texto mudou" in a["text"] for a in world.sandbox.ledger.answers), "the refusal", world.chat
    )
    assert world.rows("SELECT 1 FROM contact") == []
    await world.sees_in(preview["message_id"], "Texto novo, doutora.")  # how things stand, in the stale screen's place


async def test_a_tap_by_somebody_else_does_nothing(world: World) -> None:
    await draft_of_first_touch(world)
    await world.invited(2002, "Bia")
    message_id, _ = world.button("Aprovar e enviar") or (0, "")
    message = next(m for m in world.telegram.chat(ANALYST)["messages"] if m["message_id"] == message_id)
    data = message["buttons"][0][0]["data"]
    button = {"inline_keyboard": [[{"text": "Aprovar e enviar", "callback_data": data}]]}
    call = f"{world.settings.telegram_api_url}/bot{world.sandbox.config.telegram_token}/sendMessage"
    async with httpx.AsyncClient(trust_env=False) as client:  # as if the button had found its way to another chat
        await client.post(call, json={"chat_id": 2002, "text": "Prévia", "reply_markup": button})
    await world.telegram.taps(2002, text="Aprovar e enviar")
    await eventually(
        lambda: any("não vale mais" in a["text"] for a in world.sandbox.ledger.answers), "the refusal", world.chat
    )
    world.forward(minutes=5)
    assert world.accepted() == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("vazio.txt", b"", "O arquivo está vazio"),
        ("enorme.txt", b"x" * 20_000_000, "passa de 5 MB"),
        ("binario.txt", b"PK\x03\x04\x00\x00\x00", "está danificado"),
        ("foto.jpg", b"\xff\xd8\xff", "Arquivos que leio"),
        ("receita.txt", "Bolo de cenoura: três ovos.".encode(), "formulário"),
    ],
)
async def test_a_file_that_is_no_form_opens_nothing(world: World, name: str, content: bytes, sentence: str) -> None:
    await world.invited()
    await world.telegram.sends_document(ANALYST, content, name)
    await world.sees(sentence)
    assert world.rows('SELECT 1 FROM "case"') == []
    assert world.rows("SELECT 1 FROM dialogue_step") == []


async def test_the_same_protocol_is_opened_once(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Etapa: sem 1º contato")
    await world.telegram.sends_document(ANALYST, (FORMS / "real-a-opening.txt").read_bytes(), "de-novo.txt")
    await world.sees("já está aberto")
    assert len(world.rows('SELECT 1 FROM "case"')) == 1


async def test_a_send_without_an_answer_is_never_repeated_by_itself(database_url: str) -> None:
    async with world_on(database_url, send_timeout_seconds=0.5, send_lease_seconds=2) as world:
        world.sandbox.config.sent_after = world.sandbox.config.delivered_after = None
        await draft_of_first_touch(world)
        world.sandbox.faults.add("whatsapp.messages", "hang_before", times=1, seconds=30)
        await world.taps("Aprovar e enviar")
        await world.sees("aprovada")
        world.forward(seconds=15)
        doubt = await world.sees("não sei se chegou")
        world.forward(hours=3)
        await asyncio.sleep(1.5)
        assert world.accepted() == []
        assert {b["text"] for row in doubt["buttons"] for b in row} >= {"Chegou", "Não chegou", "Enviar de novo"}
        await world.taps("Enviar de novo")
        await world.taps("Aprovar e enviar")
        await world.sees("aprovada")
        world.forward(seconds=15)
        await world.sent(1)


@contextlib.asynccontextmanager
async def unwritable(world: World) -> AsyncIterator[None]:
    """The database cannot be written: a lock that somebody holds, or a server turned read-only."""
    url = world.settings.database_url
    if url.startswith("sqlite"):
        holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.close()
        return
    engine = connect(url)
    name = url.rsplit("/", 1)[1].split("?")[0]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
        )
        connection.execute(text(others), {"name": name})
        try:
            yield
        finally:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
            connection.execute(text(others), {"name": name})
    engine.dispose()


@pytest.mark.one_process("each process tells of the outage that it meets")
async def test_an_outage_of_the_database_is_told_once_and_made_up_for(world: World) -> None:
    await draft_of_first_touch(world)
    async with unwritable(world):
        await world.taps("Aprovar e enviar")
        await world.whatsapp.writes(STRANGER, "Alguém aí?")
        await world.sees("Não estou conseguindo gravar", known=False)
        async with httpx.AsyncClient(trust_env=False) as client:
            health = await client.get(f"{world.sandbox.product_url}/healthz")
        assert (health.status_code, health.json()["status"]) == (503, "database cannot be written")
        world.forward(minutes=1)
        refused = world.sandbox.ledger.inbound[-1]
        await asyncio.sleep(3)
        assert refused["acknowledged_at"] is None
        assert world.accepted() == []
    await world.sees("O banco de dados voltou")
    await world.sees("De quem é?")
    await world.sees("aprovada")
    told = [m["text"] for m in world.telegram.chat(ANALYST)["messages"]]
    assert sum("Não estou conseguindo gravar" in t for t in told) == 1
    world.forward(minutes=1)
    await world.sent(1)


async def test_without_settings_the_parts_are_off_and_the_rest_runs(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    off = {"telegram_token": "", "whatsapp_app_secret": "", "whatsapp_token": ""}
    async with world_on(database_url, **off) as world, httpx.AsyncClient(trust_env=False) as client:
        health = await client.get(f"{world.sandbox.product_url}/healthz")
        assert health.json()["parts"] == {"telegram": False, "whatsapp_receives": False, "whatsapp_sends": False}
        assert (await client.post(f"{world.sandbox.product_url}/webhooks/whatsapp", content=b"{}")).status_code == 404
    told = capsys.readouterr().out
    assert all(name in told for name in ("TELEGRAM_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_TOKEN"))
