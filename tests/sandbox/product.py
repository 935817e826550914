"""A stand-in for the product: a small web server that keeps what it is told."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox import SandboxConfig
from tests.patience import PATIENCE

START = datetime(2023, 10, 30, 14, 1, tzinfo=UTC)


@dataclass
class Listener:
    """Takes webhooks; ``answers`` are the status codes of the next ones, 200 afterwards."""

    url: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def has(self, count: int) -> None:
        """Wait until so many have come. Raises TimeoutError."""
        while len(self.received) < count:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), PATIENCE)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        if request.method == "GET":
            good = request.query_params.get("hub.verify_token") == SandboxConfig().verify_token
            return PlainTextResponse(request.query_params["hub.challenge"]) if good else Response(status_code=403)
        self.received.append((dict(request.headers), body))
        self._more.set()
        return Response(status_code=self.answers.pop(0) if self.answers else 200)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(listener: Listener, port: int = 0) -> AsyncIterator[Listener]:
    app = Starlette(routes=[Route("/{path:path}", listener.take, methods=["GET", "POST"])])
    server = _Server(uvicorn.Config(app, port=port, log_config=None, ws="none", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    listener.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield listener
    server.should_exit = True
    await task
