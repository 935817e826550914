"""Conversations as WhatsApp exports or copies them: read into messages and notes.

Shapes (FACTS "Text"; lines that are no header continue the message above them)::

    17/01/2024 09:30 - Nome: texto             Android export; a line without "Nome: " is the system's
    [17/01/2024, 09:30:11] Nome: texto         iOS export; system lines carry a name, U+200E marks generated text
    [09:30, 17/01/2024] Nome: texto            copied from WhatsApp Web, also flattened into one paragraph
    -- 22/01/2024 -- texto                     a note typed between such copies

Hours may be of 12 (AM/PM) and days may come after months; a file keeps one order throughout.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from messages.errors import InvalidInput
from messages.transcript_words import GENERATED, Kind, Shape, classify

MAX_CHARACTERS = 5_000_000

_DATE = r"(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?: ?(?P<half>[AaPp])\.? ?[Mm]\b\.?)?"
_HEADERS = {
    Shape.ANDROID: re.compile(rf"{_DATE},?(?: às)? {_TIME} - "),
    Shape.IOS: re.compile(rf"\[{_DATE},? {_TIME}\] ?"),
    Shape.WEB: re.compile(rf"\[{_TIME}, ?{_DATE}\] ?"),
}
_NOTE = re.compile(r"--\s*(\d{1,2})/(\d{1,2})/(\d{4})\s*--[ \t]*")
_ANYWHERE = re.compile(r"(?<![^\s\u200e])\[(?=\d)|(?<!\S)--(?=\s*\d)")
_NAME_AHEAD = re.compile(r"[^\[\]\n:]{1,80}:(?:\s|$)")
_MARKS = dict.fromkeys(map(ord, "\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f"), " ")


@dataclass(frozen=True, slots=True)
class TranscriptMessage:
    at: datetime  # naive local time: a transcript names no zone, and is read to the minute
    author: str  # as written; empty for the system
    text: str  # a media message's caption; lines joined by \n
    kind: Kind
    media: str = ""  # what was sent: "image", "audio", … of `messages.media`
    filename: str = ""
    exact: bool = False  # ``at`` is known to the second


@dataclass(frozen=True, slots=True)
class TranscriptNote:
    date: date
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """Messages and notes, each in order of appearance.

    ``ambiguous``: neither a number above 12 nor the order of messages tells days from months, and days were taken to
    come first. ``twelve_hour``: hours were written with AM/PM, as on the phones that put the month first.
    ``preamble`` is what stood before the first message.
    """

    messages: tuple[TranscriptMessage, ...]
    notes: tuple[TranscriptNote, ...]
    ambiguous: bool = False
    twelve_hour: bool = False
    preamble: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "messages": [
                {"at": f"{m.at:%Y-%m-%dT%H:%M}", "author": m.author, "text": m.text, "kind": m.kind.value}
                for m in self.messages
            ],
            "notes": [{"date": note.date.isoformat(), "text": note.text} for note in self.notes],
        }


def read_transcript(text: str) -> Transcript:
    """Reads an export or a copy of a conversation. Raises InvalidInput for what is none, or is too large."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput("A conversa é grande demais (mais de 5 MB): envie só o trecho que interessa, sem mídia.")
    text = text.translate(_MARKS | _SPACES).replace("\r\n", "\n").replace("\r", "\n")
    pieces = _flattened(text) if _is_flattened(text) else _by_lines(text)
    preamble, headed = pieces[0].said.strip(), pieces[1:]
    if not headed:
        raise InvalidInput(
            "Não reconheci uma conversa do WhatsApp: cole ou envie a conversa com data e hora em cada mensagem."
        )
    stamps = [piece.head for piece in headed if isinstance(piece.head, _Stamp)]
    month_first, ambiguous = _order(stamps)
    unmarked = GENERATED not in text
    messages, notes = [], []
    for piece in headed:
        if isinstance(piece.head, _Stamp):
            believed = unmarked or piece.head.marked or piece.head.shape is not Shape.IOS
            said = classify(piece.said, piece.head.shape, believed=believed)
            at = piece.head.at(month_first).replace(second=0)
            messages.append(TranscriptMessage(at, said.author, said.text, said.kind, said.media, said.filename))
        elif piece.head:
            notes.append(TranscriptNote(piece.head, piece.said.strip()))
    return Transcript(tuple(messages), tuple(notes), ambiguous, any(stamp.twelve_hour for stamp in stamps), preamble)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A message's header in both readings, of which one is there at least: the whole file decides which is meant."""

    day_first: datetime | None
    month_first: datetime | None
    twelve_hour: bool
    shape: Shape
    marked: bool  # the line begins with a mark of generated text

    def at(self, month_first: bool) -> datetime:
        readings = (self.month_first, self.day_first) if month_first else (self.day_first, self.month_first)
        return next(filter(None, readings))


@dataclass(slots=True)
class _Piece:
    """A header (None: what stands before the first) and what follows it."""

    head: _Stamp | date | None
    said: str


def _stamp(found: re.Match[str], shape: Shape, marked: bool) -> _Stamp | None:
    """A header; None when it is no moment in either order of day and month: then it is text."""
    hour, half = int(found["hour"]), found["half"]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
    a, b = int(found["a"]), int(found["b"])
    clock = hour, int(found["minute"]), int(found["second"] or 0)
    day_first, month_first = _moment(year, b, a, *clock), _moment(year, a, b, *clock)
    return _Stamp(day_first, month_first, bool(half), shape, marked) if day_first or month_first else None


def _moment(*fields: int) -> datetime | None:
    try:
        return datetime(*fields)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _head_at(text: str, position: int) -> tuple[_Stamp | date, int] | None:
    """A header or a note's mark that begins here, marks of generated text aside, and where it ends."""
    marked = text.startswith(GENERATED, position)
    while text.startswith((GENERATED, " "), position):
        position += 1
    for shape, pattern in _HEADERS.items():
        if (found := pattern.match(text, position)) and (stamp := _stamp(found, shape, marked)):
            return stamp, found.end()
    if (found := _NOTE.match(text, position)) and (day := _moment(*(int(found[n]) for n in (3, 2, 1)))):
        return day.date(), found.end()
    return None


def _by_lines(text: str) -> list[_Piece]:
    """One header a line; what is none continues the message above."""
    head: _Stamp | date | None = None
    said: list[str] = []
    pieces = []
    for line in text.split("\n"):
        if found := _head_at(line, 0):
            pieces.append(_Piece(head, "\n".join(said)))
            head, said = found[0], [line[found[1] :]]
        else:
            said.append(line)
    return [*pieces, _Piece(head, "\n".join(said))]


def _heads_anywhere(text: str) -> Iterator[tuple[int, int, _Stamp | date]]:
    """Start, end and value of each header in brackets that a name follows, and of each note's mark."""
    for found in _ANYWHERE.finditer(text):
        head = _head_at(text, found.start())
        if head and (isinstance(head[0], date) or _NAME_AHEAD.match(text, head[1])):
            yield found.start(), head[1], head[0]


def _is_flattened(text: str) -> bool:
    """Whether headers stand inside lines, and too many of them for a quotation here and there."""
    starts = sum(_head_at(line, 0) is not None for line in text.split("\n"))
    inside = sum(not _starts_a_line(text, start) for start, *_ in _heads_anywhere(text))
    return 2 * inside > starts


def _starts_a_line(text: str, position: int) -> bool:
    while position and text[position - 1] in f"{GENERATED} ":
        position -= 1
    return position == 0 or text[position - 1] == "\n"


def _flattened(text: str) -> list[_Piece]:
    """Headers anywhere; line breaks are only where somebody's window wrapped."""
    pieces = []
    last, former = 0, None
    for start, end, head in _heads_anywhere(text):
        pieces.append(_Piece(former, " ".join(text[last:start].split())))
        last, former = end, head
    return [*pieces, _Piece(former, " ".join(text[last:].split()))]


def _order(stamps: Sequence[_Stamp]) -> tuple[bool, bool]:
    """Whether months come first, and whether that could not be told: by what the calendar has, else by chronology."""
    day_first = [stamp.day_first for stamp in stamps]
    month_first = [stamp.month_first for stamp in stamps]
    if day_first == month_first:
        return False, False
    if None in month_first or None in day_first:
        return None not in month_first, None in month_first and None in day_first
    by_day, by_month = _steps_back(day_first), _steps_back(month_first)
    return by_month < by_day, by_month == by_day


def _steps_back(moments: Iterable[datetime | None]) -> int:
    return sum(former > later for former, later in pairwise(filter(None, moments)))
