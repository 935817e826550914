"""What analysts said of readings, as data to read better by: in the format of the labelled sets, with their answer."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.services.operation import Operation
from messages.statuses import Direction
from storage import readings as stored
from storage.models import Contact, ReadingFeedback

BEFORE = 3  # messages that go with each, as in the labelled sets
CHUNK = 500  # cases a question


def export(session: Session, op: Operation, *, now: datetime) -> list[dict[str, Any]]:
    """One object for each answer: ``id``, ``now``, ``previous`` and ``text`` as `messages.replies.read_json` takes
    them, ``suggested`` as it gave it then, the ``part`` of it that was answered (intent, reasons, promise), ``right``,
    and in ``said`` what it is instead. Nobody's name or number."""
    answers = stored.answered(session)
    numbers = sorted({contact.case_id for _, contact in answers if contact.case_id is not None})
    talks: dict[int, list[Contact]] = {}
    for start in range(0, len(numbers), CHUNK):
        talks |= stored.talks(session, numbers[start : start + CHUNK])
    return [_told(answer, contact, talks.get(contact.case_id or 0, []), op) for answer, contact in answers]


def _told(answer: ReadingFeedback, contact: Contact, talk: Sequence[Contact], op: Operation) -> dict[str, Any]:
    return {
        "id": answer.id,
        "now": f"{op.local(contact.occurred_at):%Y-%m-%dT%H:%M}",
        "previous": [*_previous(contact, talk)],
        "text": contact.text,
        "suggested": answer.suggested,
        "part": answer.part.value,
        "right": not answer.said,
        "said": answer.said,
    }


def _previous(contact: Contact, talk: Sequence[Contact]) -> Iterator[dict[str, str]]:
    here = bisect_left(talk, _place(contact), key=_place)
    for earlier in talk[max(0, here - BEFORE) : here]:
        yield {"from": "dentist" if earlier.direction is Direction.IN else "analyst", "text": earlier.text}


def _place(contact: Contact) -> tuple[datetime, int]:
    return contact.occurred_at, contact.id or 0
