"""Days and hours of the operation: working days by UF, working hours, and how moments are shown.

Moments are aware; functions that compute one return UTC. Days are local days of ``zone``.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from babel.dates import format_date

ZONE = ZoneInfo("America/Sao_Paulo")
_LOCALE = "pt_BR"
# Optional by law, yet nobody answers then. Other optional days (Ash Wednesday, Christmas Eve) are working days
# unless the operation adds them.
_KEPT_OPTIONAL_DAYS = frozenset({"Carnaval", "Corpus Christi"})


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Local hours in which dentists are written to; the end is no longer part of them."""

    start: time = time(8)
    end: time = time(18)


HOURS = WorkingHours()
CADENCE = (2, 5, 10)  # working days to wait for an answer before the second contact, the third, …


def greeting(now_local: datetime) -> str:
    """Bom dia from 5, Boa tarde from 12, Boa noite from 18."""
    if 5 <= now_local.hour < 12:
        return "Bom dia"
    return "Boa tarde" if 12 <= now_local.hour < 18 else "Boa noite"


@lru_cache(maxsize=512)
def _holidays(uf: str | None, year: int) -> frozenset[date]:
    subdivision = uf if uf in holidays.country_holidays("BR").subdivisions else None

    def kind(category: str) -> holidays.HolidayBase:  # the names' language is otherwise that of the machine
        return holidays.country_holidays("BR", subdiv=subdivision, years=year, categories=(category,), language=_LOCALE)

    kept = {day for day, name in kind("optional").items() if name in _KEPT_OPTIONAL_DAYS}
    return frozenset(kind("public")) | kept


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Easter Sunday, from which Carnaval and Corpus Christi are counted."""
    named = holidays.country_holidays("BR", years=year, language=_LOCALE).get_named("Sexta-feira Santa")
    return date.fromordinal(named[0].toordinal() + 2)


def is_holiday(day: date, uf: str | None = None) -> bool:
    """Whether it is a public holiday, or a day of Carnaval or Corpus Christi."""
    return day in _holidays(uf, day.year)


def is_working_day(day: date, uf: str | None = None, extra_days: Container[date] = ()) -> bool:
    """Whether people work on this day in this UF (None: national holidays only). ``extra_days`` are the operation's."""
    return day.weekday() < 5 and day not in extra_days and day not in _holidays(uf, day.year)


def next_working_day(day: date, uf: str | None = None, extra_days: Container[date] = ()) -> date:
    """This day when it is a working day, else the first one after it."""
    while not is_working_day(day, uf, extra_days):
        day += timedelta(days=1)
    return day


def add_working_days(day: date, count: int, uf: str | None = None, extra_days: Container[date] = ()) -> date:
    """The ``count``-th working day after ``day``; for 0 the day itself."""
    for _ in range(count):
        day = next_working_day(day + timedelta(days=1), uf, extra_days)
    return day


def working_days_ago(day: date, count: int, uf: str | None = None, extra_days: Container[date] = ()) -> date:
    """The ``count``-th working day before ``day``; for 0 the day itself."""
    for _ in range(count):
        day -= timedelta(days=1)
        while not is_working_day(day, uf, extra_days):
            day -= timedelta(days=1)
    return day


def working_days_between(first: date, last: date, uf: str | None = None, extra_days: Container[date] = ()) -> int:
    """Working days after ``first``, up to and with ``last``; 0 when ``last`` does not come after it."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working_day(day, uf, extra_days) for day in days)


def next_working_moment(
    moment: datetime,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
    zone: ZoneInfo = ZONE,
) -> datetime:
    """This moment when it lies in working hours, else the start of the next ones. UTC."""
    local = moment.astimezone(zone)
    day = local.date()
    if is_working_day(day, uf, extra_days):
        if hours.start <= local.time() < hours.end:
            return moment.astimezone(UTC)
        if local.time() < hours.start:
            return at(day, hours.start, zone)
    return at(next_working_day(day + timedelta(days=1), uf, extra_days), hours.start, zone)


def outside(
    moment: datetime,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
    zone: ZoneInfo = ZONE,
) -> str:
    """Why nobody works at this moment, as a clause: "domingo é fora do horário de trabalho", "sexta é feriado (PE)";
    empty in working hours."""
    local = moment.astimezone(zone)
    day = local.date()
    name = format_date(day, "EEEE", locale=_LOCALE).split("-")[0]
    if is_holiday(day, uf):
        return f"{name} é feriado" + ("" if is_holiday(day) else f" ({uf})")
    if day.weekday() > 4:
        return f"{name} é fora do horário de trabalho"
    if day in extra_days:
        return f"{name} é dia sem expediente"
    if hours.start <= local.time() < hours.end:
        return ""
    span = f"das {show_hour(hours.start)} às {show_hour(hours.end)}"
    return f"{show_hour(local.time())} é fora do horário de trabalho, {span}"


def add_working_time(
    moment: datetime,
    span: timedelta,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
    zone: ZoneInfo = ZONE,
) -> datetime:
    """When so much working time has passed since this moment; it lies in working hours itself. UTC."""
    moment = next_working_moment(moment, hours, uf, extra_days, zone)
    while span >= (left := at(local_day(moment, zone), hours.end, zone) - moment):
        span -= left
        moment = next_working_moment(moment + left, hours, uf, extra_days, zone)
    return moment + span


def last_closing(
    moment: datetime,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
    zone: ZoneInfo = ZONE,
) -> datetime:
    """When the last working day ended that is over at this moment. UTC."""
    local = moment.astimezone(zone)
    day = local.date() if local.time() >= hours.end else local.date() - timedelta(days=1)
    while not is_working_day(day, uf, extra_days):
        day -= timedelta(days=1)
    return at(day, hours.end, zone)


def at(day: date, hour: time, zone: ZoneInfo = ZONE) -> datetime:
    """A local day and hour as a moment, in UTC."""
    return datetime.combine(day, hour, zone).astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo = ZONE) -> date:
    return moment.astimezone(zone).date()


def show_day(day: date, today: date | None = None) -> str:
    """ "sex., 19/01"; with the year when it is not that of ``today``."""
    pattern = "EEE, dd/MM" if today is None or day.year == today.year else "EEE, dd/MM/yyyy"
    return format_date(day, pattern, locale=_LOCALE)


def show_hour(hour: time) -> str:
    """ "14h", "9h30"."""
    return f"{hour.hour}h{hour:%M}" if hour.minute else f"{hour.hour}h"


def show_moment(moment: datetime, now: datetime, zone: ZoneInfo = ZONE) -> str:
    """ "hoje às 14h", "amanhã às 9h", "ontem às 16h22", "sex., 19/01 às 14h"."""
    day, today = local_day(moment, zone), local_day(now, zone)
    near = {0: "hoje", 1: "amanhã", -1: "ontem"}
    hour = show_hour(moment.astimezone(zone).time())
    return f"{near.get((day - today).days) or show_day(day, today)} às {hour}"


def suggestions(
    now: datetime,
    uf: str | None = None,
    hours: WorkingHours = HOURS,
    extra_days: Container[date] = (),
    zone: ZoneInfo = ZONE,
    cadence: Sequence[int] = CADENCE,
) -> list[tuple[str, datetime]]:
    """Sensible times to come back to a case, soonest first: labels such as "Hoje 16h", "Sexta 14h" and moments.

    All lie in working hours and in the future, each once. Moments are UTC.
    """
    today = local_day(now, zone)

    def working(day: date, hour: time) -> datetime:
        open_day = next_working_day(day, uf, extra_days)
        return at(open_day, hour if hours.start <= hour < hours.end else hours.start, zone)

    moments = [
        *_later_today(now, hours, uf, extra_days, zone),
        working(today + timedelta(days=1), time(9)),
        working(_next_weekday(today, 4), time(14)),
        working(_next_weekday(today, 0), time(9)),
    ]
    choices = {moment: _label(moment.astimezone(zone), today) for moment in moments}
    for wait in cadence:
        ahead = f"Em {wait} dias úteis" if wait > 1 else "Em 1 dia útil"
        choices.setdefault(working(add_working_days(today, wait, uf, extra_days), time(9)), ahead)
    return [(choices[moment], moment) for moment in sorted(choices)]


def openings(
    now: datetime, hours: WorkingHours = HOURS, extra_days: Container[date] = (), zone: ZoneInfo = ZONE
) -> list[tuple[str, datetime]]:
    """Sensible times to begin what goes on for hours, soonest first: later today, as the next working day begins, and
    the next week. Labels and moments as those of `suggestions`."""
    today = local_day(now, zone)
    days = (today + timedelta(days=1), _next_weekday(today, 0))
    mornings = [at(next_working_day(day, None, extra_days), hours.start, zone) for day in days]
    moments = {*_later_today(now, hours, None, extra_days, zone), *mornings}
    return [(_label(moment.astimezone(zone), today), moment) for moment in sorted(moments)]


def _later_today(
    now: datetime, hours: WorkingHours, uf: str | None, extra_days: Container[date], zone: ZoneInfo
) -> list[datetime]:
    """The working hour that lies a little ahead, if it is still today."""
    later = (now.astimezone(zone) + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    soon = next_working_moment(later, hours, uf, extra_days, zone)
    return [soon] if local_day(soon, zone) == local_day(now, zone) else []


def _next_weekday(today: date, number: int) -> date:
    """The next one, never today; Monday is 0."""
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _label(local: datetime, today: date) -> str:
    ahead = (local.date() - today).days
    if ahead < 2:
        name = "Amanhã" if ahead else "Hoje"
    elif ahead < 7:  # further on, a weekday's name alone would be read as the one before
        name = format_date(local, "EEEE", locale=_LOCALE).split("-")[0].capitalize()
    else:
        name = show_day(local.date(), today).capitalize()
    return f"{name} {show_hour(local.time())}"
