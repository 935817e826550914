"""Hours and parts of the day as they stand in running text of plain words."""

import re
from dataclasses import dataclass
from datetime import time

from messages.dates.names import NUMBERS

_WORDS = "|".join(word for word, value in NUMBERS.items() if value < 24 or word == "vinte")
_ANY = rf"(?:\d{{1,2}}|{_WORDS})"
_PAST = r"(?: e (?P<past>meia|\d{2}|dez|quinze|vinte|trinta|quarenta)(?: min(?:utos)?)?)?"
_ABOUT = (
    r"(?:(?:so )?(?:depois|antes|a partir|por volta|perto|la para|ali para|para depois)? ?d[ae]s"
    r"|a partir de|por volta de|depois de|(?:apos|ate|para|la para|ali para|so|tipo|pelas|la pelas|entre)(?: as)?"
    r"|as|la por|umas|la para as|tipo umas)"
)
_OF = r"(?: (?:da|de|na|pela) (?P<of>manha|tarde|noite|madrugada))?"
_NO_HOUR = (
    r"(?! (?:dias?|anos?|mes|meses|semanas?|pessoas|pacientes?|vezes|guias?|reais|mil|min|minutos|por cento|km"
    r"|procedimentos?|canais|consultas?|clinicas?|dentistas?|vidas|mensagens|de (?:" + "|".join(
        ("janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
         "novembro", "dezembro")
    ) + r"))\b)"
)  # fmt: skip
HOURS = [
    re.compile(rf"(?:{form})(?= )")
    for form in (
        rf"(?:{_ABOUT} )?(?P<hour>\d{{1,2}})(?:h|:)(?P<minute>\d{{2}})(?:h|hs|hrs|min|m)?{_OF}",
        rf"(?:{_ABOUT} )?(?P<hour>{_ANY})(?: ?(?:h|hs|hrs|hora|horas))(?! atras){_PAST}{_OF}",
        rf"{_ABOUT} (?P<hour>{_ANY}){_PAST}{_OF}{_NO_HOUR}",
        rf"(?P<hour>{_ANY}){_PAST} em ponto",
        rf"(?P<hour>{_ANY}){_PAST} d[ae] (?P<of>manha|tarde|noite|madrugada)",
        r"(?:(?:ao|no|depois do|apos o|antes do|a partir do|la pelo|pelo|ate(?: o)?|perto do|por volta do|entre(?: o)?"
        r"|umas|as) )?"
        r"(?P<noon>meio dia)(?: e (?:uma(?: hora)?|(?P<past>meia)))?",
    )
]
_BESIDE_A_DAY = re.compile(rf"(?P<hour>{_ANY}) e (?P<past>meia|quinze|trinta|\d{{2}}){_OF}(?= )")
_SPAN = re.compile(
    rf"(?:das|de|entre|entre as) (?P<first>{_ANY}|\d{{1,2}}(?:h|:)\d{{2}})(?: ?(?:h|hs|hrs|horas))?"
    r" (?:as|a|e|e as|ate|ate as) "
    rf"(?:{_ANY}|\d{{1,2}}(?:h|:)\d{{2}}) ?(?:h|hs|hrs|horas)?{_OF}{_NO_HOUR}(?= )"
)
_LATE = r"(?:fim|final|finalzinho)"
_PARTS = re.compile(
    rf"(?:(?P<late>(?:(?:so|logo|hoje) )?(?:(?:no |ao |ate o )?(?:{_LATE} d(?:[oe] (?:dia|expediente)|[ae] tarde)"
    r"|ultimo horario)|(?:(?:de|na|a) )?tardinha))"
    r"|(?P<early>(?<!muito )(?<!mais )(?<!tao )(?:bem |logo |de manha )?ced(?:o|inho)(?! demais)"
    r"|(?:no )?primeiro horario(?! da tarde)|(?:logo )?(?:(?:n?as?|pela) )?primeiras? horas?(?! (?:de|que|em) ))"
    r"|(?P<noon>(?:so )?(?:depois|antes|(?:logo )?apos|na hora|no horario|no intervalo|no|durante)(?: d?o)? almoco)"
    r"|(?:(?:so|logo|hoje|bem) )?"
    rf"(?:(?:de|pela|na|a|da|na parte da|no periodo da|(?:no )?(?:{_LATE}|comeco|inicio|meio) da) )?"
    r"(?P<part>manha(?:zinha)?|tarde(?:zinha)?|noite|noitinha))(?= )"
)
_DELAY = re.compile(
    r"(?:em|daqui(?: a)?|dentro de|mais) (?:(?:uns|umas) )?"
    rf"(?:(?P<count>\d{{1,3}}|{_WORDS}) ?(?P<unit>h|hs|hora|horas|horinhas?|min|minutos?|minutinhos?)"
    r"|(?P<half>meia) hor(?:a|inha)(?: no maximo)?|(?P<one>uma) horinha)(?= )"
)
_STANDS_ALONE = re.compile(r"(?:manha|tarde|noite)")
_MINUTES = {"meia": 30, "dez": 10, "quinze": 15, "vinte": 20, "trinta": 30, "quarenta": 40}


@dataclass(frozen=True, slots=True)
class Hour:
    """``start`` to ``end`` in the plain words. ``part``: manha, meio, tarde, fim, noite; ``delay``: minutes ahead."""

    start: int
    end: int
    hour: time | None = None
    part: str | None = None
    delay: int | None = None
    span: bool = False  # "das 8 às 18"
    bare: bool = False  # "tarde": a part of the day only beside a day


def hour_at(plain: str, position: int, *, beside_a_day: bool) -> Hour | None:
    """The hour or the part of the day that begins here, the longest reading of it."""
    found = [*_readings(plain, position, beside_a_day)]
    return max(found, key=lambda hour: hour.end) if found else None


def _readings(plain: str, position: int, beside_a_day: bool) -> list[Hour]:
    read: list[Hour | None] = []
    if found := _DELAY.match(plain, position):
        read.append(Hour(found.start(), found.end(), delay=_delay(found)))
    if found := _SPAN.match(plain, position):
        first = re.match(rf"({_ANY})(?:[h:](\d\d))?", found["first"])
        hour = _clock(_number(first[1]), int(first[2] or 0), found["of"]) if first else None
        read.append(Hour(found.start(), found.end(), hour, span=True) if hour else None)
    for form in (*HOURS, *([_BESIDE_A_DAY] if beside_a_day else [])):
        if found := form.match(plain, position):
            hour = _hour(found)
            read.append(Hour(found.start(), found.end(), hour) if hour else None)
    if found := _PARTS.match(plain, position):
        bare = _STANDS_ALONE.fullmatch(found[0]) is not None
        read.append(Hour(found.start(), found.end(), part=_part(found), bare=bare))
    return [hour for hour in read if hour is not None and (beside_a_day or not hour.bare)]


def _hour(found: re.Match[str]) -> time | None:
    groups = found.groupdict()
    past = groups.get("past")
    minute = groups.get("minute") or (_MINUTES.get(past) or int(past) if past else 0)
    if groups.get("noon"):
        return time(12, int(minute))
    return _clock(_number(found["hour"]), int(minute), groups.get("of"), written=len(found["hour"]) == 2)


def _number(word: str) -> int:
    return NUMBERS[word] if word in NUMBERS else int(word)


def _clock(hour: int, minute: int, of: str | None, *, written: bool = False) -> time | None:
    """ "3 da tarde" is 15; "às 3" too, for nobody is called at night, but "03:00" is what it says."""
    if (of in ("tarde", "noite") and hour < 12) or (of is None and 1 <= hour <= 6 and not written):
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None


def in_part(hour: time, part: str | None) -> time:
    """An hour beside a part of the day: "à tarde, umas 3"."""
    if part in ("tarde", "fim", "noite") and hour.hour < 12:
        return hour.replace(hour=hour.hour + 12)
    return hour


def one_part(one: str | None, other: str | None) -> str | None:
    """What two parts of a day that stand side by side mean together; None where they do not go together, or neither is
    said. "à tarde, no fim do dia" is the end of it."""
    if {one, other} == {"tarde", "fim"}:
        return "fim"
    return one or other if one is None or other is None or one == other else None


def _part(found: re.Match[str]) -> str:
    if found["part"]:
        return {"m": "manha", "t": "tarde", "n": "noite"}[found["part"][0]]
    return "manha" if found["early"] else "meio" if found["noon"] else "fim"


def _delay(found: re.Match[str]) -> int:
    if found["half"]:
        return 30
    if found["one"]:
        return 60
    return _number(found["count"]) * (60 if found["unit"].startswith("h") else 1)
