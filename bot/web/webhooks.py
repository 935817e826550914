"""Webhooks: checked, kept as one row, and only then acknowledged.

401 for a wrong signature (nothing is kept), 413 beyond 4 MiB, 503 while the database cannot be written: the sender
tries again. A genuine body with ``PROBE`` among its headers is answered 204 and not kept: `retencao doctor` sends it.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.gathering import Gathering
from bot.metrics import Metrics
from bot.runtime import Runtime, Work
from bot.services import inbox
from bot.services.inbox import Raw
from messages.errors import StorageUnavailable
from messages.statuses import ChannelName

log = structlog.get_logger(__name__)

BODY_LIMIT = 4 * 1024 * 1024  # bytes; Meta's batches reach 3 MB
WAITING_LIMIT = 16 * BODY_LIMIT  # of all bodies that wait to be kept
PROBE = "X-Retencao-Probe"


class TooLarge(Exception):
    """The body is longer than any webhook's."""


async def body_of(request: Request) -> bytes:
    """The raw body, bounded before and while it is read."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise TooLarge
    return bytes(body)


class Keeper:
    """Keeps a raw body and answers for it."""

    def __init__(self, rt: Runtime, metrics: Metrics) -> None:
        self._rt, self._metrics = rt, metrics
        self._kept = Gathering(self._receive, lambda raw: len(raw.body), batch=BODY_LIMIT, limit=WAITING_LIMIT)

    async def _receive(self, events: list[Raw]) -> None:
        self._metrics.received.inc(await self._rt.write(inbox.receive, events))
        self._rt.ring(Work.REPLIES, Work.UPDATES)

    async def keep(self, request: Request, genuine: Callable[[bytes], bool], raw: Callable[[bytes], Raw]) -> Response:
        try:
            body = await body_of(request)
        except TooLarge:
            return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        if not genuine(body):
            return Response(status_code=401)
        if PROBE in request.headers:
            return Response(status_code=204)
        try:
            event = raw(body)
        except ValueError:
            return Response(status_code=400)
        try:
            await self._kept.add(event)
        except StorageUnavailable as error:
            log.warning("webhook_refused", error=str(error))
            return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=200)


@dataclass(frozen=True, slots=True)
class WhatsAppWebhook:
    """Meta's webhook. ``verify_token`` empty: the challenge is refused."""

    app_secret: bytes
    verify_token: str
    keeper: Keeper

    def route(self) -> list[Route]:
        return [
            Route("/webhooks/whatsapp", self.challenge, methods=["GET"]),
            Route("/webhooks/whatsapp", self.receive, methods=["POST"]),
        ]

    async def challenge(self, request: Request) -> Response:
        given = request.query_params.get("hub.verify_token", "")
        subscribing = request.query_params.get("hub.mode") == "subscribe"
        if subscribing and self.verify_token and same(given, self.verify_token):
            return PlainTextResponse(request.query_params.get("hub.challenge", ""))
        return Response(status_code=403)

    async def receive(self, request: Request) -> Response:
        signature = request.headers.get("x-hub-signature-256", "")
        return await self.keeper.keep(
            request, lambda body: self._signed(body, signature), lambda body: Raw(ChannelName.WHATSAPP, body)
        )

    def _signed(self, body: bytes, signature: str) -> bool:
        """Over the raw bytes: Meta escapes what it signs, and a re-serialised body would differ."""
        expected = hmac.new(self.app_secret, body, hashlib.sha256).hexdigest()
        return same(signature, f"sha256={expected}")


@dataclass(frozen=True, slots=True)
class TelegramWebhook:
    """Telegram's webhook, told apart by the secret that was given with setWebhook."""

    secret: str
    raw_update: Callable[[bytes], Raw]
    keeper: Keeper

    def route(self) -> list[Route]:
        return [Route("/webhooks/telegram", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        return await self.keeper.keep(
            request, lambda _: bool(self.secret) and same(given, self.secret), self.raw_update
        )


def same(given: str, expected: str) -> bool:
    """Without telling by its duration how much of it was right."""
    return hmac.compare_digest(given.encode(), expected.encode())
