"""What must be looked at in a typed text: what was left unfilled, and figures that nobody had worked out."""

import re
from collections.abc import Collection, Iterable
from decimal import Decimal

from messages.errors import InvalidInput
from messages.readjustment import HIGHEST_UNIT

_UNFILLED = re.compile(r"\{\{.*?\}\}|\{\{|\}\}|_{3,}|\[\s*[^\W\d_][^\[\]\n]{0,40}\]")
_FIGURE = re.compile(r"R\$\s?\d[\d.]*(?:,\d+)?|\d+(?:[.,]\d+)*\s?%")
_VALUES = re.compile(
    r"reajust|corre[cç][aã]o|corrig|\bipca\b|\bmoedas?\b|\b[ií]ndices?\b|\btabelas?\b|\bvalor(?:es)?\b|\baument",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(?:%|por\s?cento)", re.IGNORECASE)
_AMOUNT = re.compile(r"R\$\s?(\d+(?:[.,]\d+)?)(?![\d.,]*\d)|(?<![\d.,/])(0[.,]\d{2,4})(?![\d/]|\s*%|\s*por\s?cento)")
_ALL = Decimal(100)  # "100% à disposição" tells no value
_AROUND = 25  # characters told on each side of what was left unfilled


def unfilled(text: str) -> str | None:
    """Where a text still waits to be filled in ("{{ nome }}", "___", "[nome]"), with the words around it; else None."""
    found = _UNFILLED.search(text)
    if found is None:
        return None
    before, after = text[: found.start()], text[found.end() :]
    if len(before) > _AROUND:
        before = f"… {before[-_AROUND:].partition(' ')[2]}"
    if len(after) > _AROUND:
        after = f"{after[:_AROUND].rpartition(' ')[0]}…"
    return " ".join(f"{before}{found[0]}{after}".split())


def refuse_unfilled(text: str) -> None:
    """Raises InvalidInput, with the place, where a text still waits to be filled in."""
    if place := unfilled(text):
        raise InvalidInput(f"Falta preencher: “{place}”. Complete e envie o texto de novo.")


def changed_figures(composed: Iterable[str], text: str) -> list[tuple[str | None, str]]:
    """(old, new) for each percentage or amount of money in a text that the composed words do not hold.

    ``old`` is the figure of the same kind that is no longer there, None where none was taken out.
    """
    before = _figures(" ".join(composed))
    after = _figures(text)
    gone = [figure for key, figure in before.items() if key not in after]
    changed: list[tuple[str | None, str]] = []
    for key, figure in after.items():
        if key not in before:
            old = next((g for g in gone if _is_money(g) == _is_money(figure)), None)
            if old is not None:
                gone.remove(old)
            changed.append((old, figure))
    return changed


def tells_values(text: str) -> bool:
    """Whether a text speaks of prices or their readjustment."""
    return _VALUES.search(text) is not None


def amounts_in(text: str) -> list[Decimal]:
    """The amounts of money of a text, in reais: "R$ 0,37", and of less than one real also without the sign."""
    return [_decimal(signed or bare) for signed, bare in _AMOUNT.findall(text)]


def percents_in(text: str) -> list[Decimal]:
    return [_decimal(number) for number in _PERCENT.findall(text)]


def foreign_figures(text: str, percents: Collection[Decimal], amounts: Collection[Decimal]) -> list[str]:
    """The percentages, and the amounts of the order of a price unit, that are none of these, as they are written."""
    told = [m[0] for m in _PERCENT.finditer(text) if _decimal(m[1]) not in {*percents, _ALL}]
    for found in _AMOUNT.finditer(text):
        amount = _decimal(found[1] or found[2])
        if amount <= HIGHEST_UNIT and amount not in amounts:
            told.append(found[0])
    return told


def _decimal(number: str) -> Decimal:
    return Decimal(number.replace(",", "."))


def _figures(text: str) -> dict[str, str]:
    """Each figure by what it says, however it is spaced."""
    return {"".join(f.split()).replace(".", ",").rstrip(","): f for f in _FIGURE.findall(text)}


def _is_money(figure: str) -> bool:
    return figure.startswith("R$")
