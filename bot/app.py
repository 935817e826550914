"""All the wiring: settings in, a running product out; started in order, stopped in the reverse one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from starlette.routing import BaseRoute

from bot.channels.whatsapp import WhatsApp
from bot.clock import Clock, RemoteClock, SystemClock
from bot.metrics import Metrics
from bot.runtime import Runtime, UseCase
from bot.services import recovery
from bot.services.operation import Operation
from bot.settings import Settings
from bot.web.server import server, web_app
from bot.web.webhooks import Keeper, TelegramWebhook, WhatsAppWebhook
from bot.worker import Parts, Worker
from messages.calendar import WorkingHours
from messages.templates import Library
from storage.engine import migrate

if TYPE_CHECKING:
    from bot.handlers.intake import App

log = structlog.get_logger(__name__)

T = TypeVar("T")


def operation(settings: Settings) -> Operation:
    start, end = settings.working_day
    return Operation(
        name=settings.operator_name,
        support_phone=settings.support_phone,
        support_hours=settings.support_hours,
        zone=settings.zone,
        hours=WorkingHours(start, end),
        undo=timedelta(seconds=settings.undo_seconds),
        api_on=settings.whatsapp_sends,
        library=Library.packaged(),
    )


def runtime(settings: Settings) -> Runtime:
    clock: Clock = RemoteClock(settings.clock_url) if settings.clock_url else SystemClock()
    return Runtime(settings.database_url, clock, queue_limit=settings.queue_limit)


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """The whole product, until the block ends. Yields the address it listens on.

    Order: schema, what a dead process left, the web (so that nothing is missed), the chat, the worker.
    """
    for warning in settings.warnings():
        log.warning("part_off", reason=warning)
    await asyncio.to_thread(migrate, settings.database_url)
    rt = runtime(settings)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(rt.close)
        if settings.database_url.startswith("sqlite"):
            await rt.write(recovery.take_over)
        address = await _Product(settings, rt, operation(settings), stack).start()
        log.info("ready", address=address)
        yield address
        log.info("stopping")


@dataclass
class _Product:
    """The parts, each put on the stack as it starts."""

    settings: Settings
    rt: Runtime
    op: Operation
    stack: contextlib.AsyncExitStack
    metrics: Metrics = field(default_factory=Metrics)
    failures: dict[int, BaseException] = field(default_factory=dict)  # see handlers.routes.build

    async def start(self) -> str:
        address = await self._serve()
        chat = await self._chat()
        if chat is not None:
            await self._listen(chat)
        lease, beat = (timedelta(seconds=s) for s in (self.settings.send_lease_seconds, self.settings.beat_seconds))
        worker = Worker(self.rt, self.op, self._parts(chat), self.metrics, send_lease=lease, beat=beat)
        worker.start()
        self.stack.push_async_callback(worker.stop)
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
        parts = {
            "telegram": settings.telegram_on,
            "whatsapp_receives": settings.whatsapp_receives,
            "whatsapp_sends": settings.whatsapp_sends,
        }
        web = server(web_app(self.rt, self.metrics, routes, parts), settings.http_host, settings.http_port)
        await web.begin()
        self.stack.push_async_callback(web.end)
        return f"http://{settings.http_host}:{web.port}"

    async def _chat(self) -> "App | None":
        """The Telegram application, ready to send; None where it is off."""
        if not self.settings.telegram_on:
            return None
        from telegram.error import InvalidToken

        from bot.handlers import routes
        from bot.handlers.outage import OutageTeller

        token = self.settings.telegram_token.get_secret_value()
        chat = routes.build(token, self.settings.telegram_api_url, self.rt, self.op, self.failures)
        try:
            await patiently(chat.initialize)
        except InvalidToken:
            log.error("part_off", reason="O Telegram recusou o TELEGRAM_TOKEN: confira-o com o BotFather.")
            return None
        self.stack.push_async_callback(chat.shutdown)
        await chat.start()
        self.stack.push_async_callback(chat.stop)
        teller = OutageTeller(chat.bot, self.rt)
        self.rt.on_outage(teller.tell)
        self.stack.push_async_callback(teller.finish)
        return chat

    async def _listen(self, chat: "App") -> None:
        """Take updates in and handle them."""
        from bot.handlers.intake import ALLOWED, Dispatcher, Poller
        from bot.handlers.routes import register_commands

        dispatcher = Dispatcher(chat, self.rt, self.failures)
        handling = asyncio.create_task(dispatcher.run(), name="dispatcher")

        async def stop() -> None:
            dispatcher.stop()
            await handling

        self.stack.push_async_callback(stop)
        await patiently(register_commands, chat.bot)
        if self.settings.telegram_mode == "webhook":
            secret = self.settings.telegram_webhook_secret.get_secret_value()
            url = f"{self.settings.public_url}/webhooks/telegram"
            await patiently(chat.bot.set_webhook, url, secret_token=secret, allowed_updates=list(ALLOWED))
            return
        await patiently(chat.bot.delete_webhook)
        polling = asyncio.create_task(Poller(chat, self.rt, self.metrics).run(), name="poller")

        async def hang_up() -> None:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

        self.stack.push_async_callback(hang_up)

    def _parts(self, chat: "App | None") -> Parts:
        settings, channel, notifier = self.settings, None, None
        if settings.whatsapp_sends:
            channel = WhatsApp(
                settings.whatsapp_api_url,
                settings.whatsapp_api_version,
                settings.whatsapp_phone_number_id,
                settings.whatsapp_token.get_secret_value(),
                timeout=settings.send_timeout_seconds,
            )
            self.stack.push_async_callback(channel.close)
        if chat is not None:
            from bot.handlers.notifier import ChatNotifier

            notifier = ChatNotifier(chat.bot, self.rt, self.op)
        return Parts(channel, notifier, settings.whatsapp_phone_number_id or None)


async def patiently(call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> None:
    """Repeat while Telegram is out of reach: replies of dentists are kept meanwhile."""
    from telegram.error import InvalidToken, NetworkError, RetryAfter

    pause = 1.0
    while True:
        try:
            await call(*args, **kwargs)
            return
        except InvalidToken:
            raise
        except (NetworkError, RetryAfter) as error:
            log.warning("telegram_out_of_reach", error=repr(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30)


async def once(settings: Settings, use_case: UseCase[T], *args: Any, **kwargs: Any) -> T:
    """Run one use-case and let go of the database: what the command line does."""
    await asyncio.to_thread(migrate, settings.database_url)
    rt = runtime(settings)
    try:
        return await rt.write(use_case, *args, **kwargs)
    finally:
        await rt.close()
