"""WhatsApp's Cloud API over httpx."""

from typing import Any

import httpx

from bot.channels.wire import ask, client_of
from messages.contracts import Document, Outgoing, SendResult, Verdict
from messages.whatsapp import read_answer, read_upload, send_payload

ANSWER_LIMIT = 64 * 1024  # bytes; a send's answer is a few hundred
OUT_OF_REACH = SendResult(Verdict.RETRY, reason="O WhatsApp está fora de alcance; o envio será repetido.")


class WhatsApp:
    """Sends; judges what the wire does. Certain is only what never left and what was answered."""

    def __init__(self, url: str, version: str, phone_number_id: str, token: str, *, timeout: float) -> None:
        self._path = f"/{version}/{phone_number_id}"
        self._client = client_of(url, timeout=timeout, token=token)

    async def send(self, message: Outgoing) -> SendResult:
        """A file is uploaded first: until the message itself is posted, nothing has left."""
        media_id = None
        if message.document is not None:
            uploaded = await self._upload(message.document)
            if isinstance(uploaded, SendResult):
                return uploaded
            media_id = uploaded
        try:
            return read_answer(*await self._post("messages", json=send_payload(message, media_id)))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return OUT_OF_REACH
        except httpx.HTTPError:
            return SendResult(Verdict.UNKNOWN, reason="O WhatsApp não confirmou o envio.")

    async def _upload(self, document: Document) -> str | SendResult:
        """The file's id at WhatsApp, or why there is none."""
        fields = {"messaging_product": "whatsapp", "type": document.mime_type}
        file = (document.filename, document.content, document.mime_type)
        try:
            return read_upload(*await self._post("media", data=fields, files={"file": file}))
        except httpx.HTTPError:
            return OUT_OF_REACH

    async def _post(self, what: str, **content: Any) -> tuple[int, bytes]:
        return await ask(self._client, "POST", f"{self._path}/{what}", ANSWER_LIMIT, **content)

    async def close(self) -> None:
        await self._client.aclose()
