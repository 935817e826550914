"""Business time: what is due, what is written on contacts. Leases, timeouts and backoff use real time instead."""

from datetime import UTC, datetime
from typing import Protocol

import httpx


class Clock(Protocol):
    async def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    async def close(self) -> None: ...


class SystemClock:
    async def now(self) -> datetime:
        return datetime.now(UTC)

    async def close(self) -> None:
        """Nothing is held."""


class RemoteClock:
    """A clock that others move: every process that asks the same address lives in the same moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=5, trust_env=False)

    async def now(self) -> datetime:
        answer = await self._client.get(self._url)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)

    async def close(self) -> None:
        await self._client.aclose()
