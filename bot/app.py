"""All the wiring: settings in, a running product out; started in order, stopped in the reverse one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from starlette.routing import BaseRoute

from bot.channels.telegram import Telegram
from bot.channels.telegram_files import TelegramFiles
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_files import WhatsAppFiles
from bot.channels.whatsapp_templates import WhatsAppTemplates
from bot.clock import Clock, LocalClock, RemoteClock
from bot.metrics import Metrics
from bot.rates import Publishers
from bot.runtime import Runtime, UseCase
from bot.services import meta_templates, rates, recovery, team
from bot.services.operation import Operation, Operations
from bot.settings import Settings, misspelt
from bot.template_desk import TemplateDesk
from bot.web.server import server, web_app
from bot.web.webhooks import Keeper, TelegramWebhook, WhatsAppWebhook
from bot.worker import Parts, Worker
from messages.contracts import Channel, MediaSource
from messages.statuses import ChannelName
from messages.templates import Library
from storage.engine import BUSY_TIMEOUT, migrate
from storage.leader import sole_server

if TYPE_CHECKING:
    from bot.handlers.intake import App

log = structlog.get_logger(__name__)

T = TypeVar("T")
PATIENCE = timedelta(seconds=20)  # a command beside `serve` waits its turn on an SQLite file


def operation(settings: Settings) -> Operation:
    """What the environment gives; supervisors may set most of it otherwise."""
    return Operation(
        name=settings.operator_name,
        support_phone=settings.support_phone,
        support_hours=settings.support_hours,
        zone=settings.zone,
        hours=settings.working_day,
        undo=timedelta(seconds=settings.undo_seconds),
        api_on=settings.whatsapp_sends,
        library=Library.packaged(),
        messages_a_second=settings.whatsapp_messages_per_second,
        people_a_day=settings.whatsapp_people_per_day or None,
    )


def templates_at_meta(settings: Settings) -> WhatsAppTemplates | None:
    """Where Meta keeps the templates, once the account's id and the token are there."""
    token = settings.whatsapp_token.get_secret_value()
    if not (token and settings.whatsapp_waba_id):
        return None
    return WhatsAppTemplates(
        settings.whatsapp_api_url,
        settings.whatsapp_api_version,
        settings.whatsapp_waba_id,
        settings.whatsapp_phone_number_id,
        token,
        timeout=settings.send_timeout_seconds,
    )


def runtime(
    settings: Settings, patience: timedelta = BUSY_TIMEOUT, tell: Callable[[], datetime] | None = None
) -> Runtime:
    """``tell``: business time, if it is neither the machine's nor what the settings name."""
    limit, files = settings.queue_limit, settings.files
    return Runtime(settings.database_url, _clock(settings, tell), queue_limit=limit, files=files, patience=patience)


def _clock(settings: Settings, tell: Callable[[], datetime] | None) -> Clock:
    if tell is not None:
        return LocalClock(tell)
    return RemoteClock(settings.clock_url) if settings.clock_url else LocalClock()


def ask_about_names() -> None:
    """What stands in ``.env`` under a name that is nearly one of ours."""
    for question in misspelt():
        log.warning("setting_unknown", reason=question)


@contextlib.asynccontextmanager
async def running(settings: Settings, tell: Callable[[], datetime] | None = None) -> AsyncIterator[str]:
    """The whole product, until the block ends. Yields the address it listens on. ``tell``: business time, where the
    one who moves it is in this very process.

    Order: schema, the web (so that nothing is missed, and who may not be here finds out before touching a row), what
    a dead process left, the worker, and the chat in its own time. Raises Conflict when another process serves the
    same SQLite file, InvalidInput for an address that cannot be listened on, StorageUnavailable.
    """
    for warning in settings.warnings():
        log.warning("part_off", reason=warning)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(sole_server(settings.database_url))
        await asyncio.to_thread(_to_newest, settings)
        rt = runtime(settings, tell=tell)
        stack.push_async_callback(rt.close)
        address = await _Product(settings, rt, Operations(operation(settings)), stack).start()
        log.info("ready", address=address)
        yield address
        log.info("stopping")


@dataclass
class _Product:
    """The parts, each put on the stack as it starts."""

    settings: Settings
    rt: Runtime
    operations: Operations
    stack: contextlib.AsyncExitStack
    metrics: Metrics = field(default_factory=Metrics)
    parts_on: dict[str, bool] = field(default_factory=dict)

    async def start(self) -> str:
        address = await self._serve()
        if self.settings.database_url.startswith("sqlite"):
            self.metrics.outbox.labels(status="unknown").inc(await self.rt.write(recovery.take_over))
        lease, beat = (timedelta(seconds=s) for s in (self.settings.send_lease_seconds, self.settings.beat_seconds))
        await self.rt.write(rates.sow)
        parts = Parts(
            self._channels(),
            self._media(),
            self.settings.media_limit_mb * 1024**2,
            self.settings.whatsapp_numbers,
            self._publishers(),
            await self._templates(),
        )
        worker = Worker(self.rt, self.operations, parts, self.metrics, send_lease=lease, beat=beat)
        if self.settings.telegram_on:
            chat = _Chat(self.settings, self.rt, self.operations, self.metrics, self.parts_on, worker)
            self.stack.push_async_callback(chat.close)  # after the worker's end, which may be telling somebody
            chat.start()
        self.stack.push_async_callback(worker.stop)
        worker.start()
        return address

    async def _serve(self) -> str:
        """The webhooks that are on, health and metrics."""
        settings, keeper = self.settings, Keeper(self.rt, self.metrics)
        routes: list[BaseRoute] = []
        if settings.whatsapp_receives:
            secret, token = settings.whatsapp_app_secret, settings.whatsapp_verify_token
            routes += WhatsAppWebhook(secret.get_secret_value().encode(), token.get_secret_value(), keeper).route()
        if settings.telegram_on and settings.telegram_mode == "webhook":
            from bot.handlers.intake import raw_update

            routes += TelegramWebhook(settings.telegram_webhook_secret.get_secret_value(), raw_update, keeper).route()
        self.parts_on.update(
            telegram=settings.telegram_on,
            whatsapp_receives=settings.whatsapp_receives,
            whatsapp_sends=settings.whatsapp_sends,
        )
        web = server(web_app(self.rt, self.metrics, routes, self.parts_on), settings.http_host, settings.http_port)
        self.stack.push_async_callback(web.end)
        await web.begin()
        return f"http://{settings.http_host}:{web.port}"

    def _media(self) -> dict[ChannelName, MediaSource]:
        """Where dentists' files are got from: a token is all that it needs."""
        settings, patience = self.settings, self.settings.media_timeout_seconds
        sources: dict[ChannelName, MediaSource] = {}
        if token := settings.whatsapp_token.get_secret_value():
            url, version = settings.whatsapp_api_url, settings.whatsapp_api_version
            whatsapp = WhatsAppFiles(url, version, token, timeout=patience)
            self.stack.push_async_callback(whatsapp.close)
            sources[ChannelName.WHATSAPP] = whatsapp
        if settings.telegram_on:
            token = settings.telegram_token.get_secret_value()
            telegram = TelegramFiles(settings.telegram_api_url, token, timeout=patience)
            self.stack.push_async_callback(telegram.close)
            sources[ChannelName.TELEGRAM] = telegram
        return sources

    async def _templates(self) -> Callable[[], Awaitable[bool]] | None:
        """What asks Meta about templates: at once, and from then on daily."""
        meta = templates_at_meta(self.settings)
        if meta is None:
            return None
        self.stack.push_async_callback(meta.close)
        await self.rt.write(meta_templates.ask_pull, None)
        return TemplateDesk(self.rt, self.operations, meta).look_after_templates

    def _channels(self) -> dict[ChannelName, Channel]:
        """What dentists are reached by."""
        settings = self.settings
        channels: dict[ChannelName, Channel] = {}
        if settings.whatsapp_sends:
            whatsapp = WhatsApp(
                settings.whatsapp_api_url,
                settings.whatsapp_api_version,
                settings.whatsapp_phone_number_id,
                settings.whatsapp_token.get_secret_value(),
                timeout=settings.send_timeout_seconds,
            )
            self.stack.push_async_callback(whatsapp.close)
            channels[ChannelName.WHATSAPP] = whatsapp
        if settings.telegram_on:
            token = settings.telegram_token.get_secret_value()
            telegram = Telegram(settings.telegram_api_url, token, timeout=settings.send_timeout_seconds)
            self.stack.push_async_callback(telegram.close)
            channels[ChannelName.TELEGRAM] = telegram
        return channels

    def _publishers(self) -> Publishers | None:
        settings = self.settings
        if not settings.read_index:
            return None
        publishers = Publishers(settings.sgs_url, settings.sidra_url)
        self.stack.push_async_callback(publishers.close)
        return publishers


@dataclass
class _Chat:
    """The Telegram part. It connects as soon as Telegram can be reached, which may be hours after all else is up."""

    settings: Settings
    rt: Runtime
    operations: Operations
    metrics: Metrics
    parts_on: dict[str, bool]
    worker: Worker
    stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def start(self) -> None:
        self._connecting = asyncio.create_task(self._connect(), name="chat")

    async def close(self) -> None:
        """Take no more updates, finish those in hand, let go of Telegram: however far it had come."""
        self._connecting.cancel()
        await asyncio.gather(self._connecting, return_exceptions=True)
        await self.stack.aclose()

    async def _connect(self) -> None:
        """Reach Telegram, then listen. What it refuses is somebody's to mend: one line names the variable."""
        from telegram.error import Forbidden, InvalidToken

        from bot.handlers import routes

        token = self.settings.telegram_token.get_secret_value()
        failures: dict[int, BaseException] = {}  # see handlers.routes.build
        try:
            chat = routes.build(token, self.settings.telegram_api_url, self.rt, self.operations, failures)
            await self._begin(chat)
            await self._listen(chat, failures)
        except (InvalidToken, Forbidden):
            self._off("O Telegram recusou o TELEGRAM_TOKEN: confira-o com o BotFather.")
        except Exception:
            log.exception("chat_failed")
            self.parts_on["telegram"] = False

    def _off(self, reason: str) -> None:
        self.parts_on["telegram"] = False
        log.error("part_off", reason=reason)

    async def _begin(self, chat: "App") -> None:
        """Able to send: analysts are told what waits for them."""
        from bot.handlers.notifier import ChatNotifier
        from bot.handlers.outage import OutageTeller

        self.stack.push_async_callback(chat.bot.shutdown)  # also of a connection that was broken off half way
        await patiently(chat.initialize)
        self.stack.push_async_callback(chat.shutdown)
        await chat.start()
        self.stack.push_async_callback(chat.stop)
        teller = OutageTeller(chat.bot, self.rt)
        self.rt.on_outage(teller.tell)
        self.stack.push_async_callback(teller.finish)
        self.worker.notify_through(ChatNotifier(chat.bot, self.rt, self.operations))

    async def _listen(self, chat: "App", failures: dict[int, BaseException]) -> None:
        """Take updates in and handle them."""
        from telegram.error import BadRequest

        from bot.handlers.intake import ALLOWED, Dispatcher, Poller

        dispatcher = Dispatcher(chat, self.rt, failures)
        handling = asyncio.create_task(dispatcher.run(), name="dispatcher")

        async def stop() -> None:
            dispatcher.stop()
            await handling

        self.stack.push_async_callback(stop)
        self._beside(self._menu(chat), "menu")
        if self.settings.telegram_mode == "webhook":
            secret = self.settings.telegram_webhook_secret.get_secret_value()
            url = f"{self.settings.public_url}/webhooks/telegram"
            try:
                await patiently(chat.bot.set_webhook, url, secret_token=secret, allowed_updates=list(ALLOWED))
            except BadRequest as error:
                self._off(f"O Telegram recusou o endereço do webhook, {error.message!r}: confira PUBLIC_URL.")
            return
        await patiently(chat.bot.delete_webhook)
        self._beside(Poller(chat, self.rt, self.metrics).run(), "poller")

    async def _menu(self, chat: "App") -> None:
        from bot.handlers import menu

        await patiently(menu.register, chat.bot, await self.rt.read(team.everybody))

    def _beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Have it done beside everything else, until its end or ours."""

        async def logged() -> None:
            try:
                await work
            except Exception:
                log.exception("part_failed", part=name)

        task = asyncio.create_task(logged(), name=name)

        async def hang_up() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.stack.push_async_callback(hang_up)


async def patiently(call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> None:
    """Repeat while Telegram is out of reach. Raises what it refuses."""
    from telegram.error import BadRequest, NetworkError, RetryAfter

    pause = 1.0
    while True:
        try:
            await call(*args, **kwargs)
            return
        except BadRequest:  # a NetworkError to the library
            raise
        except (NetworkError, RetryAfter) as error:
            log.warning("telegram_out_of_reach", error=repr(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30)


def _to_newest(settings: Settings) -> None:
    """A file that was not there is told of: it may be that somebody looks in the wrong place."""
    file = settings.database_file
    is_new = file is not None and not file.exists()
    migrate(settings.database_url)
    if file is not None and is_new:
        log.info("database_created", file=str(file.absolute()))


@contextlib.asynccontextmanager
async def migrated_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """The database for as long as the block lasts: what the command line uses."""
    await asyncio.to_thread(_to_newest, settings)
    rt = runtime(settings, PATIENCE)
    try:
        yield rt
    finally:
        await rt.close()


async def once(settings: Settings, use_case: UseCase[T], *args: Any, **kwargs: Any) -> T:
    """Run one use-case and let go of the database."""
    async with migrated_runtime(settings) as rt:
        return await rt.write(use_case, *args, **kwargs)
