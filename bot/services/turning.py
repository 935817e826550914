"""A draft that goes another way than it was written for: by hand, over WhatsApp, or to a chat on Telegram."""

from datetime import datetime

from sqlmodel import Session

from bot.services import audit, drafts, leaving, ways
from bot.services.operation import Operation
from bot.services.standing import standing_of, why_barred
from messages.errors import Conflict
from messages.policy import refusal, window_open
from messages.statuses import ChannelName
from storage import queries
from storage.models import Analyst, Case, Message


def by_hand(session: Session, analyst: Analyst, message_id: int, *, now: datetime) -> Message:
    """Turn a draft that the API does not take now into one for the analyst's own WhatsApp.

    Raises Conflict when it is no draft any more, or may not go at all.
    """
    message, case = _to_turn(session, analyst, message_id)
    if reason := why_barred(session, case, now=now):
        raise Conflict(reason)
    by_telegram = message.channel is ChannelName.TELEGRAM
    address = leaving.address_for(session, case, answer=False) if by_telegram else message.address
    return _turn(session, analyst, message, ChannelName.MANUAL, address, now)


def by_telegram(session: Session, analyst: Analyst, message_id: int, *, now: datetime) -> Message:
    """Turn a draft into one for the dentist's chat on Telegram. Raises as `by_hand`, also where there is none."""
    message, case = _to_turn(session, analyst, message_id)
    chat = ways.chat_for(session, case)
    reason = refusal(standing_of(session, case), ChannelName.TELEGRAM, template=None, address=chat, now=now)
    if reason is not None:
        raise Conflict(reason)
    return _turn(session, analyst, message, ChannelName.TELEGRAM, chat, now)


def by_whatsapp(session: Session, analyst: Analyst, message_id: int, op: Operation, *, now: datetime) -> Message:
    """Turn a draft for Telegram into one for WhatsApp: over the API inside the window, else by hand. As `by_hand`."""
    message, case = _to_turn(session, analyst, message_id)
    address = leaving.address_for(session, case, answer=True)
    if not (op.api_on and address and window_open(case.window_since, now)):
        return by_hand(session, analyst, message_id, now=now)
    if reason := why_barred(session, case, ChannelName.WHATSAPP, now=now):
        raise Conflict(reason)
    return _turn(session, analyst, message, ChannelName.WHATSAPP, address, now)


def _to_turn(session: Session, analyst: Analyst, message_id: int) -> tuple[Message, Case]:
    message = queries.message_for(session, message_id, analyst, lock=True)
    drafts.still_draft(message)
    return message, queries.case_for(session, message.case_id, analyst)


def _turn(
    session: Session, analyst: Analyst, message: Message, channel: ChannelName, address: str | None, now: datetime
) -> Message:
    """A draft goes another way: a preview of before does not send it. What it quotes was said on the other channel."""
    message.channel, message.template_name, message.template_parameters = channel, None, {}
    message.address, message.reply_to = address, None
    message.error, message.error_code, message.version = None, None, message.version + 1
    drafts.offer_by_hand(message, now)
    session.add(message)
    audit.record(session, analyst, "turned", message, now=now, case=message.case_id, channel=channel.value)
    return message
