"""Dentists and their conversations with the operator's number, as WhatsApp's servers keep them."""

import base64
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.clock import Clock, iso
from bot.sandbox.errors import SandboxError

WINDOW = timedelta(hours=24)
_BURST, _SECONDS_A_MESSAGE = 45, 6.0  # per recipient, in real time
_FIRST_DDD_WITHOUT_NINTH = 31


@dataclass(slots=True)
class Message:
    wamid: str
    from_dentist: bool
    type: str
    text: str
    at: datetime
    status: str = "accepted"
    quoting: str | None = None
    buttons: list[str] = field(default_factory=list)
    template: str | None = None
    category: str | None = None
    filename: str | None = None
    opaque: str | None = None


@dataclass(slots=True)
class Dentist:
    number: str  # digits, with the ninth one
    wa_id: str
    name: str
    bsuid: str | None = None
    hides_phone: bool = False
    on_whatsapp: bool = True
    wrote_at: datetime | None = None
    refuses_marketing: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    unread: list[Message] = field(default_factory=list)
    _tokens: float = _BURST
    _counted_at: float = field(default_factory=time.monotonic)

    def window_until(self) -> datetime | None:
        return self.wrote_at + WINDOW if self.wrote_at else None

    def take_turn(self) -> bool:
        """Whether one more message may go to this person now, in real time; counts it."""
        now = time.monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._counted_at) / _SECONDS_A_MESSAGE)
        self._counted_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class People:
    """Everybody is found by number (any spelling), by wa_id or by BSUID, and messages by wamid: never by looking."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_key: dict[str, Dentist] = {}
        self.everyone: list[Dentist] = []
        self.messages: dict[str, tuple[Dentist, Message]] = {}

    def know(self, number: str) -> Dentist:
        """The person with this number, made up on first mention. Raises SandboxError for what is no number."""
        digits = canonical(number)
        if not 8 <= len(digits) <= 15:
            raise SandboxError(f"{number!r} is no phone number")
        dentist = self._by_key.get(digits)
        if dentist is None:
            dentist = Dentist(digits, default_wa_id(digits), f"Contato {digits[-4:]}")
            self._by_key[digits] = dentist
            self.everyone.append(dentist)
            self._by_key.setdefault(dentist.wa_id, dentist)
        return dentist

    def rename(self, dentist: Dentist, wa_id: str | None, bsuid: str | None) -> None:
        """Give other identities; the old spelling of the wa_id keeps leading here."""
        dentist.wa_id, dentist.bsuid = wa_id or dentist.wa_id, bsuid or dentist.bsuid
        self._by_key[dentist.wa_id] = dentist
        if dentist.bsuid:
            self._by_key[dentist.bsuid] = dentist

    def with_bsuid(self, bsuid: str) -> Dentist | None:
        return self._by_key.get(bsuid)

    def add(self, dentist: Dentist, *, from_dentist: bool, **parts: Any) -> Message:
        message = Message(new_wamid(dentist.number), from_dentist, at=self._clock.now(), **parts)
        dentist.messages[message.wamid] = message
        self.messages[message.wamid] = dentist, message
        return message

    def view(self, number: str) -> dict[str, Any]:
        """The conversation as the dentist sees it: what failed never arrived."""
        dentist = self.know(number)
        until = dentist.window_until()
        return {
            "number": f"+{dentist.number}",
            "wa_id": dentist.wa_id,
            "name": dentist.name,
            "window_open_until": iso(until) if until and until > self._clock.now() else None,
            "messages": [_shown(message) for message in dentist.messages.values() if message.status != "failed"],
        }


def canonical(number: str) -> str:
    """Digits; a Brazilian mobile gets its ninth digit back."""
    digits = re.sub(r"\D", "", number)
    brazilian = re.fullmatch(r"55(\d\d)([6-9]\d{7})", digits)
    return f"55{brazilian[1]}9{brazilian[2]}" if brazilian else digits


def default_wa_id(digits: str) -> str:
    """In area codes from 31 up many accounts still have an id without the ninth digit: here all have, unless told."""
    mobile = re.fullmatch(r"55(\d\d)9([6-9]\d{7})", digits)
    return f"55{mobile[1]}{mobile[2]}" if mobile and int(mobile[1]) >= _FIRST_DDD_WITHOUT_NINTH else digits


def new_wamid(number: str) -> str:
    return "wamid." + base64.b64encode(b"\x1d\x06\x18" + number.encode() + secrets.token_bytes(18)).decode()


def _shown(message: Message) -> dict[str, Any]:
    return {
        "id": message.wamid,
        "from": "dentist" if message.from_dentist else "operator",
        "type": message.type,
        "text": message.text,
        "at": iso(message.at),
        "status": None if message.from_dentist else message.status,
        "quoting": message.quoting,
        "buttons": message.buttons,
        "template": message.template,
        "filename": message.filename,
    }
