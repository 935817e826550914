"""The Cloud API's sending side: what is accepted, and what becomes of it."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.ledger import Entry, Ledger
from bot.sandbox.whatsapp.errors import Refused, in_status
from bot.sandbox.whatsapp.media import MediaStore
from bot.sandbox.whatsapp.people import WINDOW, Dentist, Message, People
from bot.sandbox.whatsapp.templates import Templates
from bot.sandbox.whatsapp.webhooks import Notice, Webhooks

_TEXT_LIMIT, _CAPTION_LIMIT, _OPAQUE_LIMIT = 4096, 1024, 512


class Cloud:
    """`accept` raises Refused before anything is kept; what it accepts goes to ledger, conversation and statuses."""

    def __init__(
        self,
        config: SandboxConfig,
        clock: Clock,
        ledger: Ledger,
        people: People,
        templates: Templates,
        media: MediaStore,
        webhooks: Webhooks,
    ) -> None:
        self._config, self._clock, self._ledger = config, clock, ledger
        self._people, self._templates, self._media, self._webhooks = people, templates, media, webhooks
        self._reached: dict[str, datetime] = {}  # whom templates have gone to within a day
        self._taken: deque[float] = deque()  # when, in real time, within the last second
        self.refusals: list[tuple[int, str]] = []  # what was asked against the rules: code and details

    def accept(self, request: Mapping[str, Any], fail_with: int | None = None) -> dict[str, Any]:
        """One POST to …/messages. ``fail_with``: accept it, then report ``failed`` with this code."""
        try:
            return self._accepted(request, fail_with)
        except Refused as refused:
            self.refusals.append((refused.code, refused.details))
            raise

    def _accepted(self, request: Mapping[str, Any], fail_with: int | None) -> dict[str, Any]:
        if self._config.can_send == "BLOCKED":
            raise Refused(131031, "Account has been locked")
        self._take_turn()
        if request.get("messaging_product") != "whatsapp":
            raise Refused(100, "Param messaging_product must be set to 'whatsapp'")
        if request.get("status") == "read":
            return self._mark_read(request)
        dentist = self._recipient(request)
        kind = str(request.get("type", "text"))
        parts = self._parts(kind, request)
        opaque = request.get("biz_opaque_callback_data")
        if opaque is not None and not (isinstance(opaque, str) and len(opaque) <= _OPAQUE_LIMIT):
            raise Refused(100, f"Param biz_opaque_callback_data must be a string of at most {_OPAQUE_LIMIT} characters")
        fail_with = fail_with or self._hindrance(dentist, kind, parts)
        if kind == "template":
            self._count_person(dentist)
        if self._config.pair_rate and not dentist.take_turn():
            raise Refused(131056, "Too many messages sent from this phone number to the same number in a short time")
        return self._keep(dentist, kind, parts, request, opaque, fail_with)

    def reach(self, dentist: Dentist, message: Message, status: str, code: int | None = None) -> None:
        """The message has come this far: tell the product, and plan the next step."""
        message.status = status
        now = self._clock.now()
        told: dict[str, Any] = {
            "id": message.wamid,
            "status": status,
            "timestamp": str(int(now.timestamp())),
            "recipient_id": dentist.wa_id,
        }
        if dentist.bsuid:
            told["recipient_user_id"] = dentist.bsuid
        if status in ("sent", "delivered"):
            category = (message.category or "service").lower()
            told["conversation"] = {"id": f"c{dentist.number}", "origin": {"type": category}}
            told["pricing"] = {"billable": category != "service", "pricing_model": "PMP", "category": category}
        if message.opaque is not None:
            told["biz_opaque_callback_data"] = message.opaque
        if code is not None:
            told["errors"] = [in_status(code)]
        entry: Entry = {
            "wamid": message.wamid,
            "status": status,
            "code": code,
            "biz_opaque_callback_data": message.opaque,
            "at": self._clock.stamp(),
            "acknowledged_at": None,
        }
        self._ledger.statuses.append(entry)
        value = self._webhooks.metadata() | {"statuses": [told]}
        self._webhooks.tell(Notice(dentist.number, "messages", value, entry))
        if status == "sent":
            self._later(self._config.delivered_after, dentist, message, "delivered")
        elif status == "delivered":
            dentist.unread.append(message)
            self._later(self._config.read_after, dentist, message, "read")

    def _later(
        self, seconds: float | None, dentist: Dentist, message: Message, status: str, code: int | None = None
    ) -> None:
        if seconds is None:
            return
        if seconds == 0:
            self.reach(dentist, message, status, code)
        else:
            asyncio.get_running_loop().call_later(seconds, self._unless_read, dentist, message, status, code)

    def _unless_read(self, dentist: Dentist, message: Message, status: str, code: int | None) -> None:
        if message.status != "read":  # the dentist was quicker than the plan
            self.reach(dentist, message, status, code)

    def _recipient(self, request: Mapping[str, Any]) -> Dentist:
        to, bsuid = str(request.get("to") or ""), str(request.get("recipient") or "")
        if not to and bsuid:
            dentist = self._people.with_bsuid(bsuid)
            if dentist is None:
                raise Refused(131062, "No person with this user id has talked to this business")
            return dentist
        if not 8 <= len(re.sub(r"\D", "", to)) <= 15:
            raise Refused(131009 if to else 131008, "Param to must be a phone number")
        return self._people.know(to)

    def _parts(self, kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The message's parts, by type; ``parameters`` is for the ledger alone. Raises Refused."""
        content = request.get(kind)
        if not isinstance(content, dict):
            raise Refused(131008 if kind in _READERS else 131051, f"Param {kind} is missing or no object")
        reader = _READERS.get(kind)
        if reader is None:
            raise Refused(131051, f"The sandbox does not send messages of type {kind}")
        return reader(self, content)

    def _text(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {"text": _limited(content.get("body"), "text['body']", _TEXT_LIMIT)}

    def _template(self, content: Mapping[str, Any]) -> dict[str, Any]:
        filled = self._templates.fill(content)
        template = filled.template
        return {
            "text": filled.text,
            "template": template.name,
            "category": template.category,
            "buttons": template.buttons,
            "parameters": filled.parameters,
        }

    def _file(self, content: Mapping[str, Any]) -> dict[str, Any]:
        caption, filename, link = content.get("caption") or "", content.get("filename"), content.get("link")
        if len(caption) > _CAPTION_LIMIT:
            raise Refused(100, f"Param caption must be at most {_CAPTION_LIMIT} characters long.")
        if link:
            return {"text": caption, "filename": filename or str(link).rpartition("/")[2]}
        stored = self._media.find(str(content.get("id", "")))
        if stored is None:
            raise Refused(
                131053 if content.get("id") else 131008, "Param id must be an uploaded media's id, or link a URL"
            )
        return {"text": caption, "filename": filename or stored.filename}

    def _reaction(self, content: Mapping[str, Any]) -> dict[str, Any]:
        if content.get("message_id") not in self._people.messages:
            raise Refused(131009, "Param message_id is no message of this conversation")
        return {"text": str(content.get("emoji", "")), "quoting": content["message_id"]}

    def _interactive(self, content: Mapping[str, Any]) -> dict[str, Any]:
        if content.get("type") != "button":
            raise Refused(131051, "The sandbox knows interactive messages of type button")
        buttons = [str(button["reply"]["title"]) for button in (content.get("action") or {}).get("buttons", [])]
        if not 1 <= len(buttons) <= 3 or not all(1 <= len(title) <= 20 for title in buttons):
            raise Refused(131009, "An interactive message has 1 to 3 buttons of 1 to 20 characters")
        return {"text": _limited((content.get("body") or {}).get("text"), "body.text", 1024), "buttons": buttons}

    def _hindrance(self, dentist: Dentist, kind: str, parts: Mapping[str, Any]) -> int | None:
        """Why it would not arrive: refused at once, or accepted and reported as failed, as configured."""
        until = dentist.window_until()
        if not dentist.on_whatsapp:
            code, refusal = 131026, self._config.absence_refusal
        elif kind != "template" and (until is None or until <= self._clock.now()):
            code, refusal = 131047, self._config.window_refusal
        elif parts.get("category") == "MARKETING" and dentist.refuses_marketing:
            code, refusal = 131050, "async"
        else:
            return None
        if refusal == "immediate":
            raise Refused(code, _WHY.get(code, ""))
        return code

    def _take_turn(self) -> None:
        """Counts a message among those of this second, in real time. Raises Refused beyond the number's throughput."""
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) >= self._config.messages_per_second:
            raise Refused(130429, "Cloud API message throughput has been reached.")
        self._taken.append(now)

    def _count_person(self, dentist: Dentist) -> None:
        """Outside its window a person counts among those of the day, once. Raises Refused beyond the number's limit."""
        now, until = self._clock.now(), dentist.window_until()
        if until is not None and until > now:
            return
        self._reached = {number: at for number, at in self._reached.items() if at > now - WINDOW}
        limit = self._config.messaging_limit.removeprefix("TIER_").replace("K", "000")
        if limit.isdigit() and dentist.number not in self._reached and len(self._reached) >= int(limit):
            raise Refused(131048, f"The messaging limit of {limit} people in 24 hours has been reached")
        self._reached[dentist.number] = now

    def _keep(
        self,
        dentist: Dentist,
        kind: str,
        parts: dict[str, Any],
        request: Mapping[str, Any],
        opaque: str | None,
        fail_with: int | None,
    ) -> dict[str, Any]:
        parameters = parts.pop("parameters", None)
        quoting = (request.get("context") or {}).get("message_id")
        parts.setdefault("quoting", quoting)
        message = self._people.add(dentist, from_dentist=False, type=kind, opaque=opaque, **parts)
        self._ledger.whatsapp_accepted.append(
            {
                "id": message.wamid,
                "to": f"+{dentist.number}",
                "type": kind,
                "text": message.text,
                "template": message.template,
                "parameters": parameters,
                "biz_opaque_callback_data": opaque,
                "quoting": message.quoting,
                "at": self._clock.stamp(),
            }
        )
        if fail_with is not None:
            self._later(self._config.sent_after, dentist, message, "failed", fail_with)
        else:
            self._later(self._config.sent_after, dentist, message, "sent")
        told_to = str(request.get("to") or request.get("recipient"))
        contact = {"input": told_to} | ({"user_id": dentist.bsuid} if dentist.bsuid else {})
        if not dentist.hides_phone:
            contact["wa_id"] = dentist.wa_id
        return {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": message.wamid, "message_status": "accepted"}],
        }

    def _mark_read(self, request: Mapping[str, Any]) -> dict[str, Any]:
        found = self._people.messages.get(str(request.get("message_id", "")))
        if found is None or not found[1].from_dentist:
            raise Refused(131009, "Param message_id is no message that this number received")
        found[1].status = "read"
        return {"success": True}


_READERS = {
    "text": Cloud._text,
    "template": Cloud._template,
    "document": Cloud._file,
    "image": Cloud._file,
    "audio": Cloud._file,
    "video": Cloud._file,
    "reaction": Cloud._reaction,
    "interactive": Cloud._interactive,
}
_WHY = {
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied to this "
    "number.",
    131026: "Message was not delivered because the recipient cannot be reached on WhatsApp.",
}


def _limited(text: Any, name: str, limit: int) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Refused(131008, f"Param {name} is missing")
    if len(text) > limit:
        raise Refused(100, f"Param {name} must be at most {limit} characters long.")
    return text
