"""What both emulators share of HTTP: calls that hang, and callers that go away."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.sandbox.faults import Fault

Result = TypeVar("Result")
GATEWAY_TIMEOUT = 504


class Hanging:
    """Long waits that end when the caller goes away or the sandbox stops."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    def start(self) -> None:
        self._stopping = asyncio.Event()

    async def until_gone(self, request: Request, work: Coroutine[Any, Any, Result]) -> Result | None:
        """What the work gives; None when nobody waits for it any more. The request's body must have been read."""
        wanted = asyncio.ensure_future(work)
        ends = (asyncio.ensure_future(request.receive()), asyncio.ensure_future(self._stopping.wait()))
        try:
            await asyncio.wait((wanted, *ends), return_when=asyncio.FIRST_COMPLETED)
            return wanted.result() if wanted.done() else None
        finally:
            for task in (wanted, *ends):
                task.cancel()
            await asyncio.gather(wanted, *ends, return_exceptions=True)

    async def hang(self, request: Request, fault: Fault) -> Response:
        await self.until_gone(request, asyncio.sleep(fault.seconds))
        return JSONResponse({"error": "hung, as told"}, GATEWAY_TIMEOUT)
