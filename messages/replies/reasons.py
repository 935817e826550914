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
_DENIES = re.compile(r"(?:nenhum|nenhuma|zero|sem|nunca|nao|ninguem) ")  # what is missing is itself the reason
_DENIED_AFTER = re.compile(
    r" (?:[a-z]+ ){0,3}?(?:nao (?:e|foi|era|sao) (?:o |a )?(?:problema|motivo|questao|caso|causa|isso)"
    r"|nao (?:me )?(?:incomoda|atrapalha|importa|influenci))"
)
_SUPPOSED = re.compile(r" (?:se|caso) (?:(?:nao|voces|eu|isso|o|a|os|as) )?[a-z]+[aei]?r (?:[^ .?,]+ ){0,5}")
_OF_OTHERS = re.compile(
    r" (?:mae|pai|filh[oa]|marido|espos[oa]|sogr[oa]|avo|net[oa]|irma|irmao|ti[oa]|cunhad[oa]|bebe)(?: [a-z]+){0,4} $"
)
_OF_ONESELF = frozenset(("Problemas de Saúde", "Estudos", "Servidor Publico", "Aposentou"))
OF_A_PLACE = frozenset(("Encerramento de Atividades", "Sem Local de Atendimento"))  # a stranger's is not the dentist's
_THREAT = "Ameaça Judicialização"
_ASKS = re.compile(
    r"(?: (?:ola|oi|e|mas|sim|tenho|so|uma|duvida|,|doutora))*"
    r" (?:qual|quais|quanto|quantos|quando|como|onde|o que|por que|tem como|da para|voces|sera|posso"
    r"|(?:o|a)(?= [^,]*$)) "
)
_WANTS_TO_KNOW = re.compile(
    r"(?: (?:ola|oi|e|mas|,))* (?:(?:me|nos) (?:explica|explique|diz|diga|informa|informe|ensina|ensine)"
    r"|como (?:eu )?(?:faco|posso|consigo|funciona)|(?:queria|quero|gostaria de|preciso) saber) "
)
_NEAR = 60  # characters that a denial may stand away


def reasons_in(words: Words, gist: Gist) -> tuple[Reason, ...]:
    """What the words plainly give as reasons, in the form's order; what is denied ("não é pelo valor"), asked or only
    supposed is none."""
    found = []
    for name in REASONS:
        said = (
            *_places("reasons.txt", name, words.plain),
            *(gist.place(*at) for at in _places("reasons_gist.txt", name, gist.plain)),
        )
        if place := next((at for at in said if _is_stated(words.plain, name, at)), None):
            found.append(Reason(name, words.span(*place)))
    return tuple(found)


def _is_stated(plain: str, name: str, place: Place) -> bool:
    start = place[0]
    if _denied(plain, *place) or any(first <= start < last for first, last in _asked(plain)):
        return False
    supposed = any(one.start() <= start < one.end() for one in _SUPPOSED.finditer(plain))
    if name in _OF_ONESELF and _OF_OTHERS.search(plain, 0, start):
        return False
    return name == _THREAT or not supposed


def _places(lexicon_name: str, reason: str, plain: str) -> list[Place]:
    phrases = lexicon(PACKAGE, lexicon_name).get(reason)
    return phrases.find(plain) if phrases else []


def _asked(plain: str) -> list[Place]:
    """Where plain questions stand."""
    return [
        (start, start + len(sentence))
        for start, sentence in placed_sentences(plain)
        if (_ASKS.match(sentence) and sentence.endswith(" ? ")) or _WANTS_TO_KNOW.match(sentence)
    ]


def _denied(plain: str, start: int, end: int) -> bool:
    before = plain[max(0, start - _NEAR) : start]
    denied = _DENIED_BEFORE.search(before) and not _DENIES.match(plain, start)
    return bool(denied or _DENIED_AFTER.match(plain, end))
