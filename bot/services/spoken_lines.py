"""The messages of a conversation as rows: which are on record already, and what is added, each with its true time."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, takewhile
from typing import Any

from sqlmodel import Session, col, select

from bot.services import contacts
from bot.services.operation import Operation
from bot.services.speakers import KEPT
from messages.statuses import ChannelName, Direction
from messages.transcripts import Transcript
from storage.models import Analyst, Case, Contact

BY_HAND = timedelta(hours=12)  # “Enviei” is tapped at most this long after the message really went
CLOCKS = timedelta(minutes=1)  # by so much two phones' clocks may differ
EXACT = "exact:"  # how the identity of a message begins whose moment is known to the second


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a pasted conversation, as it will be recorded."""

    at: datetime  # aware
    ours: bool
    author: str
    text: str
    kind: str
    filename: str = ""
    exact: bool = False  # to the second; else to the minute

    @property
    def minute(self) -> datetime:
        return self.at.replace(second=0, microsecond=0)


def lines_of(read: Transcript, sides: dict[str, bool], op: Operation) -> list[Line]:
    return [
        Line(
            m.at.replace(tzinfo=op.zone),
            sides[m.author],
            m.author,
            _text(m.kind, m.text),
            m.media or m.kind,
            m.filename,
            m.exact,
        )
        for m in read.messages
        if m.kind in KEPT
    ]


def unanswered(lines: Sequence[Line], last_out_at: datetime | None) -> list[Line]:
    """What the dentist said after our last word, here or on record."""
    said = takewhile(lambda line: not line.ours, reversed(lines))
    return [line for line in said if last_out_at is None or line.at > last_out_at]


def _text(kind: str, text: str) -> str:
    return "(mensagem apagada)" if kind == "deleted" else text


def unrecorded(
    session: Session, case: Case, lines: Sequence[Line]
) -> tuple[list[tuple[Line, int]], list[tuple[Contact, datetime]]]:
    """The lines that are not there yet, each numbered among its equals of one minute; and the contacts that “Enviei”
    logged later than they really went, with their true time."""
    if not lines:
        return [], []
    first, last = min(line.at for line in lines), max(line.at for line in lines)
    there = session.exec(
        select(Contact).where(
            Contact.case_id == case.id,
            Contact.occurred_at >= first - timedelta(minutes=2),
            Contact.occurred_at <= last + BY_HAND,
            col(Contact.direction).in_([Direction.IN, Direction.OUT]),
            col(Contact.day_only).is_(False),
        )
    ).all()
    same = {contact.external_id for contact in there if contact.external_id}
    known = {n for n, line in enumerate(lines) if line.exact and _fingerprint_of(case, line, 0) in same}
    taken = {_fingerprint_of(case, lines[n], 0) for n in known}
    free = _Free(contact for contact in there if contact.external_id not in taken)
    new, corrected, seen = [], [], dict[tuple[bool, datetime, str], int]()
    for within in (timedelta(), CLOCKS, BY_HAND):  # the exact ones first, so that no neighbour takes their place
        if within == BY_HAND:
            free = _Free(contact for contact in free.left() if _is_by_hand(contact))
        for n, line in enumerate(lines):
            if n not in known and (found := free.take(line, within)) is not None:
                known.add(n)
                if within == BY_HAND:
                    corrected.append((found, line.at))
    for n, line in enumerate(lines):
        key = (line.ours, line.at, _normal(line.text))
        if n not in known:
            new.append((line, seen.get(key, 0)))
        seen[key] = seen.get(key, 0) + 1
    return new, corrected


class _Free:
    """The touches on record that no line has been found to be yet: by side and words, each lot in order of time.

    A conversation of thousands of lines is compared within the one writer: every line is looked up, none is searched.
    """

    def __init__(self, there: Iterable[Contact]) -> None:
        self._lots: dict[tuple[bool, str, bool], list[Contact]] = {}
        for contact in sorted(there, key=_minute):
            key = (contact.direction is Direction.OUT, _normal(contact.text), _is_exact(contact))
            self._lots.setdefault(key, []).append(contact)

    def take(self, line: Line, within: timedelta) -> Contact | None:
        """The first of the same side and words whose clock differs by no more than this. Of two moments known to the
        second none stands for the other."""
        for exact in (False,) if line.exact else (False, True):
            lot = self._lots.get((line.ours, _normal(line.text), exact), [])
            at = bisect_left(lot, line.minute - within, key=_minute)
            if at < len(lot) and _minute(lot[at]) <= line.minute + within:
                return lot.pop(at)
        return None

    def left(self) -> Iterator[Contact]:
        return chain.from_iterable(self._lots.values())


def _minute(contact: Contact) -> datetime:
    return contact.occurred_at.replace(second=0, microsecond=0)


def _is_exact(contact: Contact) -> bool:
    return (contact.external_id or "").startswith(EXACT)


def _is_by_hand(contact: Contact) -> bool:
    return contact.message_id is not None and contact.channel is ChannelName.MANUAL


def _normal(text: str) -> str:
    return " ".join(text.split())


def row(case: Case, line: Line, number: int, analyst: Analyst, now: datetime, *, past: bool) -> dict[str, Any]:
    direction = Direction.OUT if line.ours else Direction.IN
    return contacts.row(
        case_id=case.id,
        channel=ChannelName.MANUAL,
        direction=direction,
        occurred_at=line.at,
        now=now,
        text=line.text,
        external_id=_fingerprint_of(case, line, number),
        author=line.author,
        kind=line.kind,
        media={"filename": line.filename} if line.filename else {},
        past=past,
        analyst_id=analyst.id,
    )


def notes_of(read: Transcript) -> list[tuple[date, str]]:
    """What stands between the messages, and before the first one: nothing that was pasted is lost."""
    before = [(read.messages[0].at.date(), read.preamble)] if read.preamble and read.messages else []
    return before + [(note.date, note.text) for note in read.notes]


def note_row(case: Case, day: date, text: str, analyst: Analyst, op: Operation, now: datetime) -> dict[str, Any]:
    on = datetime.combine(day, time.min, op.zone)
    return contacts.row(
        case_id=case.id,
        channel=ChannelName.INTERNAL,
        direction=Direction.NOTE,
        occurred_at=on,
        now=now,
        text=text,
        external_id=_fingerprint(case, on, "note", text, 0),
        day_only=True,
        analyst_id=analyst.id,
    )


def _fingerprint_of(case: Case, line: Line, number: int) -> str:
    direction = Direction.OUT if line.ours else Direction.IN
    told = _fingerprint(case, line.at, direction.value, line.text, number)
    return f"{EXACT}{told}" if line.exact else told


def _fingerprint(case: Case, *parts: object) -> str:
    """The same line of the same case is the same contact, however often it is pasted."""
    told = "\n".join(_normal(str(p)) for p in parts)
    return f"pasted:{case.id}:{hashlib.sha256(told.encode()).hexdigest()[:24]}"
