"""One natural message out of several blocks, and how the form tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from messages.calendar import greeting
from messages.errors import InvalidInput
from messages.facts import VOCABULARY, fact
from messages.templates import Offer, Template, join_pt


@dataclass(frozen=True, slots=True)
class Composed:
    """A message to a dentist, what it offers, the keys of the texts that really are in it, and what each says there."""

    text: str
    offers: tuple[Offer, ...]
    templates: tuple[str, ...]
    said: Mapping[str, str]


def compose(
    blocks: Sequence[Template],
    context: Mapping[str, object],
    *,
    greet: bool,
    introduce: bool,
    closing: Template | str | None,
    now_local: datetime,
) -> Composed:
    """Joins blocks, in their order, into one message.

    ``greet``: the first message of the day, "Bom dia, Dra. Marina!". ``introduce``: the first of a case, says who
    writes. Of several questions only the last is asked; a block that was nothing but its question falls away, and so
    do repeated blocks. Raises InvalidInput, which names the facts a text lacks.
    """
    texts = list(dict.fromkeys([*blocks, *([closing] if isinstance(closing, Template) else [])]))
    if whole := [text.key for text in texts if text.whole]:
        raise ValueError(f"a whole text is sent alone: {', '.join(whole)}")
    parts = [_Part(text.render(context), text.statement(context), text) for text in texts]
    if isinstance(closing, str) and closing.strip():
        parts.append(_Part(closing.strip(), "" if "?" in closing else closing.strip()))

    last_question = max((n for n, part in enumerate(parts) if part.asks), default=0)
    paragraphs, kept = [], []
    for n, part in enumerate(parts):
        if said := part.full if n >= last_question else part.statement:
            paragraphs.append(said)
            kept += [part.template] if part.template else []
    return Composed(
        text="\n\n".join(_with_salutation(paragraphs, context, greet, introduce, now_local)),
        offers=tuple(dict.fromkeys(offer for template in kept for offer in template.offers)),
        templates=tuple(template.key for template in kept),
        said={template.key: template.words(context) for template in kept},
    )


@dataclass(frozen=True, slots=True)
class _Part:
    full: str
    statement: str  # without its question
    template: Template | None = None

    @property
    def asks(self) -> bool:
        return self.full != self.statement


def _with_salutation(
    paragraphs: list[str], context: Mapping[str, object], greet: bool, introduce: bool, now_local: datetime
) -> list[str]:
    """A bare greeting leads the first paragraph, as people write; an introduction is a paragraph of its own."""
    opening = []
    if greet:
        opening.append(f"{greeting(now_local)}, {_needed(context, 'dentist.addressed')}!")
    if introduce:
        analyst, operator = _needed(context, "analyst.first_name"), _needed(context, "operator")
        opening.append(f"Aqui é {analyst}, do setor de Retenção da {operator}.")
    if not opening:
        return paragraphs
    if introduce:
        return [" ".join(opening), *paragraphs]
    return [" ".join([*opening, *paragraphs[:1]]), *paragraphs[1:]]


def _needed(context: Mapping[str, object], name: str) -> str:
    value = fact(context, name)
    if not isinstance(value, str):
        raise InvalidInput(f"Para escrever a mensagem, preencha: {VOCABULARY[name]}.")
    return value


def offers_in_house_style(templates: Sequence[Template]) -> str:
    """What the form's outreach line says was done, as people put it there.

    "ofertando ação de divulgação, informando redução do prazo de liberação de guias e nosso contato de suporte ao
    WhatsApp, e ofertando reajuste contratual": a verb that repeats is said once. Empty when nothing is to be told.
    """
    records = dict.fromkeys(record for template in templates for record in template.records)
    groups = [
        (verb, [record.removeprefix(verb).strip() for record in phrases])
        for verb, phrases in groupby(records, key=lambda record: record.split()[0])
    ]
    clauses = [f"{verb} {join_pt(objects)}" for verb, objects in groups]
    if len(clauses) > 1 and any(len(objects) > 1 for _, objects in groups):
        return f"{', '.join(clauses[:-1])}, e {clauses[-1]}"
    return join_pt(clauses) if clauses else ""
