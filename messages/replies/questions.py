"""What the analyst asked last: a short answer means nothing without it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile, takewhile

from messages.phrases import lexicon
from messages.replies.model import Earlier
from messages.words import Words, words_of

PACKAGE = "messages.replies.lexicon"
_CLOSING = re.compile(r" [.?](?= )")


class Ask(StrEnum):
    """What a yes would mean, the plainest first."""

    AWARENESS = "asks_awareness"  # yes: knows of it
    TO_LEAVE = "asks_to_leave"  # yes: leaves
    TO_STAY = "asks_to_stay"  # yes: stays
    WHEN = "asks_when"  # no yes or no: a day
    REASON = "asks_reason"
    RETURN = "asks_return"  # yes: at the time that was named
    CHECKED = "asks_checked"
    WHO = "asks_who"
    DATA = "asks_data"
    HELP = "asks_help"
    SENDING = "asks_leave_to_send"


@dataclass(frozen=True, slots=True)
class Asked:
    """The analyst's last message before the reply, and what of it asks."""

    message: Earlier | None
    words: Words
    asks: frozenset[Ask]

    def any(self, *asks: Ask) -> bool:
        return not self.asks.isdisjoint(asks)


def last_asked(previous: Sequence[Earlier]) -> Asked:
    """What the analyst wrote last, in one or more messages: by its sentences that end in a question mark; where none
    does, by all of them."""
    before_reply = [*dropwhile(lambda earlier: earlier.by_dentist, reversed(previous))]
    run = [*takewhile(lambda earlier: not earlier.by_dentist, before_reply)]
    if not run:
        return Asked(None, words_of(""), frozenset())
    words = words_of("\n".join(earlier.text for earlier in reversed(run)))
    said = [sentence for _, sentence in placed_sentences(words.plain)]
    asking = [sentence for sentence in said if sentence.endswith(" ? ")] or said
    phrases = lexicon(PACKAGE, "intents.txt")
    if any(phrases["asks_to_confirm"].within(sentence) for sentence in asking):
        asking = said
    asks = frozenset(ask for ask in Ask if any(phrases[ask.value].within(sentence) for sentence in asking))
    return Asked(run[0], words, asks)


def placed_sentences(plain: str) -> list[tuple[int, str]]:
    """The sentences of some plain words, each with the spaces around it and its closing mark, and where it begins."""
    found, start = [], 0
    for closing in _CLOSING.finditer(plain):
        found.append((start, plain[start : closing.end() + 1]))
        start = closing.end()
    if plain[start:].strip():
        found.append((start, plain[start:]))
    return found
