"""Files of dentists' messages, fetched from Meta over httpx."""

import asyncio
from typing import BinaryIO
from urllib.parse import quote

import httpx

from bot.channels.wire import ask, client_of, download
from messages.contracts import Fetched
from messages.media import too_large
from messages.whatsapp_files import ELSEWHERE, GONE, LATER, Link, may_fetch, read_link, same_content

ANSWER_LIMIT = 64 * 1024  # bytes; a link's answer is a few hundred


class WhatsAppFiles:
    """A ``MediaSource``. The token is shown to the API and to Meta's hosts only, and no redirect is followed."""

    def __init__(self, url: str, version: str, token: str, *, timeout: float) -> None:
        self._url, self._version, self._patience = url, version, timeout
        self._client = client_of(url, timeout=timeout, token=token)

    async def fetch(self, media_id: str, into: BinaryIO, limit: int) -> Fetched:
        """All of it within the timeout (seconds, for the whole), no more than ``limit`` bytes."""
        try:
            async with asyncio.timeout(self._patience):
                link = await self._link(media_id)
                if isinstance(link, Fetched):
                    return link
                if not may_fetch(link.url, self._url):
                    return ELSEWHERE
                return too_large(limit) if link.size > limit else await self._content(link, into, limit)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return LATER

    async def _link(self, media_id: str) -> Link | Fetched:
        path = f"/{self._version}/{quote(media_id, safe='')}"
        return read_link(*await ask(self._client, "GET", path, ANSWER_LIMIT))

    async def _content(self, link: Link, into: BinaryIO, limit: int) -> Fetched:
        got = await download(self._client, link.url, into, limit)
        if got.status == 410:
            return GONE
        if got.status != 200:  # an address that has run out is asked for anew
            return LATER
        if got.size > limit:
            return too_large(limit)
        return Fetched(got.size, got.sha256) if same_content(link, got.sha256) else LATER

    async def close(self) -> None:
        await self._client.aclose()
