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


_DECISIONS = (
    (Ask.TO_LEAVE, Ask.TO_LEAVE.value),
    (Ask.TO_STAY, Ask.TO_STAY.value),
    (Ask.TO_LEAVE, "asks_barely_to_leave"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The analyst's last message before the reply, and what of it asks."""

    message: Earlier | None
    words: Words
    gist: str
    asks: frozenset[Ask]

    def any(self, *asks: Ask) -> bool:
        return not self.asks.isdisjoint(asks)


def last_asked(previous: Sequence[Earlier]) -> Asked:
    """What the analyst wrote last, in one or more messages: by its sentences that end in a question mark; where none
    does, by all of them."""
    before_reply = [*dropwhile(lambda earlier: earlier.by_dentist, reversed(previous))]
    run = [*takewhile(lambda earlier: not earlier.by_dentist, before_reply)]
    words = words_of("\n".join(earlier.text for earlier in reversed(run)))
    gist = gist_of(words).plain
    if not run:
        return Asked(None, words, gist, frozenset())
    phrases = lexicon(PACKAGE, "intents.txt")
    stated = phrases["asks_to_confirm"].within(words.plain)
    asks = {ask for ask in Ask if ask.value in phrases and _asks(phrases[ask.value], words.plain, stated)}
    if _asks(lexicon(PACKAGE, "gist.txt")["asks_of_the_past"], gist, stated):
        asks = asks - {Ask.WHEN, Ask.RETURN, Ask.CHECKED} | {Ask.DATA}
    if Ask.REASON not in asks:
        asks |= _decision_asked(gist, stated)
    return Asked(run[0], words, gist, frozenset(asks))


def _decision_asked(gist: str, stated: bool) -> set[Ask]:
    """Whether a yes would be to leave or to stay; or it is asked why."""
    phrases = lexicon(PACKAGE, "gist.txt")
    if _asks(phrases[Ask.REASON.value], gist, stated):
        return {Ask.REASON}
    gist = struck(gist, [*phrases["no_leaving"].find(gist), *phrases["no_staying"].find(gist)])
    if " ? " not in gist:
        told = ((Ask.TO_LEAVE, "announces_leaving"), (Ask.TO_STAY, "announces_staying"))
        return {*islice((ask for ask, name in told if phrases[name].within(gist)), 1)}
    if _asks(phrases["asks_either"], gist, stated):
        return {Ask.DECISION}
    if any(_asks(phrases[name], gist, stated) for name in ("undoes", "asks_as_retained")):
        return {Ask.TO_STAY}
    return {*islice((ask for ask, name in _DECISIONS if _asks(phrases[name], gist, stated)), 1)}


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
