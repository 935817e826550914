"""The end of a case: what it is to be, and the end itself.

What is chosen stands on the case at once, so that a step aside loses nothing; what is in the way is told by `gate`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from bot.services import audit, followups, gate, notes, notices
from bot.services.gate import ending, still_open
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotFound
from messages.form import REASONS, SECTORS
from messages.notes import AnsweredBy
from messages.statuses import MessageStatus, Outcome
from storage import closing as stored
from storage import queries
from storage.models import Analyst, Case, FollowUp, Message

PENDING = "Ainda há o que resolver antes de encerrar: abra o caso e toque em “Encerrar”."
CHANGED = "O encerramento mudou depois desta tela: confira como está agora."


def choose(session: Session, analyst: Analyst, case_id: int, outcome: Outcome, *, now: datetime) -> Case:
    """How the case is to end. Raises Conflict when it has ended."""
    case = still_open(session, analyst, case_id)
    case.outcome = outcome
    return _kept(session, analyst, case, "outcome_chosen", now, outcome=outcome.value)


def give_reasons(session: Session, analyst: Analyst, case_id: int, reasons: Sequence[str], *, now: datetime) -> Case:
    """Why, in the form's words; these and no others. Raises Conflict, InvalidInput."""
    case = still_open(session, analyst, case_id)
    if set(reasons) - set(REASONS):
        raise InvalidInput("Esse motivo não existe no formulário: toque em um dos que estão na tela.")
    case.reasons = [reason for reason in REASONS if reason in reasons]
    return _kept(session, analyst, case, "reasons_given", now, reasons=case.reasons)


def note(session: Session, analyst: Analyst, case_id: int, text: str, *, now: datetime) -> Case:
    """The form's general note. Raises Conflict, InvalidInput when it is too long."""
    if len(text) > notes.LIMIT:
        raise InvalidInput(f"A Obs. Geral passa de {notes.LIMIT} caracteres: resuma.")
    case = still_open(session, analyst, case_id)
    case.general_notes = text.strip() or None
    return _kept(session, analyst, case, "general_note_written", now)


def require_protocol(session: Session, analyst: Analyst, case_id: int, required: bool, *, now: datetime) -> Case:
    """Whether another protocol must be opened. Raises Conflict."""
    case = still_open(session, analyst, case_id)
    case.protocol_required = required
    return _kept(session, analyst, case, "protocol_required", now, required=required)


def assign(session: Session, analyst: Analyst, case_id: int, sectors: Sequence[str], *, now: datetime) -> Case:
    """Who answers for the other protocol. Raises Conflict, InvalidInput."""
    case = still_open(session, analyst, case_id)
    if set(sectors) - set(SECTORS):
        raise InvalidInput("Esse setor não existe no formulário: toque em um dos que estão na tela.")
    case.sectors = [sector for sector in SECTORS if sector in sectors]
    return _kept(session, analyst, case, "sectors_assigned", now, sectors=case.sectors)


def admit_plans(session: Session, analyst: Analyst, case_id: int, plans: str, *, now: datetime) -> Case:
    """The dentist takes other plans after all: these. Raises Conflict."""
    case = still_open(session, analyst, case_id)
    case.other_plans, case.other_plans_detail = True, plans
    case.doubts = [d for d in case.doubts if d["field"] != "other_plans"]
    return _kept(session, analyst, case, "fact_stated", now, field="other_plans")


def finish_promise(session: Session, analyst: Analyst, case_id: int, follow_up_id: int, *, now: datetime) -> FollowUp:
    """The follow-up that stands in the way is done. Raises as `followups.complete`."""
    return followups.complete(session, analyst, follow_up_id, now=now)


def tell_who(
    session: Session, analyst: Analyst, case_id: int, contact_ids: Sequence[int], who: AnsweredBy, *, now: datetime
) -> Case:
    """Who wrote these messages of the dentist's number. Raises NotFound, Conflict on a closed case."""
    case = still_open(session, analyst, case_id)
    written = stored.written(session, case_id, contact_ids)
    if not written:
        raise NotFound("Não encontrei esta mensagem no caso.")
    for contact in written:
        contact.answered_by = who
    session.add_all(written)
    return _kept(session, analyst, case, "answered_by_told", now, who=who.value, contacts=[c.id for c in written])


def close(session: Session, analyst: Analyst, case_id: int, outcome: Outcome, op: Operation, *, now: datetime) -> Case:
    """End a case: what is still to go out or to be remembered ends with it. ``outcome``: as it was on the screen.

    Raises Conflict when it has ended, when the outcome was changed since, and while the gate has something pending.
    """
    case, unsent = queries.case_and_unsent(session, case_id, analyst)
    if case.closed_at is not None:
        raise Conflict(gate.ENDED)
    if case.outcome is not outcome:
        raise Conflict(CHANGED)
    judged = gate.judged(session, analyst, case, op, now)
    if judged.pending:
        raise Conflict(PENDING)
    end(session, case, unsent, op, now)
    stands = [finding.key for finding in judged.standing]
    audit.record(session, analyst, "closed", case, now=now, outcome=outcome.value, let_stand=stands)
    return case


def end(session: Session, case: Case, unsent: Sequence[Message], op: Operation, now: datetime) -> None:
    """The case is over, with what has not left of it and what was promised. Messages and case are locked."""
    for name, day in ending(case, op.zone, now).items():
        setattr(case, name, day)
    case.closed_at, case.unread = now, 0
    session.add(case)
    for message in unsent:
        message.status, message.status_at, message.due_at = MessageStatus.DISCARDED, now, None
    session.add_all(unsent)
    notices.message_changed(session, unsent, now=now)
    session.execute(
        update(FollowUp).where(col(FollowUp.case_id) == case.id, col(FollowUp.done_at).is_(None)).values(done_at=now)
    )


def reopen(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """Take a closed case up again. Raises Conflict when it is open, or its protocol is open as another case."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is None:
        raise Conflict("Este caso já está aberto: envie o protocolo para vê-lo.")
    if queries.open_case_by_protocol(session, case.protocol):
        raise Conflict(f"O protocolo {case.protocol} já foi aberto de novo em outro caso: envie o número para vê-lo.")
    case.closed_at = case.ended_on = case.outcome = None
    session.add(case)
    audit.record(session, analyst, "reopened", case, now=now)
    return case


def _kept(session: Session, analyst: Analyst, case: Case, action: str, now: datetime, **detail: object) -> Case:
    session.add(case)
    audit.record(session, analyst, action, case, now=now, **detail)
    return case
