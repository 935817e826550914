"""What a person wrote or changed in a chat on Telegram, as a message from outside. Shapes: Bot API 10's ``Message``."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messages.contracts import Incoming, Sender
from messages.shapes import as_dict, clean
from messages.statuses import ChannelName
from messages.telegram import message_id

STARTED = "start"  # of a contact: the dentist opened the invitation
EDITED = "edit"
KINDS = {  # Telegram's field → ours; an animation comes with a document beside it, a venue with its location
    "photo": "image",
    "voice": "audio",
    "audio": "audio",
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
    "contact": "contacts",
    "document": "document",
}


def chat_in_account(person: int | str, owner: int) -> str:
    """The address of a person's chat in the own account of somebody on the team."""
    return f"{person}@{owner}"


def read_message(
    message: Mapping[str, Any], update_id: int, *, edited: bool = False, owner: int | None = None
) -> Incoming | None:
    """A message that a person wrote; None for one that no person did. ``edited``: it was there, and says this now.

    ``owner``: it stands in the connected account of this user, whose own words are an echo.
    """
    number, sender = message.get("message_id"), as_dict(message.get("from"))
    there, echo = as_dict(message.get("chat")), owner is not None and sender.get("id") == owner
    at = _moment(message.get("edit_date" if edited else "date"))
    if not isinstance(number, int) or not there.get("id") or not sender.get("id") or at is None:
        return None
    if "sender_business_bot" in message:  # a bot's words, in the owner's name
        return None
    chat = str(there["id"]) if owner is None else chat_in_account(there["id"], owner)
    field = next((name for name in KINDS if name in message), None)
    if edited and field in ("location", "venue"):  # one that is shared live moves every few seconds
        return None
    own_id = message_id(chat, number)
    return Incoming(
        channel=ChannelName.TELEGRAM,
        external_id=f"{own_id}:{update_id}" if edited else own_id,
        sender=Sender(chat=chat, name=account_name(there if echo else sender)),
        occurred_at=at,
        kind=EDITED if edited else KINDS[field] if field else "text" if message.get("text") else "unsupported",
        text=_text(message, field),
        reply_to=own_id if edited else _reply_to(message, chat),
        media=_media(message, field),
        echo=echo,
    )


def account_name(user: Mapping[str, Any]) -> str:
    """How the account is called: “Marina Serra (@marina)”."""
    name = " ".join(str(user[part]) for part in ("first_name", "last_name") if user.get(part))
    username = f"@{user['username']}" if user.get("username") else ""
    return clean(f"{name} ({username})" if name and username else name or username)[:120]


def _reply_to(message: Mapping[str, Any], chat: str) -> str | None:
    number = as_dict(message.get("reply_to_message")).get("message_id")
    return message_id(chat, number) if isinstance(number, int) else None


def _text(message: Mapping[str, Any], field: str | None) -> str:
    """The words; of a place or a person, what it holds."""
    if field == "contact":
        told = as_dict(message["contact"])
        parts = [told.get("first_name"), told.get("last_name"), told.get("phone_number")]
    elif field in ("location", "venue"):
        place = as_dict(message.get("venue"))
        at = as_dict(place.get("location") or message.get("location"))
        parts = [place.get("title"), place.get("address"), at.get("latitude"), at.get("longitude")]
    else:
        parts = [message.get("text") or message.get("caption")]
    return clean(" ".join(str(part) for part in parts if part))


def _media(message: Mapping[str, Any], field: str | None) -> dict[str, str]:
    """Of a file: its id at Telegram, its type and name, as given; of a photo the largest size."""
    if field is None:
        return {}
    content = message[field]
    file = as_dict(content[-1]) if isinstance(content, list) and content else as_dict(content)
    names = {"file_id": "id", "mime_type": "mime_type", "file_name": "filename"}
    return {ours: clean(str(file[theirs]))[:255] for theirs, ours in names.items() if file.get(theirs)}


def _moment(value: object) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else None
