"""The promise of a time in a reply: a day or an hour, and words that make a return of it.

A mention of time alone is nothing: it must be said that somebody will be back then, or asked for by the analyst, and
nothing beside it may say that it is past, refused, a habit, money, or the day on which something ends. Two that do not
go together are none.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise

from messages.dates.forms import FURTHEST, Days, Today, single
from messages.dates.names import WEEKDAY
from messages.dates.spoken import Mention, mentions
from messages.phrases import lexicon
from messages.replies.agreement import agrees, offered_in
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.model import Promise
from messages.replies.questions import Ask, Asked
from messages.replies.surroundings import ENDS_CLAUSE, is_blocked, is_past, is_refused, of_something_else, said
from messages.verbs import form_of
from messages.words import Span, Words

_FAR = 110  # characters between a mention and the words that make a promise of it
_PAUSE = 25  # characters that a comma is worth
_NEAR = 24  # characters before such words, in which a "não" undoes them
_BARE_ANSWER = 12  # words
_ANSWERING, _TELLING, _AVAILABLE, _LOOKING, _BARE = 4, 3, 2, 1, 0
_KINDS = (
    ("answering", _ANSWERING),
    ("telling", _TELLING),
    ("available", _AVAILABLE),
    ("looking", _LOOKING),
    ("back", _LOOKING),
)
_STOPS = (" . ", " ? ")
_TURNS = re.compile(r" (?:,|mas|porem|entao|ai|so que|agora|e ai) ")
_NEGATED = re.compile(r" (?:nao|nem|nunca|sem)(?: (?:te|me|eu|vou|lhe|posso|consigo))? $")
_AFTERWARDS = re.compile(r" depois(?: eu| ja)? $")  # "amanhã vou lá e depois te falo": who knows when
_ANSWERS_AFTERWARDS = re.compile(r" depois (?:eu |ja |a gente )*(?:te|lhe) ")
_PART_OF_A_MONTH = re.compile(
    r"(?:(?:na|no|em|ate|la|para|pelo|o|a|depois|do|da) )*"
    r"(?:(?:primeira|segunda|terceira) (?:quinzena|semana)|dia \d{1,2}(?![/\d]))(?! (?:de|do|da) )"
)
_A_MONTH = timedelta(days=27)
_WEEKDAY = re.compile(rf" {WEEKDAY} ")
_SAME_HOUR = re.compile(r" (?:mesm[ao]|nesse|neste|esse|dessa|nessa) (?:hora|horario) ")
_EMBEDDED = re.compile(r" (?:quanto|quantos|quantas|qual|quem|quando(?! [a-z]+r )) ")
_NOT_BEFORE = re.compile(
    r" (?:, )?(?:antes(?: disso)? |hoje |agora |por agora )?(?:eu )?"
    r"(?:nao|nem) (?:da|adianta|posso|consigo|vai dar|vou conseguir|rola|tem como)(?= )"
)
_TO_YOU = re.compile(r"(?<= )(?:te|lhe|lhes) (?P<verb>[a-z]+)(?= )")
_SUITS = re.compile(
    r" (?:(?:de manha|a tarde|cedo|,|e|ai|voce) )*"
    r"(?:pode|pode ser|da|serve|ok|fica bom|esta bom|consegue|rola|combinado|tudo bem)(?: para voce)? [?]"
)
_DECIDES = ("confirmo", "confirmamos")  # the decision itself, where there is one
_OR_ELSE = re.compile(r" ou(?: so)? ")
_BECAUSE = re.compile(r" (?:que|porque|pois|antes|senao) ")
_WITH_ANOTHER = re.compile(r" com (?:meus? |minhas? |noss[ao] |el[ae] |[oa] (?!senhor))")  # not with who writes
_ASKS_FOR_TIME = re.compile(
    r" (?:me|nos) (?:da|de|deem|dao)(?: so| mais| ate| uns)? (?!uma ligad)| (?:prazo|tempo|preciso|peco) de (?:mais )?"
)


@dataclass(frozen=True, slots=True)
class _Act:
    place: Place
    rank: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """A mention with the words that make a promise of it; ``rank`` says how plainly."""

    mention: Mention
    rank: int
    acts: tuple[Place, ...]


def promise_in(
    words: Words, gist: Gist, asked: Asked, now_local: datetime, today: Today, *, decided: bool, complains: bool
) -> Promise | None:
    """The one promise of a reply, or None: there is none, or it is not plain which.

    ``decided``: the reply decides the matter, so a day in it is more likely that of the end: only words that say the
    dentist will be back, or send something, count. ``complains``: it names reasons for leaving.
    """
    offered = offered_in(asked, now_local, today)
    short = len(words.plain.split()) <= _BARE_ANSWER and asked.any(Ask.WHEN, Ask.RETURN)
    found = mentions(
        words.plain, now_local, today, bare=short or bool(_ASKS_FOR_TIME.search(words.plain)), about=asked.words.plain
    )
    if offered and offered.days and offered.days.last - offered.days.first >= _A_MONTH:
        found = [_in_the_month(words.plain, m, offered.days, now_local, today) for m in found]
    found = [m for m in found if not _is_the_end(m, asked, now_local, today)]
    day = offered.days if offered else None
    day_refused = day and any(m.days == day and not m.hour and is_refused(words.plain, m) for m in found)
    kept = _kept(words.plain, gist, found, asked, offered, decided, complains)
    if kept is None:
        return None
    if kept:
        one = _one(kept)
        if day_refused and one and not one.mention.days:  # an hour, of which day?
            return None
        return _settled(words, one, found, asked, offered, now_local, today)
    refused = any(is_blocked(words.plain, mention) for mention in found)
    if (found and not refused) or decided:
        return None
    return _agreed(words, gist, asked, offered, now_local, today) if not refused else None


def _is_the_end(mention: Mention, asked: Asked, now_local: datetime, today: Today) -> bool:
    """Whether it is the day for which leaving was asked about."""
    asks = mention.days is not None and asked.any(Ask.TO_LEAVE)
    return asks and any(m.days == mention.days for m in mentions(asked.words.plain, now_local, today))


def _in_the_month(plain: str, mention: Mention, month: Days, now_local: datetime, today: Today) -> Mention:
    """ "na segunda quinzena", where the analyst spoke of August: that of August."""
    if not _PART_OF_A_MONTH.match(plain, mention.start):
        return mention
    there = replace(today, day=month.first - timedelta(days=1))
    return next((m for m in mentions(plain, now_local, there) if m.start == mention.start), mention)


def speaks_of_time(words: Words, now_local: datetime, today: Today) -> bool:
    """Whether a day or an hour of a return is named, be it refused."""
    return any(not of_something_else(words.plain, m) for m in mentions(words.plain, now_local, today))


def _kept(
    plain: str,
    gist: Gist,
    found: Sequence[Mention],
    asked: Asked,
    offered: Mention | None,
    decided: bool,
    complains: bool,
) -> list[_Kept] | None:
    """The mentions that are promised; None where one that nobody can date is."""
    blocked = [is_blocked(plain, mention) for mention in found]
    for place, (mention, other) in enumerate(pairwise(found), 1):  # "pagam dia 15 ou só dia 20?"
        alike = _OR_ELSE.fullmatch(plain, mention.end, other.start) and of_something_else(plain, mention)
        blocked[place] = blocked[place] or bool(alike)
    awaits = asked.message is None or "?" in asked.words.plain or said("proposes").within(asked.words.plain)
    acts = _acts(plain, gist, found, decided=decided, awaits=awaits)
    of: dict[int, list[_Act]] = {}
    for act in acts:
        nearest = _nearest(plain, act, found)
        if nearest is not None:
            of.setdefault(nearest, []).append(act)
    kept = []
    for place, mention in enumerate(found):
        mine = of.get(place, [])
        if blocked[place]:
            continue
        if mine:
            if mention.unclear:
                return None
            rank = max(act.rank for act in mine)
            if rank <= _AVAILABLE and _lasts(plain, mention, asked):
                continue
            kept.append(_Kept(mention, rank, tuple(act.place for act in mine if act.rank == rank)))
    if kept or decided or any(_lasts(plain, mention, asked) for mention in found):
        return kept
    if any(mention.unclear and not barred for mention, barred in zip(found, blocked, strict=True)):
        return None
    free = [mention for mention, barred in zip(found, blocked, strict=True) if not barred]
    day_barred = any(mention.days for mention, barred in zip(found, blocked, strict=True) if barred)
    meant = [m for m in free if (m.days or m.hour or not day_barred) and _may_be_meant(plain, m)]
    if free and _bare(plain, found, blocked) and _awaited(plain, asked, offered):
        return [_Kept(mention, _BARE, ()) for mention in free]
    if len(meant) != 1 or asked.message is None or _ANSWERS_AFTERWARDS.search(plain):
        return []
    answers = not complains and not asked.any(Ask.REASON) and _awaited(plain, asked, offered)
    return [_Kept(meant[0], _BARE, ())] if answers or _proposed(plain, meant[0]) else []


def _lasts(plain: str, mention: Mention, asked: Asked) -> bool:
    """Whether it is how long one stays: "mantém?" "até dezembro"."""
    a_month = mention.days is not None and mention.days.last - mention.days.first >= _A_MONTH
    return a_month and plain.startswith("ate ", mention.start) and asked.any(Ask.TO_STAY, Ask.TO_LEAVE)


def _proposed(plain: str, mention: Mention) -> bool:
    """Whether it is a day that is asked about, or the only one that suits."""
    return bool(_SUITS.match(plain, mention.end) or plain.startswith("so ", mention.start))


def _may_be_meant(plain: str, mention: Mention) -> bool:
    """Whether its sentence neither tells of the past nor asks, and speaks of nothing else."""
    start = max(0, *(plain.rfind(stop, 0, mention.start) + 2 for stop in (*_STOPS, " , ")))
    ends = [end for stop in (*_STOPS, " , ") if (end := plain.find(stop, mention.end)) >= 0]
    clause = plain[start : min(ends, default=len(plain)) + 2]
    because = _BECAUSE.search(clause, mention.end - start)
    clause = clause[: because.start() + 1] if because else clause
    past = any((form := form_of(word)) and form.past for word in clause.split())
    asks = "?" in clause and not _SUITS.match(plain, mention.end)
    asks = asks or lexicon(PACKAGE, "intents.txt")["question"].within(clause)
    return not past and not asks and not said("other_matters").within(clause)


def _awaited(plain: str, asked: Asked, offered: Mention | None) -> bool:
    """Whether a day alone answers what was asked, if anything was."""
    if asked.message is None:  # "até amanhã" may be but a farewell
        return not plain.startswith(" ate ")
    question = asked.words.plain
    if asked.any(Ask.DATA):
        return False
    if said("proposes").within(question) or (offered and " ? " in question):
        return True
    return asked.any(Ask.WHEN, Ask.RETURN, Ask.CHECKED) and not lexicon(PACKAGE, "intents.txt")[
        "about_other_things"
    ].within(question)


def _bare(plain: str, found: Sequence[Mention], blocked: Sequence[bool]) -> bool:
    """Whether nothing is said but the time; what is refused beside it, and how, does not count."""
    rest = list(plain)
    for mention, barred in zip(found, blocked, strict=True):
        start, end = mention.start, mention.end
        if barred:
            start = max((plain.rfind(stop, 0, start) for stop in (" , ", " . ", " ? ")), default=0)
            clause = ENDS_CLAUSE.search(plain, end)
            start, end = max(start, 0), clause.start() if clause else len(plain)
        rest[start:end] = " " * (end - start)
    left = _NOT_BEFORE.sub(" ", "".join(rest)).split()
    return _says_nothing(left)


def _says_nothing(words: Iterable[str]) -> bool:
    """Whether words beside a time are but the yes, the please and the like."""
    return all(said("filler").within(f" {word} ") for word in words)


def _acts(plain: str, gist: Gist, found: Sequence[Mention], *, decided: bool, awaits: bool) -> list[_Act]:
    acts = []
    in_gist = [gist.place(*place) for place in lexicon(PACKAGE, "gist.txt")["acts"].find(gist.plain)]
    for kind, rank in _KINDS:
        if (decided and rank < _TELLING) or (kind == "back" and not awaits):
            continue
        places = said(kind).find(plain)
        if rank == _ANSWERING:
            to_you = (found.span() for found in _TO_YOU.finditer(plain) if _is_to_come(found["verb"]))
            places += [place for place in to_you if not any(_holds(told, place) for told in places)]
        for start, end in (*places, *in_gist) if rank == _LOOKING else places:
            within = any(m.start <= start and end <= m.end for m in found)
            near = max(0, start - _NEAR)
            if decided and plain[start:end] in _DECIDES:
                continue
            undone = _NEGATED.search(plain, near, start) or _AFTERWARDS.search(plain, near, start)
            if not within and not undone:
                acts.append(_Act((start, end), min(rank, _LOOKING) if _WITH_ANOTHER.match(plain, end) else rank))
    return acts


def _holds(place: Place, other: Place) -> bool:
    return place[0] <= other[0] and other[1] <= place[1]


def _is_to_come(word: str) -> bool:
    form = form_of(word)
    return form is not None and not form.past and not form.participle


def _nearest(plain: str, act: _Act, found: Sequence[Mention]) -> int | None:
    """The mention an act belongs to: the nearest of its sentence, pauses counted; the one before it where two are."""
    start, end = act.place
    best: tuple[float, int] | None = None
    for place, mention in enumerate(found):
        if mention.end <= start:
            between, bias = plain[mention.end : start + 1], 0.0
        elif end <= mention.start:
            between, bias = plain[end : mention.start + 1], 0.5
        else:
            between, bias = "", 0.0
        stops = sum(between.count(stop) for stop in _STOPS)
        if (stops and not (stops == 1 and _alone(plain, mention))) or _EMBEDDED.search(between):
            continue
        distance = len(between) + bias + _PAUSE * len(_TURNS.findall(between)) + 3 * _PAUSE * stops
        if distance <= _FAR and (best is None or distance < best[0]):
            best = distance, place
    return best[1] if best else None


def _alone(plain: str, mention: Mention) -> bool:
    """Whether its sentence says nothing but the time."""
    start = max((plain.rfind(stop, 0, mention.start + 1) for stop in _STOPS), default=0)
    ends = [end for stop in _STOPS if (end := plain.find(stop, mention.end)) >= 0]
    rest = (
        plain[max(start, 0) + 2 if start >= 0 else 0 : mention.start]
        + plain[mention.end : min(ends, default=len(plain))]
    )
    return _says_nothing(rest.split())


def _one(kept: Sequence[_Kept]) -> _Kept | None:
    """The promise among several: the one that tells rather than looks; days and hours that complete each other."""
    rank = max(one.rank for one in kept)
    best = [one for one in kept if one.rank == rank]
    if len({(one.mention.days, one.mention.hour, one.mention.part) for one in best}) == 1:
        return best[0]
    with_days = [one for one in best if one.mention.days]
    without = [one for one in best if not one.mention.days]
    if (
        len({one.mention.days for one in with_days}) == 1
        and len({(one.mention.hour, one.mention.part) for one in without}) <= 1
    ):
        extra = without[0].mention if without else with_days[-1].mention
        mention = with_days[0].mention
        merged = replace(mention, hour=mention.hour or extra.hour, part=mention.part or extra.part)
        return _Kept(merged, rank, tuple(place for one in best for place in one.acts))
    return None


def _settled(
    words: Words,
    one: _Kept | None,
    found: Sequence[Mention],
    asked: Asked,
    offered: Mention | None,
    now_local: datetime,
    today: Today,
) -> Promise | None:
    if one is None:
        return None
    mention = one.mention
    days, hour, part = mention.days, mention.hour, mention.part
    free = [m for m in found if not is_blocked(words.plain, m) and m is not mention]
    if days is None:
        beside = [m.days for m in free if m.days]
        days = beside[0] if len(set(beside)) == 1 else offered.days if offered and not beside else None
        until = (
            hour and one.rank == _BARE and " ate " in words.plain[mention.start - 1 : mention.end]
        )  # free until then: not at
        # "qual o melhor dia e horário?" "só à noite"; "qualquer hora depois das 18h"
        any_day = (asked.any(Ask.WHEN) and " dia " in asked.words.plain) or " qualquer " in words.plain
        if days is None and not beside and not until and not any_day and not any(m.unclear for m in free):
            days = _today_if_ahead(hour, part, now_local, today)
    if hour is None and part is None:
        hours = {m.hour for m in free if m.hour and not m.days}
        refused_hour = any(m.hour for m in found if is_blocked(words.plain, m))
        if len(hours) == 1:
            hour = hours.pop()
        elif offered and offered.hour and not refused_hour and _keeps_the_hour(words.plain, one, days, offered):
            hour = offered.hour
    if days is None or _away_until(words.plain, found, days) or _refused_among(words.plain, found, days):
        return None
    if _after_another_day(words.plain, mention, found, today):
        return None
    evidence = tuple(words.span(*place) for place in _joined([(mention.start, mention.end), *one.acts]))
    return _dated(days, hour, part, evidence, now_local, today)


def _keeps_the_hour(plain: str, one: _Kept, days: Days | None, offered: Mention) -> bool:
    return one.rank == _BARE or days == offered.days or bool(_SAME_HOUR.search(plain))


def _joined(places: Iterable[Place]) -> list[Place]:
    """Places in order, those side by side as one."""
    joined: list[Place] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _away_until(plain: str, found: Sequence[Mention], days: Days) -> bool:
    """Whether the dentist says to be away until a later day: then the promised one is another than it seems."""
    return any(
        m.days and m.days.meant > days.last and plain.startswith("ate ", m.start) and of_something_else(plain, m)
        for m in found
    )


def _refused_among(plain: str, found: Sequence[Mention], days: Days) -> bool:
    """Whether one of several promised days is refused: "semana que vem, menos segunda"."""
    refused = (m.days for m in found if m.days and m.days != days and is_refused(plain, m))
    return days.first < days.last and any(days.first <= one.first == one.last <= days.last for one in refused)


def _after_another_day(plain: str, mention: Mention, found: Sequence[Mention], today: Today) -> bool:
    """Whether a weekday may be the one after a day named before it: "terça recebo, quarta te falo", said on a Tuesday;
    or, where that day is refused, "segunda não, quinta", said on a Wednesday, when tomorrow has a name."""
    days = mention.days
    if not days or not days.outright or not _WEEKDAY.search(plain, mention.start - 1, mention.end + 1):
        return False
    later = [m for m in found if m.start < mention.start and m.days and m.days.meant > days.meant]
    return any(days.meant == today.plus(1) if is_refused(plain, m) else not is_past(plain, m) for m in later)


def _dated(
    days: Days, hour: time | None, part: str | None, evidence: tuple[Span, ...], now_local: datetime, today: Today
) -> Promise | None:
    """On a day of those that were named; None where that is past."""
    day = days.meant if hour and days.outright else days.best(today.uf, today.extra_days)
    if not today.day <= day <= today.day + FURTHEST:
        return None
    if hour and day == today.day and hour <= now_local.time():
        return None
    return Promise(day, hour, evidence, None if hour else part)


def _today_if_ahead(hour: time | None, part: str | None, now_local: datetime, today: Today) -> Days | None:
    until = {"manha": time(11), "meio": time(13), "tarde": time(17), "fim": time(18), "noite": time(22)}
    limit = hour or until.get(part or "")
    return single(today.day, today) if limit and now_local.time() < limit else None


def _agreed(
    words: Words, gist: Gist, asked: Asked, offered: Mention | None, now_local: datetime, today: Today
) -> Promise | None:
    """A yes to the time that the analyst proposed."""
    yes = agrees(words, gist, asked) if offered else None
    if offered is None or yes is None:
        return None
    days = offered.days or _today_if_ahead(offered.hour, offered.part, now_local, today)
    return _dated(days, offered.hour, offered.part, (words.span(*yes),), now_local, today) if days else None
