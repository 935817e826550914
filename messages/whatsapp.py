"""The WhatsApp Cloud API's payloads: what is sent, and what a webhook's body says. Shapes: Meta's Graph API, v26."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from messages.contracts import Incoming, OptOut, Outgoing, Receipt, Sender, SendResult, Verdict
from messages.errors import InvalidInput
from messages.identity import normalise_phone, show_phone
from messages.refusals import Act, refusal_of
from messages.statuses import ChannelName, MessageStatus

MEDIA = ("image", "audio", "video", "document", "sticker")
STATUSES = {
    "sent": MessageStatus.ACCEPTED,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}


def send_payload(message: Outgoing, media_id: str | None = None) -> dict[str, Any]:
    """The body of ``POST /{phone number}/messages``. ``media_id``: of the message's document, as uploaded."""
    payload: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **({"to": message.to[1:]} if message.to.startswith("+") else {"recipient": message.to}),  # else a BSUID
        "biz_opaque_callback_data": message.key,
    }
    if message.reply_to:
        payload["context"] = {"message_id": message.reply_to}
    if message.document is not None:
        kind = kind_of(message.document.mime_type)
        media = {"id": media_id} | ({"caption": message.text} if message.text else {})
        named = {"filename": message.document.filename} if kind == "document" else {}
        return payload | {"type": kind, kind: media | named}
    if message.template is None:
        return payload | {"type": "text", "text": {"body": message.text, "preview_url": False}}
    parameters = [
        {"type": "text", "parameter_name": name, "text": value} for name, value in message.template.parameters.items()
    ]
    template: dict[str, Any] = {"name": message.template.name, "language": {"code": message.template.language}}
    if parameters:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return payload | {"type": "template", "template": template}


def kind_of(mime_type: str) -> str:
    """How WhatsApp names a file of this type: what it shows as a picture, and everything else."""
    return "image" if mime_type.startswith("image/") else "document"


def judge(code: int | None, http_status: int, details: str = "") -> SendResult:
    """What a refusal means. An answer without a code of Meta's says nothing sure after the body went out."""
    if code is None:
        if http_status == 429:
            return SendResult(Verdict.RETRY, reason="O WhatsApp pediu para esperar.", retry_after=timedelta(seconds=30))
        if 400 <= http_status < 500:
            return SendResult(Verdict.REJECTED, reason=f"O WhatsApp recusou o envio (HTTP {http_status}): avise a TI.")
        return SendResult(Verdict.UNKNOWN, reason="O WhatsApp não confirmou o envio.")
    refusal = refusal_of(code, details)
    verdict = Verdict.RETRY if refusal.act is Act.RETRY else Verdict.REJECTED
    return SendResult(verdict, code=code, reason=refusal.answered, retry_after=refusal.wait)


def read_upload(http_status: int, body: bytes) -> str | SendResult:
    """The id of an uploaded file; else what the refusal means for the message, which has certainly not left."""
    answer = _json(body)
    if 200 <= http_status < 300 and isinstance(answer.get("id"), str):
        media_id: str = answer["id"]
        return media_id
    judged = read_answer(http_status if http_status >= 300 else 500, body)
    return replace(judged, verdict=Verdict.RETRY) if judged.verdict is Verdict.UNKNOWN else judged


def read_answer(http_status: int, body: bytes) -> SendResult:
    """What the answer to a send says."""
    answer = _json(body)
    if not answer:
        return judge(None, http_status)
    if 200 <= http_status < 300:
        sent = _first(answer.get("messages"))
        contact = _first(answer.get("contacts"))
        if isinstance(sent.get("id"), str):
            return SendResult(Verdict.ACCEPTED, external_id=sent["id"], recipient_id=contact.get("wa_id"))
        return SendResult(Verdict.UNKNOWN, reason="O WhatsApp não confirmou o envio.")
    error = _dict(answer.get("error"))
    code = _code(error)
    judged = judge(code, http_status, _details(error))
    if http_status >= 500 and judged.verdict is not Verdict.RETRY:
        return SendResult(Verdict.UNKNOWN, code=code, reason="O WhatsApp não confirmou o envio.")
    return judged


def _code(error: Mapping[str, Any]) -> int | None:
    code, subcode = error.get("code"), error.get("error_subcode")
    found = subcode if code == 100 and subcode == 33 else code  # 33: of all that 100 may mean, the only one apart
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _details(error: Mapping[str, Any]) -> str:
    return str(_dict(error.get("error_data")).get("details") or "")[:200]


def _json(body: bytes) -> Mapping[str, Any]:
    """An answer's object; empty for what is none."""
    try:
        return _dict(json.loads(body))
    except ValueError:
        return {}


@dataclass(frozen=True, slots=True)
class Webhook:
    """All that one body says. ``unread`` names what has no reader yet: it stays in the raw event. ``unreadable`` names
    messages that say neither when nor by whom they were written: a person has to look at those.
    """

    incoming: list[Incoming] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    opt_outs: list[OptOut] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_webhook(body: bytes, phone_number_id: str | None = None) -> Webhook:
    """Read every item of every entry and change. Raises InvalidInput when it is no webhook of WhatsApp's.

    Changes of another phone number are left unread, since the same app may serve several.
    """
    try:
        root = json.loads(body, object_pairs_hook=_storable)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("O corpo do webhook não é JSON.") from error
    if not isinstance(root, dict):
        raise InvalidInput("O corpo do webhook não é um objeto.")
    found = Webhook()
    for entry in _dicts(root.get("entry")):
        for change in _dicts(entry.get("changes")):
            value = _dict(change.get("value"))
            number = _dict(value.get("metadata")).get("phone_number_id")
            if phone_number_id and number and number != phone_number_id:
                found.unread.append(f"{change.get('field')} of another number")
                continue
            _read_change(str(change.get("field")), value, found)
    return found


def _read_change(name: str, value: Mapping[str, Any], found: Webhook) -> None:
    names = {str(c.get("wa_id")): str(_dict(c.get("profile")).get("name") or "") for c in _dicts(value.get("contacts"))}
    for item in _dicts(value.get("messages")):
        _keep(found.incoming, _incoming(item, names, echo=False), f"message {item.get('type')}", found.unreadable)
    for item in _dicts(value.get("message_echoes")):
        _keep(found.incoming, _incoming(item, names, echo=True), f"echo {item.get('type')}", found.unreadable)
    for item in _dicts(value.get("statuses")):
        _keep(found.receipts, _receipt(item), f"status {item.get('status')}", found.unread)
    for item in _dicts(value.get("user_preferences")):
        _keep(found.opt_outs, _opt_out(item), "preference", found.unread)
    if not any(key in value for key in ("messages", "message_echoes", "statuses", "user_preferences")):
        found.unread.append(name)


def _keep(into: list[Any], item: object | None, what: str, otherwise: list[str]) -> None:
    if item is None:
        otherwise.append(what)
    else:
        into.append(item)


def _incoming(item: Mapping[str, Any], names: Mapping[str, str], *, echo: bool) -> Incoming | None:
    external_id, at = item.get("id"), _moment(item.get("timestamp"))
    sender = _sender(item, "to" if echo else "from", names)
    if not isinstance(external_id, str) or not external_id or at is None or sender is None:
        return None
    kind = str(item.get("type", "unknown"))
    content = _dict(item.get(kind))
    return Incoming(
        channel=ChannelName.WHATSAPP,
        external_id=external_id[:512],
        sender=sender,
        occurred_at=at,
        kind=kind[:32],
        text=_text_of(kind, item, content),
        reply_to=_reply_to(item),
        media={k: str(content[k])[:255] for k in ("id", "mime_type", "filename") if k in content}
        if kind in MEDIA
        else {},
        echo=echo,
    )


def _text_of(kind: str, item: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """What a person would say that the message says."""
    match kind:
        case "text":
            found = content.get("body")
        case "button":
            found = content.get("text")
        case "interactive":
            found = next(
                (_dict(content.get(k)).get("title") for k in ("button_reply", "list_reply") if k in content), ""
            )
        case "reaction":
            found = f"Reagiu com {content['emoji']}" if content.get("emoji") else "Retirou a reação"
        case "location":
            found = " ".join(str(content[k]) for k in ("name", "address", "latitude", "longitude") if content.get(k))
        case "contacts":
            people = _dicts(item.get("contacts"))
            found = ", ".join(str(_dict(p.get("name")).get("formatted_name") or "") for p in people)
        case "system":
            found = _notice(content)
        case _:
            found = content.get("caption")
    return found if isinstance(found, str) else ""


def _notice(content: Mapping[str, Any]) -> str:
    """What WhatsApp itself tells of a person, in Portuguese; its own sentence is English."""
    number = content.get("wa_id") or content.get("new_wa_id")
    if str(content.get("type", "")).endswith("changed_number") and isinstance(number, str):
        phone = normalise_phone(f"+{number}")
        return f"O WhatsApp informou que o dentista mudou de número: {show_phone(phone) if phone else number}."
    if content.get("type") == "user_identity_changed":
        return "O WhatsApp informou que o dentista trocou de aparelho ou reinstalou o aplicativo."
    return f"Aviso do WhatsApp: {content.get('body') or content.get('type') or 'sem detalhes'}"


def _reply_to(item: Mapping[str, Any]) -> str | None:
    quoted = _dict(item.get("context")).get("id") or _dict(item.get("reaction")).get("message_id")
    return quoted if isinstance(quoted, str) else None


def _sender(item: Mapping[str, Any], key: str, names: Mapping[str, str]) -> Sender | None:
    wa_id, bsuid = item.get(key), item.get(f"{key}_user_id") or item.get("user_id")
    wa_id = wa_id if isinstance(wa_id, str) and wa_id.isascii() and wa_id.isdigit() and len(wa_id) <= 15 else None
    bsuid = bsuid[:160] if isinstance(bsuid, str) and bsuid else None
    if wa_id is None and bsuid is None:
        return None
    phone = normalise_phone("+" + wa_id) if wa_id else None
    return Sender(phone=phone, wa_id=wa_id, bsuid=bsuid, name=names.get(wa_id or "", "")[:120])


def _receipt(item: Mapping[str, Any]) -> Receipt | None:
    external_id, status, at = item.get("id"), STATUSES.get(str(item.get("status"))), _moment(item.get("timestamp"))
    if not isinstance(external_id, str) or status is None or at is None:
        return None
    error = _first(item.get("errors"))
    code = _code(error)
    key, recipient = item.get("biz_opaque_callback_data"), item.get("recipient_id")
    return Receipt(
        channel=ChannelName.WHATSAPP,
        external_id=external_id[:512],
        status=status,
        occurred_at=at,
        key=key if isinstance(key, str) else None,
        recipient_id=recipient if isinstance(recipient, str) else None,
        code=code,
        reason=refusal_of(code, _details(error)).reported if code is not None else "",
    )


def _opt_out(item: Mapping[str, Any]) -> OptOut | None:
    sender = _sender({"from": item.get("wa_id"), "user_id": item.get("user_id")}, "from", {})
    at = _moment(item.get("timestamp"))
    if sender is None or at is None or item.get("category") != "marketing_messages":
        return None
    if item.get("value") not in ("stop", "resume"):
        return None
    return OptOut(ChannelName.WHATSAPP, sender, at, stop=item["value"] == "stop")


def _storable(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without what no database takes in a text: halves of a surrogate pair, and NUL."""
    return {key: _clean(value) if isinstance(value, str) else value for key, value in pairs}


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "")


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _first(value: object) -> Mapping[str, Any]:
    return next(_dicts(value), {})
