"""The publishers of the index as small local servers, answering what was recorded of the real ones."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.rates import Publishers

SAMPLES = json.loads((Path(__file__).parent / "data" / "index" / "sgs_samples.json").read_text(encoding="utf-8"))
SGS_PATH = "/dados/serie/bcdata.sgs.433/dados"
OUTAGE = (500, SAMPLES["sgs_outage"]["body_text"])

Answer = tuple[int, Any]


def recorded(name: str) -> Answer:
    return SAMPLES[name]["status"], SAMPLES[name]["body"]


class Wire:
    """What SGS and SIDRA answer, and what they were asked."""

    def __init__(self) -> None:
        self.sgs: Answer = recorded("sgs_ok")
        self.sidra: Answer = recorded("sidra_1737")
        self.asked: list[str] = []
        self.hangs: set[str] = set()
        self.address = ""

    def publishers(self, patience: float = 5) -> Publishers:
        return Publishers(self.address, self.address, patience=patience)

    def _answers(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self.asked.append(str(request.url).removeprefix(self.address))
            if name in self.hangs:
                await asyncio.sleep(60)
            status, body = getattr(self, name)
            content = body if isinstance(body, str) else json.dumps(body)
            return Response(content, status, media_type="text/html")  # as SGS has been seen to say of JSON too

        return answer

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Wire"]:
        routes = [Route(SGS_PATH, self._answers("sgs")), Route("/values/{rest:path}", self._answers("sidra"))]
        config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        self.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield self
        server.should_exit = server.force_exit = True
        await running
