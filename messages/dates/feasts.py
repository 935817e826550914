"""The days off that people count from: "depois do carnaval", "antes do feriado"."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from messages.calendar import easter, is_holiday

_THIS_SIDE = timedelta(days=250)  # further away, the one that is just over was meant
_NEAR = 25  # days: further away, "o feriado" is one of the town's, or of the clinic's own


@dataclass(frozen=True, slots=True)
class Feast:
    first: date
    last: date


# From easter on (days), or a date; the second is the last day.
_MOVABLE = {"carnaval": (-48, -47), "cinzas": (-46, -46), "pascoa": (-2, 0), "corpus": (60, 60)}
_FIXED = {
    "ano": (1, 1), "tiradentes": (4, 21), "trabalho": (5, 1), "joao": (6, 24), "independencia": (9, 7),
    "aparecida": (10, 12), "finados": (11, 2), "proclamacao": (11, 15), "consciencia": (11, 20), "natal": (12, 25),
}  # fmt: skip
_SPELT = {
    r"carnaval|folia": "carnaval",
    r"(?:quarta (?:feira )?de )?cinzas": "cinzas",
    r"(?:domingo de )?pascoa|semana santa|sexta (?:feira )?(?:santa|da paixao)": "pascoa",
    r"corpus(?: christi)?": "corpus",
    r"ano novo|(?:festas(?: de)? )?(?:reveillon|virada(?: do ano)?)|festas(?: de (?:fim|final) de ano)?": "ano",
    r"tiradentes": "tiradentes",
    r"dia d[oe] trabalh(?:o|ador)": "trabalho",
    r"sao joao": "joao",
    r"independencia|(?:7|sete) de setembro": "independencia",
    r"(?:dia (?:d[ae] )?)?(?:nossa senhora(?: aparecida)?|das criancas)": "aparecida",
    r"(?:dia (?:de |dos )?)?finados": "finados",
    r"proclamacao(?: da republica)?": "proclamacao",
    r"(?:dia (?:da )?)?consciencia negra": "consciencia",
    r"natal": "natal",
}
_ANY = r"feriad(?:o|ao|inho)(?: prolongado)?"
_NAME = "|".join(_SPELT)
_OF_DAY = r"dia \d{1,2}|d[eo] (?:dia )?\d{1,2} de [a-z]{4,9}|segunda|terca|quarta|quinta|sexta"
FEAST = rf"(?:(?:{_ANY} (?:d[eoa] )?)?(?P<feast>{_NAME})|(?P<any>{_ANY})(?: (?:d[eoa] )?(?:{_OF_DAY}))?)"


def next_feast(name: str | None, today: date, uf: str | None) -> Feast | None:
    """The next one of that name that is not over, or, without a name, the next day off of a working week."""
    if name is None:
        return _next_day_off(today, uf)
    key = next(key for spelt, key in _SPELT.items() if re.fullmatch(spelt, name))
    for year in (today.year, today.year + 1):
        found = _in_year(key, year)
        if found.last >= today:
            return found if found.first - today < _THIS_SIDE else None
    return None


def _in_year(key: str, year: int) -> Feast:
    if key in _MOVABLE:
        first, last = (easter(year) + timedelta(days=n) for n in _MOVABLE[key])
        return Feast(first, last)
    day = date(year, *_FIXED[key])
    return Feast(day, day)


def _next_day_off(today: date, uf: str | None) -> Feast | None:
    """None where the next one falls on a weekend: it may be that one, or the one after."""
    for ahead in range(_NEAR):
        first = today + timedelta(days=ahead)
        if is_holiday(first, uf):
            last = first
            while is_holiday(last + timedelta(days=1), uf):
                last += timedelta(days=1)
            return Feast(first, last) if first.weekday() < 5 else None
    return None
