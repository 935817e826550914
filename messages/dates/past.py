"""When something happened, as an analyst types it: the whole text is understood, or nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from messages.dates.forms import FURTHEST, Today, the_day
from messages.dates.names import COUNT, WEEKDAY, WEEKDAYS, number
from messages.dates.typed import LONGEST, hour_of, plain

_AGO = re.compile(rf"(?:ha|faz) {COUNT} ?(?:(?P<hours>h|horas?)|min|minutos?)(?: atras)?")


def read_past_moment(text: str, now_local: datetime) -> datetime | None:
    """The moment that a text such as "10h20", "ontem às 16h30", "sexta 14h", "19/01 às 9h" or "há 20 minutos" names, in
    UTC: an hour, of today or of the day that is told. A weekday is the last one before today.

    ``now_local`` is aware, in the operation's zone. None: not understood to the last word, still to come, or more than
    a year ago.
    """
    if len(text) > LONGEST:
        return None
    words, today = plain(text), Today(now_local.date())
    readings = [_ago(words, now_local), *_days_and_hours(words, now_local, today)]
    moments = {moment.astimezone(UTC) for moment in readings if moment}
    if len(moments) != 1:
        return None
    moment = moments.pop()
    return moment if now_local - FURTHEST <= moment <= now_local else None


def _days_and_hours(words: str, now_local: datetime, today: Today) -> Iterator[datetime]:
    pieces = words.split()
    for cut in range(len(pieces)):
        one, other = " ".join(pieces[:cut]), " ".join(pieces[cut:])
        for day_words, hour_words in ((one, other), (other, one)):
            day = _day(day_words, today) if day_words else today.day
            hour = hour_of(hour_words)
            if day and hour:
                yield datetime.combine(day, hour, now_local.tzinfo)


def _ago(words: str, now_local: datetime) -> datetime | None:
    found = _AGO.fullmatch(words)
    if not found:
        return None
    count = number(found["count"])
    ago = timedelta(hours=count) if found["hours"] else timedelta(minutes=count)
    return now_local.astimezone(UTC) - ago


def _day(words: str, today: Today) -> date | None:
    for form, meaning in _DAYS:
        if found := form.fullmatch(words):
            return meaning(found, today)
    return None


def _last_weekday(found: re.Match[str], today: Today) -> date | None:
    """The last one before today; today's own name may mean either day."""
    back = (today.day.weekday() - WEEKDAYS[found["weekday"]]) % 7
    return today.plus(-back) if back else None


def _day_of_month(found: re.Match[str], today: Today) -> date | None:
    wanted = int(found["day"])
    if wanted <= today.day.day:
        return the_day(today.day.year, today.day.month, wanted)
    former = today.day.replace(day=1) - timedelta(days=1)
    return the_day(former.year, former.month, wanted)


def _calendar_day(found: re.Match[str], today: Today) -> date | None:
    """ "19/01": this year's, or last year's when that is still to come."""
    month, wanted = int(found["month"]), int(found["day"])
    if found["year"]:
        year = int(found["year"])
        return the_day(year + 2000 if year < 100 else year, month, wanted)
    day = the_day(today.day.year, month, wanted)
    return day if day is None or day <= today.day else the_day(today.day.year - 1, month, wanted)


_Meaning = Callable[[re.Match[str], Today], date | None]
_DAYS: list[tuple[re.Pattern[str], _Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (r"hoje", lambda _, today: today.day),
        (r"ontem", lambda _, today: today.plus(-1)),
        (r"anteontem", lambda _, today: today.plus(-2)),
        (rf"(?:na |no )?{WEEKDAY}(?: passad[ao])?", _last_weekday),
        (r"(?:no )?dia (?P<day>\d{1,2})", _day_of_month),
        (r"(?:(?:no )?dia |em )?(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?", _calendar_day),
    )
]
