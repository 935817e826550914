"""The panel: how a period's cases went, an analyst's own or, for supervisors, the whole team's."""

from collections import Counter
from datetime import datetime, time

from sqlmodel import Session

from bot.services.operation import Operation
from bot.services.permission import only_supervisors
from messages.calendar import at
from messages.panel import pages, sheets
from messages.panel.figures import Spans, Tally, all_spans, by_city, by_reason, together
from messages.panel.pages import Heading, Page, Section
from messages.panel.sheets import Figures
from messages.periods import NAMES, Days, Period, days_of
from messages.statuses import Role
from messages.workbooks import Sheet
from storage import figures, queries
from storage.figures import Scope
from storage.models import Analyst
from storage.queries import Whose

OF_THE_TEAM = "Só a supervisão vê os números por pessoa."


def page(session: Session, analyst: Analyst, section: Section, period: Period, op: Operation, *, now: datetime) -> Page:
    """One section, for the cases that the person works through. Raises NotAllowed for the team's people."""
    if section is Section.PEOPLE:
        only_supervisors(analyst, OF_THE_TEAM)
    heading, scope = _of(session, analyst, period, op, now)
    match section:
        case Section.FUNNEL:
            return pages.funnel(heading, together(figures.by_analyst(session, scope).values()))
        case Section.REASONS:
            return pages.reasons(heading, by_reason(figures.by_reasons(session, scope)))
        case Section.TIME:
            return pages.duration(heading, all_spans(figures.spans(session, scope).values()))
        case Section.CITIES:
            return pages.cities(heading, by_city(figures.by_place(session, scope)))
        case Section.PEOPLE:
            return pages.people(heading, *_people(session, scope))


def everything(session: Session, analyst: Analyst, period: Period, op: Operation, *, now: datetime) -> list[Sheet]:
    """All sections as tables; those by person for supervisors only."""
    heading, scope = _of(session, analyst, period, op, now)
    people, spans = _people(session, scope)
    counted = Figures(
        together(people.values()),
        by_reason(figures.by_reasons(session, scope)),
        by_city(figures.by_place(session, scope)),
        spans,
        all_spans(spans.values()),
        people if analyst.role is Role.SUPERVISOR else None,
    )
    return sheets.sheets(heading, counted)


def _people(session: Session, scope: Scope) -> tuple[dict[str, Tally], dict[str, Spans]]:
    """By name; of several with the same name all but the first are numbered."""
    tallies, spans = figures.by_analyst(session, scope), figures.spans(session, scope)
    called: dict[int, str] = {}
    seen: Counter[str] = Counter()
    for number, name in sorted(queries.names_of(session, tallies).items()):
        seen[name] += 1
        called[number] = f"{name} ({seen[name]})" if seen[name] > 1 else name
    taken = {called[n]: told for n, told in spans.items() if n in called}  # who came in between is told the next time
    return {called[n]: tally for n, tally in tallies.items()}, taken


def _of(session: Session, analyst: Analyst, period: Period, op: Operation, now: datetime) -> tuple[Heading, Scope]:
    whose, local = queries.whose_cases(session, analyst), op.local(now)
    days = days_of(period, local.date())
    heading = Heading(
        f"{op.sender} · {op.name}",
        _told(session, analyst, whose),
        f"{NAMES[period]}: {_dates(days)}",
        f"Contado em {local:%d/%m/%Y} às {local:%H:%M}",
    )
    moments = (at(days.first, time.min, op.zone), at(days.end, time.min, op.zone)) if days else None
    return heading, Scope(whose, days, moments)


def _told(session: Session, analyst: Analyst, whose: Whose) -> str:
    if whose is None:
        return "Toda a equipe"
    absent = queries.names_of(session, whose - {analyst.id}).values()
    return f"{analyst.name}, também no lugar de {', '.join(sorted(absent))}" if absent else analyst.name


def _dates(days: Days | None) -> str:
    if days is None:
        return "desde o primeiro caso"
    if days.first == days.last:
        return f"{days.first:%d/%m/%Y}"
    return f"{days.first:%d/%m/%Y} a {days.last:%d/%m/%Y}"
