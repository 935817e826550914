"""Telegram towards a dentist, against the emulator: without a key and a receipt, only what never left is certain."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram import Telegram
from bot.sandbox import Sandbox, SandboxConfig
from messages.contracts import Document, Outgoing, SendResult, Verdict
from tests.channels.peers import answering, nobody
from tests.factory import NOW
from tests.patience import PATIENCE

TIMEOUT = 1.0  # seconds: what hangs is given up after it
DENTIST = 7001
TABLE = Document("tabela.pdf", "application/pdf", b"%PDF-1.7 tabela")
PICTURE = Document("foto.jpg", "image/jpeg", b"\xff\xd8\xff")


@pytest.fixture
async def sandbox() -> Sandbox:
    sandbox = Sandbox(SandboxConfig(start_at=NOW))
    sandbox.telegram.person(DENTIST, first_name="Marina")
    await sandbox.telegram.starts(DENTIST)
    return sandbox


@pytest.fixture
async def channel(sandbox: Sandbox) -> AsyncIterator[Telegram]:
    async with sandbox.serving() as address:
        channel = open_channel(address, sandbox.config.telegram_token)
        yield channel
        await channel.close()


def open_channel(address: str, token: str) -> Telegram:
    return Telegram(address, token, timeout=TIMEOUT)


async def send(channel: Telegram, text: str = "Bom dia, Dra.!", **more: object) -> SendResult:
    return await channel.send(Outgoing("our-key", **({"to": str(DENTIST), "text": text} | more)))  # type: ignore[arg-type]


async def test_a_text_is_accepted_as_it_stands_with_an_id_of_its_chat(sandbox: Sandbox, channel: Telegram) -> None:
    result = await send(channel, "Moeda <b>0,37</b> & *suporte* _hoje_")
    (accepted,) = sandbox.ledger.telegram_accepted
    assert (result.verdict, result.external_id) == (Verdict.ACCEPTED, f"{DENTIST}:{accepted['message_id']}")
    assert accepted["text"] == "Moeda <b>0,37</b> & *suporte* _hoje_"


async def test_an_answer_quotes_the_dentists_message_and_goes_without_it_where_that_is_gone(
    sandbox: Sandbox, channel: Telegram
) -> None:
    asked = await sandbox.telegram.writes(DENTIST, "Quanto fica a moeda?")
    await send(channel, reply_to=f"{DENTIST}:{asked}")
    assert sandbox.telegram.chat(DENTIST)["messages"][-1]["reply_to_message_id"] == asked
    assert (await send(channel, reply_to=f"{DENTIST}:999999")).verdict is Verdict.ACCEPTED
    assert (await send(channel, reply_to="wamid.outra")).verdict is Verdict.ACCEPTED
    assert sandbox.telegram.chat(DENTIST)["messages"][-1]["reply_to_message_id"] is None


async def test_a_file_goes_with_its_name_and_caption_and_a_picture_as_one(sandbox: Sandbox, channel: Telegram) -> None:
    assert (await send(channel, "A tabela nova", document=TABLE)).verdict is Verdict.ACCEPTED
    sent = sandbox.telegram.chat(DENTIST)["messages"][-1]
    assert (sent["text"], sent["document"]["filename"]) == ("A tabela nova", "tabela.pdf")
    assert (await send(channel, "", document=PICTURE)).verdict is Verdict.ACCEPTED
    assert [entry["method"] for entry in sandbox.ledger.telegram_accepted] == ["sendDocument", "sendPhoto"]


@pytest.mark.parametrize("document", [None, TABLE])
@pytest.mark.parametrize(
    ("kind", "code", "verdict", "accepted"),
    [
        ("500_before", None, Verdict.UNKNOWN, 0),
        ("500_after", None, Verdict.UNKNOWN, 1),
        ("hang_before", None, Verdict.UNKNOWN, 0),
        ("hang_after", None, Verdict.UNKNOWN, 1),
        ("429", None, Verdict.RETRY, 0),
        ("error", 400, Verdict.REJECTED, 0),
        ("error", 403, Verdict.REJECTED, 0),
    ],
)
async def test_each_fault_is_judged_and_nothing_is_sent_twice(
    sandbox: Sandbox,
    channel: Telegram,
    kind: str,
    code: int | None,
    verdict: Verdict,
    accepted: int,
    document: Document | None,
) -> None:
    method = "sendDocument" if document else "sendMessage"
    sandbox.faults.add(f"telegram.{method}", kind, code=code)
    result = await asyncio.wait_for(send(channel, document=document), PATIENCE)
    assert result.verdict is verdict
    assert result.reason
    assert len(sandbox.ledger.telegram_accepted) == accepted
    assert (await send(channel, document=document)).verdict is Verdict.ACCEPTED  # the channel itself is unharmed


async def test_telegram_says_how_long_to_wait(sandbox: Sandbox, channel: Telegram) -> None:
    sandbox.faults.add("telegram.sendMessage", "429", seconds=7)
    result = await send(channel)
    assert (result.verdict, result.retry_after and result.retry_after.total_seconds()) == (Verdict.RETRY, 7)


async def test_whoever_blocked_the_bot_is_told_of_and_not_tried_again(sandbox: Sandbox, channel: Telegram) -> None:
    sandbox.telegram.blocks(DENTIST)
    result = await send(channel)
    assert (result.verdict, result.code) == (Verdict.REJECTED, 403)
    assert "outro meio" in result.reason


async def test_whoever_never_wrote_to_the_bot_cannot_be_written_to(sandbox: Sandbox, channel: Telegram) -> None:
    assert "não encontra" in (await send(channel, to="7999")).reason
    sandbox.telegram.person(7002, first_name="Teo")
    assert (await send(channel, to="7002")).code == 403


async def test_with_a_wrong_token_nothing_at_all_leaves_and_somebody_is_named(sandbox: Sandbox) -> None:
    async with sandbox.serving() as address:
        channel = open_channel(address, "1:wrong")
        result = await send(channel)
        await channel.close()
    assert (result.verdict, sandbox.ledger.telegram_accepted) == (Verdict.SHUT, [])
    assert "TELEGRAM_TOKEN" in result.reason


async def test_where_nobody_listens_it_certainly_did_not_go() -> None:
    with nobody() as address:
        channel = open_channel(address, "1:token")
        assert (await send(channel)).verdict is Verdict.RETRY
        await channel.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # closed without a word
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",  # cut off
        b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}',
        b'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 29\r\n\r\n{"ok":false,"error_code":502}',
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n<blocked>",  # somebody between, not Telegram
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b" " * 200_000,
    ],
)
async def test_an_answer_that_says_nothing_sure_is_uncertain(answer: bytes) -> None:
    async with answering(answer) as address:
        channel = open_channel(address, "1:token")
        assert (await send(channel)).verdict is Verdict.UNKNOWN
        await channel.close()
