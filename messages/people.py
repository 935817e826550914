"""How people and places are called: registers keep CAPITALS, people are addressed by name and treatment."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from unidecode import unidecode

PARTICLES = frozenset({"da", "das", "de", "del", "della", "di", "do", "dos", "du", "e", "van", "von"})
_ROMAN = re.compile(r"(?=[ivx]{2})x{0,2}(?:ix|iv|v?i{0,3})")  # Pio XII, João Paulo II
_TRAILING_UF = re.compile(r"\s*[-/(]\s*[A-Za-z]{2}\s*\)?\s*$|\s+-\s+[A-Za-z]{2}$")


class Treatment(StrEnum):
    """How a dentist is treated. It comes from data or from the analyst; a name never tells it."""

    DR = "Dr."
    DRA = "Dra."

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The treatment that a field or a tap names ("Drª", "DRA", "doutor"), or None when it names none."""
        word = unidecode(text).strip().strip(".").lower()
        if word in {"dra", "doutora"}:
            return cls("Dra.")
        return cls("Dr.") if word in {"dr", "doutor"} else None


def treated_name(name: str, treatment: str | None) -> str:
    """A person in full, with the treatment that data gives: "Dra. Marina Prado Serra Azul"."""
    return f"{treatment} {title_name(name)}" if treatment else title_name(name)


def title_name(name: str) -> str:
    """A name as people write it: "MARINA PRADO DE SERRA AZUL" → "Marina Prado de Serra Azul".

    Only words that are wholly upper or lower case are touched: "McGregor" was typed by somebody who knew.
    """
    return " ".join(_title_word(word, first=i == 0) for i, word in enumerate(name.split()))


def _title_word(word: str, *, first: bool) -> str:
    lower = word.lower()
    if word not in (lower, word.upper()):
        return word
    if not first and lower in PARTICLES:
        return lower
    if not first and _ROMAN.fullmatch(lower):
        return lower.upper()
    # A capital at the start and after a hyphen or an apostrophe: "D'Oeste", "Ana-Maria".
    return re.sub(r"(^|[-'’(])([^\W\d_])", lambda found: found[1] + found[2].upper(), lower)


def first_name(name: str) -> str:
    """What a person is called by, unless the record tells another: the first word that is no treatment."""
    words = title_name(without_treatment(name)[0] or name).split()
    return words[0] if words else ""


def without_treatment(name: str) -> tuple[str, Treatment | None]:
    """A name as it is registered, and the treatment that was written before it: "Dra. Marina Prado"."""
    words, treatment = name.split(), None
    while words and (written := Treatment.read(words[0])):
        treatment = treatment or written
        words.pop(0)
    return " ".join(words), treatment


def may_be_one(name: str, other: str) -> bool:
    """Whether two names may be one person's, told shorter, in another order, or changed by a marriage: the first name
    of either, or its initial, stands in the other."""
    one, two = _names(name), _names(other)
    if not one or not two:
        return False
    return any(_alike(one[0], word) for word in two) or any(_alike(two[0], word) for word in one)


def _names(name: str) -> list[str]:
    words = re.findall(r"[a-z]+", unidecode(without_treatment(name)[0]).lower())
    return [word for word in words if word not in PARTICLES]


def _alike(word: str, other: str) -> bool:
    return word == other or (1 in (len(word), len(other)) and word[0] == other[0])


def city_title(city: str) -> str:
    """A city for running text: "SALVADOR - BA" → "Salvador"."""
    return title_name(_TRAILING_UF.sub("", city.strip()))


@dataclass(frozen=True, slots=True)
class Addressed:
    """The ways a message speaks to and of a dentist. Without treatment data it stays grammatical and guesses nothing.

    ============  ======================  ===================
    field         with "Dra."             without treatment
    ============  ======================  ===================
    addressed     Dra. Helena             Helena
    article       a Dra.                  você
    of_article    da Dra.                 de Helena
    of_addressed  da Dra. Helena          de Helena
    ============  ======================  ===================
    """

    addressed: str
    article: str
    of_article: str
    of_addressed: str

    @classmethod
    def of(cls, name: str, treatment: Treatment | None) -> Self:
        """``name`` is what the dentist goes by, or the full name as registered."""
        called = first_name(name)
        if treatment is None:
            return cls(called, "você", f"de {called}", f"de {called}")
        article = "a" if treatment is Treatment.DRA else "o"
        addressed = f"{treatment} {called}"
        return cls(addressed, f"{article} {treatment}", f"d{article} {treatment}", f"d{article} {addressed}")

    @property
    def spoken(self) -> str:
        """As people say it: "a Dra. Marina"; without treatment data just the name."""
        return self.addressed if self.article == "você" else f"{self.article[0]} {self.addressed}"
