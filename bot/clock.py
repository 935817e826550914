"""Business time: what is due, what is written on contacts. Leases, timeouts and backoff use real time instead."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import httpx

PATIENCE = 20.0  # seconds for an answer
TRIES, PAUSE = 4, 0.25  # times that it is asked for, and seconds between two


class Clock(Protocol):
    async def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    async def close(self) -> None: ...


def machine_time() -> datetime:
    """UTC."""
    return datetime.now(UTC)


class LocalClock:
    """A clock of this very process: the machine's, or one that somebody moves."""

    def __init__(self, tell: Callable[[], datetime] = machine_time) -> None:
        self._tell = tell

    async def now(self) -> datetime:
        return self._tell()

    async def close(self) -> None:
        """Nothing is held."""


class RemoteClock:
    """A clock that others move: every process that asks the same address lives in the same moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False)
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
            answer = await self._answer()
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)

    async def _answer(self) -> httpx.Response:
        """To ask again costs nothing: what a machine that stood still has broken off is not handed on."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(httpx.TransportError):
                return await self._client.get(self._url)
            await asyncio.sleep(PAUSE)
        return await self._client.get(self._url)

    async def close(self) -> None:
        await self._client.aclose()
