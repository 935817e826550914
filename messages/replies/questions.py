"""What the analyst asked last: a short answer means nothing without it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile, islice, takewhile

from messages.phrases import Phrases, lexicon, struck
from messages.replies.gist import PACKAGE, gist_of
from messages.replies.model import Earlier
from messages.words import Words, words_of

_CLOSING = re.compile(r" [.?](?= )")


class Ask(StrEnum):
    """What a yes would mean, the plainest first."""

    AWARENESS = "asks_awareness"  # yes: knows of it
    TO_LEAVE = "asks_to_leave"  # yes: leaves
    TO_STAY = "asks_to_stay"  # yes: stays
    WHEN = "asks_when"  # no yes or no: a day
    DECISION = "asks_decision"  # no yes or no: stays, leaves, or what speaks for it
    REASON = "asks_reason"
    RETURN = "asks_return"  # yes: at the time that was named
    CHECKED = "asks_checked"
    WHO = "asks_who"
    DATA = "asks_data"
    HELP = "asks_help"
    SENDING = "asks_leave_to_send"
    OFFERED = "asks_offered"  # something is offered beside it: a no refuses that
    TALK = "asks_to_talk"
    ON_FILE = "asks_on_file"  # whether it is as it was


_DECISIONS = (
    (Ask.TO_LEAVE, Ask.TO_LEAVE.value),
    (Ask.TO_STAY, Ask.TO_STAY.value),
    (Ask.TO_LEAVE, "asks_barely_to_leave"),
)
_NO_DECISION = ("no_staying", "asks_to_close", Ask.ON_FILE.value)


@dataclass(frozen=True, slots=True)
class Asked:
    """The analyst's last message before the reply, and what of it asks."""

    message: Earlier | None
    words: Words
    gist: str
    asks: frozenset[Ask]

    def any(self, *asks: Ask) -> bool:
        return not self.asks.isdisjoint(asks)

    @property
    def awaits(self) -> bool:
        """Whether it asks, or speaks of a talk: not if the analyst but waits."""
        return "?" in self.words.plain or lexicon(PACKAGE, "gist.txt")["talks"].within(self.gist)

    @property
    def asking(self) -> str:
        """The sentences of its gist that end in a question mark."""
        return "".join(sentence for _, sentence in placed_sentences(self.gist) if sentence.endswith(" ? "))


def last_asked(previous: Sequence[Earlier]) -> Asked:
    """What the analyst wrote last, in one or more messages: by its sentences that end in a question mark; where none
    does, by all of them."""
    before_reply = [*dropwhile(lambda earlier: earlier.by_dentist, reversed(previous))]
    run = [*takewhile(lambda earlier: not earlier.by_dentist, before_reply)]
    words = words_of("\n".join(earlier.text for earlier in reversed(run)))
    gist = gist_of(words).plain
    return Asked(run[0], words, gist, _asked_in(words.plain, gist)) if run else Asked(None, words, gist, frozenset())


def _asked_in(plain: str, gist: str) -> frozenset[Ask]:
    phrases, about = lexicon(PACKAGE, "intents.txt"), lexicon(PACKAGE, "gist.txt")
    stated = phrases["asks_to_confirm"].within(plain)
    asks = {ask for ask in Ask if ask.value in phrases and _asks(phrases[ask.value], plain, stated)}
    if _asks(about["asks_of_the_past"], gist, stated):
        asks = asks - {Ask.WHEN, Ask.RETURN, Ask.CHECKED} | {Ask.DATA}
    if Ask.REASON not in asks and _asks(about[Ask.REASON.value], gist, stated):
        asks.add(Ask.REASON)
    if " ? " not in plain and not phrases["inquires"].within(plain):  # "houve instabilidade, mas já normalizou."
        asks -= {Ask.REASON, Ask.HELP}
    if _asks(about["asks_to_close"], gist, stated):
        asks.discard(Ask.RETURN)
    if Ask.REASON not in asks:
        asks |= _decision_asked(gist, stated)
    if Ask.AWARENESS in asks and not _asks(about["asks_wish"], gist, stated):
        asks -= {Ask.TO_LEAVE, Ask.TO_STAY}
    return frozenset(asks | _beside(gist, stated))


def _beside(gist: str, stated: bool) -> set[Ask]:
    """What else is told or asked: anything offered, in whichever sentence, a talk, what is on file."""
    phrases = lexicon(PACKAGE, "gist.txt")
    offers = {Ask.OFFERED} if phrases[Ask.OFFERED.value].within(gist) else set()
    return offers | {ask for ask in (Ask.TALK, Ask.ON_FILE) if _asks(phrases[ask.value], gist, stated)}


def _decision_asked(gist: str, stated: bool) -> set[Ask]:
    """Whether a yes would be to leave or to stay."""
    phrases = lexicon(PACKAGE, "gist.txt")
    if requested := phrases["requested_for_them"].first(gist):
        gist = struck(gist, [place for place in phrases["request"].find(gist) if place[0] >= requested[1]])
    gist = struck(gist, [place for name in _NO_DECISION for place in phrases[name].find(gist)])
    leaving = struck(gist, phrases["no_leaving"].find(gist))
    if " ? " not in gist:
        told = ((Ask.TO_LEAVE, "announces_leaving"), (Ask.TO_STAY, "announces_staying"))
        return {*islice((ask for ask, name in told if phrases[name].within(leaving)), 1)}
    if _asks(phrases["asks_either"], gist, stated):
        return {Ask.DECISION}
    if any(_asks(phrases[name], gist, stated) for name in ("undoes", "asks_to_reconsider", "asks_as_retained")):
        return {Ask.TO_STAY}
    asked = ((ask, name, leaving if ask is Ask.TO_LEAVE else gist) for ask, name in _DECISIONS)
    return {*islice((ask for ask, name, plain in asked if _asks(phrases[name], plain, stated)), 1)}


def _asks(phrases: Phrases, plain: str, stated: bool) -> bool:
    """Whether a sentence that asks holds one of them. ``stated``: what is asked was told in a sentence before."""
    said = [sentence for _, sentence in placed_sentences(plain)]
    asking = [sentence for sentence in said if sentence.endswith(" ? ")]
    return any(phrases.within(sentence) for sentence in (said if stated else asking or said))


def placed_sentences(plain: str) -> list[tuple[int, str]]:
    """The sentences of some plain words, each with the spaces around it and its closing mark, and where it begins."""
    found, start = [], 0
    for closing in _CLOSING.finditer(plain):
        found.append((start, plain[start : closing.end() + 1]))
        start = closing.end()
    if plain[start:].strip():
        found.append((start, plain[start:]))
    return found
