"""Webhooks on their way to the product: in order within a lane, lanes side by side, repeated until acknowledged."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 2.0  # real seconds between two attempts
_ANSWER_WITHIN = 10.0
_AT_ONCE = 16


@dataclass(slots=True, eq=False)
class Parcel:
    """One POST. ``acknowledged`` is called once, when the product's 2xx has come."""

    lane: str
    body: bytes
    headers: Mapping[str, str]
    acknowledged: Callable[[], None]
    copies: int = 1
    wait: float = 0.0  # before the first attempt
    dropped: bool = field(default=False, init=False)


class Deliveries:
    """``address`` is asked before each attempt: the product may come back elsewhere; None means wait."""

    def __init__(self, address: Callable[[], str | None]) -> None:
        self._address = address
        self._lanes: dict[str, deque[Parcel]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending: set[Parcel] = set()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._clients: list[httpx.AsyncClient] = []  # idle ones, the last used on top
        self._tls = httpx.create_ssl_context(trust_env=False)
        self.last_error: tuple[int, str] | None = None  # Unix time, and why it was not accepted

    @property
    def pending(self) -> int:
        return len(self._pending)

    def put(self, parcel: Parcel) -> None:
        """Behind what its lane already holds."""
        self._pending.add(parcel)
        waiting = self._lanes.get(parcel.lane)
        if waiting is not None:
            waiting.append(parcel)
            return
        self._lanes[parcel.lane] = deque([parcel])
        self._start(self._drain(parcel.lane))

    def overtaken(self, parcel: Parcel, seconds: float) -> None:
        """Out of order: goes by itself, after ``seconds``, so that what comes later may arrive first."""
        self._pending.add(parcel)
        parcel.wait = seconds
        self._start(self._deliver(parcel))

    def forget(self) -> int:
        """Give up on everything that has not been acknowledged. Returns how many."""
        count = len(self._pending)
        for parcel in self._pending:
            parcel.dropped = True
        self._pending.clear()
        return count

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lanes.clear()
        while self._clients:
            await self._clients.pop().aclose()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            await self._deliver(waiting[0])
            waiting.popleft()
        del self._lanes[lane]

    async def _deliver(self, parcel: Parcel) -> None:
        await asyncio.sleep(parcel.wait)
        pause = _FIRST_WAIT
        while not parcel.dropped and not await self._accepted(parcel):
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_WAIT)
        if parcel.dropped:  # given up, perhaps while an answer was under way
            return
        self._pending.discard(parcel)
        parcel.acknowledged()
        for _ in range(parcel.copies - 1):
            await self._accepted(parcel)

    async def _accepted(self, parcel: Parcel) -> bool:
        address = self._address()
        if address is None:
            return False
        async with self._at_once:
            # A client of its own for each call under way: httpx's pool slows down with every connection it holds.
            client = self._clients.pop() if self._clients else self._new_client()
            try:
                answer = await client.post(address, content=parcel.body, headers=parcel.headers)
            except (httpx.HTTPError, httpx.InvalidURL):
                self.last_error = (int(time.time()), "Connection failed")
                return False  # the same as a refusal: it is sent again
            finally:
                self._clients.append(client)
        if not answer.is_success:
            self.last_error = (int(time.time()), f"Wrong response from the webhook: {answer.status_code}")
        return answer.is_success

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=_ANSWER_WITHIN, trust_env=False, verify=self._tls)
