"""Reasons for leaving that a reply plainly names, in the form's own words."""

import re

from messages.form.vocabulary import REASONS
from messages.phrases import lexicon
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.model import Reason
from messages.replies.questions import placed_sentences
from messages.words import Words

_DENIED_BEFORE = re.compile(
    r" (?:(?:nao|nem) (?:e|foi|era|sao|seria|tem|tenho|ha|houve|teve|tive)(?! (?:so|apenas|somente) )(?: [a-z]+){0,4}"
    r"|nada (?:contra|a reclamar|a ver|a dizer)(?: [a-z]+){0,3}|nem"
    r"|nunca (?:tive|foi)(?: (?:o|a|os|as|um|uma|problemas?|com)){0,4}"
    r"|sem (?:problemas?|queixas?)(?: [a-z]+){0,2}|nao (?:por|pelo|pela|me importo|ligo)(?: [a-z]+){0,2}) $"
)
_DENIED_AFTER = re.compile(
    r" (?:[a-z]+ ){0,3}?(?:nao (?:e|foi|era|sao) (?:o |a )?(?:problema|motivo|questao|caso|causa|isso)"
    r"|nao (?:me )?(?:incomoda|atrapalha|importa|influenci))"
)
_ASKS = re.compile(
    r"(?: (?:ola|oi|e|mas|,|doutora))*"
    r" (?:qual|quais|quanto|quantos|quando|como|onde|o que|por que|tem como|da para|voces|sera|posso"
    r"|(?:o|a)(?= [^,]*$)) "
)
_NEAR = 60  # characters that a denial may stand away


def reasons_in(words: Words, gist: Gist) -> tuple[Reason, ...]:
    """What the words plainly give as reasons, in the form's order; what is denied ("não é pelo valor") is none."""
    stated, stated_gist = _stated(words.plain), _stated(gist.plain)
    found = []
    for name in REASONS:
        said = (
            *_places("reasons.txt", name, stated),
            *(gist.place(*at) for at in _places("reasons_gist.txt", name, stated_gist)),
        )
        if place := next((place for place in said if not _denied(words.plain, *place)), None):
            found.append(Reason(name, words.span(*place)))
    return tuple(found)


def _places(lexicon_name: str, reason: str, plain: str) -> list[Place]:
    phrases = lexicon(PACKAGE, lexicon_name).get(reason)
    return phrases.find(plain) if phrases else []


def _stated(plain: str) -> str:
    """The words with those of plain questions made unreadable, place for place."""
    kept = plain
    for start, sentence in placed_sentences(plain):
        if _ASKS.match(sentence) and sentence.endswith(" ? "):
            kept = kept[:start] + " " + "-" * (len(sentence) - 2) + " " + kept[start + len(sentence) :]
    return kept


def _denied(plain: str, start: int, end: int) -> bool:
    before = plain[max(0, start - _NEAR) : start]
    return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(plain, end))
