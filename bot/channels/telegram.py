"""Telegram's Bot API over httpx, towards dentists. What the chat with analysts sends goes by the library."""

from typing import Any

import httpx

from messages.contracts import Outgoing, SendResult, Verdict
from messages.telegram import NOT_CONFIRMED, field_for, method_for, read_answer, send_fields

ANSWER_LIMIT = 64 * 1024  # bytes; a send's answer is a few hundred, and holds the text
OUT_OF_REACH = SendResult(Verdict.RETRY, reason="O Telegram está fora de alcance; o envio será repetido.")


class Telegram:
    """Sends; judges what the wire does. A file goes with the message itself: only what never left is certain."""

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        self._path = f"/bot{token}"
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            follow_redirects=False,
            trust_env=False,
        )

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
        """The answer's status and body, no more of it than an answer has."""
        async with self._client.stream("POST", f"{self._path}/{method}", **content) as answer:
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    break
            return answer.status_code, body

    async def close(self) -> None:
        await self._client.aclose()
