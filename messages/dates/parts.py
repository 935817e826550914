"""Parts of the day as an analyst plans by them, and the hour that each stands for in these working hours.

What has an hour of its own whatever the working hours, such as "à tarde", is also good for the past: `typed.hour_of`.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from messages.calendar import WorkingHours

_ANY_DAY = date(2000, 1, 1)
_MIDNIGHT = datetime.combine(_ANY_DAY, time.min)
_BEFORE_CLOSING = timedelta(hours=1)
_END_OF_AFTERNOON = time(17)
_STARTS = r"(?:comeco|comecinho|inicio|inicinho)"
_ENDS = r"(?:no |ao |ate o )?(?:fim|final|finalzinho)"
_LUNCH = r"(?:(?:d?o|de) )?almoco"

_Hour = Callable[[WorkingHours], time]


def _fixed(hour: int, minute: int = 0) -> _Hour:
    return lambda _: time(hour, minute)


def _opening(hours: WorkingHours) -> time:
    return hours.start


def _last_hour(hours: WorkingHours) -> time:
    """While there is still an hour to do it in."""
    closing = datetime.combine(_ANY_DAY, hours.end)
    return max(hours.start, (closing - min(_BEFORE_CLOSING, closing - _MIDNIGHT)).time())


def _end_of_afternoon(hours: WorkingHours) -> time:
    return min(_END_OF_AFTERNOON, _last_hour(hours))


_PARTS: list[tuple[re.Pattern[str], _Hour]] = [
    (re.compile(form), hour)
    for form, hour in (
        (r"(?:(?:bem|logo|de manha|pela manha) )?ced(?:o|inho)", _opening),
        (r"(?:(?:bem|logo) )?(?:de |pela |na )?manhazinha", _opening),
        (r"(?:logo )?(?:(?:n?as?|de|pela) )?primeiras? horas?(?: da manha| do dia| do expediente)?", _opening),
        (r"(?:logo )?(?:(?:no|ao) )?primeiro horario(?: da manha| do dia)?", _opening),
        (rf"(?:logo )?(?:(?:no|ao) )?{_STARTS} d(?:a manha|o dia|o expediente)", _opening),
        (r"(?:na|na parte da|no periodo da) manha", _fixed(9)),
        (r"(?:no )?meio da manha", _fixed(10)),
        (rf"{_ENDS} da manha|(?:(?:um pouco|logo) )?antes {_LUNCH}", _fixed(11)),
        (rf"(?:na hora|no horario|no intervalo|no|durante) {_LUNCH}|(?:no )?meio do dia", _fixed(12)),
        (rf"(?:pela|na|na parte da|no periodo da) tarde|logo (?:depois|apos) {_LUNCH}", _fixed(14)),
        (rf"(?:logo )?(?:(?:no|ao) )?(?:{_STARTS}|primeiro horario) da tarde", _fixed(14)),
        (r"(?:no )?meio da tarde", _fixed(15, 30)),
        (rf"{_ENDS} d[ae] tarde|(?:(?:a|de|na) )?tard(?:inha|ezinha)", _end_of_afternoon),
        (rf"{_ENDS} d[oe] (?:dia|expediente|horario(?: comercial)?)", _last_hour),
        (r"(?:no )?ultimo horario(?: do dia| da tarde)?|(?:na )?ultima hora(?: do dia| da tarde)?", _last_hour),
        (r"(?:(?:a|de|na) )?noitinha", _fixed(18)),
        (rf"(?:a|de|pela|na) noite|(?:no )?{_STARTS} da noite", _fixed(19)),
    )
]
_BARE = {"manha": time(9), "tarde": time(14), "noite": time(19)}  # "sexta tarde"


def part_of_day(words: str, hours: WorkingHours, *, beside_a_day: bool = False) -> time | None:
    """The hour that the whole of some plain words stands for; None: they are no such part of the day.

    ``beside_a_day``: a day is named next to them, so "tarde" alone is not "too late".
    """
    if beside_a_day and words in _BARE:
        return _BARE[words]
    return next((hour(hours) for form, hour in _PARTS if form.fullmatch(words)), None)
