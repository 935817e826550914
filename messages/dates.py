"""What an analyst types for "when": a small grammar that understands the whole text or nothing.

No library serves Portuguese here: the general ones are silently wrong. A text is one *day* and one *hour*, in either
order; each form of a day is one row of `_DAYS`, so a new one is a new row. Accents and case do not matter.
"""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from unidecode import unidecode

from messages.calendar import HOURS, WorkingHours, add_working_days, next_working_day

FURTHEST = timedelta(days=366)  # beyond that it is a slip of the finger
_USUAL_HOUR = time(9)
_LONGEST = 80  # characters; nobody types more to name a day
_PARTS_OF_DAY = {"de manha": time(9), "pela manha": time(9), "a tarde": time(14), "de tarde": time(14)}
_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("um uma", "dois duas", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"), 1
    )
    for word in words.split()
} | {"quinze": 15, "vinte": 20, "trinta": 30}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "segunda seg 2a",
            "terca ter 3a",
            "quarta qua 4a",
            "quinta qui 5a",
            "sexta sex 6a",
            "sabado sab",
            "domingo dom",
        )
    )
    for name in names.split()
}
_MONTHS = {
    "janeiro": 1, "fevereiro": 2, "marco": 3, "abril": 4, "maio": 5, "junho": 6,
    "julho": 7, "agosto": 8, "setembro": 9, "outubro": 10, "novembro": 11, "dezembro": 12,
}  # fmt: skip

_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_WEEKDAY = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})(?:[- ]feira)?"
_NEXT_WEEK = r"(?:semana que vem|proxima semana)"
_AHEAD = r"(?:em|daqui a|dentro de)"
_HOUR = re.compile(
    r"(?:(?:as|a partir das) )?(?P<hour>\d{1,2})(?:h(?P<h>\d{2})?(?:min)?|:(?P<colon>\d{2})h?| horas?)"
    r"|as (?P<bare>\d{1,2})|(?:ao )?(?P<noon>meio[- ]dia)|(?P<part>" + "|".join(_PARTS_OF_DAY) + ")"
)


@dataclass(frozen=True, slots=True)
class _Today:
    """What a day is counted from."""

    day: date
    uf: str | None
    extra_days: Container[date]

    def plus(self, days: int) -> date:
        return self.day + timedelta(days=days)

    def working(self, day: date) -> date:
        return next_working_day(day, self.uf, self.extra_days)


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
    if len(text) > _LONGEST:
        return None
    words = _words(text)
    today = _Today(now_local.date(), uf, extra_days)
    readings = [_from_now(words, now_local), *_days_and_hours(words, now_local, today, hours)]
    moments = {moment.astimezone(UTC) for moment in readings if moment}
    if len(moments) != 1:  # nothing, or two things at once
        return None
    moment = moments.pop()
    return moment if now_local < moment <= now_local + FURTHEST else None


def read_day(text: str, today: date, uf: str | None = None, extra_days: Container[date] = ()) -> date | None:
    """The day that a text names, today or later and within a year; None: not understood, or past."""
    if len(text) > _LONGEST:
        return None
    day = _meant(_words(text), _Today(today, uf, extra_days), _DAYS)
    return day if day is not None and today <= day <= today + FURTHEST else None


def _words(text: str) -> str:
    return " ".join(re.sub(r"[.!](?=\s|$)|,", " ", unidecode(text).lower()).split())


def read_past_moment(text: str, now_local: datetime) -> datetime | None:
    """The moment that a text such as "10h20", "ontem às 16h30", "sexta 14h", "19/01 às 9h" or "há 20 minutos" names, in
    UTC: an hour, of today or of the day that is told. A weekday is the last one before today.

    ``now_local`` is aware, in the operation's zone. None: not understood to the last word, still to come, or more than
    a year ago.
    """
    if len(text) > _LONGEST:
        return None
    words, today = _words(text), _Today(now_local.date(), None, ())
    readings = [_ago(words, now_local), *_past_days_and_hours(words, now_local, today)]
    moments = {moment.astimezone(UTC) for moment in readings if moment}
    if len(moments) != 1:
        return None
    moment = moments.pop()
    return moment if now_local - FURTHEST <= moment <= now_local else None


def _past_days_and_hours(words: str, now_local: datetime, today: _Today) -> Iterator[datetime]:
    pieces = words.split()
    for cut in range(len(pieces)):
        one, other = " ".join(pieces[:cut]), " ".join(pieces[cut:])
        for day_words, hour_words in ((one, other), (other, one)):
            day = _meant(day_words, today, _PAST_DAYS) if day_words else today.day
            hour = _hour(hour_words)
            if day and hour:
                yield datetime.combine(day, hour, now_local.tzinfo)


def _ago(words: str, now_local: datetime) -> datetime | None:
    found = re.fullmatch(rf"(?:ha|faz) {_COUNT} ?(?:(?P<hours>h|horas?)|min|minutos?)(?: atras)?", words)
    if not found:
        return None
    count = _number(found["count"])
    ago = timedelta(hours=count) if found["hours"] else timedelta(minutes=count)
    return now_local.astimezone(UTC) - ago


def _from_now(words: str, now_local: datetime) -> datetime | None:
    found = re.fullmatch(rf"{_AHEAD} {_COUNT} ?(?:(?P<hours>h|horas?)|min|minutos?)", words)
    if not found:
        return None
    count = _number(found["count"])
    # Through UTC: wall clocks jump.
    ahead = timedelta(hours=count) if found["hours"] else timedelta(minutes=count)
    return now_local.astimezone(UTC) + ahead


def _days_and_hours(words: str, now_local: datetime, today: _Today, hours: WorkingHours) -> Iterator[datetime]:
    """Every reading of the words as a day and an hour, either of which may be left out."""
    usual = _USUAL_HOUR if hours.start <= _USUAL_HOUR < hours.end else hours.start
    pieces = words.split()
    for cut in range(len(pieces)):
        one, other = " ".join(pieces[:cut]), " ".join(pieces[cut:])
        for day_words, hour_words in ((one, other), (other, one)):
            day = _meant(day_words, today, _DAYS) if day_words else today.day
            hour = _hour(hour_words) if hour_words else usual
            if day and hour:
                yield datetime.combine(day, hour, now_local.tzinfo)


def _hour(words: str) -> time | None:
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


def _number(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def _meant(words: str, today: _Today, days: "Sequence[tuple[re.Pattern[str], _Meaning]]") -> date | None:
    for form, meaning in days:
        if found := form.fullmatch(words):
            return meaning(found, today)
    return None


def _weekday(found: re.Match[str], today: _Today) -> date:
    return today.plus((_WEEKDAYS[found["weekday"]] - today.day.weekday() - 1) % 7 + 1)


def _weekday_of_next_week(found: re.Match[str], today: _Today) -> date:
    return today.plus(7 - today.day.weekday() + _WEEKDAYS[found["weekday"]])


def _next_week(_: re.Match[str], today: _Today) -> date:
    return today.working(today.plus(7 - today.day.weekday()))


def _days_ahead(found: re.Match[str], today: _Today) -> date:
    return today.working(today.plus(_number(found["count"])))


def _weeks_ahead(found: re.Match[str], today: _Today) -> date:
    return today.working(today.plus(7 * _number(found["count"])))


def _working_days_ahead(found: re.Match[str], today: _Today) -> date:
    return add_working_days(today.day, _number(found["count"]), today.uf, today.extra_days)


def _day_of_month(found: re.Match[str], today: _Today) -> date | None:
    """ "dia 22": of this month, or of the next when it is over. A 31st that the month lacks is a slip."""
    number = int(found["day"])
    if number >= today.day.day:
        return _date(today.day.year, today.day.month, number)
    following = today.day.replace(day=1) + timedelta(days=31)
    return _date(following.year, following.month, number)


def _calendar_day(found: re.Match[str], today: _Today) -> date | None:
    """ "19/01": this year's, or next year's when that is nearer than half a year; else it is past."""
    month = _MONTHS[found["name"]] if found["name"] else int(found["month"])
    if found["year"]:
        year = int(found["year"])
        return _date(year + 2000 if year < 100 else year, month, int(found["day"]))
    day = _date(today.day.year, month, int(found["day"]))
    following = _date(today.day.year + 1, month, int(found["day"]))
    if following and following - today.day < FURTHEST / 2:
        return following
    return day


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _last_weekday(found: re.Match[str], today: _Today) -> date | None:
    """The last one before today; today's own name may mean either day."""
    back = (today.day.weekday() - _WEEKDAYS[found["weekday"]]) % 7
    return today.plus(-back) if back else None


def _past_day_of_month(found: re.Match[str], today: _Today) -> date | None:
    number = int(found["day"])
    if number <= today.day.day:
        return _date(today.day.year, today.day.month, number)
    former = today.day.replace(day=1) - timedelta(days=1)
    return _date(former.year, former.month, number)


def _past_calendar_day(found: re.Match[str], today: _Today) -> date | None:
    """ "19/01": this year's, or last year's when that is still to come."""
    month, number = int(found["month"]), int(found["day"])
    if found["year"]:
        year = int(found["year"])
        return _date(year + 2000 if year < 100 else year, month, number)
    day = _date(today.day.year, month, number)
    return day if day is None or day <= today.day else _date(today.day.year - 1, month, number)


_Meaning = Callable[[re.Match[str], _Today], date | None]
_DAYS: list[tuple[re.Pattern[str], _Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (r"hoje", lambda _, today: today.day),
        (r"amanha", lambda _, today: today.plus(1)),
        (r"depois de amanha", lambda _, today: today.plus(2)),
        (rf"(?:na |no |de )?{_WEEKDAY}", _weekday),
        (rf"(?:na |no )?{_WEEKDAY} da {_NEXT_WEEK}", _weekday_of_next_week),
        (rf"(?:na )?{_NEXT_WEEK}", _next_week),
        (rf"{_AHEAD} {_COUNT} dias?", _days_ahead),
        (rf"{_AHEAD} {_COUNT} semanas?", _weeks_ahead),
        (rf"{_AHEAD} {_COUNT} dias? (?:util|uteis)", _working_days_ahead),
        (r"(?:no )?dia (?P<day>\d{1,2})", _day_of_month),
        (
            r"(?:(?:no )?dia |em )?(?P<day>\d{1,2})(?:/(?P<month>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?)(?P<name>)",
            _calendar_day,
        ),
        (
            rf"(?:(?:no )?dia |em )?(?P<day>\d{{1,2}})[o°]? de (?P<name>{'|'.join(_MONTHS)})"
            r"(?: de (?P<year>\d{4}))?(?P<month>)",
            _calendar_day,
        ),
    )
]
_PAST_DAYS: list[tuple[re.Pattern[str], _Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (r"hoje", lambda _, today: today.day),
        (r"ontem", lambda _, today: today.plus(-1)),
        (r"anteontem", lambda _, today: today.plus(-2)),
        (rf"(?:na |no )?{_WEEKDAY}(?: passad[ao])?", _last_weekday),
        (r"(?:no )?dia (?P<day>\d{1,2})", _past_day_of_month),
        (r"(?:(?:no )?dia |em )?(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?", _past_calendar_day),
    )
]
