"""Business time: what is due, what is written on contacts. Leases, timeouts and backoff use real time instead."""

import asyncio
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
        self._asking = asyncio.Lock()
        self._next: asyncio.Task[datetime] | None = None

    async def now(self) -> datetime:
        """Those who ask while an answer is under way share the next one: it is asked for after they came."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask())
        return await asyncio.shield(self._next)

    async def _ask(self) -> datetime:
        async with self._asking:
            self._next = None
            answer = await self._client.get(self._url)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)

    async def close(self) -> None:
        await self._client.aclose()
