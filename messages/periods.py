"""Stretches of days that people choose with a tap."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Period(StrEnum):
    """The values stand in buttons; see `NAMES` for what people read."""

    WEEK = "week"
    LAST_WEEK = "last_week"
    MONTH = "month"
    LAST_MONTH = "last_month"
    THREE_MONTHS = "three_months"
    YEAR = "year"
    ALL = "all"


NAMES = {
    Period.WEEK: "Esta semana",
    Period.LAST_WEEK: "Semana passada",
    Period.MONTH: "Este mês",
    Period.LAST_MONTH: "Mês passado",
    Period.THREE_MONTHS: "Últimos 3 meses",
    Period.YEAR: "Este ano",
    Period.ALL: "Tudo",
}


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to before ``end``, both local."""

    first: date
    end: date

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)


def days_of(period: Period, today: date) -> Days | None:
    """What a period is today; None: all time. One that goes on ends with today, and three months are this one and the
    two before."""
    monday, first, tomorrow = today - timedelta(days=today.weekday()), today.replace(day=1), today + timedelta(days=1)
    match period:
        case Period.WEEK:
            return Days(monday, tomorrow)
        case Period.LAST_WEEK:
            return Days(monday - timedelta(days=7), monday)
        case Period.MONTH:
            return Days(first, tomorrow)
        case Period.LAST_MONTH:
            return Days(_month_before(first), first)
        case Period.THREE_MONTHS:
            return Days(_month_before(_month_before(first)), tomorrow)
        case Period.YEAR:
            return Days(today.replace(month=1, day=1), tomorrow)
        case Period.ALL:
            return None


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)
