"""What people send besides texts and documents, and where a forwarded message came from, in the Bot API's shape."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.sandbox.errors import SandboxError
from bot.sandbox.telegram.chats import Chat, StoredFile, file_as_api

_OF_FILE: dict[str, dict[str, Any]] = {
    "voice": {"duration": 7, "mime_type": "audio/ogg"},
    "audio": {"duration": 60, "mime_type": "audio/mpeg"},
    "video": {"width": 640, "height": 360, "duration": 8, "mime_type": "video/mp4"},
    "video_note": {"length": 240, "duration": 8},
    "sticker": {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
}
_WITHOUT_FILE: dict[str, dict[str, Any]] = {
    "location": {"latitude": -12.97, "longitude": -38.5},
    "contact": {"phone_number": "+5571980000099", "first_name": "Contato"},
}
WITH_CAPTION = ("voice", "audio", "video")
KINDS = (*_OF_FILE, *_WITHOUT_FILE)


def as_api(kind: str, store: Callable[[str, str], StoredFile]) -> dict[str, Any]:
    """The message's own field. ``store`` keeps a file's bytes, by name and type. Raises SandboxError."""
    if kind in _WITHOUT_FILE:
        return {kind: _WITHOUT_FILE[kind]}
    if kind not in _OF_FILE:
        raise SandboxError(f"no such kind: {kind}; there are {', '.join(KINDS)}")
    told = _OF_FILE[kind]
    file = store(kind, told.get("mime_type", "application/octet-stream"))
    return {kind: {**file_as_api(file), **told}}


def origin(sender: Chat | None, hidden_name: str | None, sent_at: datetime) -> dict[str, Any]:
    """Of a forwarded message: a person, or only a name where that person hides behind it. Raises SandboxError."""
    date = int(sent_at.timestamp())
    if sender is not None:
        user = {key: value for key, value in sender.user().items() if key != "language_code"}
        return {"type": "user", "sender_user": user, "date": date}
    if not hidden_name:
        raise SandboxError("tell who wrote it: user_id, or name")
    return {"type": "hidden_user", "sender_user_name": hidden_name, "date": date}
