"""What stands in the way of a case's end, read from the rows each time, and how it is let stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.services import audit, forms, notes, proofs, readings
from bot.services.operation import Operation
from bot.services.permission import only_supervisors
from bot.services.proofs import Proof
from bot.services.standing import rules_for, told
from messages.calendar import local_day, show_moment
from messages.closing import Confirmation, Facts, Finding, Said, confirmation_in, findings
from messages.errors import Conflict, InvalidInput, NotFound
from messages.form import Doubt
from messages.form.doubts import is_gap
from messages.replies import Earlier, Intent, Reply, read_reply
from messages.statuses import Direction, MessageStatus, Role, Settled
from storage import closing as stored
from storage import queries
from storage.models import Analyst, Case, ClosingAnswer, Contact, Dentist, FollowUp

ENDED = "Este caso já está encerrado: envie o protocolo para vê-lo."
LONGEST = 600  # characters of a reason
_SAID_BEFORE = 4  # messages that the last reply is read with
_OF_PERSON = frozenset({"dentist_name", "person_type", "cnpj", "cpf", "enrolled_on"})


class Ending(TypedDict):
    """What the end of a case writes into its form."""

    started_on: date
    ended_on: date
    form_date: date


@dataclass(frozen=True, slots=True)
class View:
    """What the screens of a case's end show. ``pending`` still stand in its way; ``standing`` were let stand.

    ``answers``: the dentist's messages that may be the confirmation, to say who wrote them; ``asked``: keys of findings
    that supervisors have been asked about.
    """

    case: Case
    dentist: Dentist
    proofs: list[Proof]
    pending: list[Finding]
    standing: list[Finding]
    follow_up_id: int | None
    answers: list[int]
    asked: frozenset[str]
    supervises: bool
    signed_off: bool  # only supervisors end it
    awaited: bool  # they were asked to

    @property
    def to_check(self) -> list[Finding]:
        """What a tap settles."""
        return [finding for finding in self.pending if finding.settled is Settled.CHECKED]

    def finding(self, key: str) -> Finding:
        """Raises NotFound once it is mended or settled."""
        found = next((finding for finding in self.pending if finding.key == key), None)
        if found is None:
            raise NotFound("Este ponto já está resolvido: toque em “Encerrar” para ver o que falta.")
        return found


def view(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> View:
    """Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    return judged(session, analyst, case, op, now)


def judged(session: Session, analyst: Analyst, case: Case, op: Operation, now: datetime) -> View:
    assert case.id is not None
    record = forms.record_of(session, case)
    promised = queries.open_follow_ups(session, case.id)
    meant = readings.told(session, record.contacts, op)
    confirmation, answers = _confirmation(record, meant, op)
    leaves = _wants_to_leave(record.contacts, meant, op)
    facts = _facts(session, record, promised, confirmation, leaves, op, now)
    found = findings(facts)
    given = {(answer.finding, answer.how) for answer in stored.answers_of(session, case.id)}
    settled = {f.key for f in found if any((f.key, how) in given and f.settled_by(how) for how in Settled)}
    return View(
        case,
        record.dentist,
        proofs.of_actions(case, record.sent, record.ticks),
        [finding for finding in found if finding.key not in settled],
        [finding for finding in found if finding.key in settled],
        promised[0].id if promised else None,
        answers,
        stored.asked_about(session, case.id),
        analyst.role is Role.SUPERVISOR,
        op.sign_off,
        stored.awaits_sign_off(session, case.id),
    )


def _facts(
    session: Session,
    record: forms.Record,
    promised: Sequence[FollowUp],
    confirmation: Confirmation,
    leaves: bool,
    op: Operation,
    now: datetime,
) -> Facts:
    case, dentist = record.case, record.dentist
    dates = ending(case, op.zone, now)
    form = replace(forms.form_of(record, op), **dates, days=(dates["ended_on"] - dates["started_on"]).days)
    forbidding = next((told(r) for r in rules_for(session, [case]).get(case.id or 0, []) if r.no_removal), None)
    lost = queries.messages_of(session, case.id or 0, [MessageStatus.FAILED, MessageStatus.UNKNOWN])
    return Facts(
        form,
        called=dentist.called or "",
        read_blocks=sum(contact.imported for contact in record.contacts),
        reasons_stated=tuple(case.reasons_stated),
        confirmation=confirmation.consent,
        wants_to_leave=leaves,
        follow_up=_promise(promised, op, now),
        rule=forbidding,
        last_readjusted_on=case.last_readjusted_on,
        unproven=tuple(p.action for p in proofs.of_actions(case, record.sent, record.ticks) if p.unproven),
        not_arrived=tuple(dict.fromkeys(o["action"] or "" for message in lost for o in message.offers)),
        doubts=tuple(_doubts(case)),
    )


def _doubts(case: Case) -> list[Doubt]:
    """What the opening found to differ from the dentist's register, and nobody has settled."""
    told_then = [Doubt(d["field"], d["text"]) for d in case.doubts if d["field"] in _OF_PERSON]
    return [doubt for doubt in told_then if not is_gap(doubt)]


def _promise(promised: Sequence[FollowUp], op: Operation, now: datetime) -> str | None:
    if not promised:
        return None
    first = promised[0]
    at = show_moment(first.due_at, now, op.zone)
    return f"{at} ({first.reason})" if first.reason else at


def _confirmation(record: forms.Record, meant: Mapping[int, Intent], op: Operation) -> tuple[Confirmation, list[int]]:
    """What the talk tells of the dentist's leaving, and the contacts that answer: one burst."""
    talk = [c for c in record.contacts if not c.imported and c.direction is not Direction.NOTE]
    said = [Said(c.direction, c.text, op.local(c.occurred_at), c.answered_by, meant.get(c.id or 0)) for c in talk]
    found = confirmation_in(said, record.dentist.called or record.dentist.name)
    return found, _burst(talk, found.answer) if found.answer is not None else []


def _burst(talk: Sequence[Contact], answer: int) -> list[int]:
    """The dentist's messages around one, with none of ours between."""
    first = last = answer
    while first > 0 and talk[first - 1].direction is Direction.IN:
        first -= 1
    while last + 1 < len(talk) and talk[last + 1].direction is Direction.IN:
        last += 1
    return [c.id for c in talk[first : last + 1] if c.id is not None and c.direction is Direction.IN]


def _wants_to_leave(contacts: Sequence[Contact], meant: Mapping[int, Intent], op: Operation) -> bool:
    talk = [c for c in contacts if not c.imported and c.direction in (Direction.IN, Direction.OUT)]
    last = next((n for n in reversed(range(len(talk))) if talk[n].direction is Direction.IN), None)
    if last is None:
        return False
    before = [Earlier(c.direction is Direction.IN, c.text) for c in talk[max(0, last - _SAID_BEFORE) : last]]
    reply = Reply(talk[last].text, op.local(talk[last].occurred_at), before)
    return (meant.get(talk[last].id or 0) or read_reply(reply).intent) is Intent.DECLINES


def ending(case: Case, zone: ZoneInfo, now: datetime) -> Ending:
    """The dates of a case that ends now; one that nobody gave a beginning began with its protocol, or its opening."""
    today = local_day(now, zone)
    started = case.started_on or case.protocol_opened_on or local_day(case.opened_at, zone)
    return {"started_on": started, "ended_on": today, "form_date": today}


def check(
    session: Session, analyst: Analyst, case_id: int, keys: Sequence[str], op: Operation, *, now: datetime
) -> Case:
    """Whoever closes has looked at these, and they are right. Those that a tap does not settle stay; what is gone is
    passed over."""
    case = still_open(session, analyst, case_id)
    for finding in judged(session, analyst, case, op, now).to_check:
        if finding.key in keys:
            settle(session, case, analyst, finding.key, finding.text, Settled.CHECKED, "", now)
    return case


def explain(
    session: Session, analyst: Analyst, case_id: int, key: str, words: str, op: Operation, *, now: datetime
) -> Case:
    """Whoever closes says why it may stand. Raises Conflict for what only a supervisor lets pass, NotFound."""
    case = still_open(session, analyst, case_id)
    finding = judged(session, analyst, case, op, now).finding(key)
    if finding.settled is Settled.OVERRULED:
        raise Conflict("Isto só a supervisão libera: resolva, ou peça à supervisão.")
    settle(session, case, analyst, key, finding.text, Settled.EXPLAINED, words, now)
    return case


def overrule(
    session: Session, analyst: Analyst, case_id: int, key: str, words: str, op: Operation, *, now: datetime
) -> Case:
    """A supervisor lets it stand, and says why. Raises NotAllowed, NotFound, InvalidInput."""
    may_overrule(session, analyst, now=now)
    case = still_open(session, analyst, case_id)
    finding = judged(session, analyst, case, op, now).finding(key)
    settle(session, case, analyst, key, finding.text, Settled.OVERRULED, words, now)
    return case


def may_overrule(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Raises NotAllowed."""
    only_supervisors(analyst, "Só a supervisão libera o encerramento assim: peça à supervisão.")


def settle(
    session: Session, case: Case, analyst: Analyst, key: str, text: str, how: Settled, words: str, now: datetime
) -> None:
    """A finding stands; what was said of it is part of the record. The case's lock is held. Raises InvalidInput."""
    assert case.id is not None and analyst.id is not None
    words = checked_reason(words) if how is not Settled.CHECKED else ""
    if any((a.finding, a.how) == (key, how) for a in stored.answers_of(session, case.id)):
        return
    session.add(
        ClosingAnswer(
            case_id=case.id, finding=key, text=text, how=how, words=words, analyst_id=analyst.id, given_at=now
        )
    )
    session.flush()
    if words:
        by = f", por {analyst.name}" if how is Settled.OVERRULED else ""
        word = "Liberado no encerramento" if how is Settled.OVERRULED else "Conferido no encerramento"
        notes.noted(session, case, analyst, f"{word}{by}: {text} Motivo: {words}", now)
    audit.record(session, analyst, f"finding_{how.value}", case, now=now, finding=key)


def checked_reason(words: str) -> str:
    """Raises InvalidInput."""
    words = " ".join(words.split())
    if not words:
        raise InvalidInput("Escreva o motivo: ele fica no registro do caso.")
    if len(words) > LONGEST:
        raise InvalidInput(f"O motivo passa de {LONGEST} caracteres: resuma.")
    return words


def still_open(session: Session, analyst: Analyst, case_id: int) -> Case:
    """The case, locked. Raises NotFound, Conflict when it has ended."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is not None:
        raise Conflict(ENDED)
    return case
