"""Files of dentists against the emulator: the token goes to Meta's hosts and the API only, and no more is taken than
allowed."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from bot.channels.whatsapp_files import WhatsAppFiles
from bot.sandbox import Sandbox
from messages.contracts import Fetched
from messages.whatsapp_files import may_fetch, read_link
from tests.channels.fetching import MB, SHORT, fetch
from tests.channels.peers import Impostor, answer
from tests.factory import PHONE
from tests.patience import PATIENCE

PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 40


@pytest.fixture
async def source(sandbox: Sandbox, address: str) -> AsyncIterator[WhatsAppFiles]:
    source = WhatsAppFiles(address, "v26.0", sandbox.config.whatsapp_token, timeout=PATIENCE)
    yield source
    await source.close()


async def sent_picture(sandbox: Sandbox, content: bytes = PICTURE) -> str:
    """The id that its webhook carries."""
    await sandbox.whatsapp.sends_image(PHONE, content)
    return str(900_000_000_000_000)


async def test_a_file_comes_whole_with_its_size_and_digest(sandbox: Sandbox, source: WhatsAppFiles) -> None:
    fetched, content = await fetch(source, await sent_picture(sandbox), MB)
    assert content == PICTURE
    assert fetched == Fetched(len(PICTURE), hashlib.sha256(PICTURE).hexdigest())


async def test_no_more_than_the_limit_is_taken(sandbox: Sandbox, source: WhatsAppFiles) -> None:
    fetched, content = await fetch(source, await sent_picture(sandbox, b"x" * (2 * MB)), MB)
    assert (content, fetched.again) == (b"", False)
    assert "passa do limite de 1 MB" in fetched.reason


@pytest.mark.parametrize("media_id", ["123456", "../../v26.0/100000000000001", "", "é"])
async def test_what_meta_does_not_have_is_given_up(source: WhatsAppFiles, media_id: str) -> None:
    fetched, content = await fetch(source, media_id, MB)
    assert (content, bool(fetched.reason)) == (b"", True)
    assert media_id == "" or not fetched.again


@pytest.mark.parametrize("target", ["whatsapp.media", "whatsapp.download"])
@pytest.mark.parametrize(
    ("kind", "code"), [("500_after", None), ("hang_after", None), ("429", None), ("error", 131000)]
)
async def test_what_may_pass_is_tried_again_and_then_comes(
    sandbox: Sandbox, source: WhatsAppFiles, address: str, target: str, kind: str, code: int | None
) -> None:
    media_id = await sent_picture(sandbox)
    sandbox.faults.add(target, kind, code=code)
    hurried = WhatsAppFiles(address, "v26.0", sandbox.config.whatsapp_token, timeout=SHORT)
    fetched, _ = await asyncio.wait_for(fetch(hurried, media_id, MB), PATIENCE)
    await hurried.close()
    assert fetched.again and fetched.reason
    sandbox.faults.clear()
    assert (await fetch(source, media_id, MB))[1] == PICTURE


async def test_without_a_good_token_it_says_so_and_tries_again(sandbox: Sandbox) -> None:
    async with sandbox.serving() as address:
        source = WhatsAppFiles(address, "v26.0", "wrong", timeout=PATIENCE)
        fetched, _ = await fetch(source, await sent_picture(sandbox), MB)
        await source.close()
    assert fetched.again and "WHATSAPP_TOKEN" in fetched.reason


async def test_the_token_is_never_shown_to_another_host() -> None:
    elsewhere, api = Impostor(answer(b"caught")), Impostor()
    async with elsewhere as other, api as address:
        api.answers.append(answer(json.dumps({"url": f"{other}/file"}).encode()))
        source = WhatsAppFiles(address, "v26.0", "secret-token", timeout=PATIENCE)
        fetched, content = await fetch(source, "77", MB)
        await source.close()
    assert (content, fetched.again, elsewhere.asked) == (b"", False, [])
    assert b"secret-token" in api.asked[0]


async def test_no_redirect_is_followed() -> None:
    elsewhere, api = Impostor(answer(b"caught")), Impostor()
    async with elsewhere as other, api as address:
        moved = answer(b"", "302 Found", f"Location: {other}/file\r\n")
        api.answers += [answer(json.dumps({"url": f"{address}/file"}).encode()), moved]
        source = WhatsAppFiles(address, "v26.0", "secret-token", timeout=PATIENCE)
        fetched, content = await fetch(source, "77", MB)
        await source.close()
    assert (content, fetched.again, elsewhere.asked) == (b"", True, [])


@pytest.mark.parametrize(
    "told",
    [
        {"sha256": hashlib.sha256(b"something else").hexdigest()},
        {"file_size": 10 * MB},
    ],
)
async def test_what_is_not_what_was_announced_is_not_kept(told: dict[str, object]) -> None:
    api = Impostor()
    async with api as address:
        api.answers += [answer(json.dumps({"url": f"{address}/file", **told}).encode()), answer(PICTURE)]
        source = WhatsAppFiles(address, "v26.0", "token", timeout=PATIENCE)
        assert (await fetch(source, "77", MB))[0].reason
        await source.close()


async def test_what_comes_packed_is_not_unpacked() -> None:
    api, packed = Impostor(), gzip.compress(b"0" * MB)
    async with api as address:
        more = "Content-Encoding: gzip\r\n"
        api.answers += [answer(json.dumps({"url": f"{address}/file"}).encode()), answer(packed, more=more)]
        source = WhatsAppFiles(address, "v26.0", "token", timeout=PATIENCE)
        fetched, content = await fetch(source, "77", MB)
        await source.close()
    assert (content, fetched.size) == (packed, len(packed))


async def test_an_endless_file_is_broken_off_at_the_limit() -> None:
    api = Impostor()
    async with api as address:
        endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * (3 * MB)
        api.answers += [answer(json.dumps({"url": f"{address}/file"}).encode()), endless]
        source = WhatsAppFiles(address, "v26.0", "token", timeout=PATIENCE)
        fetched, content = await fetch(source, "77", MB)
        await source.close()
    assert "limite" in fetched.reason and len(content) <= MB


API = "https://graph.facebook.com"


@pytest.mark.parametrize(
    ("url", "api", "allowed"),
    [
        ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", API, True),
        ("https://mmg.whatsapp.net/x", API, True),
        ("https://graph.facebook.com/x", API, True),
        ("http://lookaside.fbsbx.com/x", API, False),
        ("https://lookaside.fbsbx.com:8443/x", API, False),
        ("https://fbsbx.com.example.org/x", API, False),
        ("https://evilfbsbx.com/x", API, False),
        ("https://lookaside.fbsbx.com@example.org/x", API, False),
        ("https://user:pw@lookaside.fbsbx.com/x", API, False),
        ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000", True),
        ("http://127.0.0.1:9001/x", "http://127.0.0.1:9000", False),
        ("file:///etc/passwd", API, False),
        ("/etc/passwd", API, False),
        ("https://[::1/x", API, False),
        ("", API, False),
    ],
)
def test_where_the_token_may_be_shown(url: str, api: str, allowed: bool) -> None:
    assert may_fetch(url, api) is allowed


@pytest.mark.parametrize(
    ("status", "body", "again"),
    [
        (404, b"", False),
        (410, b"", False),
        (400, b'{"error":{"code":100,"error_subcode":33}}', False),
        (400, b'{"error":{"code":131052}}', False),
        (401, b'{"error":{"code":190}}', True),
        (403, b"<html>", True),
        (500, b"", True),
        (200, b"{}", True),
        (200, b"[", True),
    ],
)
def test_an_answer_without_an_address_says_whether_to_try_again(status: int, body: bytes, again: bool) -> None:
    told = read_link(status, body)
    assert isinstance(told, Fetched) and told.again is again and told.reason
