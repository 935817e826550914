"""Files of dentists' messages, fetched from Telegram over httpx."""

import asyncio
from typing import BinaryIO
from urllib.parse import quote

import httpx

from bot.channels.wire import ask, client_of, download
from messages.contracts import Fetched
from messages.media import too_large
from messages.telegram_files import LATER, read_path

ANSWER_LIMIT = 64 * 1024  # bytes; a path's answer is a few hundred


class TelegramFiles:
    """A ``MediaSource``. The token stands in the address: only the configured server ever sees it."""

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        self._token, self._patience = token, timeout
        self._client = client_of(url, timeout=timeout)

    async def fetch(self, media_id: str, into: BinaryIO, limit: int) -> Fetched:
        """All of it within the timeout (seconds, for the whole), no more than ``limit`` bytes."""
        try:
            async with asyncio.timeout(self._patience):
                path = await self._path(media_id)
                return path if isinstance(path, Fetched) else await self._content(path, into, limit)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return LATER

    async def _path(self, media_id: str) -> str | Fetched:
        asked = f"/bot{self._token}/getFile"
        return read_path(*await ask(self._client, "POST", asked, ANSWER_LIMIT, data={"file_id": media_id}))

    async def _content(self, path: str, into: BinaryIO, limit: int) -> Fetched:
        got = await download(self._client, f"/file/bot{self._token}/{quote(path)}", into, limit)
        if got.status != 200:  # a path that has run out is asked for anew
            return LATER
        return too_large(limit) if got.size > limit else Fetched(got.size, got.sha256)

    async def close(self) -> None:
        await self._client.aclose()
