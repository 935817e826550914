"""Telegram's Bot API over httpx, towards dentists. What the chat with analysts sends goes by the library."""

from typing import Any

import httpx

from bot.channels.wire import ask, client_of
from messages.contracts import Outgoing, SendResult, Verdict
from messages.telegram import NOT_CONFIRMED, field_for, method_for, read_answer, send_fields

ANSWER_LIMIT = 64 * 1024  # bytes; a send's answer is a few hundred, and holds the text
OUT_OF_REACH = SendResult(Verdict.RETRY, reason="O Telegram está fora de alcance; o envio será repetido.")


class Telegram:
    """Sends; judges what the wire does. A file goes with the message itself: only what never left is certain."""

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        self._path = f"/bot{token}"
        self._client = client_of(url, timeout=timeout)

    async def send(self, message: Outgoing) -> SendResult:
        content: dict[str, Any] = {"data": send_fields(message)}
        if (document := message.document) is not None:
            content["files"] = {field_for(document): (document.filename, document.content, document.mime_type)}
        try:
            return read_answer(message.to, *await self._post(method_for(document), **content))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return OUT_OF_REACH
        except httpx.HTTPError:
            return NOT_CONFIRMED

    async def _post(self, method: str, **content: Any) -> tuple[int, bytes]:
        return await ask(self._client, "POST", f"{self._path}/{method}", ANSWER_LIMIT, **content)

    async def close(self) -> None:
        await self._client.aclose()
