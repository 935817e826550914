"""Files of dentists on Telegram, against the emulator: an id gives a path, and no more is taken than allowed."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram_files import TelegramFiles
from bot.sandbox import Sandbox
from messages.contracts import Fetched
from messages.telegram_files import TOO_LARGE, read_path
from tests.channels.fetching import MB, SHORT, fetch
from tests.channels.peers import Impostor, answer, nobody
from tests.patience import PATIENCE

DENTIST = 7001
TABLE = b"%PDF-1.7 " + bytes(range(256)) * 40


def open_source(address: str, token: str, timeout: float = PATIENCE) -> TelegramFiles:
    return TelegramFiles(address, token, timeout=timeout)


@pytest.fixture
async def source(sandbox: Sandbox, address: str) -> AsyncIterator[TelegramFiles]:
    source = open_source(address, sandbox.config.telegram_token)
    yield source
    await source.close()


async def sent(sandbox: Sandbox, content: bytes = TABLE, filename: str = "minha tabela #1 50%.pdf") -> str:
    """The file's id, as the update carries it."""
    await sandbox.telegram.sends_document(DENTIST, content, filename)
    file_id: str = sandbox.telegram.chat(DENTIST)["messages"][-1]["document"]["file_id"]
    return file_id


async def test_a_file_comes_whole_with_its_size_and_digest(sandbox: Sandbox, source: TelegramFiles) -> None:
    fetched, content = await fetch(source, await sent(sandbox), 100 * MB)
    assert content == TABLE
    assert fetched == Fetched(len(TABLE), hashlib.sha256(TABLE).hexdigest())


async def test_what_telegram_gives_no_bot_is_told_so_and_the_operations_own_limit_too(
    sandbox: Sandbox, source: TelegramFiles
) -> None:
    assert await fetch(source, await sent(sandbox, b"x" * (20 * MB + 1)), 100 * MB) == (TOO_LARGE, b"")
    assert "20 MB" in TOO_LARGE.reason and not TOO_LARGE.again
    fetched, content = await fetch(source, await sent(sandbox, b"x" * (2 * MB)), MB)
    assert "limite de 1 MB" in fetched.reason and not fetched.again and len(content) <= MB


@pytest.mark.parametrize("target", ["telegram.getFile", "telegram.file"])
@pytest.mark.parametrize(("kind", "code"), [("500_after", None), ("hang_after", None), ("429", None), ("error", 502)])
async def test_what_may_pass_is_tried_again_and_then_comes(
    sandbox: Sandbox, source: TelegramFiles, address: str, target: str, kind: str, code: int | None
) -> None:
    file_id = await sent(sandbox)
    sandbox.faults.add(target, kind, code=code)
    hurried = open_source(address, sandbox.config.telegram_token, SHORT)
    fetched, content = await asyncio.wait_for(fetch(hurried, file_id, 100 * MB), PATIENCE)
    await hurried.close()
    assert fetched.again and fetched.reason and content == b""
    sandbox.faults.clear()
    assert (await fetch(source, file_id, 100 * MB))[1] == TABLE


async def test_without_a_good_token_or_a_server_it_says_so_and_tries_again(sandbox: Sandbox, address: str) -> None:
    stranger = open_source(address, "100200300:wrong")
    fetched, _ = await fetch(stranger, await sent(sandbox), 100 * MB)
    await stranger.close()
    assert fetched.again and "TELEGRAM_TOKEN" in fetched.reason
    with nobody() as away:
        alone = open_source(away, "1:x")
        fetched, _ = await fetch(alone, "id", 100 * MB)
        await alone.close()
    assert fetched.again and "1:x" not in fetched.reason


@pytest.mark.parametrize("path", ["/elsewhere/file", "//elsewhere/file", "http://elsewhere/file", "a?b#c"])
async def test_a_path_leads_nowhere_but_below_the_bots_own_files(path: str) -> None:
    api = Impostor(
        answer(json.dumps({"ok": True, "result": {"file_path": path}}).encode()), answer(b"", "404 Not Found")
    )
    async with api as address:
        source = open_source(address, "1:x")
        fetched, content = await fetch(source, "77", 100 * MB)
        await source.close()
    assert (content, fetched.again, len(api.asked)) == (b"", True, 2)
    assert api.asked[1].startswith(b"GET /file/bot1:x/")


async def test_no_redirect_is_followed() -> None:
    elsewhere, api = Impostor(answer(b"caught")), Impostor()
    async with elsewhere as other, api as address:
        api.answers.append(answer(b'{"ok":true,"result":{"file_path":"documents/file_1.pdf"}}'))
        api.answers.append(answer(b"", "302 Found", f"Location: {other}/file\r\n"))
        source = open_source(address, "1:x")
        fetched, content = await fetch(source, "77", 100 * MB)
        await source.close()
    assert (content, fetched.again, elsewhere.asked) == (b"", True, [])


@pytest.mark.parametrize(
    ("status", "body", "again"),
    [
        (400, b'{"ok":false,"error_code":400,"description":"Bad Request: file is too big"}', False),
        (400, b'{"ok":false,"error_code":400,"description":"Bad Request: invalid file_id"}', False),
        (400, b'{"ok":false,"description":"Bad Request: wrong file_id or the file is temporarily unavailable"}', True),
        (401, b'{"ok":false,"error_code":401,"description":"Unauthorized"}', True),
        (404, b'{"ok":false,"error_code":404,"description":"Not Found"}', True),
        (429, b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3"}', True),
        (502, b"<html>", True),
        (200, b'{"ok":true,"result":{"file_path":"../../bot1:x/getMe"}}', True),
        (200, b'{"ok":true,"result":{}}', True),
        (200, b'{"ok":true,"result":[]}', True),
        (200, b"[", True),
    ],
)
def test_an_answer_without_a_path_says_whether_to_try_again(status: int, body: bytes, again: bool) -> None:
    told = read_path(status, body)
    assert isinstance(told, Fetched) and told.again is again and told.reason
