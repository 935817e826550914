"""Many small writes as one: what comes while a write runs goes together into the next one.

Nobody waits for company: whoever comes while nothing runs is written at once. At one caller a write is a call; at a
hundred a write is a hundred calls, and a flush of the disk is shared by all of them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from messages.errors import Busy

T = TypeVar("T")
MOST = 500  # items that one write holds


class Gathering(Generic[T]):
    """``write`` gets the items of a batch, in the order they came, and is never called twice at a time.

    ``weigh`` tells an item's bytes: a batch holds ``batch`` of them, or one item, and all that wait ``limit``.
    """

    def __init__(
        self, write: Callable[[list[T]], Awaitable[None]], weigh: Callable[[T], int], *, batch: int, limit: int
    ) -> None:
        self._write, self._weigh, self._batch, self._limit = write, weigh, batch, limit
        self._waiting: deque[tuple[T, asyncio.Future[None]]] = deque()
        self._weight = 0  # of what waits
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Returns once it is written. Raises what its batch's write raised: then none of the batch is; Busy when too
        much waits."""
        weight = self._weigh(item)
        if self._weight + weight > self._limit:
            raise Busy("Too much waits to be written.")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        self._weight += weight
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            batch = self._next()
            error = await self._written([item for item, _ in batch])
            for _, done in batch:
                if done.cancelled():  # whoever brought it has gone; it is written all the same
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
        self._writing = None

    def _next(self) -> list[tuple[T, "asyncio.Future[None]"]]:
        batch = [self._waiting.popleft()]
        weight = self._weigh(batch[0][0])
        while self._waiting and len(batch) < MOST and weight + self._weigh(self._waiting[0][0]) <= self._batch:
            batch.append(self._waiting.popleft())
            weight += self._weigh(batch[-1][0])
        self._weight -= weight
        return batch

    async def _written(self, items: list[T]) -> Exception | None:
        """What went wrong, which is for those who wait."""
        try:
            await self._write(items)
        except Exception as error:
            return error
        return None
