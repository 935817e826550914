"""A yes or a no to what was asked, however it is said: "sim", "pode tocar", "quero", "quero não"."""

import re
from dataclasses import dataclass

from messages.phrases import Phrases, lexicon
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.questions import Asked

_SHORT = 7  # words of gist, within which the last may be the answer
_OPENING = re.compile(r"(?: [^ .?,]+){1,2} [?](?= [^ ])")  # the analyst's words, taken up: "Saulo? não."
_LAST_WORD = re.compile(
    r"(?: [^ .?,]+)* (?P<word>sim|ok|nao)(?= (?:[.,]|$))|(?: [^ .?]+)* , (?P<at_last>sim|nao)(?= (?:[.] )?$)"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """``place``: its words in the gist of the reply."""

    yes: bool
    place: Place


def answer_in(gist: Gist, asked: Asked) -> Answer | None:
    """None: neither, as far as can be told."""
    opening = _OPENING.match(gist.plain)
    skipped = opening.end() if opening else 0
    plain = gist.plain[skipped:]
    if said("no_answer").within(plain):
        return None
    for yes, name in ((False, "no"), (True, "yes")):
        if place := said(name).first(plain):
            return Answer(yes, (place[0] + skipped, place[1] + skipped))
    return _echo(gist, asked) or _last_word(gist)


def _echo(gist: Gist, asked: Asked) -> Answer | None:
    """The verb of the question said again: "mantém?" "mantenho"."""
    place = said("echoes").first(gist.plain)
    if place is None:
        return None
    said_again = any(
        f" {word} " in asked.gist for word in gist.plain[slice(*place)].split() if word.isalpha() or "'" in word
    )
    return Answer(True, place) if said_again else None


def _last_word(gist: Gist) -> Answer | None:
    """ "por mim sim", "esse valor não": a short sentence that ends in the answer."""
    found = _LAST_WORD.match(gist.plain)
    if found is None or found[0].count(" ") > _SHORT or said("times").within(found[0]):
        return None
    group = "word" if found["word"] else "at_last"
    return Answer(found[group] != "nao", found.span(group))


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "gist.txt")[name]
