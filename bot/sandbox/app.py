"""The sandbox as one object and one web application."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.sandbox.config import SandboxConfig
from bot.sandbox.control import ControlRoutes
from bot.sandbox.emulators import Emulators
from bot.sandbox.http import Hanging
from bot.sandbox.telegram.routes import TelegramRoutes
from bot.sandbox.whatsapp.routes import WhatsAppRoutes


class Sandbox(Emulators):
    """Both emulators, served. Create it anywhere; use it inside one running loop."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        super().__init__(config or SandboxConfig())
        self._hanging = Hanging()
        self.app = Starlette(
            routes=[
                *ControlRoutes(self).routes(),
                *TelegramRoutes(self.telegram, self.config.telegram_token, self.faults, self._hanging).routes(),
                *WhatsAppRoutes(self.whatsapp, self.config, self.faults, self._hanging).routes(),
            ],
            exception_handlers={ClientDisconnect: _gone},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def serving(self, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
        """Serve on real TCP in the running loop; yields the base URL. State outlives it: it may be served again."""
        server = _Server(self._uvicorn(host, port))
        self._hanging.start()
        task = asyncio.create_task(server.serve())
        try:
            while not server.started:
                if task.done():
                    task.result()  # raises what kept it from starting
                    raise RuntimeError(f"the sandbox could not listen on {host}:{port}")
                await asyncio.sleep(0.005)
            bound = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://{host}:{bound}"
        finally:
            self._hanging.stop()
            server.should_exit = True
            await task

    def run(self, port: int, host: str = "127.0.0.1") -> None:
        """Serve until SIGINT or SIGTERM."""
        uvicorn.Server(self._uvicorn(host, port)).run()

    def _uvicorn(self, host: str, port: int) -> uvicorn.Config:
        return uvicorn.Config(
            self.app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            ws="none",
            http="h11",
            timeout_graceful_shutdown=1,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        self._hanging.stop()
        await self.whatsapp.webhooks.deliveries.close()
        await self.telegram.updates.deliveries.close()


async def _gone(_request: Request, _error: Exception) -> Response:
    """Whoever calls may go away in the middle of it: nothing of it was taken, and nobody reads what is answered."""
    return Response(status_code=400)


class _Server(uvicorn.Server):
    """Leaves the process's signal handlers to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
