"""The channel against the emulator: certain is only what never left and what was answered."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.channels.whatsapp import WhatsApp
from bot.sandbox import Sandbox, SandboxConfig
from messages.contracts import Document, Outgoing, SendResult, TemplateCall, Verdict
from tests.channels.peers import answering, nobody
from tests.factory import NOW, PHONE
from tests.patience import PATIENCE

TIMEOUT = 1.0  # seconds: what hangs is given up after it


@pytest.fixture
async def sandbox() -> Sandbox:
    sandbox = Sandbox(SandboxConfig(start_at=NOW))
    sandbox.whatsapp.person(PHONE, name="Marina")
    await sandbox.whatsapp.writes(PHONE, "Bom dia!")  # the window is open
    return sandbox


@pytest.fixture
async def channel(sandbox: Sandbox) -> AsyncIterator[WhatsApp]:
    async with sandbox.serving() as address:
        channel = open_channel(address, sandbox.config)
        yield channel
        await channel.close()


def open_channel(address: str, config: SandboxConfig, token: str | None = None) -> WhatsApp:
    return WhatsApp(address, "v26.0", config.phone_number_id, token or config.whatsapp_token, timeout=TIMEOUT)


async def send(channel: WhatsApp, text: str = "Bom dia, Dra.!", **more: object) -> SendResult:
    return await channel.send(Outgoing("our-key", **({"to": PHONE, "text": text} | more)))  # type: ignore[arg-type]


async def test_a_text_is_accepted_with_its_id_and_carries_our_key(sandbox: Sandbox, channel: WhatsApp) -> None:
    result = await send(channel)
    (accepted,) = sandbox.ledger.whatsapp_accepted
    assert (result.verdict, result.external_id) == (Verdict.ACCEPTED, accepted["id"])
    assert result.recipient_id is not None and result.recipient_id.startswith("5571")
    assert (accepted["to"], accepted["text"], accepted["biz_opaque_callback_data"]) == (
        PHONE,
        "Bom dia, Dra.!",
        "our-key",
    )


async def test_a_template_is_accepted_with_its_parameters(sandbox: Sandbox, channel: WhatsApp) -> None:
    sandbox.whatsapp.template("ola", "Olá {{dentist}}, tudo bem?")
    result = await send(channel, template=TemplateCall("ola", {"dentist": "Dra. Marina"}))
    assert result.verdict is Verdict.ACCEPTED
    assert sandbox.ledger.whatsapp_accepted[0]["text"] == "Olá Dra. Marina, tudo bem?"


async def test_whoever_hides_the_number_is_answered_by_identity(sandbox: Sandbox, channel: WhatsApp) -> None:
    sandbox.whatsapp.person("+5571980000025", name="Rita", bsuid="BR.rita123", hides_phone=True)
    await sandbox.whatsapp.writes("+5571980000025", "Oi")
    result = await send(channel, to="BR.rita123")
    assert result.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("kind", "code", "verdict", "accepted"),
    [
        ("500_before", None, Verdict.UNKNOWN, 0),
        ("500_after", None, Verdict.UNKNOWN, 1),
        ("hang_before", None, Verdict.UNKNOWN, 0),
        ("hang_after", None, Verdict.UNKNOWN, 1),
        ("429", None, Verdict.RETRY, 0),
        ("error", 131056, Verdict.RETRY, 0),
        ("error", 131026, Verdict.REJECTED, 0),
        ("error", 190, Verdict.SHUT, 0),
    ],
)
async def test_each_fault_is_judged_and_nothing_is_sent_twice(
    sandbox: Sandbox, channel: WhatsApp, kind: str, code: int | None, verdict: Verdict, accepted: int
) -> None:
    sandbox.faults.add("whatsapp.messages", kind, code=code)
    result = await asyncio.wait_for(send(channel), PATIENCE)
    assert result.verdict is verdict
    assert result.reason
    assert len(sandbox.ledger.whatsapp_accepted) == accepted
    assert (await send(channel)).verdict is Verdict.ACCEPTED  # the channel itself is unharmed


async def test_outside_the_window_it_is_rejected_with_what_to_do(sandbox: Sandbox, channel: WhatsApp) -> None:
    result = await send(channel, to="+5571970000000")
    assert (result.verdict, result.code) == (Verdict.REJECTED, 131047)
    assert "modelo aprovado" in result.reason


async def test_with_a_wrong_token_nothing_at_all_leaves(sandbox: Sandbox) -> None:
    async with sandbox.serving() as address:
        channel = open_channel(address, sandbox.config, token="wrong")
        assert (await send(channel)).verdict is Verdict.SHUT
        await channel.close()
    assert sandbox.ledger.whatsapp_accepted == []


async def test_where_nobody_listens_it_certainly_did_not_go() -> None:
    with nobody() as address:
        channel = open_channel(address, SandboxConfig())
        assert (await send(channel)).verdict is Verdict.RETRY
        await channel.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # closed without a word
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",  # cut off
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz",
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b" " * 200_000,
    ],
)
async def test_an_answer_that_says_nothing_sure_is_uncertain(answer: bytes) -> None:
    async with answering(answer) as address:
        channel = open_channel(address, SandboxConfig())
        assert (await send(channel)).verdict is Verdict.UNKNOWN
        await channel.close()


TABLE = Document("tabela.pdf", "application/pdf", b"%PDF-1.7 tabela")


async def test_a_file_is_uploaded_and_goes_with_its_name_and_caption(sandbox: Sandbox, channel: WhatsApp) -> None:
    result = await send(channel, text="A tabela nova", document=TABLE)
    (accepted,) = sandbox.ledger.whatsapp_accepted
    assert result.verdict is Verdict.ACCEPTED
    assert (accepted["type"], accepted["text"]) == ("document", "A tabela nova")
    assert sandbox.whatsapp.chat(PHONE)["messages"][-1]["filename"] == "tabela.pdf"
    picture = Document("foto.jpg", "image/jpeg", b"\xff\xd8\xff")
    assert (await send(channel, text="", document=picture)).verdict is Verdict.ACCEPTED
    assert sandbox.ledger.whatsapp_accepted[-1]["type"] == "image"


@pytest.mark.parametrize(
    ("kind", "code", "verdict"),
    [
        ("500_after", None, Verdict.RETRY),
        ("hang_after", None, Verdict.RETRY),
        ("429", None, Verdict.RETRY),
        ("error", 131053, Verdict.REJECTED),
        ("error", 190, Verdict.SHUT),
    ],
)
async def test_while_the_file_is_not_uploaded_the_message_has_certainly_not_left(
    sandbox: Sandbox, channel: WhatsApp, kind: str, code: int | None, verdict: Verdict
) -> None:
    sandbox.faults.add("whatsapp.media", kind, code=code)
    result = await send(channel, document=TABLE)
    assert (result.verdict, sandbox.ledger.whatsapp_accepted) == (verdict, [])
    assert (await send(channel, document=TABLE)).verdict is Verdict.ACCEPTED
