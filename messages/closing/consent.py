"""Whether the dentist has confirmed that they leave: asked for, answered, and by whom.

“Sim” to “está ciente?” tells that they know of the offers, not that they leave. What was said by telephone counts as
the analyst wrote it down.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unidecode import unidecode

from messages.notes import AnsweredBy
from messages.people import first_name
from messages.replies import Earlier, Intent, Reply, read_reply
from messages.replies.questions import Ask, last_asked
from messages.statuses import Direction

_SAID_BEFORE = 4  # messages that an answer is read with
_A_YES = (
    r"(?:sim|s|isso(?: mesmo)?|confirmo|confirmad[ao]|desejo|quero|exato|exatamente|com certeza|correto"
    r"|pode(?: seguir| prosseguir)?)"
)
_YES = re.compile(rf"(?:(?:{_A_YES} )*(?:estou )?ciente (?:e )?)?{_A_YES}(?: {_A_YES})*(?: (?:obrigad[ao]|por favor))*")
_INTRODUCED = re.compile(r"\b(?:aqui e|sou|quem fala e)(?: (?:a|o))?(?: (?:dra|dr|doutora|doutor))?\.? (\w+)")
_SECRETARY = re.compile(
    r"\b(?:secretari[ao]|recepcionista|recepcao)\b"
    r"|\b(?:a|o) (?:doutora|doutor|dra|dr)\.? (?:disse|falou|pediu|mandou|avisou|informou|vai|quer|nao)\b"
)
# Of a call, as the analyst wrote it down: what is denied, or still to come, confirms nothing.
_CONFIRMED = re.compile(
    r"(?<!nao )\b(?:confirm(?:a|ou|ado|ada|ando)|insist(?:e|iu)|mant(?:em|eve)|decidiu)(?: \w+){0,4}"
    r" (?:deslig\w*|sair|saida|cancel\w*|descred\w*)"
    r"|(?<!nao )\bquer(?: mesmo| realmente)? (?:sair|cancelar|se desligar|o desligamento)"
)


class Consent(StrEnum):
    NOT_ASKED = "not_asked"
    UNANSWERED = "unanswered"
    UNCLEAR = "unclear"  # answered, but not that they leave
    STAYS = "stays"  # what was said last is that they stay
    BY_SOMEBODY = "by_somebody"  # nobody has said who answered
    BY_ANOTHER = "by_another"  # the secretary, or somebody else
    GIVEN = "given"  # by the dentist


@dataclass(frozen=True, slots=True)
class Said:
    """One touch of the talk, in the order of time. ``at``: aware, local. ``meant``: what an analyst said it means."""

    direction: Direction
    text: str
    at: datetime
    answered_by: AnsweredBy | None = None
    meant: Intent | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """``answer``: which of what was said is the answer, if there is one."""

    consent: Consent
    answer: int | None = None


def confirmation_in(talk: Sequence[Said], called: str) -> Confirmation:
    """What the talk tells of the dentist's leaving; the last word counts. ``called``: what the dentist goes by."""
    asked: frozenset[Ask] = frozenset()
    found = Confirmation(Consent.NOT_ASKED)
    for n, said in enumerate(talk):
        if said.direction is Direction.CALL and _CONFIRMED.search(plain(said.text)):
            found = Confirmation(_by(said, called), n)
        elif said.direction is Direction.OUT:
            asks = last_asked([Earlier(False, said.text)]).asks & {Ask.TO_LEAVE, Ask.AWARENESS}
            if asks:
                asked, found = asks, found if found.consent in _TOLD else Confirmation(Consent.UNANSWERED)
        elif said.direction is Direction.IN and asked:
            told = _answered(talk, n, asked)
            if told is Consent.BY_SOMEBODY:
                found = Confirmation(_by(said, called), n)
            elif told is Consent.STAYS or found.consent not in _TOLD:
                found = Confirmation(told, n)
    return _introduced_later(found, talk, called)


def tells_who(text: str) -> bool:
    """Whether whoever writes says who they are, or speaks for the dentist: nobody need be asked."""
    return _by_words(text, "") is not Consent.BY_SOMEBODY


_MEANT = {Intent.DECLINES: Consent.BY_SOMEBODY, Intent.ACCEPTS: Consent.STAYS}
_TOLD = frozenset({Consent.GIVEN, Consent.BY_ANOTHER, Consent.BY_SOMEBODY})


def _answered(talk: Sequence[Said], n: int, asked: frozenset[Ask]) -> Consent:
    said = talk[n]
    if said.meant is not None:
        return _MEANT.get(said.meant, Consent.UNCLEAR)
    if Ask.TO_LEAVE in asked and _YES.fullmatch(_words(said.text)):
        return Consent.BY_SOMEBODY
    before = [Earlier(s.direction is Direction.IN, s.text) for s in talk[max(0, n - _SAID_BEFORE) : n]]
    read = read_reply(Reply(said.text, said.at, before))
    if read.intent is Intent.DECLINES and not read.intent_evidence:  # a complaint confirms nothing
        return Consent.UNCLEAR
    return _MEANT.get(read.intent, Consent.UNCLEAR)


def _by(said: Said, called: str) -> Consent:
    """Who said it: as the analyst told, else as the words themselves do."""
    match said.answered_by:
        case AnsweredBy.DENTIST:
            return Consent.GIVEN
        case None:
            return _by_words(said.text, called)
    return Consent.BY_ANOTHER


def _by_words(text: str, called: str) -> Consent:
    words = plain(text)
    if name := _INTRODUCED.search(words):
        return Consent.GIVEN if name[1] == plain(first_name(called)) else Consent.BY_ANOTHER
    return Consent.BY_ANOTHER if _SECRETARY.search(words) else Consent.BY_SOMEBODY


def _introduced_later(found: Confirmation, talk: Sequence[Said], called: str) -> Confirmation:
    """“Sim.”, “Aqui é a Marina”: who wrote it may be told in the message after it."""
    if found.consent is not Consent.BY_SOMEBODY or found.answer is None:
        return found
    for later in talk[found.answer + 1 :]:
        if later.direction is not Direction.IN:
            break
        if (by := _by_words(later.text, called)) is not Consent.BY_SOMEBODY:
            return Confirmation(by, found.answer)
    return found


def _words(text: str) -> str:
    return re.sub(r"[^a-z]+", " ", plain(text)).strip()


def plain(text: str) -> str:
    """Without accents and capitals, on one line."""
    return " ".join(unidecode(text).lower().split())
