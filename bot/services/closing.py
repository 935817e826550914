"""The end of a case: what it is to be, and the end itself.

What is chosen stands on the case at once, so that a step aside loses nothing; what is in the way is told by `gate`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from bot.services import audit, followups, gate, issuing, notes, notices
from bot.services.gate import ending, still_open
from bot.services.operation import Operation
from bot.services.permission import only_supervisors
from messages.calendar import at, local_day, next_working_day
from messages.errors import Conflict, InvalidInput, NotFound
from messages.form import REASONS, SECTORS
from messages.notes import AnsweredBy
from messages.statuses import FollowUpKind, MessageStatus, Outcome
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
    """One more line of the form's general note. Raises Conflict, InvalidInput when the whole gets too long."""
    case = still_open(session, analyst, case_id)
    before = [case.general_notes] if case.general_notes else []
    return _noted(session, analyst, case, "\n".join([*before, text.strip()]), now)


def rewrite_note(session: Session, analyst: Analyst, case_id: int, text: str, *, now: datetime) -> Case:
    """The form's general note, whole. Raises as `note`."""
    return _noted(session, analyst, still_open(session, analyst, case_id), text.strip(), now)


def _noted(session: Session, analyst: Analyst, case: Case, whole: str, now: datetime) -> Case:
    if len(whole) > notes.LIMIT:
        raise InvalidInput(f"A Obs. Geral passaria de {notes.LIMIT} caracteres: resuma.")
    case.general_notes = whole or None
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

    Raises Conflict when it has ended, when the outcome was changed since, and while the gate has something pending;
    NotAllowed where supervisors sign off.
    """
    if op.sign_off:
        only_supervisors(analyst, "Quem encerra é a supervisão: toque em “Pedir o encerramento”.")
    case, unsent = queries.case_and_unsent(session, case_id, analyst)
    return _close(session, analyst, case, unsent, outcome, op, now)


def _close(
    session: Session,
    analyst: Analyst,
    case: Case,
    unsent: Sequence[Message],
    outcome: Outcome,
    op: Operation,
    now: datetime,
) -> Case:
    stands = check_ready(session, analyst, case, outcome, op, now=now)
    end(session, analyst, case, unsent, op, now)
    audit.record(session, analyst, "closed", case, now=now, outcome=outcome.value, let_stand=stands)
    return case


def sign_off(session: Session, analyst: Analyst, case_id: int, asked: str, op: Operation, *, now: datetime) -> Case:
    """A supervisor ends a case that an analyst brought to its end. ``asked``: as it was `told` then.

    Raises as `close`; Conflict when it would end otherwise than was asked.
    """
    only_supervisors(analyst)
    case, unsent = queries.case_and_unsent(session, case_id, analyst)
    if case.outcome is None or told(case) != asked:
        raise Conflict("O encerramento mudou depois do pedido: recuse, e o analista pede de novo.")
    if analyst.name not in case.signers:
        case.signers = [*case.signers, analyst.name]
    return _close(session, analyst, case, unsent, case.outcome, op, now)


def told(case: Case) -> str:
    """How a case is to end, in a line."""
    parts = [f"Desfecho: {case.outcome or 'a escolher'}", f"Motivos: {', '.join(case.reasons) or 'nenhum'}"]
    if case.protocol_required:
        parts.append(f"Abertura de protocolo: {', '.join(case.sectors) or 'sem setor'}")
    if case.general_notes:
        parts.append(f"Obs. Geral: {case.general_notes}")
    return ". ".join(parts)


def check_ready(
    session: Session, analyst: Analyst, case: Case, outcome: Outcome, op: Operation, *, now: datetime
) -> list[str]:
    """Whether the case may end like this now; the keys of what was let stand. Raises Conflict."""
    if case.closed_at is not None:
        raise Conflict(gate.ENDED)
    if case.outcome is not outcome:
        raise Conflict(CHANGED)
    judged = gate.judged(session, analyst, case, op, now)
    if judged.pending:
        raise Conflict(PENDING)
    return [finding.key for finding in judged.standing]


def end(
    session: Session, analyst: Analyst, case: Case, unsent: Sequence[Message], op: Operation, now: datetime
) -> None:
    """The case is over, with what has not left of it and what was promised, and its form as it is now. What the end
    asks of the house is promised anew. Messages and case are locked."""
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
    if case.protocol_required:
        _promise_protocol(session, case, op, now)
    issuing.freeze(session, analyst, case, op, now=now)


def _promise_protocol(session: Session, case: Case, op: Operation, now: datetime) -> None:
    """The other protocol that must be opened, and by whom, is somebody's to remember: the next working day."""
    tomorrow = next_working_day(local_day(now, op.zone) + timedelta(days=1), case.uf, op.days_off)
    reason = f"Abertura de protocolo: {', '.join(case.sectors) or 'definir o setor'}"
    due_at = at(tomorrow, op.hours.start, op.zone)
    followups.remember(session, case, FollowUpKind.RETURN, due_at, reason, now=now)


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
