"""Files at WhatsApp: uploaded by the product or sent by dentists, fetched by short-lived URLs."""

import hashlib
import secrets
import time
from dataclasses import dataclass

from bot.sandbox.whatsapp.errors import Refused

_URL_SECONDS = 300.0  # real time
_IMAGE_LIMIT, _AUDIO_LIMIT, _DOCUMENT_LIMIT = 5 * 1024**2, 16 * 1024**2, 100 * 1024**2
_DOCUMENTS = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "text/plain",
    }
)
_SOUNDS = frozenset({"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "video/mp4", "video/3gpp"})
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Media:
    media_id: str
    content: bytes
    mime_type: str
    filename: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class MediaStore:
    def __init__(self) -> None:
        self._all: dict[str, Media] = {}
        self._tickets: dict[str, tuple[Media, float]] = {}

    def upload(self, content: bytes, mime_type: str, filename: str) -> Media:
        """By the product: type and size are checked. Raises Refused."""
        kind = mime_type.partition(";")[0].strip()
        limits = ((_DOCUMENTS, _DOCUMENT_LIMIT), (_SOUNDS, _AUDIO_LIMIT), (_PICTURES, _IMAGE_LIMIT))
        limit = next((limit for kinds, limit in limits if kind in kinds), None)
        if limit is None:
            raise Refused(100, f"Param file must be a file with one of the supported types, not {kind or 'nothing'}")
        if not 0 < len(content) <= limit:
            raise Refused(131053, f"A file of type {kind} has 1 to {limit} bytes")
        return self.keep(content, mime_type, filename)

    def keep(self, content: bytes, mime_type: str, filename: str) -> Media:
        media = Media(str(900_000_000_000_000 + len(self._all)), content, mime_type, filename)
        self._all[media.media_id] = media
        return media

    def find(self, media_id: str) -> Media | None:
        return self._all.get(media_id)

    def forget(self, media_id: str) -> bool:
        return self._all.pop(media_id, None) is not None

    def ticket(self, media: Media) -> str:
        """What makes a download URL; good for five minutes."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = media, time.monotonic() + _URL_SECONDS
        return ticket

    def redeem(self, ticket: str) -> Media | None:
        media, until = self._tickets.get(ticket, (None, 0.0))
        return media if time.monotonic() < until else None
