"""A message forwarded from another chat: who wrote it and when, to the second."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from messages.transcript_words import Kind
from messages.transcripts import TranscriptMessage


@dataclass(frozen=True, slots=True)
class Forwarded:
    """``text``: of a file its caption; ``media`` is then what was sent, one of `messages.media`."""

    at: datetime  # aware, local
    author: str
    text: str = ""
    media: str = ""
    filename: str = ""
    own: bool = False  # whoever forwards it wrote it

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}


def as_message(kept: Mapping[str, Any]) -> TranscriptMessage:
    """What `Forwarded.as_json` gave, as one message of a conversation."""
    at = datetime.fromisoformat(kept["at"]).replace(tzinfo=None)
    kind = Kind.MEDIA if kept["media"] else Kind.TEXT
    return TranscriptMessage(at, kept["author"], kept["text"], kind, kept["media"], kept["filename"], exact=True)
