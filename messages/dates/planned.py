"""What an analyst plans, typed in one go: a moment, and after it what it is for.

The longest beginning that is understood as a moment is one; the rest is the reason. What speaks of time beside the
moment is read too, or asked about: left in the reason it would look as if it had been understood.
"""

import re
from collections.abc import Container, Iterator, Sequence
from datetime import date, datetime, time

from messages.calendar import HOURS, WorkingHours
from messages.dates.typed import has_passed, hour_named, plain, read_moment
from messages.errors import InvalidInput

PAST = (
    "Esse dia ou essa hora já passou (sem hora, vale 9h). Escreva quando vai ser, por exemplo “hoje 17h” ou "
    "“amanhã 9h”."
)
NOT_UNDERSTOOD = "Não entendi esse dia. Escreva, por exemplo, “sexta 14h”, “22/01 às 10h” ou “em 3 dias úteis”."
_GOES_ON = re.compile(
    r"(?:que|vem|proxim[ao]|passad[ao]|ou|ate|depois|antes|apos|as|de|da|do|no|na|a|manha|tarde|noite|dias?|semanas?"
    r"|mes|meses|ano|util|uteis|horas?|meio|em)(?= |$)"
)  # a rest that begins so goes on speaking of the moment
_VAGUE = (
    r"(?:(?:bem|logo|muito|mais|um pouco mais|super) )*(?:ced(?:o|inho)|tard(?:e|inha|ezinha)|noit(?:e|inha)|madrugada)"
)
_ON_TIME = re.compile(
    rf"(?:{_VAGUE}|(?:logo |bem )?(?:a|na|pela)?(?:as|nas)? ?(?:primeir|ultim)[ao]s? (?:horas?|horarios?|coisa)"
    r"|(?:fim|final|finalzinho|comeco|comecinho|inicio|meados|metade) d[aeo] "
    r"(?:dia|manha|tarde|noite|expediente|horario|semana|mes|ano|quinzena))(?= |$)"
)
_FEW = 4  # words of a reason that only says what is to be done: "ligar para a dentista"
_LONGEST_PART = 7  # words: "logo nas primeiras horas da manhã"
_TELLS_MORE = re.compile(
    r" (?:nao|nunca|nem|menos|exceto|salvo|sem|so|que|se|quando|porque|pois|mas|cedo|manha|tarde|noite|almoco) "
)
_TAKEN_BACK = re.compile(r"(?:ou|nao|nem|nunca|so|menos|exceto|salvo)(?= |$)")  # "ligar de manhã não"
_VAGUELY = re.compile(rf"(?:^| )(?:de madrugada|(?:muito|mais) (?:{_VAGUE}))(?= |$)")
_QUOTED = re.compile(r"“[^”]*”")
_NOON, _EVENING = time(12), time(18)


def read_plan(
    text: str,
    now_local: datetime,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
) -> tuple[datetime, str]:
    """The moment, in UTC, and the reason. A part of the day in the reason counts where no hour was named, and stays in
    it: "sexta ligar cedo para confirmar" is Friday as work begins.

    Raises InvalidInput for a moment that is past, and for words that speak of time and are not understood (“que vem”,
    “14h75”): another day is not guessed.
    """
    words = text.split()

    def moment_of(beginning: str) -> datetime | None:
        return read_moment(beginning, now_local, hours, uf, extra_days)

    for end in range(len(words), 0, -1):
        beginning, rest = " ".join(words[:end]).rstrip(",:-"), words[end:]
        moment = moment_of(beginning)
        passed = moment is None and has_passed(beginning, now_local, hours, uf)
        if moment is None and not passed:
            continue
        if moment is not None and _goes_on_about_time(rest):
            break
        if part := _part_within(rest, hours):
            later = f"{beginning} {part}"
            if has_passed(later, now_local, hours, uf):
                raise InvalidInput(PAST)
            moment = moment_of(later) or moment
        elif moment is not None and _VAGUELY.search(plain(" ".join(rest))) and moment_of(f"{beginning} 23h59"):
            break  # no hour was named before it either
        if moment is None:
            raise InvalidInput(PAST)
        return moment, " ".join(rest).lstrip(",:- ")
    raise InvalidInput(NOT_UNDERSTOOD)


def _goes_on_about_time(rest: Sequence[str]) -> bool:
    if any(c.isdigit() for word in rest for c in word):
        return True
    plainly = plain(" ".join(rest).strip(",.;:- "))
    return bool(_GOES_ON.match(plainly) or _ON_TIME.match(plainly))


def _part_within(rest: Sequence[str], hours: WorkingHours) -> str:
    """The hour or the part of the day that is named after what is to be done; empty: there is none, there are two, or
    it belongs to what is told there ("ligar, ele não atende à tarde") and not to the moment."""
    parts = list(_parts(rest, hours))
    if len(parts) != 1:
        return ""
    ((start, end, _),) = parts
    before, after = f"{' '.join(rest[:start])} ", plain(" ".join(rest[end:]))
    told = start > _FEW or "," in before or _TELLS_MORE.search(f" {plain(before)} ")
    return "" if told or not start or _TAKEN_BACK.match(after) else " ".join(rest[start:end]).rstrip(",;:")


def _parts(words: Sequence[str], hours: WorkingHours) -> Iterator[tuple[int, int, time]]:
    """Each hour or part of the day that some words name, in its longest reading: from which word, to which, and its
    hour."""
    start = 0
    while start < len(words):
        for end in range(min(start + _LONGEST_PART, len(words)), start, -1):
            if hour := hour_named(" ".join(words[start:end]).rstrip(",;:"), hours):
                yield start, end, hour
                start = end - 1
                break
        start += 1


def other_part(reason: str, at: time, hours: WorkingHours = HOURS) -> str:
    """The words of a reason that name another part of the day than an hour lies in, where none names that one. What is
    quoted was said by somebody else."""
    words = _QUOTED.sub("", reason).split()
    parts = list(_parts(words, hours))
    if any(_half(hour) == _half(at) for _, _, hour in parts):
        return ""
    return next((" ".join(words[start:end]).strip(",;:.") for start, end, _ in parts), "")


def _half(at: time) -> int:
    """Morning, afternoon, or evening."""
    return (at >= _NOON) + (at >= _EVENING)
