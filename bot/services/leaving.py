"""When an approved message leaves, and for which number."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from bot.services import audit
from bot.services.meta_templates import whole_of
from bot.services.operation import Operation
from bot.services.standing import standing_of
from messages.errors import Conflict
from messages.policy import WINDOW, refusal, window_open
from messages.statuses import ChannelName, MessageStatus
from storage import queries, windows
from storage.addresses import primary_addresses
from storage.models import Analyst, Case, Message


def address_for(session: Session, case: Case, *, answer: bool) -> str | None:
    """An answer goes to the number that wrote; anything else to the dentist's own."""
    if answer and (wrote := queries.answering_address(session, case)):
        return wrote
    own = queries.address_of(session, case, ChannelName.WHATSAPP)
    return own.address if own else None


def readdress(session: Session, messages: Sequence[Message], cases: Mapping[int | None, Case], now: datetime) -> bool:
    """Choose the number that each goes to as things stand now; whether any was changed.

    Free text goes where the window is open: to the number it was written for, or else to the one that wrote last. A
    template goes to the dentist's own number. What a message quotes was said at the old one.
    """
    ours = [m for m in messages if m.channel is ChannelName.WHATSAPP]
    free = {m.case_id for m in ours if not m.template_name}
    open_ = windows.open_numbers(session, free, now - WINDOW) if free else {}
    dentists = {cases[m.case_id].dentist_id for m in ours if m.template_name}
    own = primary_addresses(session, dentists, ChannelName.WHATSAPP) if dentists else {}
    changed = False
    for message in ours:
        numbers = open_.get(message.case_id, [])
        if message.template_name:
            numbers = [address for address in (own.get(cases[message.case_id].dentist_id),) if address]
        if numbers and message.address not in numbers:
            message.address, message.reply_to, changed = numbers[0], None, True
            session.add(message)
    return changed


def release(
    session: Session,
    message: Message,
    analyst: Analyst,
    case: Case,
    op: Operation,
    now: datetime,
    at: datetime | None = None,
) -> Message:
    whole, to = whole_of(session, message), message.address
    reason = refusal(standing_of(session, case), message.channel, template=whole, address=to, now=now)
    if reason is not None:
        raise Conflict(reason)
    readdress(session, [message], {case.id: case}, now)
    queue(message, case, op, at, now)
    session.add_all([message, case])
    audit.record(session, analyst, "approved", message, now=now, case=case.id)
    return message


def queue(message: Message, case: Case, op: Operation, at: datetime | None, now: datetime) -> None:
    """It is approved, leaves when it may, and has dealt with what the dentist wrote. Raises as `set_leaving`."""
    set_leaving(message, case, op, at, now)
    message.answers, case.unread = case.unread, 0
    message.status, message.approved_at, message.status_at = MessageStatus.QUEUED, now, now
    message.error, message.error_code = None, None
    message.cadence_step, message.prepared_for = None, None  # whoever approves it makes it theirs


def set_leaving(message: Message, case: Case, op: Operation, at: datetime | None, now: datetime) -> None:
    """When it leaves: in working hours, save where the dentist has just written. Raises Conflict for a moment that is
    past, or when WhatsApp would take no free text."""
    if at is not None and at <= now:
        raise Conflict("Esse horário já passou: escolha outro.")
    leaves = max(at or now, now + op.undo)
    if not in_talk(message, case, leaves):
        if at is not None and message.channel is ChannelName.WHATSAPP and not message.template_name:
            raise Conflict(
                "A essa hora a janela de 24 horas terá fechado, e texto livre não sai: escolha um horário antes, ou "
                "envie um modelo inteiro."
            )
        leaves = op.next_working_moment(leaves, case.uf)
    message.due_at, message.put_off = leaves, leaves > now + op.undo


def in_talk(message: Message, case: Case, moment: datetime) -> bool:
    """Whether the dentist has just written, where the message goes: an answer waits for no opening."""
    return window_open(case.last_in_at if message.channel is ChannelName.TELEGRAM else case.window_since, moment)
