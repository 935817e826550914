"""The forms of a day and what each means: one row a form, so a new one is a new row.

Forms are of plain words (`messages.words`): no accents, lower case, one space between. Some are understood in running
text only, where the words around them say that a day is meant at all.
"""

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from messages.calendar import add_working_days, is_working_day, next_working_day
from messages.dates.feasts import FEAST, Feast, next_feast
from messages.dates.names import ANY_MONTH, COUNT, MONTHS, NUMBERS, WEEKDAY, WEEKDAYS, number

FURTHEST = timedelta(days=366)  # beyond that it is a slip of the finger
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a form may mean, first and last included. ``meant`` is the one counted from; ``outright``: it was
    named as a day, so it stays where it falls, also on a day off."""

    first: date
    last: date
    meant: date
    outright: bool = False

    def best(self, uf: str | None = None, extra_days: Container[date] = ()) -> date:
        """A working day among them, the one meant or the nearest after it; where there is none, the one meant."""
        later = range((self.last - self.meant).days + 1)
        sooner = range(-1, (self.first - self.meant).days - 1, -1)
        days = (self.meant + n * _DAY for n in (*later, *sooner))
        return next((day for day in days if is_working_day(day, uf, extra_days)), self.meant)


@dataclass(frozen=True)
class Today:
    """What a day is counted from."""

    day: date
    uf: str | None = None
    extra_days: Container[date] = ()

    def plus(self, days: int) -> date:
        return self.day + days * _DAY

    def working(self, day: date) -> date:
        return next_working_day(day, self.uf, self.extra_days)

    @cached_property
    def monday(self) -> date:
        """Of the next week."""
        return self.plus(7 - self.day.weekday())


def single(day: date, today: Today) -> Days:
    """A day named outright; one of a weekend may be kept on the working day after it."""
    return Days(day, today.working(day) if day.weekday() > 4 else day, day, outright=True)


def after(day: date) -> Days:
    """ "depois do dia 20": one of the five days that follow."""
    return Days(day + _DAY, day + 5 * _DAY, day + _DAY)


def from_on(day: date) -> Days:
    """Back on that day, and then looking at it."""
    return Days(day, day + 4 * _DAY, day)


def before(day: date, today: Today) -> Days | None:
    """From tomorrow to the last working day before it."""
    last = day - _DAY
    while last > today.day and not is_working_day(last, today.uf, today.extra_days):
        last -= _DAY
    return Days(today.plus(1), last, last) if last > today.day else None


def weekday_after(day: date, weekday: int) -> date:
    return day + ((weekday - day.weekday() - 1) % 7 + 1) * _DAY


def _weekday(found: re.Match[str], today: Today) -> Days:
    return single(weekday_after(today.day, WEEKDAYS[found["weekday"]]), today)


def _weekday_that_comes(found: re.Match[str], today: Today) -> Days | None:
    """ "sexta que vem": on a Wednesday people differ about which."""
    day = weekday_after(today.day, WEEKDAYS[found["weekday"]])
    return single(day, today) if day >= today.monday or today.day.weekday() > 4 else None


def _weekday_and_day(found: re.Match[str], today: Today) -> Days | None:
    """ "terça 13": that day where it is such a weekday; else an hour may have been meant, or it is a slip."""
    day = _day_of_month(found, today)
    return day if day and day.meant.weekday() == WEEKDAYS[found["weekday"]] else _weekday(found, today)


def _weekday_of_this_week(found: re.Match[str], today: Today) -> Days | None:
    day = weekday_after(today.day, WEEKDAYS[found["weekday"]])
    return single(day, today) if day < today.monday else None


def _weekday_of_next_week(found: re.Match[str], today: Today) -> Days:
    return single(today.monday + WEEKDAYS[found["weekday"]] * _DAY, today)


def _next_week(_: re.Match[str], today: Today) -> Days:
    return _stretch(today.monday, 0, 4)


def _part_of_next_week(found: re.Match[str], today: Today) -> Days:
    return _stretch(today.monday, *_WEEK_PARTS[_part(found["part"])])


def _part_of_week(found: re.Match[str], today: Today) -> Days | None:
    """Of this week while that lies ahead; its end on a Friday, or its middle on a Wednesday, is anybody's guess."""
    weekday, part = today.day.weekday(), _part(found["part"])
    this_monday = today.plus(-weekday)
    if part == "end":
        return single(this_monday + 4 * _DAY, today) if weekday < 4 else None
    if part == "start":
        return _stretch(today.monday, *_WEEK_PARTS[part]) if weekday > 2 else None
    return (
        _stretch(this_monday if weekday == 0 else today.monday, *_WEEK_PARTS[part]) if weekday in (0, 4, 5, 6) else None
    )


def _this_week(_: re.Match[str], today: Today) -> Days | None:
    friday = today.plus(4 - today.day.weekday())
    return Days(today.plus(1), friday, friday) if friday > today.day else None


def _weekend(_: re.Match[str], today: Today) -> Days:
    saturday = today.day if today.day.weekday() > 4 else today.monday - 2 * _DAY
    return Days(saturday, today.working(saturday), saturday)


_WEEK_PARTS = {"start": (0, 1), "middle": (1, 3), "end": (3, 4)}


def _part(word: str) -> str:
    if word.startswith(("com", "ini", "pri")):
        return "start"
    return "middle" if word.startswith(("mei", "met", "mea")) else "end"


def _stretch(start: date, first: int, last: int) -> Days:
    return Days(start + first * _DAY, start + last * _DAY, start + first * _DAY)


def _ahead(days: int, today: Today) -> Days:
    day = today.plus(days)
    return Days(day - _DAY if days >= 7 else day, day + _DAY, day)


def _days_ahead(found: re.Match[str], today: Today) -> Days:
    return _ahead(number(found["count"]), today)


def _weeks_ahead(found: re.Match[str], today: Today) -> Days:
    return _ahead(7 * number(found["count"]), today)


def _months_ahead(found: re.Match[str], today: Today) -> Days:
    return _ahead(30 * number(found["count"]), today)


def _whole_days_of_hours(found: re.Match[str], today: Today) -> Days:
    return _ahead(int(found["count"]) // 24, today)


def _working_days_ahead(found: re.Match[str], today: Today) -> Days:
    day = add_working_days(today.day, number(found["count"]), today.uf, today.extra_days)
    return Days(day - _DAY, day + _DAY, day)


def _day_of_month(found: re.Match[str], today: Today) -> Days | None:
    """ "dia 22": of this month, or of the next when it is over. A 31st that the month lacks is a slip."""
    wanted = number(found["day"])
    if wanted >= today.day.day:
        return _single(today.day.year, today.day.month, wanted, today)
    following = _following_month(today.day)
    return _single(following.year, following.month, wanted, today)


def _two_days(found: re.Match[str], today: Today) -> Days | None:
    """ "dia 20 ou 21"."""
    first = _day_of_month(found, today)
    last = the_day(first.meant.year, first.meant.month, int(found["other"])) if first else None
    return Days(first.first, last, first.meant) if first and last and last > first.meant else None


def _day_of_next_month(found: re.Match[str], today: Today) -> Days | None:
    following = _following_month(today.day)
    return _single(following.year, following.month, number(found["day"]), today)


def _calendar_day(found: re.Match[str], today: Today) -> Days | None:
    """ "19/01": this year's, or next year's when that is nearer than half a year; else it is past."""
    month = ANY_MONTH[found["name"]] if found["name"] else int(found["month"])
    day = number(found["day"])
    if found["year"]:
        year = int(found["year"])
        return _single(year + 2000 if year < 100 else year, month, day, today)
    following = _single(today.day.year + 1, month, day, today)
    if following and following.first - today.day < FURTHEST / 2:
        return following
    return _single(today.day.year, month, day, today)


def _single(year: int, month: int, day: int, today: Today) -> Days | None:
    found = the_day(year, month, day)
    return single(found, today) if found else None


def the_day(year: int, month: int, day: int) -> date | None:
    """None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _following_month(day: date) -> date:
    return (day.replace(day=1) + 31 * _DAY).replace(day=1)


def _month_named(found: re.Match[str], today: Today) -> date | None:
    """The first of the month that a form names: by name the next one, "deste mês", "do mês que vem"; None: not said."""
    groups = found.groupdict()
    if name := groups.get("in_month"):
        month = ANY_MONTH[name]
        return date(today.day.year + (month < today.day.month), month, 1)
    return _following_month(today.day) if groups.get("next_month") else None


def _whole_month(found: re.Match[str], today: Today) -> Days | None:
    start = _month_named(found, today)
    if start is None or start <= today.day:  # the month that runs: all of it, or what is left?
        return None
    return Days(start, _following_month(start) - _DAY, start)


def _part_of_month(found: re.Match[str], today: Today) -> Days | None:
    part = _part(found["part"])

    def days(start: date) -> Days:
        last = _following_month(start) - _DAY
        first, end = {
            "start": (start, start + 6 * _DAY),
            "middle": (start + 12 * _DAY, start + 16 * _DAY),
            "end": (last - 3 * _DAY, last),
        }[part]
        return Days(first, end, first)

    return _of_month(found, today, days)


def _half_of_month(found: re.Match[str], today: Today) -> Days | None:
    def days(start: date) -> Days:
        last = _following_month(start) - _DAY
        middle = start + 14 * _DAY
        return Days(start, middle, start) if found["half"] == "primeira" else Days(middle + _DAY, last, middle + _DAY)

    return _of_month(found, today, days)


def _week_of_month(found: re.Match[str], today: Today) -> Days | None:
    weeks = {"primeira": 0, "1a": 0, "segunda": 7, "2a": 7, "terceira": 14, "3a": 14}

    def days(start: date) -> Days:
        if found["week"] == "ultima":
            last = _following_month(start) - _DAY
            return Days(last - 6 * _DAY, last, last - 3 * _DAY)
        first = start + weeks[found["week"]] * _DAY
        return Days(first, first + 6 * _DAY, first + 3 * _DAY if weeks[found["week"]] else first)

    return _of_month(found, today, days)


def _of_month(found: re.Match[str], today: Today, days: Callable[[date], Days]) -> Days | None:
    """Those of the month named; where none is, of this month while they lie ahead, else of the next. What has begun is
    cut off; None where it is about to be over."""
    start = _month_named(found, today)
    part = days(start or today.day.replace(day=1))
    if start is None and part.last <= today.day:
        part = days(_following_month(today.day))
    if part.last <= today.day:
        return None
    first = max(part.first, today.plus(1))
    return Days(first, part.last, max(part.meant, first))


def _feast(found: re.Match[str], today: Today) -> Feast | None:
    return next_feast(found["feast"], today.day, today.uf)


def _after_feast(found: re.Match[str], today: Today) -> Days | None:
    feast = _feast(found, today)
    if feast is None:
        return None
    first = add_working_days(feast.last, 1, today.uf, today.extra_days)
    return Days(first, add_working_days(first, 2, today.uf, today.extra_days), first)


def _before_feast(found: re.Match[str], today: Today) -> Days | None:
    feast = _feast(found, today)
    return before(feast.first, today) if feast else None


def _weekday_after_feast(found: re.Match[str], today: Today) -> Days | None:
    feast = _feast(found, today)
    return single(weekday_after(feast.last, WEEKDAYS[found["weekday"]]), today) if feast else None


def _week_after_feast(found: re.Match[str], today: Today) -> Days | None:
    feast = _feast(found, today)
    return _stretch(feast.last + (7 - feast.last.weekday()) * _DAY, 0, 4) if feast else None


def _ash_wednesday(_: re.Match[str], today: Today) -> Days | None:
    feast = next_feast("carnaval", today.plus(-1), None)
    return single(feast.last + _DAY, today) if feast else None


def _unclear(_: re.Match[str], today: Today) -> None:
    """People differ about what it means."""


Meaning = Callable[[re.Match[str], Today], Days | None]

_NUMBER = rf"(?P<day>\d{{1,2}}[o°]?|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
_NEXT_WEEK = r"(?:semana (?:que vem|proxima|seguinte)|proxima semana)"
_AHEAD = r"(?:em|daqui(?: a)?|dentro de|da qui a)(?: (?:uns|umas|mais|mais ou menos|cerca de|ate))?"
_STARTS = r"comeco|comecinho|inicio|inicinho|iniciozinho|primeiros dias"
_PART = rf"(?P<part>{_STARTS}|meio|metade|meados|fim|final|finalzinho|ultimos dias|ultimo dia(?: util)?)"
_IN_MONTH = rf"(?P<in_month>{'|'.join(MONTHS)})(?: agora)?"
_IN_ANY_MONTH = rf"(?P<in_month>{'|'.join(ANY_MONTH)})(?: agora)?"
_NEXT_MONTH = r"(?P<next_month>mes que vem|proximo mes|mes seguinte|outro mes)"
_OF_MONTH = (
    rf"(?: d[eo] (?:mes de )?{_IN_ANY_MONTH}| d[oe] {_NEXT_MONTH}| d[oe](?:ste|sse)? mes(?! (?:passado|retrasado)))"
)
_AFTER = (
    r"(?:depois|apos|pos|na volta|no retorno|chegando|voltando|passand?[oa]?|passad[oa]|passar|passou|logo apos)"
    r"(?: d[aeo]s?| [ao]s?)?"
)
_BEFORE = r"(?:antes d[aeo]s?|ate (?:o|a|as)|ate)"

BOTH: list[tuple[re.Pattern[str], Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (r"hoje", lambda _, today: single(today.day, today)),
        (r"amanha", lambda _, today: single(today.plus(1), today)),
        (r"depois de amanha", lambda _, today: single(today.plus(2), today)),
        (rf"(?:na |no |de )?{WEEKDAY}", _weekday),
        (rf"(?:na |no )?{WEEKDAY} (?:que vem|proxim[ao])", _weekday_that_comes),
        (rf"(?:na |no )?proxim[ao] {WEEKDAY}", _weekday_that_comes),
        (rf"(?:na |no )?{WEEKDAY} (?:d[ae]st?a|dessa) semana", _weekday_of_this_week),
        (rf"(?:na |no )?{WEEKDAY} (?:da|na|de) {_NEXT_WEEK}", _weekday_of_next_week),
        (rf"(?:na )?{_NEXT_WEEK}(?: ,)? (?:(?:la )?(?:na|no|para a?|por) )?{WEEKDAY}", _weekday_of_next_week),
        (rf"(?:na )?{_NEXT_WEEK}", _next_week),
        (rf"(?:no |na )?{_PART} d[ea] {_NEXT_WEEK}", _part_of_next_week),
        (rf"(?:no |na )?{_NEXT_WEEK} (?:la )?(?:no|na|para o) {_PART}", _part_of_next_week),
        (rf"(?:no |na )?{_PART} d(?:a|esta|essa) semana", _part_of_week),
        (rf"{_AHEAD} {COUNT} dias?", _days_ahead),
        (rf"{_AHEAD} {COUNT} semanas?", _weeks_ahead),
        (rf"{_AHEAD} {COUNT} mes(?:es)?", _months_ahead),
        (rf"{_AHEAD} uma quinzena", lambda _, today: _ahead(15, today)),
        (rf"{_AHEAD} {COUNT} dias? (?:util|uteis)", _working_days_ahead),
        (rf"{_AHEAD} (?:ate )?(?P<count>24|48|72|96) ?(?:h|horas)", _whole_days_of_hours),
        (rf"(?:no )?dia {_NUMBER}", _day_of_month),
        (rf"(?:no )?(?:dia )?{_NUMBER} d[oe] {_NEXT_MONTH}", _day_of_next_month),
        (
            r"(?:(?:no )?dia |em )?(?P<day>\d{1,2})(?:/(?P<month>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?)(?P<name>)",
            _calendar_day,
        ),
        (
            rf"(?:(?:no )?dia |em )?{_NUMBER} (?:de )?(?P<name>{'|'.join(ANY_MONTH)})"
            r"(?: de (?P<year>\d{4}))?(?P<month>)",
            _calendar_day,
        ),
        (rf"(?:em |no |na )?{_PART}{_OF_MONTH}", _part_of_month),
        (rf"(?:na )?(?P<half>primeira|segunda) quinzena{_OF_MONTH}?", _half_of_month),
        (
            rf"(?:em )?{_IN_MONTH}(?: ,)? (?:n?a |pela |la (?:na|pela|para a) )?"
            r"(?P<half>primeira|segunda) quinzena",
            _half_of_month,
        ),
        (
            rf"(?:em )?{_IN_MONTH}(?: ,)? (?:mais )?(?:n?o |pelo |la (?:no|pelo|para o) ){_PART}(?: do mes)?",
            _part_of_month,
        ),
        (rf"(?:na )?(?P<week>primeira|1a|segunda|2a|terceira|3a|ultima) semana{_OF_MONTH}", _week_of_month),
        (rf"(?:no )?{_NEXT_MONTH}", _whole_month),
        (rf"{_AFTER} {FEAST}", _after_feast),
        (rf"{_BEFORE} {FEAST}", _before_feast),
        (rf"(?:na |no )?{WEEKDAY} {_AFTER} {FEAST}", _weekday_after_feast),
        (rf"(?:na )?semana (?:seguinte|{_AFTER}) ?(?:ao |do )?{FEAST}", _week_after_feast),
        (r"(?:na )?quarta(?: feira)? de cinzas", _ash_wednesday),
    )
]
SPOKEN: list[tuple[re.Pattern[str], Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (r"(?:ainda hoje|hoje (?:ainda|mesmo))", lambda _, today: single(today.day, today)),
        (
            r"(?:(?:um pouco )?mais tarde(?:zinho)?|mais tardinha|daqui (?:a )?(?:um )?(?:pouco|pouquinho)"
            r"|(?:em|dentro de) (?:instantes|minutos)|ja ja|logo mais"
            r"|(?<=^ )ja(?= (?:te|lhe) [a-z]+o (?!que ))|(?<=[,.] )ja(?= (?:te |lhe )?[a-z]+o (?:$|[,.]))"
            r"|no decorrer do dia|ao longo do dia)",
            lambda _, today: single(today.day, today),
        ),
        (rf"n?es[st][ae] {WEEKDAY}", _weekday),
        (rf"{WEEKDAY} (?:agora|mesmo)", _weekday),
        (rf"(?:na |no )?{WEEKDAY} (?P<day>\d{{1,2}})(?! (?:h|hs|horas|da|e|em ponto) )", _weekday_and_day),
        (r"(?:n?essa|n?esta)(?: mesma)? semana(?: ainda| mesmo)?|ainda (?:n?essa|n?esta) semana", _this_week),
        (r"(?:n?esse |n?este |no |ao |para o |o )?(?:fim|final) de semana", _weekend),
        (r"(?:fim|final) de semana que vem|proximo (?:fim|final) de semana", _unclear),
        (r"(?:na |a )?outra semana|(?:na )?semana de la", _unclear),
        (r"(?:entre )?(?:os )?dias? (?P<day>\d{1,2}) (?:ou|e|a|ate)(?: o)?(?: dia)? (?P<other>\d{1,2})", _two_days),
        (r"(?:em|daqui) (?:uns|umas|alguns|algumas|poucos|poucas) (?:dias|semanas|meses)", _unclear),
        (r"(?:no )?ano que vem|(?:no )?proximo ano", _unclear),
        (rf"{COUNT} (?:dias?|semanas?) (?:atras|depois)", _unclear),
        (r"(?:em )?(?:qualquer dia|todo dia|todos os dias)", _unclear),
        (r"(?:na )?(?P<week>primeira|segunda|terceira) semana(?! d[aeo]s? )", _week_of_month),
        (rf"(?:em|mes de|para|so em|la para|la em|la por|ate) {_IN_MONTH}", _whole_month),
    )
]
BARE: list[tuple[re.Pattern[str], Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (rf"(?<! de )(?<! do )(?<! a )(?<! desde ){_IN_MONTH}", _whole_month),
        (rf"(?:uns |umas |mais ){{0,2}}{COUNT} dias?(?! (?:util|uteis))", _days_ahead),
        (rf"(?:uns |umas |mais ){{0,2}}{COUNT} dias? (?:util|uteis)", _working_days_ahead),
        (rf"(?:uns |umas |mais ){{0,2}}{COUNT} semanas?", _weeks_ahead),
        (rf"{COUNT} mes(?:es)?", _months_ahead),
        (r"(?<=^ )(?:uns )?\d{1,2} ?(?:min|minut(?:inh)?os?)", lambda _, today: single(today.day, today)),
        (r"uma quinzena", lambda _, today: _ahead(15, today)),
        (r"(?P<count>24|48|72|96) ?(?:h|horas)", _whole_days_of_hours),
    )
]
NUMBERED: list[tuple[re.Pattern[str], Meaning]] = [
    (re.compile(form), meaning)
    for form, meaning in (
        (
            r"(?P<day>\d{1,2})(?= (?:[.,?] |sim |pode |pela |de manha |de tarde |a tarde |cedo |esta |ok |$))",
            _day_of_month,
        ),
        (r"(?P<day>\d{1,2}) ou (?P<other>\d{1,2})", _two_days),
    )
]


def readings(words: str, today: Today) -> Iterator[Days]:
    """What the whole of some words may mean, by the forms that stand for themselves."""
    for form, meaning in BOTH:
        if (found := form.fullmatch(words)) and (days := meaning(found, today)):
            yield days
