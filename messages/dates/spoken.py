"""Days and hours where they stand in running text of plain words; what they are good for is the reader's to judge."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from messages.calendar import add_working_days
from messages.dates.feasts import FEAST, Feast, next_feast
from messages.dates.forms import (
    BARE,
    BOTH,
    NUMBERED,
    SPOKEN,
    Days,
    Meaning,
    Today,
    after,
    before,
    from_on,
    single,
)
from messages.dates.hours import Hour, hour_at, in_part, one_part
from messages.dates.names import WEEKDAY

_Forms = Sequence[tuple[re.Pattern[str], Meaning]]


def _of_whole_words(forms: _Forms) -> _Forms:
    return [(re.compile(rf"(?:{form.pattern})(?= )"), meaning) for form, meaning in forms]


_FORMS, _BARE_FORMS, _NUMBERED_FORMS = map(_of_whole_words, ((*BOTH, *SPOKEN), BARE, NUMBERED))
_A_NUMBERED_DAY = re.compile(r" dia \d{1,2} ")
_SOON = timedelta(days=60)
_A_MONTH = 27  # days between its first and its last, at least
_NEAR = 40  # characters, as far as what belongs to a mention stands before it
_GLUE = re.compile(
    r" (?:(?:,|e|ai|la|ali|ja|as|a|de|da|do|no|na|por|pelo|pela|so|mesmo|mas|bem|logo|entao|tipo|talvez|para|sim"
    r"|ate) ){0,3}"
)
_OR = re.compile(r" (?:, )?(?:ou|ou entao|ou talvez|ou ate)(?: (?:na|no|ate|a|talvez|de|quem sabe))? ")
_AND = re.compile(r" e (?:a |o |na |no )?")
_TO = re.compile(r" (?:a|ate|ate a) ")
_BETWEEN = re.compile(r" entre(?: a| o| hoje e)? $")
_PRECEDING = re.compile(
    r" (?P<how>(?:(?:so|somente|apenas) )?(?:ate|depois|apos|antes|a partir|la|entre|para|em|passand?[oa]?|passad[oa])"
    r"(?: (?:de|do|da|o|a|para|pelo|por|as))?) $"
)
_LATER = re.compile(
    r" (?:depois|passand?[oa]?|passou|apos) (?:d?el[ea]|d?isso|ess[ea]|dess[ea])(?: (?:dia|data|feriado))?(?= )"
    r"| (?P<before>antes) d(?:el[ea]|o feriado)(?= )"
    r"| so depois(?= (?:[.,?] )?$)| (?P<back>na volta|no retorno)(?= )"
    r"| (?P<next>no (?:dia seguinte|outro dia)|um dia depois)(?= )"
)
_A_WEEK = re.compile(r"(?<!fim de )(?<!final de )\bsemana\b")
_OTHER_WEEK = re.compile(
    r"n?a (?:outra|seguinte)(?: semana(?! (?:nao|passada))|(?= (?:[,.?]|te|lhe|eu|sim|pode|consigo|a gente|ja|me) ))"
)
_THAT_WEEK = re.compile(r"(?:n?essa|naquela)(?: mesma)? semana(?= )")
_FEAST = re.compile(rf" {FEAST}(?= )")
_WEEKDAY = re.compile(rf"(?:na |no )?{WEEKDAY}(?= )")
_ORDINAL = re.compile(
    r" (?:via|vez|vezes|opcao|opcoes|parcela|proposta|tentativa|chance|pessoa|parte|guia|opiniao|etapa|fase|consulta"
    r"|sessao|ligacao|mensagem|unidade|clinica|pergunta|duvida|coisa|maior|geracao|mao|linha|sala|turma|secretaria"
    r"|reclamacao|solicitacao|filial|loja|instancia|dose|graduacao|especialidade|alternativa|quinzena|semana) "
)
_SHORT = frozenset(("ter", "dom", "qua", "seg", "sex", "sab", "qui", "2a", "3a", "4a", "5a", "6a"))
_RARE = frozenset(("ter", "dom", "2a", "3a", "4a", "5a", "6a"))
_BEFORE_SHORT = frozenset(
    ("na", "no", "ate", "so", "proxima", "nesta", "nessa", "esta", "essa", ",", ".", "?", "ou", "e", "para", "agora")
)
_SHORT_MONTHS = re.compile(r"\b(?:jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A day, an hour, or both, from ``start`` to ``end`` of the plain words.

    Neither ``days`` nor ``hour`` nor ``part``: time is spoken of, and people differ about which. ``habit``: a stretch
    of days or hours, such as "de segunda a sexta".
    """

    start: int
    end: int
    days: Days | None = None
    hour: time | None = None
    part: str | None = None
    habit: bool = False

    @property
    def unclear(self) -> bool:
        return self.days is None and self.hour is None and self.part is None


def mentions(plain: str, now_local: datetime, today: Today, *, bare: bool = False, about: str = " ") -> list[Mention]:
    """All of them, in order. ``bare``: the text is but an answer to "when?", so "15 dias" or "outubro" is one, and
    "21" where a day of the month was proposed; ``about``: earlier words, to which "depois dele" may point."""
    forms = [*_FORMS, *(_BARE_FORMS if bare else [])]
    if bare and _A_NUMBERED_DAY.search(about):
        forms += _NUMBERED_FORMS
    atoms = _joined(plain, _with_its_weekday(plain, _atoms(plain, now_local, today, forms, about)))
    return [_seen_from_before(plain, mention, today) for mention in _ranges(plain, atoms)]


def _atoms(plain: str, now_local: datetime, today: Today, forms: _Forms, about: str) -> list[Mention]:
    found: list[Mention] = []
    at = 0
    while 0 <= at < len(plain) - 1:
        position = at + 1
        beside = bool(found) and _GLUE.fullmatch(plain, found[-1].end, position) is not None
        best = _longest(plain, position, now_local, today, forms, beside, about, found)
        if best is None:
            at = plain.find(" ", position)
        else:
            found.append(best)
            at = best.end
    return found


def _longest(
    plain: str,
    position: int,
    now_local: datetime,
    today: Today,
    forms: _Forms,
    beside: bool,
    about: str,
    before_it: Sequence[Mention],
) -> Mention | None:
    day = _that_week(plain, position, today, before_it) or _day_at(plain, position, today, forms)
    hour = hour_at(plain, position, beside_a_day=beside)
    if hour is not None and (day is None or hour.end > day.end):
        return _of_hour(hour, now_local, today)
    if day is None or day.unclear:
        return _later(plain, position, today, about, before_it) or _week_after(plain, position, before_it) or day
    return day


def _of_hour(hour: Hour, now_local: datetime, today: Today) -> Mention:
    if hour.delay is None:
        return Mention(hour.start, hour.end, None, hour.hour, hour.part, hour.span)
    then = now_local + timedelta(minutes=hour.delay)
    return Mention(hour.start, hour.end, single(then.date(), today))


def _day_at(plain: str, position: int, today: Today, forms: _Forms) -> Mention | None:
    best: tuple[int, re.Match[str], Meaning] | None = None
    for form, meaning in forms:
        found = form.match(plain, position)
        if found and (best is None or found.end() > best[0]) and _is_day(plain, found):
            best = found.end(), found, meaning
    if best is None:
        return None
    end, found, meaning = best
    return Mention(position, end, meaning(found, today))


def _is_day(plain: str, found: re.Match[str]) -> bool:
    """A weekday's name may be an ordinal, its short form a verb; "10 mar" is a day, "um mar" is not."""
    groups = found.groupdict()
    if name := groups.get("weekday"):
        if _ORDINAL.match(plain, found.end()) and "feira" not in found[0]:
            return False
        if found[0] in _RARE:
            before_it = plain[max(0, found.start() - _NEAR) : found.start()].split()
            return not before_it or before_it[-1] in _BEFORE_SHORT
        if name in _SHORT and found[0].startswith("de "):
            return False
    return not (_SHORT_MONTHS.search(found[0]) and groups.get("name") and not any(map(str.isdigit, found[0])))


def _later(plain: str, position: int, today: Today, about: str, before_it: Sequence[Mention]) -> Mention | None:
    """ "depois dele": after the feast, or the day, that was spoken of last."""
    found = _LATER.match(plain, position - 1)
    if found is None:
        return None
    if hour := next((m.hour for m in before_it[-2:] if m.hour), None):
        days = next((m.days for m in before_it[-2:] if m.days), None)
        return Mention(position, found.end(), days, hour)
    feast = _last_feast(plain[:position], today)
    day = next((m for m in reversed(before_it) if m.days and m.days.outright), None)
    if found["before"]:
        feast = feast or _last_feast(about, today)
        return Mention(position, found.end(), before(feast[1].first, today)) if feast else None
    if day is not None and (feast is None or feast[0] < day.start - _NEAR):
        assert day.days is not None
        return Mention(position, found.end(), _counted_from(day.days.meant, found, today))
    if found["next"]:
        return Mention(position, found.end())
    feast = feast or _last_feast(about, today)
    if feast is None:
        return None
    first = add_working_days(feast[1].last, 1, today.uf, today.extra_days)
    last = add_working_days(first, 2, today.uf, today.extra_days)
    return Mention(position, found.end(), Days(first, last, first))


def _week_after(plain: str, position: int, before_it: Sequence[Mention]) -> Mention | None:
    """ "semana que vem viajo, na outra te falo": the week after the one that was spoken of last."""
    found = _OTHER_WEEK.match(plain, position)
    weeks = [m.days for m in before_it if m.days and _A_WEEK.search(plain, m.start, m.end)]
    if found is None or not weeks:
        return None
    monday = weeks[-1].last + timedelta(days=7 - weeks[-1].last.weekday())
    return Mention(position, found.end(), Days(monday, monday + timedelta(days=4), monday))


def _that_week(plain: str, position: int, today: Today, before_it: Sequence[Mention]) -> Mention | None:
    """ "reabrimos dia 13, me chama nessa semana": not the one that runs, where that day is later."""
    found = _THAT_WEEK.match(plain, position)
    day = next((m.days for m in reversed(before_it) if m.days and m.days.outright), None)
    if found is None or day is None or not today.monday <= day.meant or day.meant.weekday() > 4:
        return None
    return Mention(
        position, found.end(), Days(day.meant, day.meant + timedelta(days=4 - day.meant.weekday()), day.meant)
    )


def _counted_from(day: date, found: re.Match[str], today: Today) -> Days:
    if found["next"]:
        return single(day + timedelta(days=1), today)
    return from_on(day) if found["back"] else after(day)


def _last_feast(plain: str, today: Today) -> tuple[int, Feast] | None:
    """The feast that was spoken of last, where it is near enough to be meant, and where."""
    found = [*_FEAST.finditer(plain)]
    feast = next_feast(found[-1]["feast"], today.day, today.uf) if found else None
    return (found[-1].start(), feast) if feast and feast.first - today.day < _SOON else None


def _joined(plain: str, atoms: Iterable[Mention]) -> list[Mention]:
    """A day and its hour, said side by side, are one."""
    joined: list[Mention] = []
    for atom in atoms:
        last = joined[-1] if joined else None
        # "a reunião é dia 20, até o Natal te falo": two days, not one
        another = last and last.days and atom.days and plain.startswith("ate ", atom.start)
        beside = last and not another and _GLUE.fullmatch(plain, last.end, atom.start)
        if last and beside and (both := _both(last, atom)):
            joined[-1] = both
        else:
            joined.append(atom)
    return joined


def _with_its_weekday(plain: str, atoms: Iterable[Mention]) -> Iterator[Mention]:
    """ "segunda, dia 22": the weekday is that of the day, not the next one."""
    weekday: Mention | None = None
    for atom in atoms:
        if weekday and weekday.days and atom.days and _GLUE.fullmatch(plain, weekday.end, atom.start):
            weeks, left = divmod((atom.days.meant - weekday.days.meant).days, 7)
            if weeks > 0 and not left:
                weekday = replace(weekday, days=atom.days)
        if weekday:
            yield weekday
        weekday = atom if _WEEKDAY.match(plain, atom.start) else None
        if weekday is None:
            yield atom
    if weekday:
        yield weekday


def _both(one: Mention, other: Mention) -> Mention | None:
    """Two that complete each other; None where they do not go together."""
    if one.unclear or other.unclear:
        return None
    days = one.days
    if one.days and other.days:
        days = _narrower(one.days, other.days)
        if days is None:
            return None
    if one.hour and other.hour and one.hour != other.hour:
        return None
    part = one_part(one.part, other.part)
    if one.part and other.part and part is None:
        return None
    hour = one.hour or other.hour
    return Mention(
        one.start,
        other.end,
        days or other.days,
        in_part(hour, part) if hour else None,
        part,
        habit=days is None and other.days is None and (one.habit or other.habit),
    )


def _narrower(one: Days, other: Days) -> Days | None:
    """ "sexta, dia 19": the same day twice; "semana que vem, terça": the one within the other."""
    if one.first.day == 1 and (one.last - one.first).days >= _A_MONTH and other.outright:
        return _in_month(one, other)
    first, last = max(one.first, other.first), min(one.last, other.last)
    if first > last:
        return None
    inner = one if one.outright else other
    if one.outright and other.outright and one.meant != other.meant:
        return None
    return inner if first <= inner.meant <= last else None


def _in_month(month: Days, day: Days) -> Days | None:
    """ "em julho, lá pelo dia 14"."""
    try:
        meant = month.first.replace(day=day.meant.day)
    except ValueError:
        return None
    return Days(meant, meant, meant, outright=True)


def _ranges(plain: str, found: Sequence[Mention]) -> list[Mention]:
    """ "terça ou quarta" and "entre terça e quarta" are one; "de segunda a sexta" is a habit."""
    joined: list[Mention] = []
    for mention in found:
        last = joined[-1] if joined else None
        if last is None or last.days is None or mention.days is None:
            joined.append(mention)
        elif _TO.fullmatch(plain, last.end, mention.start):
            joined[-1] = replace(last, end=mention.end, habit=True)
        elif _OR.fullmatch(plain, last.end, mention.start) or (
            _AND.fullmatch(plain, last.end, mention.start)
            and _BETWEEN.search(plain, max(0, last.start - _NEAR), last.start)
        ):
            joined[-1] = _either(last, mention)
        else:
            joined.append(mention)
    return joined


def _either(one: Mention, other: Mention) -> Mention:
    assert one.days is not None and other.days is not None
    first, last = min(one.days.first, other.days.first), max(one.days.last, other.days.last)
    days = Days(first, last, min(one.days.meant, other.days.meant))
    hour = (one.hour or other.hour) if one.hour == other.hour or not (one.hour and other.hour) else None
    return Mention(one.start, other.end, days, hour, one.part or other.part)


def _seen_from_before(plain: str, mention: Mention, today: Today) -> Mention:
    """What stands before it belongs to it: "até", and "depois de", "antes de", "a partir de", which move it."""
    found = _PRECEDING.search(plain, max(0, mention.start - _NEAR), mention.start)
    if found is None:
        return mention
    days, how = mention.days, found["how"]
    if days is not None and days.outright and not plain.startswith("depois", mention.start):
        if "depois" in how or "apos" in how or how.startswith("pass"):
            days = after(days.meant)
        elif "antes" in how:
            days = before(days.meant, today)
        elif "partir" in how:
            days = from_on(days.meant)
    if days is None and mention.days is not None:
        return Mention(found.start() + 1, mention.end)
    return replace(mention, start=found.start() + 1, days=days)
