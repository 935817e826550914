"""Offers as they are proven: what accepted messages carried, for the form's boxes and for running text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

OTHERS = "Outros"

# How each action of the form is named in a sentence, and whether that noun is feminine.
_NOUNS: Mapping[str, tuple[str, bool]] = {
    "Ofertado Novos Valores": ("o reajuste da tabela", False),
    "Ofertado Suporte": ("o canal de suporte", False),
    "Ofertado Divulgação": ("a ação de divulgação", True),
    "Ofertado Treinamento": ("o treinamento", False),
    "Ofertado Reciclagem": ("a reciclagem", True),
}


@dataclass(frozen=True, slots=True)
class Proven:
    """The actions that messages prove, and the justification that “Outros” needs (or None)."""

    actions: tuple[str, ...]
    justification: str | None


def proven(offers: Iterable[Mapping[str, str | None]]) -> Proven:
    """What a case's delivered messages carried, each once, in the order in which it was offered."""
    actions: dict[str, None] = {}
    justifications: dict[str, None] = {}
    for offer in offers:
        action, justification = offer.get("action"), offer.get("justification")
        if action:
            actions[action] = None
        if action == OTHERS and justification:
            justifications[justification] = None
    return Proven(tuple(actions), "; ".join(justifications) or None)


def clauses(what: Proven) -> tuple[str, ...]:
    """The same as clauses after “está ciente de que …”; empty when nothing was offered."""
    nouns = [_NOUNS[action] for action in what.actions if action in _NOUNS]
    told = []
    if len(nouns) == 1:
        noun, feminine = nouns[0]
        told.append(f"foi oferecid{'a' if feminine else 'o'} {noun}")
    elif nouns:
        names = [noun for noun, _ in nouns]
        gender = "as" if all(feminine for _, feminine in nouns) else "os"
        told.append(f"foram oferecid{gender} {', '.join(names[:-1])} e {names[-1]}")
    if what.justification:
        other = what.justification.split("; ")[0]
        told = [f"{told[0]}, além de {other}"] if told else [f"foi {other}"]
    return tuple(told)


def noun(offer: Mapping[str, str | None]) -> str:
    """What was offered, as running text names it: "ação de divulgação"; “Outros” by its justification."""
    action = offer.get("action") or ""
    return (
        _NOUNS[action][0].split(maxsplit=1)[1] if action in _NOUNS else short_name(action, offer.get("justification"))
    )


def last_offered(delivered: Iterable[tuple[datetime, Iterable[Mapping[str, str | None]]]]) -> dict[str, datetime]:
    """When each thing was offered last, by its short name ("Divulgação"), in the order in which it was offered first.

    ``delivered``: of each message that left, when, and what it offered; oldest first.
    """
    moments: dict[str, datetime] = {}
    for at, offers in delivered:
        for offer in offers:
            if name := short_name(offer.get("action") or "", offer.get("justification")):
                moments[name] = at
    return moments


def short_name(action: str, justification: str | None = None) -> str:
    """An action of the form as a list has room for it; “Outros” is told by its justification."""
    if action == OTHERS and justification:
        return justification
    return action.removeprefix("Ofertado ")
