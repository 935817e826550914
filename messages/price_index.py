"""The IPCA month by month, as it was published, and the copy of it that comes with the program."""

import csv
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from messages.errors import InvalidInput

IPCA = "IPCA"  # the series' name in the rows
SHIPPED = "IBGE/BCB (SGS 433), cópia do programa"
REAL = "1994-07"  # the first month of the real: prices of before are in another currency
MOST = Decimal(100)  # percent in a month, up or down, beyond which an answer is no IPCA of the real

MONTHS = (
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})", re.ASCII)
_TYPED = re.compile(r"(?P<month>\d{1,2})[/.\-](?P<year>\d{4})", re.ASCII)
_NAMED = re.compile(r"(?P<name>[a-zç]{3,9})\.?\s*(?:/|de|\s)\s*(?P<year>\d{4}|\d{2})")
_FIRST = 80  # the index begins in 1980: of two digits, what is less is of this century
_LONGEST = 30  # characters told back of what was not understood


@dataclass(frozen=True, slots=True)
class Rate:
    """One month's variation, percent, with where it was read and when (None: it came with the program)."""

    month: str  # YYYY-MM
    percent: Decimal
    source: str
    read_on: date | None = None


class Series:
    """Months in their order."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates = {rate.month: rate for rate in sorted(rates, key=lambda rate: rate.month)}
        if not self._rates:
            raise InvalidInput("Não há IPCA guardado: peça à supervisão que atualize o índice.")
        self.first, self.last = next(iter(self._rates)), next(reversed(self._rates))

    def until(self, month: str) -> "Series":
        """Without what came after a month."""
        return Series(rate for rate in self._rates.values() if rate.month <= month)

    def between(self, first: str, last: str) -> tuple[Rate, ...]:
        """The months from one to the other, both included. Raises InvalidInput, which tells what there is."""
        if first > last:
            raise InvalidInput(f"O período está invertido: {show_month(first)} vem depois de {show_month(last)}.")
        for month in (first, last):
            if month > self.last:
                raise InvalidInput(
                    f"O IPCA de {show_month(month)} não foi publicado: o último é o de {show_month(self.last)}."
                )
        if first < REAL:
            raise InvalidInput(
                f"Antes de {show_month(REAL)} a moeda não era o real: comece em {show_month(REAL)} ou depois."
            )
        months = months_between(first, last)
        if missing := next((month for month in months if month not in self._rates), None):
            raise InvalidInput(
                f"Falta o IPCA de {show_month(missing)} na série: peça à supervisão que atualize o índice."
            )
        return tuple(self._rates[month] for month in months)

    @property
    def version(self) -> str:
        """Two series with the same figures have the same one."""
        figures = ";".join(f"{rate.month}={rate.percent.normalize():f}" for rate in self._rates.values())
        return f"{self.last}-{hashlib.sha256(figures.encode()).hexdigest()[:10]}"


@cache
def shipped() -> Series:
    """The copy that comes with the program."""
    return Series(shipped_rates())


def shipped_rates() -> list[Rate]:
    lines = (files("messages") / "ipca.csv").read_text(encoding="utf-8").splitlines()
    return [Rate(row["month"], Decimal(row["percent"]), SHIPPED) for row in csv.DictReader(lines)]


def read_month(text: str) -> str:
    """YYYY-MM from "2022-09", "09/2022", "set/2022", "set/22" or "setembro de 2022". Raises InvalidInput."""
    words = " ".join(text.split()).lower()
    found = _ISO.fullmatch(words) or _TYPED.fullmatch(words)
    number = int(found["month"]) if found else 0
    if found is None and (found := _NAMED.fullmatch(words)):
        number = _number_of(found["name"])
    if found is None or not 1 <= number <= 12:
        told = words[:_LONGEST] or "vazio"
        raise InvalidInput(f"Não reconheci o mês “{told}”: escreva como 09/2022 ou 2022-09.")
    year = found["year"]
    if len(year) == 2:
        year = f"{'20' if int(year) < _FIRST else '19'}{year}"
    return f"{year}-{number:02d}"


def _number_of(name: str) -> int:
    """1 to 12; 0 for what names no month."""
    plain = name.replace("ç", "c")
    names = [month.replace("ç", "c") for month in MONTHS]
    return next((n for n, month in enumerate(names, 1) if plain in (month, month[:3])), 0)


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def later(month: str, count: int) -> str:
    """The month so many months later, or earlier where that is negative."""
    year, number = (int(part) for part in month.split("-"))
    years, rest = divmod(year * 12 + number - 1 + count, 12)
    return f"{years:04d}-{rest + 1:02d}"


def months_between(first: str, last: str) -> list[str]:
    """Both included."""
    months = [first]
    while months[-1] < last:
        months.append(later(months[-1], 1))
    return months


def show_month(month: str) -> str:
    """“09/2022”."""
    year, number = month.split("-")
    return f"{number}/{year}"


def spell_month(month: str) -> str:
    """“setembro de 2022”."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} de {year}"
