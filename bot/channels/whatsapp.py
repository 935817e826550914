"""WhatsApp's Cloud API over httpx."""

import httpx

from messages.contracts import Outgoing, SendResult, Verdict
from messages.whatsapp import read_answer, send_payload

ANSWER_LIMIT = 64 * 1024  # bytes; a send's answer is a few hundred


class WhatsApp:
    """Sends; judges what the wire does. Certain is only what never left and what was answered."""

    def __init__(self, url: str, version: str, phone_number_id: str, token: str, *, timeout: float) -> None:
        self._path = f"/{version}/{phone_number_id}/messages"
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, message: Outgoing) -> SendResult:
        try:
            async with self._client.stream("POST", self._path, json=send_payload(message)) as answer:
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_LIMIT:
                        break
            return read_answer(answer.status_code, body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return SendResult(Verdict.RETRY, reason="O WhatsApp está fora de alcance; o envio será repetido.")
        except httpx.HTTPError:
            return SendResult(Verdict.UNKNOWN, reason="O WhatsApp não confirmou o envio.")

    async def close(self) -> None:
        await self._client.aclose()
