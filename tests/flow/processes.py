"""Worlds in which it is never the same process that serves the next act: a new one each time, or two in turns.

The processes are real ones: whatever the product keeps in memory dies with them. They are forked from one that has
imported the product already, so that a start takes a fraction of a second.

    pytest tests/flow --processes=restart        every conversation, the product ended and started before each act
    pytest tests/flow --processes=alternate      every conversation, two processes on PostgreSQL in turns
"""

import asyncio
import contextlib
import multiprocessing
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

import tests.certificates  # noqa: F401
from bot.app import running
from bot.ending import Ending
from bot.sandbox import Sandbox
from bot.settings import Settings
from messages.templates import Library
from tests.flow.world import Serving, World, by_one, emulators, settings_for
from tests.patience import PATIENCE
from tests.sandbox.product import Listener, listening

ACTS = frozenset(  # of an analyst's phone
    {"writes", "starts", "taps", "sends_document", "sends_photo", "sends_media", "forwards"}
)

FORKS = multiprocessing.get_context("forkserver")
# What the product imports, or reads, only once it runs is there before the fork, so that not each process does it anew.
FORKS.set_forkserver_preload(
    [
        *(__name__, "bot.handlers.intake", "bot.handlers.notifier", "bot.handlers.outage", "bot.handlers.routes"),
        *("anyio._backends._asyncio", "holidays.countries", "httpcore", "uvicorn.protocols.http.auto"),
    ]
)
Library.packaged()


class Process:
    """One `serve`. ``url`` is where it listens."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def start(self) -> str:
        ours, theirs = FORKS.Pipe()
        with NamedTemporaryFile(prefix="retencao-serve-", suffix=".log", delete=False) as log:
            self._log = Path(log.name)
        self._process: BaseProcess = FORKS.Process(target=serve, args=(self._settings, theirs, self._log), daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        if not await asyncio.to_thread(ours.poll, PATIENCE):
            raise AssertionError(f"serve did not come up:\n{self._log.read_text()}")
        url: str = ours.recv()
        return url

    async def end(self) -> None:
        """As a service manager ends it; what it logged goes to the failing test's report."""
        assert self._process.pid is not None
        self._process.terminate()
        await asyncio.to_thread(self._process.join, PATIENCE)
        ended = self._process.exitcode == 0
        self._process.kill()
        assert ended, f"{self._process}:\n{self._log.read_text()}"
        sys.stdout.write(self._log.read_text())
        self._log.unlink()


def serve(settings: Settings, ready: Connection, log: Path) -> None:
    """What a process does: serve until SIGTERM, its log in a file."""
    ending = Ending()

    async def until_told() -> None:
        async with running(settings) as address:
            ready.send(address)
            await ending.told()

    with log.open("a") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        ending.run(until_told)


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
    """The product is ended and started anew, as another process, before each act of a person."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        super().__init__(sandbox, settings)
        self.telegram = Interrupted(sandbox.telegram, self.restart)
        self._process: Process | None = None
        self.starts = 0

    async def restart(self) -> None:
        await self.aclose()
        process = Process(self.settings)
        self.sandbox.product_url = await process.start()
        self._process = process
        self.starts += 1

    async def aclose(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            await process.end()


@contextlib.asynccontextmanager
async def by_another_each_time(sandbox: Sandbox, settings: Settings) -> AsyncIterator[Restarted]:
    with Restarted(sandbox, settings) as world:
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


class TakingTurns(World):
    turns: Turns


@contextlib.asynccontextmanager
async def by_two_in_turns(sandbox: Sandbox, settings: Settings) -> AsyncIterator[TakingTurns]:
    """Each update and each webhook goes to the process that did not get the last."""
    if settings.database_url.startswith("sqlite"):
        pytest.skip("one process serves an SQLite file")
    async with contextlib.AsyncExitStack() as stack:
        turns = Turns(await stack.enter_async_context(httpx.AsyncClient(trust_env=False)))
        front = await stack.enter_async_context(listening(turns))
        by_webhook = {"http_port": 0, "telegram_mode": "webhook", "public_url": front.url}
        secret = Settings(_env_file=None, telegram_webhook_secret="segredo-de-teste").telegram_webhook_secret
        settings = settings.model_copy(update=by_webhook | {"telegram_webhook_secret": secret})
        for process in (Process(settings), Process(settings)):
            turns.processes.append(await process.start())
            stack.push_async_callback(process.end)
        sandbox.product_url = front.url
        world = stack.enter_context(TakingTurns(sandbox, settings))
        world.turns = turns
        yield world


@contextlib.asynccontextmanager
async def restarted_on(url: str) -> AsyncIterator[Restarted]:
    async with (
        emulators() as (sandbox, address),
        by_another_each_time(sandbox, settings_for(sandbox, address, url)) as world,
    ):
        yield world


@contextlib.asynccontextmanager
async def taking_turns_on(url: str) -> AsyncIterator[tuple[World, Turns]]:
    async with (
        emulators() as (sandbox, address),
        by_two_in_turns(sandbox, settings_for(sandbox, address, url)) as world,
    ):
        yield world, world.turns


SERVED: dict[str, Serving] = {"one": by_one, "restart": by_another_each_time, "alternate": by_two_in_turns}
