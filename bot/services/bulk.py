"""Several prepared drafts approved in one go, and taken back in one: each for itself as if it had been tapped alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from bot.services import attachments, audit, drafts, leaving, notices
from bot.services.meta_templates import wholes_of
from bot.services.operation import Operation
from bot.services.standing import standings
from bot.services.unapproving import back_to_drafts
from messages.errors import Conflict, NotFound
from messages.policy import WINDOW, refusal
from messages.statuses import ChannelName, MessageStatus
from storage import lots, queries
from storage.lots import Entry
from storage.models import Analyst, AuditEntry, Case, Dentist, Message

MOST = 20  # drafts at once: what a person has looked at
APPROVED, UNDONE = "approved_many", "undone_many"
OTHER_NUMBER = "O número que escreveu por último é outro: abra este rascunho e confira."


@dataclass(frozen=True, slots=True)
class Lot:
    """``entries`` are what one tap could approve, the oldest first; ``files`` is by attachment id."""

    entries: list[Entry]
    files: Mapping[int, attachments.Named]
    total: int  # of such drafts, these and those beyond
    by_hand: int  # drafts that go by the analyst's own WhatsApp, and are not here
    own: frozenset[int]  # analysts whose dentists' phones are shown in full


def prepared(session: Session, analyst: Analyst, *, now: datetime) -> Lot:
    entries = lots.prepared(session, analyst, MOST)
    counted = lots.count_drafts(session, analyst)
    files = attachments.names(session, [e.message for e in entries])
    by_hand = counted.pop(ChannelName.MANUAL, 0)
    return Lot(entries, files, sum(counted.values()), by_hand, queries.stood_in_for(session, analyst))


def approve(
    session: Session, analyst: Analyst, chosen: Sequence[tuple[int, int]], op: Operation, *, now: datetime
) -> AuditEntry:
    """Approve these (message, version); what may not go, or was changed since, stays a draft. The record tells both.

    Raises Conflict where none is chosen, or too many; NotFound where one is gone or somebody else's.
    """
    versions = dict(chosen)
    if not 0 < len(versions) <= MOST:
        raise Conflict(f"Marque de 1 a {MOST} rascunhos.")
    entries = lots.hold(session, analyst, versions)
    reasons = _reasons(session, entries, versions, now)
    going = [e for e in entries if e.message.id not in reasons]
    for entry in going:
        leaving.queue(entry.message, entry.case, op, None, now)
    approved = [e.message for e in going]
    session.add_all(approved)
    audit.record_many(session, analyst, "approved", approved, now=now)
    session.flush()
    notices.message_changed(session, approved, now=now)
    left = [[e.case.id, reasons[e.message.id]] for e in entries if e.message.id in reasons]
    return _entry(session, analyst, APPROVED, {"approved": [m.id for m in approved], "left": left}, now)


def _reasons(
    session: Session, entries: Sequence[Entry], versions: Mapping[int, int], now: datetime
) -> dict[int | None, str]:
    """Why some may not go."""
    of_cases = {e.message.case_id for e in entries}
    standing, wrote = standings(session, of_cases), lots.wrote_since(session, of_cases, now - WINDOW)
    wholes = wholes_of(session, [e.message for e in entries])
    found: dict[int | None, str] = {}
    for message in (e.message for e in entries):
        free = not message.template_name
        reason = _stale(message, versions[message.id or 0])
        whole, to = wholes.get(message.id or 0), message.address
        by_api = message.channel is ChannelName.WHATSAPP
        reason = reason or refusal(standing[message.case_id], message.channel, template=whole, address=to, now=now)
        if reason is None and by_api and free and (message.case_id, message.address) not in wrote:
            reason = OTHER_NUMBER
        if reason is not None:
            found[message.id] = reason
    return found


def _stale(message: Message, version: int) -> str | None:
    if message.status is not MessageStatus.DRAFT:
        return drafts.STANDS.get(message.status, drafts.SENT_ALREADY)
    if message.channel is ChannelName.MANUAL:
        return drafts.BY_HAND
    return None if message.version == version else drafts.CHANGED


def undo(session: Session, analyst: Analyst, entry_id: int, *, now: datetime) -> AuditEntry:
    """Take back what of a lot has not left, and was not approved anew since.

    Raises NotFound for somebody else's lot, Conflict when nothing of it waits any more.
    """
    entry = _lot(session, analyst, entry_id)
    theirs = select(Case.id).where(queries.in_hands(queries.whose_cases(session, analyst)))
    waiting = session.exec(
        select(Message)
        .where(
            col(Message.id).in_(entry.detail["approved"]),
            col(Message.case_id).in_(theirs),
            Message.status == MessageStatus.QUEUED,
            Message.approved_at == entry.at,
        )
        .order_by(col(Message.id))
        .with_for_update()
    ).all()
    if not waiting:
        raise Conflict("Não deu tempo de desfazer: nenhuma destas mensagens espera mais para sair.")
    back_to_drafts(session, waiting, now)
    audit.record_many(session, analyst, "undone", waiting, now=now)
    session.flush()
    notices.message_changed(session, waiting, now=now)
    sent = len(entry.detail["approved"]) - len(waiting)
    return _entry(session, analyst, UNDONE, {"undone": [m.id for m in waiting], "not": sent}, now)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lot: ``left`` are those of whom a draft stayed, and why; ``leaves`` when the last of what was
    approved does."""

    entry: AuditEntry
    left: list[tuple[Dentist, str]]
    leaves: datetime | None


def outcome(session: Session, analyst: Analyst, entry_id: int, *, now: datetime) -> Outcome:
    """Raises NotFound for somebody else's."""
    entry = _lot(session, analyst, entry_id)
    told = entry.detail.get("left", [])
    dentists = lots.dentists_of(session, [case_id for case_id, _ in told])
    approved = col(Message.id).in_(entry.detail.get("approved", []))
    leaves = session.exec(
        select(func.max(Message.due_at)).where(approved, Message.status == MessageStatus.QUEUED)
    ).one()
    return Outcome(entry, [(dentists[case_id], reason) for case_id, reason in told], leaves)


def _lot(session: Session, analyst: Analyst, entry_id: int) -> AuditEntry:
    entry = session.get(AuditEntry, entry_id)
    if entry is None or entry.action not in (APPROVED, UNDONE) or entry.analyst_id != analyst.id:
        raise NotFound("Não encontrei este lote entre os seus.")
    return entry


def _entry(session: Session, analyst: Analyst, action: str, detail: dict[str, Any], now: datetime) -> AuditEntry:
    entry = AuditEntry(at=now, analyst_id=analyst.id, action=action, subject=audit.subject(analyst), detail=detail)
    session.add(entry)
    return entry
