"""What is counted of cases, and how counts are put together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import accumulate

from messages.people import city_title
from messages.places import city_key
from messages.statuses import Outcome

LEAST = 20  # cases: of fewer, a percentage says more than there is to know
WHOLE = 200  # of fewer, no decimals
NO_REASON = "Sem motivo registrado"


class Step(StrEnum):
    """The furthest of the funnel's steps that a case took, each one together with all before it."""

    OPENED = "opened"  # nobody has written or called
    TOLD = "told"  # contacted; no answer on record, but contacts that came with its form, which may tell of one
    CONTACTED = "contacted"  # contacted; no answer
    ANSWERED = "answered"
    OFFERED = "offered"  # answered, and something was offered
    RETAINED = "retained"  # answered, offered, and retained


_ORDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class Tally:
    """Of a group of cases: (how far it came, how it ended or None) → how many."""

    counts: Counter[tuple[Step, Outcome | None]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.counts.total()

    def reached(self, step: Step) -> int:
        """How many took this step, whatever came after."""
        return sum(n for (far, _), n in self.counts.items() if _ORDER.index(far) >= _ORDER.index(step))

    def at(self, step: Step) -> int:
        """How many came so far and no further."""
        return sum(n for (far, _), n in self.counts.items() if far is step)

    def ended(self, outcome: Outcome | None) -> int:
        return sum(n for (_, end), n in self.counts.items() if end is outcome)

    @property
    def decided(self) -> int:
        """Those who stayed or left."""
        return self.ended(Outcome.RETAINED) + self.ended(Outcome.LEFT)

    @property
    def unproven(self) -> int:
        """Retained, without an answer or an offer on record: outside the funnel's last step."""
        return self.ended(Outcome.RETAINED) - self.reached(Step.RETAINED)


def together(tallies: Iterable[Tally]) -> Tally:
    counts: Counter[tuple[Step, Outcome | None]] = Counter()
    for tally in tallies:
        counts.update(tally.counts)
    return Tally(counts)


@dataclass(frozen=True, slots=True)
class Spans:
    """Calendar days from the beginning of cases that have ended to their end → how many. ``undated``: of how many
    nobody can say, for a date is missing or the end comes before the beginning."""

    days: Counter[int] = field(default_factory=Counter)
    undated: int = 0

    @property
    def total(self) -> int:
        return self.days.total()

    def within(self, percent: int) -> int:
        """After how many days so many percent of them had ended; at least one has."""
        return self._nth(-(-percent * self.total // 100))

    @property
    def median(self) -> float | None:
        """The middle one; of an even number half-way between the two in the middle."""
        if not self.days:
            return None
        return (self._nth((self.total + 1) // 2) + self._nth(self.total // 2 + 1)) / 2

    def _nth(self, place: int) -> int:
        """How long the n-th shortest took, from 1."""
        reached = zip(sorted(self.days), accumulate(self.days[d] for d in sorted(self.days)), strict=True)
        return next(days for days, seen in reached if seen >= place)

    @property
    def mean(self) -> float | None:
        return sum(days * n for days, n in self.days.items()) / self.total if self.days else None

    def between(self, first: int, last: int | None) -> int:
        """How many took so many days, both included."""
        return sum(n for days, n in self.days.items() if days >= first and (last is None or days <= last))


def all_spans(spans: Iterable[Spans]) -> Spans:
    days: Counter[int] = Counter()
    undated = 0
    for one in spans:
        days.update(one.days)
        undated += one.undated
    return Spans(days, undated)


Place = tuple[str | None, str | None]  # city and UF, as they are recorded


def by_city(tallies: Mapping[Place, Tally]) -> dict[str, Tally]:
    """“Salvador/BA” → its cases: spellings of one city are told together."""
    found: dict[tuple[str, str], list[tuple[str, Tally]]] = {}
    for (city, uf), tally in tallies.items():
        name = city_title(city) if city else ""
        shown = f"{name}/{uf}" if name and uf else name or (f"{uf}, sem cidade" if uf else "Sem cidade")
        found.setdefault((city_key(name), uf or ""), []).append((shown, tally))
    return {
        max(spelt, key=lambda one: (one[1].total, one[0]))[0]: together(tally for _, tally in spelt)
        for spelt in found.values()
    }


def largest_first(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    return sorted(tallies.items(), key=lambda one: (-one[1].total, one[0]))


def share(part: int, whole: int) -> str:
    """“49,2%”; of less than 200 “49%”, of less than 20, and for none, nothing."""
    if whole < LEAST or not part:
        return ""
    return f"{decimal(Decimal(100 * part) / whole, 0 if whole < WHOLE else 1)}%"


def decimal(number: float | Decimal, places: int = 1) -> str:
    """“12,5”, half up; a whole number without its zeros."""
    told = Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return str(told).replace(".", ",").removesuffix("," + "0" * places)


def by_reason(tallies: Mapping[tuple[str, ...], Tally]) -> dict[str, Tally]:
    """A case with two reasons counts under both; one without any under `NO_REASON`."""
    found: dict[str, list[Tally]] = {}
    for reasons, tally in tallies.items():
        for reason in dict.fromkeys(reasons) or (NO_REASON,):
            found.setdefault(reason, []).append(tally)
    return {reason: together(these) for reason, these in found.items()}
