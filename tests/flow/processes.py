"""Worlds in which it is never the same process that serves the next act: restarted each time, or two in turns."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response

from bot.app import running
from bot.sandbox import Sandbox
from bot.settings import Settings
from tests.flow.world import World, emulators, settings_for
from tests.sandbox.product import Listener, listening

ACTS = frozenset(  # of an analyst's phone
    {"writes", "starts", "taps", "sends_document", "sends_photo", "sends_media", "forwards"}
)


class Interrupted:
    """A phone before each of whose acts something happens."""

    def __init__(self, phone: Any, before: Callable[[], Awaitable[None]]) -> None:
        self._phone, self._before = phone, before

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._phone, name)
        if name not in ACTS:
            return act

        async def after(*args: Any, **kwargs: Any) -> Any:
            await self._before()
            return await act(*args, **kwargs)

        return after


class Restarted(World):
    """The product is stopped and started anew before each act of a person."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        super().__init__(sandbox, settings)
        self.telegram = Interrupted(sandbox.telegram, self.restart)
        self._running = contextlib.AsyncExitStack()
        self.starts = 0

    async def restart(self) -> None:
        await self._running.aclose()
        self.sandbox.product_url = await self._running.enter_async_context(running(self.settings))
        self.starts += 1

    async def aclose(self) -> None:
        await self._running.aclose()


@contextlib.asynccontextmanager
async def restarted_on(url: str) -> AsyncIterator[Restarted]:
    async with emulators() as (sandbox, address):
        world = Restarted(sandbox, settings_for(sandbox, address, url))
        await world.restart()
        async with contextlib.aclosing(world):
            yield world


class Turns(Listener):
    """Stands before several processes and gives each webhook to the next of them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__()
        self.processes: list[str] = []
        self.given: list[int] = []  # whose turn it was
        self._client = client

    async def take(self, request: Request) -> Response:
        turn = len(self.given) % len(self.processes)
        self.given.append(turn)
        url = f"{self.processes[turn]}{request.url.path}"
        body = await request.body()
        answer = await self._client.request(request.method, url, content=body, headers=request.headers.raw)
        return Response(answer.content, answer.status_code)


@contextlib.asynccontextmanager
async def taking_turns_on(url: str) -> AsyncIterator[tuple[World, Turns]]:
    """Two processes on one database; each update and each webhook goes to the one that did not get the last."""
    async with contextlib.AsyncExitStack() as stack:
        turns = Turns(await stack.enter_async_context(httpx.AsyncClient(trust_env=False)))
        sandbox, address = await stack.enter_async_context(emulators())
        front = await stack.enter_async_context(listening(turns))
        by_webhook = {
            "telegram_mode": "webhook",
            "telegram_webhook_secret": "segredo-de-teste",
            "public_url": front.url,
        }
        settings = settings_for(sandbox, address, url, **by_webhook)
        turns.processes += [await stack.enter_async_context(running(settings)) for _ in range(2)]
        sandbox.product_url = front.url
        yield World(sandbox, settings), turns
