"""Staying or leaving, as it is told outright in the gist of a reply."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from messages.phrases import Phrases, lexicon, struck
from messages.replies.answers import Answer
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.model import Intent

_MARKS = (" , ", " . ", " ? ")
_ENDS = re.compile(r" (?:[,.?]|mas|porem|entao) ")
_NOT = re.compile(
    r" nao(?: (?:ir|querer'?|pretender|desejar|poder|conseguir|ter|haver|dever|pensar|estar|ficar|sim))? $"
)
_NO_AFTER = re.compile(r" nao (?=[.,?] |$|sair|cancelar)")
_IF = re.compile(r" (?:se|caso|desde|contanto|quando) (?:(?![,.?] )\S+ )*$")
_IF_AFTER = re.compile(
    r"(?:[^ ]*)(?: [,])*(?: mas)?(?: so)? (?:se|desde) (?!deus)"
    r"(?!(?:[^.?]* )?(?:sair|cancelar|desligar|desistir|parar) )"  # "fico, mas se atrasar de novo eu saio": stays
)
_WOULD_BUT = re.compile(r"gostar [^.?]* (?:mas|porem) [^.?]*\bnao ")  # "gostaria de ficar, mas o valor não ajuda"
_WILL = re.compile(r"(?:nao )?(?:querer|desejo|ir|pretender|desejar|pensar|cogitar|precisar)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """``place``: its words; ``QUESTION``: staying on a condition, which asks for it."""

    place: Place
    intent: Intent


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "gist.txt")[name]


def told(gist: Gist, goes_on: Sequence[Answer] = (), *, talk: bool) -> Told | None:
    """What is said outright; where more is, the later holds. None: nothing, or time is asked for after all.

    ``talk``: no more than a talk was proposed, so to agree is no decision. ``goes_on``: where it says whether to go on
    with the leaving that was asked about."""
    plain = _without_doubts(gist.plain)
    as_asked = [Told(a.place, Intent.DECLINES if a.yes else Intent.ACCEPTS) for a in goes_on]
    rest = struck(plain, [told.place for told in as_asked])
    terms = [Told(place, Intent.QUESTION) for place in said("terms").find(rest)]
    found = [*_undone(rest), *_leaving(rest), *_staying(rest, "stays"), *terms, *as_asked]
    if not talk:
        found += _staying(rest, "agrees")
    return _latest(gist, plain, found)


def told_barely(gist: Gist, *, talk: bool) -> Told | None:
    """The same by words that mean it only where nothing else was asked."""
    plain = _without_doubts(gist.plain)
    found = [Told(place, Intent.DECLINES) for place in said("leaves_barely").find(plain)]
    stays = [told for told in _staying(plain, "stays_barely") if not (talk and told.intent is Intent.ACCEPTS)]
    return _latest(gist, plain, [*found, *stays])


def _latest(gist: Gist, plain: str, found: list[Told]) -> Told | None:
    if not found:
        return None
    last = max(found, key=lambda told: told.place[1])
    if any(end > last.place[1] for _, end in said("asks_time").find(plain)):
        return None
    return Told(gist.place(*last.place), last.intent)


def _undone(plain: str) -> Iterator[Told]:
    """Leaving that is itself undone."""
    return (Told(place, Intent.ACCEPTS) for place in said("undoes").find(plain) if not _negated(plain, place))


def _leaving(plain: str) -> Iterator[Told]:
    leaving = struck(plain, [*said("undoes").find(plain), *said("no_leaving").find(plain)])
    for place in said("leaves").find(leaving):
        if not _negated(plain, place) or plain.endswith(" nao", *place):  # "não quero mais não": said twice, still no
            yield Told(place, Intent.DECLINES)
        elif _WILL.match(plain, place[0]):
            yield Told(place, Intent.ACCEPTS)


def _staying(plain: str, kind: str) -> list[Told]:
    found = []
    for place in said(kind).find(plain):
        if _negated(plain, place):
            found.append(Told(place, Intent.DECLINES))
        elif on_condition(plain, place):
            found.append(Told(place, Intent.QUESTION))
        elif not _WOULD_BUT.match(plain, place[0]) and not said("elsewhere").first(plain[place[1] :]):
            found.append(Told(place, Intent.ACCEPTS))
    return found


def _without_doubts(plain: str) -> str:
    """The words with those of questions and of doubts made unreadable, place for place."""
    for start, _ in said("doubts").find(plain):
        plain = struck(plain, [(start, _clause_end(plain, start))])
    at = 0
    while (asks := plain.find(" ? ", at)) >= 0:
        start = max(plain.rfind(mark, 0, asks) for mark in _MARKS)
        plain = struck(plain, [(start + 3 if start >= 0 else 1, asks)])
        at = asks + 1
    return plain


def _clause_end(plain: str, at: int) -> int:
    end = _ENDS.search(plain, at)
    return end.start() if end else len(plain) - 1


def _negated(plain: str, place: Place) -> bool:
    return bool(_NOT.search(plain, 0, place[0])) or bool(_NO_AFTER.match(plain, place[1]))


def on_condition(plain: str, place: Place) -> bool:
    """Whether an "if" stands beside something in a gist."""
    return bool(_IF.search(plain, 0, place[0]) or _IF_AFTER.match(plain, place[1] - 1))
