"""A readjustment worked out: the index between two months, both included, and what a price unit becomes by it.

All in Decimal. The factor is the exact product of the months' factors; money is rounded once, half up, to cents.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, localcontext
from enum import StrEnum

from messages.errors import InvalidInput
from messages.price_index import REAL, Rate, Series, later, month_of, read_month, show_month

CENT, PERCENT = Decimal("0.01"), Decimal("0.0001")
HIGHEST_UNIT = Decimal(10)  # reais: units are of the order of R$ 0,30
HIGHEST_PERCENT = Decimal(100)
NEGOTIATION = timedelta(days=90)  # from 1 January: Lei 9.656, art. 17-A, by Lei 13.003/2014

_EXACT = Context(prec=6000, traps=[Inexact])  # four decimals a month: more than a century of months
_NUMBER = re.compile(r"(?P<whole>\d{1,9})(?:[.,](?P<part>\d{1,12}))?", re.ASCII)
_MINUS = "-−–"
_UNTIL = re.compile(r"\s+(?:a|à|até|ate|e)\s+|\s*[–—]\s*|\s+-\s+")
_LONGEST = 30  # characters told back of what was not understood


@dataclass(frozen=True, slots=True)
class Correction:
    """By how much prices are corrected. ``rates`` are the months it was compounded of; none for a typed percentage."""

    factor: Decimal
    rates: tuple[Rate, ...] = ()

    @property
    def percent(self) -> Decimal:
        """With four decimals."""
        with localcontext(_EXACT) as context:
            context.traps[Inexact] = False
            return ((self.factor - 1) * 100).quantize(PERCENT, ROUND_HALF_UP)

    def of(self, unit: Decimal) -> Decimal:
        """What a price unit becomes, in reais and cents."""
        with localcontext(_EXACT) as context:
            context.traps[Inexact] = False
            return (unit * self.factor).quantize(CENT, ROUND_HALF_UP)


def compounded(series: Series, first: str, last: str) -> Correction:
    """The index between two months, both included. Raises InvalidInput for months that it does not have."""
    rates = series.between(first, last)
    factor = Decimal(1)
    with localcontext(_EXACT):
        for rate in rates:
            factor *= 1 + rate.percent / 100
    return Correction(factor, rates)


def typed(percent: Decimal) -> Correction:
    """A percentage that somebody gave."""
    with localcontext(_EXACT):
        return Correction(1 + percent / 100)


class Since(StrEnum):
    """Why a period is offered."""

    READJUSTMENT = "readjustment"  # from the month after the last readjustment on
    ENROLMENT = "enrolment"  # from the month after the enrolment on
    ANNIVERSARY = "anniversary"  # the twelve months before the contract's last anniversary


@dataclass(frozen=True, slots=True)
class Window:
    since: Since
    first: str
    last: str
    correction: Correction


def windows(series: Series, last_readjusted_on: date | None, enrolled_on: date | None, today: date) -> list[Window]:
    """The periods that the known days suggest, each with its result; those that the series does not hold fall away."""
    periods: list[tuple[Since, str, str]] = []
    if last_readjusted_on is not None:
        periods.append((Since.READJUSTMENT, later(month_of(last_readjusted_on), 1), series.last))
    if enrolled_on is not None:
        periods.append((Since.ENROLMENT, later(month_of(enrolled_on), 1), series.last))
        if anniversary := last_anniversary(enrolled_on, today):
            before = later(month_of(anniversary), -1)
            periods.append((Since.ANNIVERSARY, later(before, -11), before))
    return [
        Window(since, first, last, compounded(series, first, last))
        for since, first, last in periods
        if max(REAL, series.first) <= first <= last <= series.last
    ]


def last_anniversary(day: date, today: date) -> date | None:
    """The last one that has come; None in the first year. Of 29 February it is 1 March in other years."""
    for year in (today.year, today.year - 1):
        try:
            found = day.replace(year=year)
        except ValueError:
            found = date(year, 3, 1)
        if day < found <= today:
            return found
    return None


def negotiation_ends(year: int) -> date:
    """The last day of a year's free negotiation."""
    return date(year, 1, 1) + NEGOTIATION - timedelta(days=1)


def read_period(text: str) -> tuple[str, str]:
    """Two months: "09/2022 a 10/2023", "setembro de 2022 até outubro de 2023". Raises InvalidInput."""
    parts = _UNTIL.split(" ".join(text.split()).removeprefix("de "))
    if len(parts) != 2:
        raise InvalidInput("Escreva os dois meses, por exemplo 09/2022 a 10/2023.")
    return read_month(parts[0]), read_month(parts[1])


def read_unit(text: str) -> Decimal:
    """A price unit in reais, "0,35" or "0.35". Raises InvalidInput."""
    unit = _number(text.strip().removeprefix("R$"), "a moeda", "0,35", text)
    if not 0 < unit <= HIGHEST_UNIT:
        raise InvalidInput(f"A moeda {_told(text)} está fora do possível: vai de R$ 0,01 a R$ {HIGHEST_UNIT},00.")
    return unit


def read_percent(text: str) -> Decimal:
    """ "4,7357" or "4,7357%". Raises InvalidInput."""
    percent = _number(text.strip().removesuffix("%"), "o percentual", "4,7357", text)
    if not 0 < percent <= HIGHEST_PERCENT:
        raise InvalidInput(
            f"O percentual {_told(text)} está fora do possível: precisa ser maior que 0 e até {HIGHEST_PERCENT}%."
        )
    return percent


def _number(number: str, called: str, example: str, text: str) -> Decimal:
    """Positive or zero, with no more than four decimals."""
    number = number.strip()
    if number[:1] and number[0] in _MINUS and _NUMBER.fullmatch(number[1:].strip()):
        raise InvalidInput(f"{called[0].upper()}{called[1:]} não pode ser negativ{called[0]}: {_told(text)}.")
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise InvalidInput(f"Não reconheci {called} {_told(text)}: escreva como {example}.")
    part = found["part"] or ""
    if len(part) > 4:
        raise InvalidInput(f"Use no máximo quatro casas depois da vírgula: {_told(text)}.")
    return Decimal(f"{found['whole']}.{part.ljust(2, '0')}")


def _told(text: str) -> str:
    return f"“{' '.join(text.split())[:_LONGEST]}”"


def show_unit(unit: Decimal) -> str:
    """“0,35”, with as many decimals as it has, two at least."""
    digits = max(2, -int(unit.normalize().as_tuple().exponent))
    return f"{unit:.{digits}f}".replace(".", ",")


def show_percent(percent: Decimal) -> str:
    """“5,1319”."""
    return f"{percent:.4f}".replace(".", ",")


def show_period(months: Sequence[str]) -> str:
    """“09/2022 a 10/2023”."""
    return f"{show_month(months[0])} a {show_month(months[-1])}"
