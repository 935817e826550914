"""Several prepared drafts approved in one go, and taken back in one: each for itself as if it had been tapped alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bot.services import audit, cases, drafts, notices
from bot.services.operation import Operation
from bot.services.standing import standings
from messages.errors import Conflict, NotFound
from messages.policy import WINDOW, refusal
from messages.statuses import ChannelName, MessageStatus
from storage import queries
from storage.models import Analyst, AuditEntry, Case, Dentist, Message

MOST = 20  # drafts at once: what a person has looked at


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft that the API takes."""

    message: Message
    case: Case
    dentist: Dentist


def prepared(session: Session, analyst: Analyst, *, now: datetime) -> list[Prepared]:
    """The drafts that one tap could approve, the oldest first; what goes by hand is not among them."""
    rows = session.exec(
        select(Message, Case, Dentist)
        .join(Case, col(Message.case_id) == Case.id)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(
            Message.status == MessageStatus.DRAFT,
            Message.channel == ChannelName.WHATSAPP,
            queries.in_hands(queries.whose_cases(session, analyst)),
        )
        .order_by(col(Message.created_at), col(Message.id))
        .limit(MOST)
    )
    return [Prepared(*row) for row in rows]


def approve(
    session: Session, analyst: Analyst, chosen: Sequence[tuple[int, int]], op: Operation, *, now: datetime
) -> AuditEntry:
    """Approve these (message, version); what may not go, or was changed since, stays a draft. The record tells both.

    Raises Conflict where none is chosen, or too many.
    """
    if not 0 < len(chosen) <= MOST:
        raise Conflict(f"Marque de 1 a {MOST} rascunhos.")
    versions = dict(chosen)
    messages = session.exec(
        select(Message).where(col(Message.id).in_(versions)).order_by(col(Message.id)).with_for_update()
    ).all()
    of_cases = session.exec(
        select(Case, Dentist)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(col(Case.id).in_({m.case_id for m in messages}), queries.in_hands(queries.whose_cases(session, analyst)))
        .order_by(col(Case.id))
        .with_for_update(of=Case)
    ).all()
    known = {case.id: (case, dentist) for case, dentist in of_cases}
    if any(m.case_id not in known for m in messages) or len(messages) < len(versions):
        raise NotFound("Não encontrei um destes rascunhos: abra a lista de novo.")
    reasons = _reasons(session, messages, versions, now)
    approved = [m for m in messages if reasons[m.id] is None]
    for message in approved:
        case, _ = known[message.case_id]
        message.due_at = drafts.leaving_at(message, case, op, None, now)
        message.status, message.approved_at, message.status_at = MessageStatus.QUEUED, now, now
        message.error, message.error_code = None, None
        cases.seen(session, case)
    session.add_all(approved)
    session.flush()
    notices.message_changed(session, approved, now=now)
    left = [[known[m.case_id][1].name, reasons[m.id]] for m in messages if reasons[m.id] is not None]
    return _entry(session, analyst, "approved_many", {"approved": [m.id for m in approved], "left": left}, now)


def _reasons(
    session: Session, messages: Sequence[Message], versions: Mapping[int, int], now: datetime
) -> dict[int | None, str | None]:
    """Why each may not go, or None."""
    standing = standings(session, {m.case_id for m in messages})
    wrote = queries.wrote_lately(session, {m.case_id for m in messages}, now - WINDOW)
    found: dict[int | None, str | None] = {}
    for message in messages:
        barred = refusal(standing[message.case_id], message.channel, template=bool(message.template_name), now=now)
        reason = _stale(message, versions[message.id or 0]) or barred
        if reason is None and not message.template_name and (message.case_id, message.address) not in wrote:
            reason = "Confira este antes: o número que escreveu por último é outro."
        found[message.id] = reason
    return found


def _stale(message: Message, version: int) -> str | None:
    if message.status is not MessageStatus.DRAFT:
        return drafts.STANDS.get(message.status, drafts.SENT_ALREADY)
    if message.channel is not ChannelName.WHATSAPP:
        return "Vai pelo seu WhatsApp: envie e toque em “Enviei”."
    return None if message.version == version else "O texto mudou depois da prévia: confira a versão atual."


def undo(session: Session, analyst: Analyst, entry_id: int, *, now: datetime) -> AuditEntry:
    """Take back what of a lot has not left. Raises NotFound for somebody else's, Conflict when all has left."""
    entry = session.get(AuditEntry, entry_id)
    if entry is None or entry.action != "approved_many" or entry.analyst_id != analyst.id:
        raise NotFound("Não encontrei este lote.")
    waiting = session.exec(
        select(Message)
        .where(col(Message.id).in_(entry.detail["approved"]), Message.status == MessageStatus.QUEUED)
        .order_by(col(Message.id))
        .with_for_update()
    ).all()
    if not waiting:
        raise Conflict("Não deu tempo de desfazer: as mensagens já saíram.")
    for message in waiting:
        message.status, message.due_at, message.status_at = MessageStatus.DRAFT, None, now
        message.version += 1
    session.add_all(waiting)
    session.flush()
    notices.message_changed(session, waiting, now=now)
    return _entry(session, analyst, "undone_many", {"undone": [m.id for m in waiting]}, now)


def _entry(session: Session, analyst: Analyst, action: str, detail: dict[str, Any], now: datetime) -> AuditEntry:
    entry = AuditEntry(at=now, analyst_id=analyst.id, action=action, subject=audit.subject(analyst), detail=detail)
    session.add(entry)
    return entry
