"""A yes or a no to what was asked, however it is said: "sim", "pode tocar", "quero", "quero não"."""

from dataclasses import dataclass

from messages.phrases import Phrases, lexicon
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.questions import Asked, placed_sentences

_SHORT = 7  # words of gist, within which the last may be the answer


@dataclass(frozen=True, slots=True)
class Answer:
    """``place``: its words in the plain words of the reply."""

    yes: bool
    place: Place


def answer_in(gist: Gist, asked: Asked) -> Answer | None:
    """None: neither, as far as can be told."""
    plain = gist.plain
    if said("no_answer").within(plain):
        return None
    for yes, name in ((False, "no"), (True, "yes")):
        if place := said(name).first(plain):
            return Answer(yes, gist.place(*place))
    return _echo(gist, asked) or _last_word(gist)


def _echo(gist: Gist, asked: Asked) -> Answer | None:
    """The verb of the question said again: "mantém?" "mantenho"."""
    place = said("echoes").first(gist.plain)
    if place is None:
        return None
    said_again = any(
        f" {word} " in asked.gist for word in gist.plain[slice(*place)].split() if word.isalpha() or "'" in word
    )
    return Answer(True, gist.place(*place)) if said_again else None


def _last_word(gist: Gist) -> Answer | None:
    """ "por mim sim", "esse valor não": a short sentence that ends in the answer."""
    _, sentence = placed_sentences(gist.plain)[0] if gist.plain.strip() else (0, "")
    words = sentence.replace(" . ", " ").split()
    if not words or len(words) > _SHORT or words[-1] not in ("sim", "nao"):
        return None
    at = sentence.rindex(f" {words[-1]} ") + 1
    return Answer(words[-1] == "sim", gist.place(at, at + len(words[-1])))


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "gist.txt")[name]
