"""The web application and the server that carries it inside our own loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.services import followups, inbox
from bot.web.protocol import BoundedProtocol
from messages.errors import InvalidInput, StorageUnavailable


def web_app(rt: Runtime, metrics: Metrics, routes: Sequence[BaseRoute], parts: dict[str, bool]) -> Starlette:
    """Webhooks, ``/healthz`` and ``/metrics``."""

    async def healthz(_: Request) -> Response:
        """200 while the database can be read and written and every loop goes round; which parts are on."""
        try:
            await rt.read(followups.count_due)
        except StorageUnavailable:
            return JSONResponse({"status": "database unavailable", "parts": parts}, status_code=503)
        if rt.outage:
            return JSONResponse({"status": "database cannot be written", "parts": parts}, status_code=503)
        if stuck := rt.stuck():
            return JSONResponse({"status": "loops stand still", "loops": stuck, "parts": parts}, status_code=503)
        return JSONResponse({"status": "ok", "parts": parts})

    async def tell(_: Request) -> Response:
        with contextlib.suppress(StorageUnavailable):  # the counters are worth telling without it
            metrics.followups_due.set(await rt.read(followups.count_due))
            metrics.inbox_waiting.set(await rt.read(inbox.count_waiting))
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[*routes, Route("/healthz", healthz), Route("/metrics", tell)])


class Straight:
    """Leads a request that names a route to the letter straight to its endpoint: finding the way through the framework
    was a seventh of what keeping a webhook costs. All else goes that way."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        routes = [route for route in app.routes if isinstance(route, Route)]
        self._endpoints = {(method, one.path): one.endpoint for one in routes for method in one.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        answer = self._app if endpoint is None else await endpoint(Request(scope, receive))
        await answer(scope, receive, send)


class Server(uvicorn.Server):
    """uvicorn without its signal handling: it would raise SIGTERM again before we have closed in order."""

    _serving: "asyncio.Task[None] | None" = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def begin(self) -> None:
        """Listen; returns once requests are taken. Raises InvalidInput when the address is not to be had."""
        host, port = self.config.host, self.config.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            # Ours, not uvicorn's: it would log its own line and end the process.
            listening = socket.create_server((host, port), family=family, backlog=self.config.backlog)
        except OSError as error:
            told = f"Não consegui atender em {host}, porta {port} ({error.strerror}): confira HTTP_HOST e HTTP_PORT."
            raise InvalidInput(told) from error
        self._serving = asyncio.create_task(self.serve([listening]))
        while not self.started and not self._serving.done():  # noqa: ASYNC110  uvicorn tells it no other way
            await asyncio.sleep(0.01)

    @property
    def port(self) -> int:
        """The port that was given, also where any free one was asked for."""
        number: int = self.servers[0].sockets[0].getsockname()[1]
        return number

    async def end(self) -> None:
        """Answer what is in hand, then close. May be called however far it had come."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving


def server(app: Starlette, host: str, port: int) -> Server:
    return Server(
        uvicorn.Config(
            Straight(app),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            http=BoundedProtocol,
            ws="none",
            proxy_headers=False,  # nobody here asks where a request comes from
            lifespan="off",
            timeout_graceful_shutdown=10,
            limit_concurrency=1000,
            server_header=False,
        )
    )
