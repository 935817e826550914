"""How a process that runs for long is told to end, by SIGTERM or Ctrl-C.

The signal is only noted where it strikes; it is acted on by the event loop. An exception raised in a signal handler
comes up inside whatever was running, and some of that (a destructor, a callback from native code) swallows it: the
process would then run for ever.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """Made in the main thread before anything slow is imported: from then on a signal is not lost."""

    def __init__(self) -> None:
        self._told = False
        self._waiter: asyncio.Future[None] | None = None
        for number in SIGNALS:
            signal.signal(number, lambda *_: self._note())

    def run(self, job: Callable[[], Awaitable[None]]) -> bool:
        """Run a job in an event loop of its own. False when it was broken off, or not even begun, because we were told.

        A job that has come to the point where it lasts until the end says so by ``await ending.told()``; anywhere
        before, being told cancels it.
        """
        return asyncio.run(self._run(job))

    async def told(self) -> None:
        """Wait for the end; it is the job's to close what it holds."""
        if not self._told:  # else a cancellation that somebody swallowed
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def _note(self) -> None:
        self._told = True

    async def _run(self, job: Callable[[], Awaitable[None]]) -> bool:
        task = asyncio.current_task()
        assert task is not None

        def act() -> None:
            """Once: who is closing already is not disturbed."""
            if self._told:
                return
            self._note()
            if self._waiter is None:
                task.cancel()
            else:
                self._waiter.set_result(None)

        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, act)
        if self._told:  # after the handlers stand, so that none slips between
            return False
        try:
            await job()
        except asyncio.CancelledError:
            if not self._told:
                raise
            return False
        return True
