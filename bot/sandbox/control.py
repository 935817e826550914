"""The control endpoints: both people's hands, the clock, the faults and the ledger, over HTTP. See the package."""

import base64
import binascii
import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox.clock import parse
from bot.sandbox.config import CHANGEABLE
from bot.sandbox.emulators import Emulators
from bot.sandbox.errors import SandboxError

_SCREEN = Path(__file__).parent / "screen"
_TELEGRAM_ACTS = frozenset(
    {
        "person",
        "writes",
        "starts",
        "taps",
        "sends_document",
        "sends_photo",
        "sends_media",
        "forwards",
        "edits",
        "blocks",
        "unblocks",
        "threaded",
        "deletes_topic",
    }
)
_WHATSAPP_ACTS = frozenset(
    {
        "person",
        "writes",
        "sends_image",
        "sends_audio",
        "sends_document",
        "presses",
        "reacts",
        "opens",
        "prefers",
        "typed_on_phone",
        "sends",
        "edits",
        "deletes",
        "moves",
        "calls",
        "edited_on_phone",
        "deleted_on_phone",
        "shares_past",
        "account_news",
        "verify_webhook",
        "hold",
        "release",
        "give_up",
        "template",
        "judge_template",
        "recategorise_template",
        "rate_template",
    }
)
_LONGEST_WAIT = 60.0

Handler = Callable[[Request], Awaitable[Any]]


class ControlRoutes:
    def __init__(self, sandbox: Emulators) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route | Mount]:
        return [
            Route("/", self.screen, methods=["GET"]),
            Mount("/screen", StaticFiles(directory=_SCREEN)),
            Route("/clock", _answered(self.clock), methods=["GET"]),
            Route("/clock", _answered(self.move_clock), methods=["POST"]),
            Route("/sandbox/ledger", _answered(self.ledger), methods=["GET"]),
            Route("/sandbox/faults", _answered(self.faults), methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/config", _answered(self.config), methods=["GET", "POST"]),
            Route("/sandbox/settled", _answered(self.settled), methods=["GET"]),
            Route("/sandbox/state", _answered(self.state), methods=["GET"]),
            Route("/sandbox/telegram/chat/{chat_id:int}", _answered(self.telegram_chat), methods=["GET"]),
            Route("/sandbox/telegram/file/{file_id}", _answered(self.telegram_file), methods=["GET"]),
            Route("/sandbox/whatsapp/chat/{number}", _answered(self.whatsapp_chat), methods=["GET"]),
            Route("/sandbox/{phone}/{act}", _answered(self.act), methods=["POST"]),
        ]

    async def screen(self, _: Request) -> Response:
        return FileResponse(_SCREEN / "index.html")

    async def clock(self, _: Request) -> dict[str, Any]:
        clock = self._sandbox.clock
        return {"now": clock.stamp(), "frozen": clock.frozen}

    async def move_clock(self, request: Request) -> dict[str, Any]:
        wish, clock = await _json(request), self._sandbox.clock
        moment = parse(wish["now"]) if "now" in wish else None
        if "frozen" in wish:
            (clock.freeze if wish["frozen"] else clock.thaw)()
        if moment is not None:
            clock.set(moment)
        if "forward" in wish:
            clock.forward(timedelta(seconds=float(wish["forward"])))
        return await self.clock(request)

    async def ledger(self, _: Request) -> dict[str, Any]:
        return self._sandbox.ledger.as_dict()

    async def faults(self, request: Request) -> dict[str, Any]:
        faults = self._sandbox.faults
        if request.method == "POST":
            _call(faults.add, await _json(request))
        elif request.method == "DELETE":
            faults.clear()
        return {"faults": faults.as_list()}

    async def config(self, request: Request) -> dict[str, Any]:
        config = self._sandbox.config
        if request.method == "POST":
            changes = await _json(request)
            if unknown := changes.keys() - CHANGEABLE:
                raise SandboxError(f"cannot be changed: {', '.join(sorted(unknown))}")
            for name, value in changes.items():
                setattr(config, name, value)
        return {name: value for name, value in dataclasses.asdict(config).items() if name in CHANGEABLE}

    async def settled(self, request: Request) -> dict[str, Any]:
        wait = min(float(request.query_params.get("timeout", 10)), _LONGEST_WAIT)
        return {"settled": await self._sandbox.settled(wait), "pending": self._sandbox.pending}

    async def state(self, request: Request) -> dict[str, Any]:
        """All the screen needs, in one answer."""
        sandbox, query = self._sandbox, request.query_params
        chat_id, number = int(query.get("telegram") or 0), query.get("whatsapp")
        analysts, dentists = sandbox.telegram.people(), sandbox.whatsapp.people()
        return {
            "clock": await self.clock(request),
            "analysts": analysts,
            "dentists": dentists,
            "telegram": sandbox.telegram.chat(int(chat_id))
            if chat_id and sandbox.telegram.knows(int(chat_id))
            else None,
            "whatsapp": sandbox.whatsapp.chat(number) if number else None,
        }

    async def telegram_chat(self, request: Request) -> dict[str, Any]:
        return self._sandbox.telegram.chat(request.path_params["chat_id"])

    async def telegram_file(self, request: Request) -> Response:
        stored = self._sandbox.telegram.stored(request.path_params["file_id"])
        # Never shown in place: what the product sends must not run as a page of this origin.
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(stored.content, media_type=stored.mime_type, headers=headers)

    async def whatsapp_chat(self, request: Request) -> dict[str, Any]:
        return self._sandbox.whatsapp.chat(request.path_params["number"])

    async def act(self, request: Request) -> dict[str, Any]:
        phone, act = request.path_params["phone"], request.path_params["act"]
        acts = {"telegram": _TELEGRAM_ACTS, "whatsapp": _WHATSAPP_ACTS}.get(phone, frozenset())
        if act not in acts:
            raise SandboxError(f"no such act: {phone}/{act}")
        arguments = await _json(request)
        if "content_base64" in arguments:
            arguments["content"] = _bytes(arguments.pop("content_base64"))
        result = _call(getattr(getattr(self._sandbox, phone), act), arguments)
        return {"result": await result if inspect.isawaitable(result) else result}


def _answered(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            result = await handler(request)
        except (SandboxError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return result if isinstance(result, Response) else JSONResponse(result)

    return answer


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Call with arguments by name. Raises SandboxError when they don't fit."""
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise SandboxError(str(error)) from error
    return function(**arguments)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError) as error:
        raise SandboxError("content_base64 is not base64") from error


async def _json(request: Request) -> dict[str, Any]:
    content = await request.json() if await request.body() else {}
    if not isinstance(content, dict):
        raise SandboxError("a JSON object is expected")
    return content
