"""What the body of a WhatsApp webhook says: every item of every change, in terms of our own. Shapes: Graph API, v26."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from messages.account_news import FIELDS as ACCOUNT_FIELDS
from messages.contracts import AccountEvent, AtMeta, Incoming, OptOut, Receipt, Sender
from messages.identity import normalise_phone
from messages.meta_templates import read_change
from messages.refusals import refusal_of
from messages.shapes import as_dict, dicts, first, flat, read_object, text
from messages.statuses import ChannelName, MessageStatus
from messages.webhook_words import CALL, MEDIA, call_said, edited, said
from messages.whatsapp import code_of, details_of

STATUSES = {
    "sent": MessageStatus.ACCEPTED,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}
LEFT_ALONE = frozenset({"smb_app_state_sync"})  # the phone's address book: whom else an analyst knows is not ours
AFTERTHOUGHTS = frozenset({"edit", "revoke"})  # they concern a message that was sent before
EARLIEST, LATEST = 2009, 2100  # years: before the first there was no WhatsApp


@dataclass(frozen=True, slots=True)
class Webhook:
    """All that one body says. ``unread`` names what has no reader: it stays in the raw event. ``unreadable`` names
    messages that say neither when nor by whom they were written: a person has to look at those.
    """

    incoming: list[Incoming] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    opt_outs: list[OptOut] = field(default_factory=list)
    account: list[AccountEvent] = field(default_factory=list)
    templates: list[AtMeta] = field(default_factory=list)  # each with what has changed
    unread: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, other: "Webhook") -> None:
        """What another body says, too."""
        for mine, theirs in zip(self._lots(), other._lots(), strict=True):
            mine.extend(theirs)

    def __len__(self) -> int:
        return sum(map(len, self._lots()))

    def _lots(self) -> tuple[list[Any], ...]:
        lots = (self.incoming, self.receipts, self.opt_outs, self.account, self.templates)
        return *lots, self.unread, self.unreadable


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of a body. ``sends``: it is about the number that also sends, the only one whose window counts."""

    name: str
    value: Mapping[str, Any]
    names: Mapping[str, str]  # wa_id or BSUID → the name that people gave themselves
    sends: bool
    own_number: str  # digits of the operation's number, as shown


def read_webhook(body: bytes, numbers: Sequence[str] = ()) -> Webhook:
    """Read every item of every entry and change. Raises InvalidInput when it is no webhook of WhatsApp's.

    ``numbers``: the ids of the operation's phone numbers, the one that sends first; those of others are left unread,
    since the same app may serve several. Without any, all are the operation's.
    """
    found = Webhook()
    for entry in dicts(read_object(body).get("entry")):
        for change in dicts(entry.get("changes")):
            name, value = text(change.get("field"), 64), as_dict(change.get("value"))
            metadata = as_dict(value.get("metadata"))
            number = text(metadata.get("phone_number_id"), 40)
            if numbers and number and number not in numbers:
                found.unread.append(f"{name} of another number")
            elif name in ACCOUNT_FIELDS:
                found.account.append(_account_event(name, value, entry))
            elif (changed := read_change(name, value)) is not None:
                found.templates.append(changed)
            elif name not in LEFT_ALONE:
                sends = not numbers or not number or number == numbers[0]
                own = _digits(text(metadata.get("display_phone_number"), 40))
                _read(_Change(name, value, _names(value), sends, own), entry, found)
    return found


def _read(change: _Change, entry: Mapping[str, Any], found: Webhook) -> None:
    value, before = change.value, len(found)
    for item in dicts(value.get("messages")):
        past = change.name == "history"
        ours = past and _digits(text(item.get("from"), 40)) == change.own_number
        _keep(found.incoming, _incoming(item, change, ours=ours, past=past), f"message {item.get('type')}", found)
    for item in dicts(value.get("message_echoes")):
        _keep(found.incoming, _incoming(item, change, ours=True), f"echo {item.get('type')}", found)
    for item, thread in _past(value):
        told = _incoming({**item, "to": thread}, change, ours=not _is_from(item, thread), past=True)
        _keep(found.incoming, told, f"history {item.get('type')}", found)
    for item in dicts(value.get("calls")):
        _keep(found.incoming, _call(item, change), f"call {item.get('event')}", found)
    for item in dicts(value.get("statuses")):
        _keep_or_name(found.receipts, _receipt(item), f"status {item.get('status')}", found.unread)
    for item in dicts(value.get("user_preferences")):
        _keep_or_name(found.opt_outs, _opt_out(item), "preference", found.unread)
    found.account.extend(_account_event("errors", item, entry) for item in _errors(value))
    if len(found) == before:
        found.unread.append(change.name)


def _keep(into: list[Any], item: object | None, what: str, found: Webhook) -> None:
    _keep_or_name(into, item, what, found.unreadable)


def _keep_or_name(into: list[Any], item: object | None, what: str, otherwise: list[str]) -> None:
    if item is None:
        otherwise.append(text(what, 80))
    else:
        into.append(item)


def _past(value: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The messages of a phone's past, each with whom the conversation was with."""
    for chunk in dicts(value.get("history")):
        for thread in dicts(chunk.get("threads")):
            for item in dicts(thread.get("messages")):
                yield item, text(thread.get("id"), 160)


def _is_from(item: Mapping[str, Any], thread: str) -> bool:
    return thread in (text(item.get("from"), 160), text(item.get("from_user_id"), 160))


def _errors(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What WhatsApp could not do for the account; also that a phone's past was not shared."""
    yield from dicts(value.get("errors"))
    for chunk in dicts(value.get("history")):
        yield from dicts(chunk.get("errors"))


def _names(value: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for contact in dicts(value.get("contacts")):
        name = text(as_dict(contact.get("profile")).get("name"), 120)
        found |= {text(contact.get(key), 160): name for key in ("wa_id", "user_id") if contact.get(key)}
    return found


def _incoming(item: Mapping[str, Any], change: _Change, *, ours: bool, past: bool = False) -> Incoming | None:
    external_id, at = _id(item), _moment(item.get("timestamp"))
    kind = text(item.get("type"), 32) or "unknown"
    system = as_dict(item.get("system")) if kind == "system" else {}
    sender = _sender_before(item, system) if system else _sender(item, "to" if ours else "from", change.names)
    if external_id is None or at is None or sender is None:
        return None
    opens = change.sends and not ours and not past and kind not in AFTERTHOUGHTS and "group_id" not in item
    return Incoming(
        channel=ChannelName.WHATSAPP,
        external_id=external_id,
        sender=sender,
        occurred_at=at,
        kind=kind,
        text=said(kind, item),
        reply_to=_reply_to(item),
        media=_media(*edited(item)) if kind == "edit" else _media(kind, item),
        echo=ours,
        past=past,
        opens_window=opens and kind != "system",
        became=_sender_after(system),
    )


def _call(item: Mapping[str, Any], change: _Change) -> Incoming | None:
    """A voice call. It is told of as it begins and as it ends, in any order, under one id."""
    external_id, at = _id(item), _moment(item.get("start_time") or item.get("timestamp"))
    from_us = bool(change.own_number) and _digits(text(item.get("from"), 40)) == change.own_number
    direction = item.get("direction")
    ours = direction == "BUSINESS_INITIATED" if direction else from_us
    sender = _sender(item, "to" if ours or from_us else "from", change.names)
    if external_id is None or at is None or sender is None:
        return None
    return Incoming(
        channel=ChannelName.WHATSAPP,
        external_id=external_id,
        sender=sender,
        occurred_at=at,
        kind=CALL,
        text=call_said(item, ours=ours),
        echo=ours,
        opens_window=change.sends and not ours,
    )


def _id(item: Mapping[str, Any]) -> str | None:
    told = item.get("id")
    return told[:512] if isinstance(told, str) and told else None


def _media(kind: str, item: Mapping[str, Any]) -> dict[str, str]:
    """What a file is fetched by, and how it is called."""
    content = as_dict(item.get(kind)) if kind in MEDIA else {}
    return {k: told for k in ("id", "mime_type", "filename", "sha256") if (told := text(content.get(k), 255))}


def _reply_to(item: Mapping[str, Any]) -> str | None:
    """The message that this one answers, or concerns."""
    named = (("reaction", "message_id"), ("edit", "original_message_id"), ("revoke", "original_message_id"))
    concerned = next((t for part, key in named if (t := text(as_dict(item.get(part)).get(key), 512))), "")
    return concerned or text(as_dict(item.get("context")).get("id"), 512) or None


def _sender(item: Mapping[str, Any], key: str, names: Mapping[str, str]) -> Sender | None:
    sender = _person(item.get(key), item.get(f"{key}_user_id") or item.get("user_id"))
    if sender is None:
        return None
    name = names.get(sender.wa_id or "") or names.get(sender.bsuid or "") or ""
    return Sender(sender.phone, sender.wa_id, sender.bsuid, name)


def _sender_before(item: Mapping[str, Any], system: Mapping[str, Any]) -> Sender | None:
    """Whom a notice of WhatsApp's is about, as they were known until now."""
    return _person(item.get("from"), system.get("previous_user_id") or item.get("from_user_id"))


def _sender_after(system: Mapping[str, Any]) -> Sender | None:
    """Who the same person is from now on, where number or identity have changed."""
    if not text(system.get("type"), 64).endswith(("changed_number", "changed_user_id")):
        return None
    return _person(system.get("wa_id") or system.get("new_wa_id"), system.get("user_id"))


def _person(wa_id: object, bsuid: object) -> Sender | None:
    """By whatever is told of them: a number may be missing, and so may the identity without one."""
    told = text(wa_id, 160)
    if not bsuid and "." in told:  # a thread of the past may be named by the identity
        told, bsuid = "", told
    digits = told if told.isascii() and told.isdigit() and len(told) <= 15 else None
    identity = text(bsuid, 160) or None
    if digits is None and identity is None:
        return None
    return Sender(phone=normalise_phone("+" + digits) if digits else None, wa_id=digits, bsuid=identity)


def _receipt(item: Mapping[str, Any]) -> Receipt | None:
    external_id, status = item.get("id"), STATUSES.get(text(item.get("status"), 32))
    at = _moment(item.get("timestamp"))
    if not isinstance(external_id, str) or status is None or at is None:
        return None
    error = first(item.get("errors"))
    code = code_of(error)
    return Receipt(
        channel=ChannelName.WHATSAPP,
        external_id=external_id[:512],
        status=status,
        occurred_at=at,
        key=text(item.get("biz_opaque_callback_data"), 512) or None,
        recipient=_person(item.get("recipient_id"), item.get("recipient_user_id")),
        code=code,
        reason=refusal_of(code, details_of(error)).reported if code is not None else "",
    )


def _opt_out(item: Mapping[str, Any]) -> OptOut | None:
    sender, at = _person(item.get("wa_id"), item.get("user_id")), _moment(item.get("timestamp"))
    if sender is None or at is None or item.get("category") != "marketing_messages":
        return None
    if item.get("value") not in ("stop", "resume"):
        return None
    return OptOut(ChannelName.WHATSAPP, sender, at, stop=item["value"] == "stop")


def _account_event(name: str, value: Mapping[str, Any], entry: Mapping[str, Any]) -> AccountEvent:
    """The same notice told twice has the same key."""
    detail, at = flat(value), _moment(entry.get("time"))
    told = [text(entry.get("id")), text(entry.get("time")), name, detail]
    if name == "errors":  # may come by the hundred: each kind is told once a day
        told = [text(entry.get("id")), f"{at:%Y-%m-%d}" if at else "", name, detail.get("code", "")]
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return AccountEvent(name, detail, key, at)


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())


def _moment(value: object) -> datetime | None:
    """Of Meta's seconds. A time that no message can have is none."""
    try:
        moment = datetime.fromtimestamp(int(text(value, 20)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if EARLIEST <= moment.year <= LATEST else None
