"""What an analyst plans, typed in one go: a moment, and after it what it is for.

The longest beginning that is understood as a moment is one; the rest is the reason. What speaks of time beside the
moment is read too, or asked about: left in the reason it would look as if it had been understood.
"""

import re
from collections.abc import Container, Sequence
from datetime import date, datetime

from messages.calendar import HOURS, WorkingHours
from messages.dates.typed import has_passed, names_an_hour, plain, read_moment
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
_TELLS_MORE = re.compile(
    r" (?:nao|nunca|nem|menos|exceto|salvo|sem|so|que|se|quando|porque|pois|mas|cedo|manha|tarde|noite|almoco) "
)
_ENDS_VAGUELY = re.compile(rf"(?:^|.* )(?:de madrugada|(?:muito|mais) (?:{_VAGUE}))")


def read_plan(
    text: str,
    now_local: datetime,
    hours: WorkingHours = HOURS,
    uf: str | None = None,
    extra_days: Container[date] = (),
) -> tuple[datetime, str]:
    """The moment, in UTC, and the reason. A part of the day that ends the reason counts where no hour was named, and
    stays in it: "sexta ligar cedo" is Friday as work begins.

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
        if tail := _part_at_the_end(rest, hours):
            later = f"{beginning} {tail}"
            if has_passed(later, now_local, hours, uf):
                raise InvalidInput(PAST)
            moment = moment_of(later) or moment
        elif moment is not None and _ENDS_VAGUELY.fullmatch(plain(" ".join(rest))) and moment_of(f"{beginning} 23h59"):
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


def _part_at_the_end(rest: Sequence[str], hours: WorkingHours) -> str:
    """The longest ending that is an hour or a part of the day; empty: there is none, or it belongs to what is told
    there ("ligar, ele não atende à tarde") and not to the moment."""
    for start in range(1, len(rest)):
        if names_an_hour(end := " ".join(rest[start:]), hours):
            told = f"{' '.join(rest[:start])} "
            return end if start <= _FEW and not _TELLS_MORE.search(f" {plain(told)} ") and "," not in told else ""
    return ""
