"""The form's numbered contact blocks out of a case's touches, in the house style.

A block is a conversation: touches less than 24 hours apart, under its first local day. The form has five; what comes
later is appended to the fifth under ``-- dd/mm/aaaa --``, as people do by hand. Nothing is ever cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from messages.calendar import ZONE, local_day
from messages.statuses import ChannelName, Direction

MAX_BLOCKS = 5
SAME_CONVERSATION = timedelta(hours=24)
_CHANNEL_WORDS = {ChannelName.TELEGRAM: "Telegram"}  # by hand means the analyst's own WhatsApp


@dataclass(frozen=True, slots=True)
class Outreach:
    """Marks a sent standard message: the number as people write it, and what `offers_in_house_style` says of it."""

    phone_shown: str
    phrase: str
    edited: bool = False  # the analyst changed the words: then they stand on the form as well
    figures: str = ""  # a line of its own: the values that it presented


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch with a dentist. ``day_only``: the hour is unknown and ``at`` is the start of the local day."""

    at: datetime  # aware
    direction: Direction
    channel: ChannelName
    author: str
    text: str
    day_only: bool = False
    undated: bool = False  # not even the day is known: ``at`` is of no meaning
    imported: bool = False  # a whole block of a form that was read: kept as it stands
    outreach: Outreach | None = None
    media: str = ""  # what was sent besides text, in Portuguese: "áudio", "imagem", "documento tabela.pdf"
    key: int = 0  # which one it is, to whoever asks
    begins: bool | None = None  # a person let a block begin here (True), or go on from before; None: as time tells


@dataclass(frozen=True, slots=True)
class Block:
    number: int  # from 1 to 5
    date: date | None  # None: an imported block had none
    notes: str


@dataclass(frozen=True, slots=True)
class Talk:
    """What makes a block, before the sixth and later ones are put under the fifth. ``touches`` in the order of time."""

    date: date | None
    notes: str
    touches: tuple[Touch, ...]

    @property
    def key(self) -> int:
        return self.touches[0].key

    @property
    def imported(self) -> bool:
        return self.touches[0].imported


def to_blocks(touches: Sequence[Touch], zone: ZoneInfo = ZONE) -> list[Block]:
    """The form's contact blocks: imported ones first, verbatim, in the order given; then the conversations in time."""
    return laid_out(to_talks(touches, zone))


def to_talks(touches: Sequence[Touch], zone: ZoneInfo = ZONE) -> list[Talk]:
    """The same, each conversation by itself."""
    came_along = [
        Talk(None if touch.undated else local_day(touch.at, zone), touch.text, (touch,))
        for touch in touches
        if touch.imported
    ]
    later = _conversations([touch for touch in touches if not touch.imported])
    told = [Talk(local_day(talk[0].at, zone), "\n".join(_lines(talk, zone)), tuple(talk)) for talk in later]
    return came_along + told


def laid_out(talks: Sequence[Talk]) -> list[Block]:
    """Five blocks at most: what comes later is appended to the fifth."""
    blocks = [Block(number, talk.date, talk.notes) for number, talk in enumerate(talks[:MAX_BLOCKS], 1)]
    if overflow := talks[MAX_BLOCKS:]:
        last = blocks[-1]
        appended = "\n".join(f"{_heading(talk.date)}\n{talk.notes}" for talk in overflow)
        blocks[-1] = Block(last.number, last.date, f"{last.notes}\n{appended}")
    return blocks


def _conversations(touches: list[Touch]) -> list[list[Touch]]:
    ordered = sorted(touches, key=lambda touch: touch.at)
    talks = [ordered[:1]] if ordered else []
    for former, touch in pairwise(ordered):
        goes_on = touch.at - former.at < SAME_CONVERSATION if touch.begins is None else not touch.begins
        if goes_on:
            talks[-1].append(touch)
        else:
            talks.append([touch])
    return talks


def count_conversations(moments: Sequence[datetime]) -> int:
    """In how many conversations these touches, in the order of time, took place."""
    begun = sum(later - former >= SAME_CONVERSATION for former, later in pairwise(moments))
    return begun + bool(moments)


def _heading(day: date | None) -> str:
    return f"-- {day:%d/%m/%Y} --" if day else "-- sem data --"


def _lines(talk: list[Touch], zone: ZoneInfo) -> list[str]:
    """One line a touch. A note tells no date of its own: one of a later day comes under a heading."""
    lines = []
    under = local_day(talk[0].at, zone)
    for n, touch in enumerate(talk):
        day = local_day(touch.at, zone)
        if touch.direction is Direction.NOTE and day != under:
            under = day
            lines.append(_heading(day))
        answered = any(later.direction is Direction.IN for later in talk[n + 1 :])
        lines += _told(touch, touch.at.astimezone(zone), answered)
    return lines


def _told(touch: Touch, local: datetime, answered: bool) -> list[str]:
    if touch.direction is Direction.NOTE:
        return [touch.text]
    when = f"em {local:%d/%m/%Y}" if touch.day_only else f"em {local:%d/%m/%Y} às {local:%H:%M}"
    if touch.direction is Direction.CALL:
        return [f"Ligação {when}: {_said(touch)}"]
    stamp = f"{local:%d/%m/%Y}" if touch.day_only else f"{local:%H:%M, %d/%m/%Y}"
    spoken = f"[{stamp}] {touch.author}: {_said(touch)}"
    if touch.outreach is None:
        return [spoken]
    line = _outreach_line(touch.channel, touch.outreach, when, answered)
    figures = [touch.outreach.figures] if touch.outreach.figures else []
    return [line, *figures, spoken] if touch.outreach.edited else [line, *figures]


def _outreach_line(channel: ChannelName, outreach: Outreach, when: str, answered: bool) -> str:
    sent = f"Enviado {_CHANNEL_WORDS.get(channel, 'WhatsApp')}"
    if outreach.phone_shown:
        sent += f" - {outreach.phone_shown}"
    clauses = [sent, when, outreach.phrase, "" if answered else "aguardando retorno"]
    return f"{', '.join(clause for clause in clauses if clause)}."


def _said(touch: Touch) -> str:
    """The words on one line, so that nothing a dentist writes can pass for a line of the form."""
    words = " ".join(touch.text.split())
    if touch.media:
        return f"({touch.media}) {words}".rstrip()
    return words or "(sem texto)"
