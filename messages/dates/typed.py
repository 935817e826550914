"""What an analyst types for "when": the whole text is understood, or nothing.

No library serves Portuguese here: the general ones are silently wrong. A text is one *day* and one *hour*, in either
order. Accents and case do not matter.
"""

import re
from collections.abc import Container, Iterator
from datetime import UTC, date, datetime, time, timedelta

from unidecode import unidecode

from messages.calendar import HOURS, WorkingHours
from messages.dates.forms import FURTHEST, Today, readings
from messages.dates.names import NUMBERS, number
from messages.dates.parts import part_of_day
from messages.words import spelt_out

_USUAL_HOUR = time(9)
LONGEST = 80  # characters; nobody types more to name a day
_PARTS_OF_DAY = {"de manha": time(9), "pela manha": time(9), "a tarde": time(14), "de tarde": time(14)} | {
    f"{after} {what}": at
    for what, at in (("almoco", time(14)), ("o almoco", time(14)), ("do almoco", time(14)))
    for after in ("depois", "apos")
}
_FROM_NOW = re.compile(
    rf"(?:em|daqui a|dentro de) (?P<count>\d{{1,3}}|{'|'.join(NUMBERS)}) ?(?:(?P<hours>h|horas?)|min|minutos?)"
)
_HOUR = re.compile(
    r"(?:(?:as|a partir das) )?(?P<hour>\d{1,2})(?:h(?P<h>\d{2})?(?:min|r?s)?|:(?P<colon>\d{2})h?| horas?)"
    r"|as (?P<bare>\d{1,2})|(?:ao )?(?P<noon>meio[- ]dia)|(?P<part>" + "|".join(_PARTS_OF_DAY) + ")"
)


def read_moment(
    text: str,
    now_local: datetime,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
) -> datetime | None:
    """The moment that a text such as "amanhã 14h", "sexta", "19/01 às 9h30" or "em 3 dias úteis" names, in UTC.

    ``now_local`` is aware, in the operation's zone. A weekday is its next one after today. A day without an hour is
    meant for 9:00, or the start of ``hours`` where they leave that out. A stretch of days or weeks that ends on a day
    off goes on to the next working day, while a day named outright stays. None: not understood to the last word, past,
    or more than a year ahead; the caller says so.
    """
    moment = _named(text, now_local, hours, Today(now_local.date(), uf, extra_days))
    return moment if moment is not None and now_local < moment <= now_local + FURTHEST else None


def has_passed(text: str, now_local: datetime, hours: WorkingHours = HOURS, uf: str | None = None) -> bool:
    """Whether a text names a moment that `read_moment` does not give since it is past."""
    moment = _named(text, now_local, hours, Today(now_local.date(), uf))
    return moment is not None and moment <= now_local


def _named(text: str, now_local: datetime, hours: WorkingHours, today: Today) -> datetime | None:
    if len(text) > LONGEST:
        return None
    words = plain(text)
    readings = [_from_now(words, now_local), *_days_and_hours(words, now_local, today, hours)]
    moments = {moment.astimezone(UTC) for moment in readings if moment}
    return moments.pop() if len(moments) == 1 else None  # nothing, or two things at once


def read_day(text: str, today: date, uf: str | None = None, extra_days: Container[date] = ()) -> date | None:
    """The day that a text names, today or later and within a year; None: not understood, or past."""
    if len(text) > LONGEST:
        return None
    day = _day(plain(text), Today(today, uf, extra_days))
    return day if day is not None and today <= day <= today + FURTHEST else None


def plain(text: str) -> str:
    """Without accents, capitals and marks; what the thumb shortens is spelt out."""
    return " ".join(map(spelt_out, re.sub(r"[.!](?=\s|$)|,", " ", unidecode(text).lower()).split()))


def _from_now(words: str, now_local: datetime) -> datetime | None:
    found = _FROM_NOW.fullmatch(words)
    if not found:
        return None
    count = number(found["count"])
    # Through UTC: wall clocks jump.
    ahead = timedelta(hours=count) if found["hours"] else timedelta(minutes=count)
    return now_local.astimezone(UTC) + ahead


def _days_and_hours(words: str, now_local: datetime, today: Today, hours: WorkingHours) -> Iterator[datetime]:
    """Every reading of the words as a day and an hour, either of which may be left out."""
    usual = _USUAL_HOUR if hours.start <= _USUAL_HOUR < hours.end else hours.start
    pieces = words.split()
    for cut in range(len(pieces)):
        one, other = " ".join(pieces[:cut]), " ".join(pieces[cut:])
        for day_words, hour_words in ((one, other), (other, one)):
            day = _day(day_words, today) if day_words else today.day
            hour = _hour(hour_words, hours, beside_a_day=bool(day_words)) if hour_words else usual
            if day and hour:
                yield datetime.combine(day, hour, now_local.tzinfo)


def hour_named(text: str, hours: WorkingHours = HOURS) -> time | None:
    """What the whole of a text is, where that is an hour or a part of the day."""
    return _hour(plain(text), hours, beside_a_day=False) if len(text) <= LONGEST else None


def _hour(words: str, hours: WorkingHours, *, beside_a_day: bool) -> time | None:
    return hour_of(words) or part_of_day(words, hours, beside_a_day=beside_a_day)


def hour_of(words: str) -> time | None:
    found = _HOUR.fullmatch(words)
    if not found:
        return None
    if found["part"]:
        return _PARTS_OF_DAY[found["part"]]
    if found["noon"]:
        return time(12)
    try:
        return time(int(found["hour"] or found["bare"]), int(found["h"] or found["colon"] or 0))
    except ValueError:
        return None


def _day(words: str, today: Today) -> date | None:
    """A day named outright stays; a stretch that ends on a day off goes on to the next working day."""
    days = next(readings(words, today), None)
    if days is None:
        return None
    return days.meant if days.outright else today.working(days.meant)
