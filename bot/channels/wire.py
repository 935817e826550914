"""What all channels do on the wire: a client of one address, and answers of bounded size."""

from typing import Any

import httpx

CONNECTING = 5.0  # seconds, at most


def client_of(url: str, *, timeout: float, token: str | None = None) -> httpx.AsyncClient:
    """A client that follows no redirect and heeds no proxy of the machine. ``token``: shown as the bearer's."""
    return httpx.AsyncClient(
        base_url=url.rstrip("/"),
        headers={"Authorization": f"Bearer {token}"} if token is not None else {},
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECTING)),
        follow_redirects=False,
        trust_env=False,
    )


async def ask(client: httpx.AsyncClient, method: str, path: str, limit: int, **content: Any) -> tuple[int, bytes]:
    """The answer's status and body; of one beyond ``limit`` bytes so much that it cannot be read. Raises HTTPError."""
    async with client.stream(method, path, **content) as answer:
        body = b""
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > limit:
                break
        return answer.status_code, body
