"""Whether an edited message still says what a text of the library says: word for word, or in other words."""

import re
from collections.abc import Iterable

from unidecode import unidecode

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[a-z]{4,}")  # shorter ones tell nothing
_FIGURE = re.compile(r"(?<![\d/])\d+(?![\d/])")  # a date's day may move
_NOT = re.compile(r"\b(?:nao|nem|nunca|jamais)\b")
_ABOUT = 0.4  # share of a sentence's words that makes it one about the text
_SAYS = 0.6  # share of the text's words that such sentences have to hold


def still_says(edited: str, said: str, named: Iterable[str] = ()) -> bool:
    """``named``: what is offered, as running text names it; what of it the text says must stay, and so must figures.

    What is negated is not said: in doubt it is not, since what is said proves an offer.
    """
    now, before = _plain(edited), _plain(said)
    if before in now:
        return True
    wanted = {word for what in named for word in _words(_plain(what))} & _words(before)
    if wanted - _words(now) or {*_FIGURE.findall(before)} - {*_FIGURE.findall(now)}:
        return False
    about = [sentence for sentence in _sentences(edited) if _is_about(sentence, _words(before))]
    if not _NOT.search(before) and any(_NOT.search(sentence) for sentence in about):
        return False
    kept = {word for sentence in about for word in _words(sentence)} & _words(before)
    return bool(kept) and len(kept) >= _SAYS * len(_words(before))


def _sentences(text: str) -> list[str]:
    return [_plain(sentence) for sentence in _SENTENCE_END.split(text)]


def _is_about(sentence: str, words: set[str]) -> bool:
    own = _words(sentence)
    return bool(own) and len(own & words) >= _ABOUT * len(own)


def _words(plain: str) -> set[str]:
    return {*_WORD.findall(plain)}


def _plain(text: str) -> str:
    return " ".join(unidecode(text).lower().split())
