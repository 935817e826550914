"""Conversations held on the analyst's own phone: pasted or exported, matched to a case, recorded once with true times.

The dialogue is one row: what was read, which case it is for, and which of its authors are ours.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

from sqlmodel import Session, col, select
from unidecode import unidecode

from bot.services import audit, cases, contacts, dentists, taps
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput
from messages.policy import is_opt_out
from messages.statuses import ChannelName, Direction
from messages.transcripts import Transcript, read_transcript
from storage import queries
from storage.models import Analyst, Case, Contact, Dentist, DialogueStep

STEP = "pasted"
DOING = "o registro da conversa colada"
TOGETHER = timedelta(minutes=10)  # pieces of one conversation are pasted within so long of each other
AHEAD = timedelta(days=1)  # a transcript names no zone; what lies further ahead was mistyped, or misread
CRO_DIGITS = range(3, 7)  # how long a number in a saved name is, if it is a CRO
CHOICES = 8  # cases offered where it is not clear whose the conversation is
BY_HAND = timedelta(hours=12)  # “Enviei” is tapped at most this long after the message really went
CLOCKS = timedelta(minutes=1)  # by so much two phones' clocks may differ
KEPT = ("text", "media", "deleted")  # system lines are the app's, nobody said them


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


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be recorded, or what must be asked first: whose case, who is who."""

    key: str  # of the dialogue's step
    case: Case | None
    dentist: Dentist | None
    choices: list[tuple[Case, Dentist]]
    unknown: list[str]  # authors that are neither surely ours nor surely the dentist's side
    total: int
    new: int
    notes: int
    first: datetime | None
    last: datetime | None
    ambiguous: bool  # day and month cannot be told apart
    left: tuple[str, ...] = ()  # the authors of an earlier conversation that this one took the place of, unrecorded


def begin(session: Session, analyst: Analyst, text: str, case_id: int | None, *, now: datetime) -> None:
    """Keep a conversation until it is clear where it belongs; one that waited unrecorded is left, and told.

    Raises InvalidInput when it is none, or not of this time.
    """
    read = _read(text, now)
    if case_id is None:
        matching = _matching(session, analyst, read, now)
        case_id = matching[0][0].id if len(matching) == 1 else None
    waiting = taps.step_of(session, analyst, now=now)
    left = _authors(read_transcript(waiting.data["text"])) if waiting is not None and waiting.name == STEP else []
    taps.go_to(session, analyst, STEP, case_id, {"text": text, "ours": {}, "left": left, "doing": DOING}, now=now)


def append(session: Session, analyst: Analyst, text: str, *, now: datetime) -> None:
    """A further piece of the conversation that waits, if it comes soon after and from the same people; else it begins
    anew. Raises InvalidInput when it is no conversation, or not of this time."""
    step = _step(session, analyst, now)
    piece = _read(text, now)
    if now - step.updated_at > TOGETHER or not _same_people(session, analyst, step, piece):
        begin(session, analyst, text, None, now=now)
    elif text.strip() not in step.data["text"]:  # pasted twice, it adds nothing
        joined = f"{step.data['text']}\n{text}"
        _read(joined, now)
        taps.go_to(session, analyst, STEP, step.case_id, {**step.data, "text": joined}, now=now)


def choose_case(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> None:
    """It belongs to this case."""
    step = _step(session, analyst, now)
    queries.case_for(session, case_id, analyst)
    taps.go_to(session, analyst, STEP, case_id, step.data, now=now)


def choose_protocol(session: Session, analyst: Analyst, protocol: str, *, now: datetime) -> None:
    """The same for a case that is not among those offered. Raises NotFound."""
    case = cases.by_protocol(session, analyst, protocol, now=now)
    assert case.id is not None
    choose_case(session, analyst, case.id, now=now)


def ask_case(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """The case that was found is not the one: it is asked for."""
    step = _step(session, analyst, now)
    taps.go_to(session, analyst, STEP, None, step.data, now=now)


def choose_side(session: Session, analyst: Analyst, author: str, ours: bool, *, now: datetime) -> None:
    """An author is one of ours, or on the dentist's side."""
    step = _step(session, analyst, now)
    data = {**step.data, "ours": {**step.data["ours"], author: ours}}
    taps.go_to(session, analyst, STEP, step.case_id, data, now=now)


def preview(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> Preview:
    """How it stands; nothing is recorded yet."""
    step = _step(session, analyst, now)
    return replace(_preview(session, analyst, op, step, now), left=tuple(step.data.get("left", ())))


def _preview(session: Session, analyst: Analyst, op: Operation, step: DialogueStep, now: datetime) -> Preview:
    read = read_transcript(step.data["text"])
    if step.case_id is None:
        choices = _offered(session, analyst, read, now)
        return Preview(step.key, None, None, choices, [], len(read.messages), 0, len(_notes(read)), None, None, False)
    case = queries.case_for(session, step.case_id, analyst)
    dentist = queries.dentist_of(session, case)
    sides, unknown = _sides(read, dentist, analyst, case, step.data["ours"])
    if unknown:
        return Preview(
            step.key, case, dentist, [], unknown, len(read.messages), 0, len(_notes(read)), None, None, False
        )
    lines = _lines(read, sides, op)
    new, _ = _unrecorded(session, case, lines)
    moments = [line.at for line in lines]
    return Preview(
        step.key,
        case,
        dentist,
        [],
        [],
        len(lines),
        len(new),
        len(_notes(read)),
        min(moments, default=None),
        max(moments, default=None),
        read.ambiguous and read.twelve_hour,
    )


def record(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> Case:
    """Record what is not there yet, with its true times. Raises Conflict when it is not clear yet whose it is."""
    step = _step(session, analyst, now)
    if step.case_id is None:
        raise Conflict("Escolha primeiro de qual caso é a conversa.")
    case = queries.case_for(session, step.case_id, analyst, lock=True)
    read = read_transcript(step.data["text"])
    sides, unknown = _sides(read, queries.dentist_of(session, case), analyst, case, step.data["ours"])
    if unknown:
        raise Conflict("Diga primeiro quem é quem na conversa.")
    new, corrected = _unrecorded(session, case, _lines(read, sides, op))
    if wishes := [line.at for line, _ in new if not line.ours and line.kind == "text" and is_opt_out(line.text)]:
        dentists.stop(session, [step.case_id], max(wishes), now=now)
    rows = [_row(case, line, number, analyst, now) for line, number in new]
    rows += [_note_row(case, day, text, analyst, op, now) for day, text in _notes(read)]
    kept = contacts.record(session, rows)
    for contact, at in corrected:
        contact.occurred_at = at
        session.add(contact)
    contacts.count_in(session, [c for c, _ in corrected], unread=False)
    taps.leave(session, analyst, now=now)
    audit.record(session, analyst, "pasted", case, now=now, new=len(kept), known=len(read.messages) - len(new))
    return case


def _step(session: Session, analyst: Analyst, now: datetime) -> DialogueStep:
    step = taps.step_of(session, analyst, now=now)
    if step is None or step.name != STEP:
        raise Conflict("Não há conversa colada em andamento: cole de novo.")
    return step


def _read(text: str, now: datetime) -> Transcript:
    """Raises InvalidInput for what is no conversation, and for one of a day that is still to come."""
    read = read_transcript(text)
    latest = max([m.at for m in read.messages] + [datetime.combine(note.date, time.min) for note in read.notes])
    if latest > (now + AHEAD).replace(tzinfo=None):
        raise InvalidInput(
            f"A conversa traz a data {latest:%d/%m/%Y}, que ainda não chegou; nada foi registrado. "
            "Corrija a data e cole de novo."
        )
    return read


def _authors(read: Transcript) -> list[str]:
    """Everybody who says something, in order of appearance."""
    return list(dict.fromkeys(m.author for m in read.messages if m.kind in KEPT))


def _same_people(session: Session, analyst: Analyst, step: DialogueStep, piece: Transcript) -> bool:
    """Whether all who speak in this piece spoke before, or one is the dentist's side of the conversation that waits:
    by having been so before, or by the CRO."""
    former = read_transcript(step.data["text"])
    before, after = _authors(former), _authors(piece)
    if set(after) <= set(before):
        return True
    if step.case_id is None:
        return False
    case = queries.case_for(session, step.case_id, analyst)
    dentist = queries.dentist_of(session, case)
    sides, _ = _sides(former, dentist, analyst, case, step.data["ours"])
    return any(sides.get(author) is False or dentist.cro in _cros(_words(author)) for author in after)


def _offered(session: Session, analyst: Analyst, read: Transcript, now: datetime) -> list[tuple[Case, Dentist]]:
    """Those that match, then those touched last: whoever matches may still not be the one."""
    found = [*_matching(session, analyst, read, now), *queries.recent_cases(session, analyst, limit=CHOICES)]
    return list({case.id: (case, dentist) for case, dentist in found}.values())[:CHOICES]


def _matching(session: Session, analyst: Analyst, read: Transcript, now: datetime) -> list[tuple[Case, Dentist]]:
    """The analyst's open cases whose dentist is an author: by CRO in the saved name, else by name."""
    authors = [_words(a) for a in {m.author for m in read.messages if m.author}]
    numbers = {number for words in authors for number in _cros(words)}
    statement = (
        select(Case, Dentist)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(queries.in_hands(queries.whose_cases(session, analyst)), col(Case.closed_at).is_(None))
    )
    by_cro = list(session.exec(statement.where(col(Dentist.cro).in_(numbers)))) if numbers else []
    if by_cro:
        return by_cro
    everybody = session.exec(statement.order_by(col(Case.last_touch_at).desc()).limit(500)).all()
    return [(c, d) for c, d in everybody if any(_is_named(words, d) for words in authors)]


def _sides(
    read: Transcript, dentist: Dentist, analyst: Analyst, case: Case, told: dict[str, bool]
) -> tuple[dict[str, bool], list[str]]:
    """Who is ours (True) and who is on the dentist's side; and the authors that must be asked about.

    Once one side is sure, whoever is left of two authors is the other. Two who seem to be on one side are asked about.
    """
    authors = _authors(read)
    seeming = {a: _side(_words(a), dentist, analyst, case) for a in authors if a not in told}
    sides = {a: told[a] for a in authors if a in told} | {a: s for a, s in seeming.items() if s is not None}
    if len(authors) > 1 and len(set(sides.values())) == 1 and len(sides) == len(authors):
        sides = {a: told[a] for a in authors if a in told}
    unknown = [a for a in authors if a not in sides]
    if len(authors) == 2 and len(unknown) == 1:
        (known,) = sides.values()
        sides[unknown.pop()] = not known
    return sides, unknown


def _side(words: list[str], dentist: Dentist, analyst: Analyst, case: Case) -> bool | None:
    """The side that a name tells: by what only one side has (the sector, the operator; the CRO), else by first names.
    None where it fits both sides, or none."""
    marks = (
        ("retencao" in words or words == _words(case.operator or "-"), dentist.cro in _cros(words)),
        (words[:1] == _words(analyst.name)[:1], _is_named(words, dentist)),
    )
    ours, theirs = next((mark for mark in marks if any(mark)), (False, False))
    return None if ours == theirs else ours


def _is_named(words: Sequence[str], dentist: Dentist) -> bool:
    """The author's name holds the dentist's first name, and no number that could be a CRO and is another one."""
    if _cros(words) - {dentist.cro}:
        return False
    for name in (dentist.called, dentist.name):
        known = _words(name or "")
        if known and known[0] in words:
            return True
    return False


def _cros(words: Sequence[str]) -> set[str]:
    """The numbers in a saved name that could be a CRO. What holds no word at all is the phone of somebody unsaved."""
    if all(w.isdigit() for w in words):
        return set()
    return {w for w in words if w.isdigit() and len(w) in CRO_DIGITS}


def _words(text: str) -> list[str]:
    joined = re.sub(r"(?<=\d)\.(?=\d)", "", text)  # "90.485" is one number
    plain = "".join(c if c.isalnum() else " " for c in unidecode(joined).lower())
    return [w for w in plain.split() if w not in ("dr", "dra", "drs", "doutor", "doutora")]


def _lines(read: Transcript, sides: dict[str, bool], op: Operation) -> list[Line]:
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


def _text(kind: str, text: str) -> str:
    return "(mensagem apagada)" if kind == "deleted" else text


def _unrecorded(
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
    free = _Free(there)
    new, corrected, seen = [], [], dict[tuple[bool, datetime, str], int]()
    known = set[int]()
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
        self._lots: dict[tuple[bool, str], list[Contact]] = {}
        for contact in sorted(there, key=_minute):
            key = (contact.direction is Direction.OUT, _normal(contact.text))
            self._lots.setdefault(key, []).append(contact)

    def take(self, line: Line, within: timedelta) -> Contact | None:
        """The first of the same side and words whose clock differs by no more than this."""
        lot = self._lots.get((line.ours, _normal(line.text)), [])
        at = bisect_left(lot, line.at - within, key=_minute)
        return lot.pop(at) if at < len(lot) and _minute(lot[at]) <= line.at + within else None

    def left(self) -> Iterator[Contact]:
        return chain.from_iterable(self._lots.values())


def _minute(contact: Contact) -> datetime:
    return contact.occurred_at.replace(second=0, microsecond=0)


def _is_by_hand(contact: Contact) -> bool:
    return contact.message_id is not None and contact.channel is ChannelName.MANUAL


def _normal(text: str) -> str:
    return " ".join(text.split())


def _row(case: Case, line: Line, number: int, analyst: Analyst, now: datetime) -> dict[str, Any]:
    direction = Direction.OUT if line.ours else Direction.IN
    return contacts.row(
        case_id=case.id,
        channel=ChannelName.MANUAL,
        direction=direction,
        occurred_at=line.at,
        now=now,
        text=line.text,
        external_id=_fingerprint(case, line.at, direction.value, line.text, number),
        author=line.author,
        kind=line.kind,
        media={"filename": line.filename} if line.filename else {},
        analyst_id=analyst.id,
    )


def _notes(read: Transcript) -> list[tuple[date, str]]:
    """What stands between the messages, and before the first one: nothing that was pasted is lost."""
    before = [(read.messages[0].at.date(), read.preamble)] if read.preamble and read.messages else []
    return before + [(note.date, note.text) for note in read.notes]


def _note_row(case: Case, day: date, text: str, analyst: Analyst, op: Operation, now: datetime) -> dict[str, Any]:
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


def _fingerprint(case: Case, *parts: object) -> str:
    """The same line of the same case is the same contact, however often it is pasted."""
    told = "\n".join(_normal(str(p)) for p in parts)
    return f"pasted:{case.id}:{hashlib.sha256(told.encode()).hexdigest()[:24]}"
