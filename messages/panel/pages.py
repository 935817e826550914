"""The panel's pages: what each says, as a picture draws it and as words tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from messages.form.values import show_count
from messages.panel.figures import (
    LEAST,
    NO_REASON,
    Spans,
    Step,
    Tally,
    all_spans,
    decimal,
    largest_first,
    share,
    together,
)
from messages.statuses import Outcome

MOST_ROWS = 8  # what a phone shows at a glance; the rest is summed up in one more
CAPTION = 1000  # characters of a page told in words
LONGEST = 90  # of a name on it: what a form calls its city may be anything
FUNNEL = {
    Step.OPENED: "Casos do período",
    Step.TOLD: "Contatados",
    Step.ANSWERED: "Responderam",
    Step.OFFERED: "Com oferta",
    Step.RETAINED: "Retidos",
}
BANDS = ((0, 7), (8, 15), (16, 30), (31, 60), (61, 90), (91, None))  # days
ENDS = (Outcome.RETAINED, Outcome.LEFT, Outcome.NOT_RETENTION, None)  # None: still without an outcome
NO_CASE = "Nenhum caso com protocolo aberto neste período."
NONE_ENDED = "Nenhum caso encerrado, entre os que tiveram o protocolo aberto neste período."


class Section(StrEnum):
    """What the panel can show; the values stand in buttons."""

    FUNNEL = "funnel"
    REASONS = "reasons"
    TIME = "time"
    CITIES = "cities"
    PEOPLE = "people"  # for supervisors


TITLES = {
    Section.FUNNEL: "Funil de retenção",
    Section.REASONS: "Motivos e desfechos",
    Section.TIME: "Prazo até o encerramento",
    Section.CITIES: "Cidades e desfechos",
    Section.PEOPLE: "Pessoas da equipe",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What the figures are of, in words: the operation, whose cases, which days, and when they were counted."""

    operation: str
    whose: str
    period: str
    counted_at: str


@dataclass(frozen=True, slots=True)
class Bar:
    """``size``: of the longest, from 0 to 1."""

    label: str
    told: str
    size: float


@dataclass(frozen=True, slots=True)
class Row:
    """``cells`` under the page's columns; ``parts``: how many ended in each of `ENDS`."""

    label: str
    cells: tuple[str, ...]
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """``figures``: (number, what of). ``empty``: the sentence that stands instead of everything."""

    title: str
    heading: Heading
    figures: tuple[tuple[str, str], ...] = ()
    bars: tuple[Bar, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = ""


def funnel(heading: Heading, tally: Tally) -> Page:
    total = tally.total
    if not total:
        return _empty(Section.FUNNEL, heading)
    first, *steps = FUNNEL.items()
    bars = (Bar(first[1], show_count(total), 1.0), *(_bar(label, tally.reached(step), total) for step, label in steps))
    figures = tuple((show_count(n), _plural(n, *_ENDED_AS[end])) for end in ENDS if (n := tally.ended(end)) or not end)
    return Page(TITLES[Section.FUNNEL], heading, figures, bars, notes=_of_funnel(tally))


def reasons(heading: Heading, tallies: Mapping[str, Tally]) -> Page:
    """``tallies``: by reason; a case may stand under several."""
    named = {reason: tally for reason, tally in tallies.items() if reason != NO_REASON}
    unnamed = [(NO_REASON, tallies[NO_REASON])] if NO_REASON in tallies else []
    lines = [*_shortened(largest_first(named), "Outros {n} motivos"), *unnamed]
    note = "Um caso com dois motivos conta nos dois. Contam os motivos como estão agora no caso."
    return _table(Section.REASONS, heading, lines, (note,))


def cities(heading: Heading, tallies: Mapping[str, Tally]) -> Page:
    return _table(Section.CITIES, heading, _shortened(largest_first(tallies), "Outras {n} cidades"), ())


def people(heading: Heading, tallies: Mapping[str, Tally], spans: Mapping[str, Spans]) -> Page:
    """By name; ``spans`` of those whose cases have ended."""
    lines = _shortened(largest_first(tallies), "Outras {n} pessoas")
    if not lines:
        return _empty(Section.PEOPLE, heading)
    others = all_spans(spans[name] for name in spans.keys() - {name for name, _ in lines})
    taken = [spans.get(name, Spans()) if name in tallies else others for name, _ in lines]
    rows = tuple(_of_person(name, tally, days) for (name, tally), days in zip(lines, taken, strict=True))
    notes = (
        "Cada caso conta para quem está com ele agora.",
        "Dias: o que levou a metade dos casos encerrados, ou menos.",
    )
    return Page(TITLES[Section.PEOPLE], heading, columns=_OF_PEOPLE, rows=rows, notes=notes)


def duration(heading: Heading, spans: Spans) -> Page:
    undated = (_undated(spans.undated),) if spans.undated else ()
    median, mean = spans.median, spans.mean
    if median is None or mean is None:
        return Page(TITLES[Section.TIME], heading, notes=undated, empty=NONE_ENDED)
    counts = [spans.between(*days) for days in BANDS]
    bars = tuple(_bar(band(*days), n, spans.total, max(counts)) for days, n in zip(BANDS, counts, strict=True))
    ended = _plural(spans.total, "1 caso encerrado", f"{show_count(spans.total)} casos encerrados")
    notes = (f"{ended}: da data de início à data final do formulário, em dias corridos.", *undated)
    return Page(TITLES[Section.TIME], heading, _of_time(spans, median, mean), bars, notes=notes)


def band(first: int, last: int | None) -> str:
    """One of `BANDS`, in words."""
    if last is None:
        return f"mais de {first - 1} dias"
    return f"{first} a {last} dias" if first else f"até {last} dias"


def caption(page: Page) -> list[str]:
    """The page in words, for whoever does not see the picture; what there is no room for is said to be missing."""
    heading = page.heading
    lines = [f"{heading.whose} · {heading.period}", *([page.empty] if page.empty else [])]
    lines += [" · ".join(f"{value} {label}" for value, label in page.figures)] if page.figures else []
    lines += [f"{bar.label}: {bar.told}" for bar in page.bars]
    room = CAPTION - len(page.title) - sum(len(line) + 1 for line in (*lines, *page.notes))
    for n, row in enumerate(page.rows):
        told = f"{row.label}: {_in_words(page.columns, row)}"
        room -= len(told) + 1
        if room < 0:
            lines.append(f"… e mais {len(page.rows) - n}: veja a planilha.")
            break
        lines.append(told)
    return [*lines, *page.notes]


_ENDED_AS = {
    Outcome.RETAINED: ("retido", "retidos"),
    Outcome.LEFT: ("saída", "saídas"),
    Outcome.NOT_RETENTION: ("não se trata", "não se trata"),
    None: ("em aberto", "em aberto"),
}
_OF_ENDS = ("Casos", "Retidos", "Saídas", "Não se trata", "Em aberto")
_OF_PEOPLE = ("Casos", "Sem contato", "Retidos", "Saídas", "Dias")


def _of_funnel(tally: Tally) -> tuple[str, ...]:
    retained, notes = tally.ended(Outcome.RETAINED), []
    if decided := tally.decided:
        rate = share(retained, decided)
        told = f"{show_count(retained)} de {show_count(decided)} que ficaram ou saíram"
        notes.append(f"Taxa de retenção: {f'{rate} ({told})' if rate else told}.")
    notes.append("Cada passo conta só os casos que deram todos os anteriores.")
    if n := tally.unproven:
        of = _plural(n, "1 caso retido fica", f"{show_count(n)} casos retidos ficam")
        notes.append(f"{of} fora do último passo: sem resposta ou oferta registrada.")
    if n := tally.at(Step.TOLD):
        came = _plural(n, "Conta como contatado 1 caso", f"Contam como contatados {show_count(n)} casos")
        notes.append(f"{came} com contatos no formulário de abertura e sem resposta registrada depois.")
    return tuple(notes)


def _of_time(spans: Spans, median: float, mean: float) -> tuple[tuple[str, str], ...]:
    if spans.total == 1:
        return ((decimal(median), _days(median)),)
    told = [(median, "ou menos para a metade"), (mean, "em média")]
    if spans.total >= LEAST:
        told.append((spans.within(90), "ou menos para 9 em cada 10"))
    return tuple((decimal(days), f"{_days(days)} {what}") for days, what in told)


def _days(many: float) -> str:
    return "dia" if many == 1 else "dias"


def _undated(many: int) -> str:
    stay = _plural(many, "1 encerrado sem datas válidas fica", f"{show_count(many)} encerrados sem datas válidas ficam")
    return f"{stay} de fora."


def _bar(label: str, count: int, total: int, longest: int | None = None) -> Bar:
    of = share(count, total)
    told = f"{show_count(count)} ({of})" if of else show_count(count)
    return Bar(label, told, count / (longest or total))


def _shortened(ordered: Sequence[tuple[str, Tally]], others: str) -> list[tuple[str, Tally]]:
    """The largest, and all others summed up; one other one stands for itself."""
    if len(ordered) <= MOST_ROWS + 1:
        return list(ordered)
    rest = ordered[MOST_ROWS:]
    return [*ordered[:MOST_ROWS], (others.format(n=show_count(len(rest))), together(tally for _, tally in rest))]


def _table(section: Section, heading: Heading, lines: Sequence[tuple[str, Tally]], notes: tuple[str, ...]) -> Page:
    if not lines:
        return _empty(section, heading)
    rows = tuple(Row(_name(label), tuple(map(show_count, (t.total, *_parts(t)))), _parts(t)) for label, t in lines)
    return Page(TITLES[section], heading, columns=_OF_ENDS, rows=rows, notes=notes)


def _of_person(name: str, tally: Tally, spans: Spans) -> Row:
    retained, left, *_ = parts = _parts(tally)
    counts = (tally.total, tally.at(Step.OPENED), retained, left)
    days = decimal(spans.median) if spans.median is not None else "–"
    return Row(_name(name), (*map(show_count, counts), days), parts)


def _name(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _parts(tally: Tally) -> tuple[int, ...]:
    return tuple(tally.ended(end) for end in ENDS)


def _in_words(columns: Sequence[str], row: Row) -> str:
    told = [
        f"{column.lower()} {cell}" for column, cell in zip(columns, row.cells, strict=True) if cell not in ("0", "–")
    ]
    return ", ".join(told)


def _empty(section: Section, heading: Heading) -> Page:
    return Page(TITLES[section], heading, empty=NO_CASE)


def _plural(many: int, one: str, several: str) -> str:
    return one if many == 1 else several
