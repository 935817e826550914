"""How far a readjustment has come, each stage with its day and its proof: a row, never somebody's word alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, func, or_, select

from bot.services import audit, readjustments
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput
from messages.form.values import read_date
from messages.notes import UNANSWERED
from messages.statuses import LEFT_THE_HOUSE, Direction, Role
from storage import queries
from storage.models import Analyst, Approval, Case, Contact, Dentist, Message, Readjustment, ReadjustmentAnswer

FURTHEST = timedelta(days=366)  # from today, that new values may hold from


class Stage(StrEnum):
    VOID = "void"
    ELIGIBLE = "eligible"  # worked out
    REQUESTED = "requested"
    REFUSED = "refused"  # by the supervisors
    AUTHORISED = "authorised"
    PRESENTED = "presented"  # the table is with the dentist
    ACCEPTED = "accepted"
    DECLINED = "declined"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class View:
    """A calculation, what proves each of its stages, and by whom. ``may_decide``: whoever looks."""

    readjustment: Readjustment
    case: Case
    dentist: Dentist
    approval: Approval | None
    presented: Message | None  # the first message with its figures that left
    answer: ReadjustmentAnswer | None
    names: dict[int, str]  # of everybody whom the rows name
    earlier: int  # calculations of the case before it
    former: Readjustment | None  # the last of them
    may_decide: bool

    @property
    def stage(self) -> Stage:
        return _stage(self.readjustment, self.approval, self.presented, self.answer)


def view(session: Session, analyst: Analyst, readjustment_id: int, *, now: datetime) -> View:
    """Raises NotFound."""
    found = readjustments.readjustment_for(session, readjustment_id, analyst)
    case = queries.case_for(session, found.case_id, analyst)
    approval, presented, answer = _proofs(session, found)
    people = {found.analyst_id, found.applied_by, found.voided_by}
    people |= {approval.asked_by, approval.decided_by} if approval is not None else set()
    people |= {answer.analyst_id} if answer is not None else set()
    of_before = (Readjustment.case_id == case.id, col(Readjustment.id) < found.id)
    former = session.exec(select(Readjustment).where(*of_before).order_by(col(Readjustment.id).desc())).first()
    waits = approval is not None and approval.decided_at is None
    decides = waits and analyst.role is Role.SUPERVISOR and approval is not None and approval.asked_by != analyst.id
    return View(
        found,
        case,
        queries.dentist_of(session, case),
        approval,
        presented,
        answer,
        queries.names_of(session, {p for p in people if p is not None}),
        session.exec(select(func.count()).where(*of_before)).one(),
        former,
        decides,
    )


def stage_of(session: Session, case: Case) -> Stage | None:
    """How far the case's readjustment is; None where nothing was worked out."""
    found = readjustments.standing(session, case.id or 0)
    return _stage(found, *_proofs(session, found)) if found is not None else None


def _proofs(session: Session, found: Readjustment) -> tuple[Approval | None, Message | None, ReadjustmentAnswer | None]:
    approval = session.exec(
        select(Approval).where(Approval.readjustment_id == found.id).order_by(col(Approval.id).desc())
    ).first()
    if not found.granted:  # nothing quotes what nobody has authorised
        return approval, None, None
    presented = session.exec(
        select(Message)
        .where(Message.readjustment_id == found.id, col(Message.status).in_(LEFT_THE_HOUSE))
        .order_by(col(Message.sent_at), col(Message.id))
    ).first()
    answer = session.exec(
        select(ReadjustmentAnswer)
        .where(ReadjustmentAnswer.readjustment_id == found.id)
        .order_by(col(ReadjustmentAnswer.id).desc())
    ).first()
    return approval, presented, answer


def _stage(
    found: Readjustment, approval: Approval | None, presented: Message | None, answer: ReadjustmentAnswer | None
) -> Stage:
    if found.voided_at is not None:
        return Stage.VOID
    if found.applied_at is not None:
        return Stage.APPLIED
    if answer is not None:
        return Stage.ACCEPTED if answer.accepted else Stage.DECLINED
    if presented is not None:
        return Stage.PRESENTED
    if found.granted:
        return Stage.AUTHORISED
    if approval is None:
        return Stage.ELIGIBLE
    return Stage.REQUESTED if approval.decided_at is None else Stage.REFUSED


def answered(
    session: Session, analyst: Analyst, readjustment_id: int, accepted: bool, *, now: datetime
) -> Readjustment:
    """What the dentist says of the values that were presented: proven by what came in, or by a call, since then. A
    later answer counts in the place of an earlier one.

    Raises Conflict before they were presented, without such a touch, and once they are applied.
    """
    found = _standing(session, analyst, readjustment_id)
    presented = _proofs(session, found)[1]
    if presented is None or presented.sent_at is None:
        raise Conflict("Os valores ainda não foram apresentados ao dentista: envie antes a mensagem que os diz.")
    proof = session.exec(
        select(Contact)
        .where(
            Contact.case_id == found.case_id,
            col(Contact.direction).in_((Direction.IN, Direction.CALL)),
            col(Contact.occurred_at) >= presented.sent_at,
            or_(col(Contact.answered_by).is_(None), col(Contact.answered_by).not_in(UNANSWERED)),
            queries.HAPPENED,
        )
        .order_by(col(Contact.occurred_at).desc(), col(Contact.id).desc())
    ).first()
    if proof is None or proof.id is None:
        raise Conflict("Não há resposta do dentista depois da apresentação: registre antes a conversa ou a ligação.")
    assert found.id is not None and analyst.id is not None
    session.add(
        ReadjustmentAnswer(
            readjustment_id=found.id, accepted=accepted, contact_id=proof.id, analyst_id=analyst.id, created_at=now
        )
    )
    audit.record(session, analyst, "readjustment_answered", found, now=now, accepted=accepted, contact=proof.id)
    return found


def applied(
    session: Session, analyst: Analyst, readjustment_id: int, text: str, op: Operation, *, now: datetime
) -> Readjustment:
    """The new values hold from a day on: "hoje" or a date. Raises InvalidInput; Conflict before the dentist has
    accepted them, and a second time."""
    found = _standing(session, analyst, readjustment_id)
    answer = _proofs(session, found)[2]
    if answer is None or not answer.accepted:
        raise Conflict("O dentista ainda não aceitou estes valores: registre antes o aceite.")
    found.applied_on, found.applied_at, found.applied_by = _day(text, op.local(now).date()), now, analyst.id
    session.add(found)
    audit.record(session, analyst, "readjustment_applied", found, now=now, on=found.applied_on.isoformat())
    return found


def _standing(session: Session, analyst: Analyst, readjustment_id: int) -> Readjustment:
    """Its case is open and locked. Raises NotFound, Conflict."""
    found = readjustments.readjustment_for(session, readjustment_id, analyst)
    readjustments.open_case(session, found.case_id, analyst)
    session.refresh(found)
    if found.voided_at is not None:
        raise Conflict(readjustments.OUTDATED)
    if found.applied_at is not None:
        raise Conflict("Este reajuste já foi aplicado: não se muda mais.")
    return found


def _day(text: str, today: date) -> date:
    day = today if text.strip().lower() == "hoje" else read_date(text)
    if day is None:
        raise InvalidInput("Não reconheci o dia: escreva “hoje” ou uma data, como 01/12/2023.")
    if abs(day - today) > FURTHEST:
        raise InvalidInput("Esse dia está a mais de um ano de hoje: confira e escreva de novo.")
    return day
