"""Where cases are: one city however it is spelt, a state as a whole, and which of them a typed text can mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from messages.finding import folded
from messages.identity import STATES, UFS
from messages.people import PARTICLES, city_title

NO_UF = ""  # of a city whose cases tell no state
_IN_FULL = {  # what names of places are abbreviated by, where it does not begin like the word itself
    "sto": "santo",
    "sta": "santa",
    "sra": "senhora",
    "cel": "coronel",
    "gal": "general",
    "mal": "marechal",
    "pto": "porto",
    "fco": "francisco",
}
# fmt: off
WHOLE = {
    "AC": "Acre inteiro", "AL": "Alagoas inteira", "AM": "Amazonas inteiro", "AP": "Amapá inteiro",
    "BA": "Bahia inteira", "CE": "Ceará inteiro", "DF": "Distrito Federal inteiro", "ES": "Espírito Santo inteiro",
    "GO": "Goiás inteiro", "MA": "Maranhão inteiro", "MG": "Minas Gerais inteira", "MS": "Mato Grosso do Sul inteiro",
    "MT": "Mato Grosso inteiro", "PA": "Pará inteiro", "PB": "Paraíba inteira", "PE": "Pernambuco inteiro",
    "PI": "Piauí inteiro", "PR": "Paraná inteiro", "RJ": "Rio de Janeiro inteiro", "RN": "Rio Grande do Norte inteiro",
    "RO": "Rondônia inteira", "RR": "Roraima inteira", "RS": "Rio Grande do Sul inteiro",
    "SC": "Santa Catarina inteira", "SE": "Sergipe inteiro", "SP": "São Paulo inteiro", "TO": "Tocantins inteiro",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Place:
    """A city as most of its cases spell it, or, without one, a whole state; and how many cases are there."""

    city: str | None
    uf: str  # NO_UF where the city's cases tell none
    many: int = 0

    @property
    def told(self) -> str:
        """“Salvador/BA”, “Bahia inteira”."""
        if self.city is None:
            return WHOLE.get(self.uf, self.uf)
        return f"{city_title(self.city)}/{self.uf}" if self.uf else f"{city_title(self.city)}, sem UF"


@lru_cache(maxsize=8192)  # more than Brazil has
def city_key(city: str) -> str:
    """What all spellings of a city have in common: accents, capitals, hyphens and a UF behind the name make no
    difference, and "STO ANTONIO" is "Santo Antônio"."""
    return "".join(_words(city_title(city))) or city.strip()


def same_city(one: str, other: str) -> bool:
    """However it was typed."""
    return city_key(one) == city_key(other)


def together(counted: Iterable[tuple[str | None, str | None, int]]) -> list[Place]:
    """(city as it is spelt, UF, how many cases) → the states and the cities, each once, the most cases first."""
    cities: dict[tuple[str, str], list[tuple[int, str]]] = {}
    states: dict[str, int] = {}
    for city, uf, many in counted:
        if city:
            cities.setdefault((city_key(city), uf or NO_UF), []).append((many, city))
        if uf:
            states[uf] = states.get(uf, 0) + many
    places = [Place(max(spelt)[1], uf, sum(many for many, _ in spelt)) for (_, uf), spelt in cities.items()]
    return sorted((*places, *(Place(None, uf, many) for uf, many in states.items())), key=_largest_first)


def _largest_first(place: Place) -> tuple[int, str]:
    return -place.many, place.told


def meant(text: str, places: Iterable[Place]) -> list[Place]:
    """Which of the places a text can mean: a state by its name or letters, a city whose words begin like all of the
    text's. A UF behind a city's name is its UF, unless nothing is found so ("Santo An", "Palmas to"). What is called
    just so comes first, then the most cases."""
    there, words = list(places), list(folded(text))
    if not words:
        return []
    *name, last = words
    readings: list[tuple[list[str], str | None]] = [(words, None)]
    if name and last.upper() in UFS:
        readings.insert(0, (name, last.upper()))
    for called, uf in readings:
        found = [p for p in there if (uf is None or p.uf == uf) and _fits(called, p)]
        if found:
            return sorted(found, key=lambda p: (not _is_called(called, p), *_largest_first(p)))
    return []


def _fits(words: list[str], place: Place) -> bool:
    if place.city is None or _is_called(words, place):
        return _is_called(words, place)
    theirs, telling = _words(city_title(place.city)), [w for w in words if w not in PARTICLES] or words
    begun_alike = all(any(one.startswith((word, _IN_FULL.get(word, word))) for one in theirs) for word in telling)
    return begun_alike or "".join(theirs).startswith("".join(words))


def _is_called(words: list[str], place: Place) -> bool:
    if place.city is not None:
        return city_key(place.city) == "".join(_IN_FULL.get(word, word) for word in words)
    name = " ".join(words)
    return place.uf in (name.upper(), STATES.get(name)) or (place.uf, name) == ("PA", "para")


def _words(text: str) -> list[str]:
    return [_IN_FULL.get(word, word) for word in folded(text)]
