"""The web application and the server that carries it inside our own loop."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.services import followups
from messages.errors import StorageUnavailable


def web_app(rt: Runtime, metrics: Metrics, routes: Sequence[BaseRoute], parts: dict[str, bool]) -> Starlette:
    """Webhooks, ``/healthz`` and ``/metrics``."""

    async def healthz(_: Request) -> Response:
        """200 while the database answers; which parts are on."""
        try:
            await rt.read(followups.count_due)
        except StorageUnavailable:
            return JSONResponse({"status": "database unavailable", "parts": parts}, status_code=503)
        return JSONResponse({"status": "ok", "parts": parts})

    async def tell(_: Request) -> Response:
        with contextlib.suppress(StorageUnavailable):  # the counters are worth telling without it
            metrics.followups_due.set(await rt.read(followups.count_due))
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[*routes, Route("/healthz", healthz), Route("/metrics", tell)])


class Server(uvicorn.Server):
    """uvicorn without its signal handling: it would raise SIGTERM again before we have closed in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def begin(self) -> None:
        """Listen; returns once requests are taken. Raises OSError when the port is not to be had."""
        self._serving = asyncio.create_task(self._run())
        while not self.started:
            if self._serving.done():
                await self._serving
                raise OSError("the web server did not start")
            await asyncio.sleep(0.01)

    @property
    def port(self) -> int:
        """The port that was given, also where any free one was asked for."""
        number: int = self.servers[0].sockets[0].getsockname()[1]
        return number

    async def _run(self) -> None:
        try:
            await self.serve()
        except SystemExit as error:  # uvicorn's way of saying that the port is taken
            raise OSError(f"Port {self.config.port} cannot be used: set another HTTP_PORT.") from error

    async def end(self) -> None:
        """Answer what is in hand, then close."""
        self.should_exit = True
        await self._serving


def server(app: Starlette, host: str, port: int) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
            limit_concurrency=1000,
            server_header=False,
        )
    )
