"""What all channels do on the wire: a client of one address, and answers of bounded size."""

import hashlib
from dataclasses import dataclass
from typing import Any, BinaryIO

import httpx

CONNECTING = 5.0  # seconds, at most
AS_IT_IS = {"Accept-Encoding": "identity"}  # nothing is unpacked here


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


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What came of a file. ``size`` in bytes: beyond the limit, it was broken off there."""

    status: int
    size: int = 0
    sha256: str = ""


async def download(client: httpx.AsyncClient, url: str, into: BinaryIO, limit: int) -> Downloaded:
    """A file's bytes as they come, at most ``limit`` of them; none where it is refused. Raises HTTPError."""
    size, digest = 0, hashlib.sha256()
    async with client.stream("GET", url, headers=AS_IT_IS) as answer:
        if answer.status_code == 200:
            async for chunk in answer.aiter_raw():
                size += len(chunk)
                if size > limit:
                    break
                digest.update(chunk)
                into.write(chunk)
        return Downloaded(answer.status_code, size, digest.hexdigest())
