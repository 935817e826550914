"""What channels tell later of our messages: statuses only move forward, and an uncertain send becomes certain."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from bot.services import attachments, contacts, dentists, identities, notices, pauses, troubles
from bot.services.unapproving import answer_nothing
from messages.contracts import Receipt, Sender
from messages.refusals import Act, refusal_of
from messages.statuses import LEFT_THE_HOUSE, ChannelName, Direction, MessageStatus, advances
from messages.telegram import BLOCKED
from messages.whatsapp import kind_of
from storage.models import Message

ARRIVED = frozenset({MessageStatus.DELIVERED, MessageStatus.READ})


def file(session: Session, receipts: Sequence[Receipt], *, now: datetime) -> None:
    """Apply a batch of receipts. Those of messages that are not ours say nothing."""
    if not receipts:
        return
    keys = {r.key for r in receipts if r.key}
    external_ids = {r.external_id for r in receipts}
    rows = session.exec(
        select(Message)
        .where(or_(col(Message.idempotency_key).in_(keys), col(Message.external_id).in_(external_ids)))
        .order_by(col(Message.id))
        .with_for_update()
    ).all()
    left = {m.id for m in rows if m.status in LEFT_THE_HOUSE}
    by_key = {m.idempotency_key: m for m in rows}
    by_external = {m.external_id: m for m in rows if m.external_id}
    changed: dict[int, Message] = {}
    reached: list[Sender] = []
    for receipt in receipts:
        message = by_key.get(receipt.key or "") or by_external.get(receipt.external_id)
        if message is None:
            continue
        if apply(message, receipt):
            changed[message.id or 0] = message
        if receipt.recipient is not None and receipt.recipient.bsuid and (message.address or "").startswith("+"):
            reached.append(Sender(phone=message.address, bsuid=receipt.recipient.bsuid))
    identities.learn(session, reached, now=now)
    session.add_all(changed.values())
    session.flush()
    heed(session, list(changed.values()), now=now)
    log(session, list(changed.values()), now=now)
    contacts.recount(session, {m.case_id for m in changed.values() if (m.status in LEFT_THE_HOUSE) != (m.id in left)})
    notices.message_changed(session, list(changed.values()), now=now)


def apply(message: Message, receipt: Receipt) -> bool:
    """Move one message forward by one receipt; whether anything changed."""
    learnt = message.external_id is None
    if learnt:
        message.external_id = receipt.external_id
    dropped = message.status is MessageStatus.DISCARDED and message.sent_at is not None  # after it had failed
    if not advances(MessageStatus.FAILED if dropped else message.status, receipt.status):
        return learnt
    message.status, message.status_at, message.lease_until = receipt.status, receipt.occurred_at, None
    failed = receipt.status is MessageStatus.FAILED
    message.error_code, message.error = (receipt.code, receipt.reason) if failed else (None, None)
    return True


def heed(session: Session, messages: Sequence[Message], *, now: datetime) -> None:
    """What a failed answer was to waits again. A refusal that says that the dentist wants no more is an opt-out; one
    that would hit every message alike is told to the supervisors, or has the channel rest until something arrives
    again. Whoever has blocked a chat on Telegram is not reached there any more."""
    failed = [m for m in messages if m.status is MessageStatus.FAILED]
    answer_nothing(session, failed)
    refused = [m for m in failed if m.channel is ChannelName.WHATSAPP]
    told = [(m, m.error_code, refusal_of(m.error_code)) for m in refused if m.error_code is not None]
    dentists.stop(session, {m.case_id for m, _, why in told if why.act is Act.STOP}, now, now=now)
    troubles.note(session, [code for _, code, why in told if why.act is Act.OPERATOR and not why.shut], now=now)
    for code, why in {code: why for _, code, why in told if why.shut}.items():
        pauses.begin(session, ChannelName.WHATSAPP, code, why.to_supervisors, reported=True, now=now)
    there = [m for m in messages if m.channel is ChannelName.WHATSAPP and m.status in ARRIVED]
    if there:
        pauses.end(session, ChannelName.WHATSAPP, there, arrived=True, now=now)
    for message in messages:
        if message.channel is ChannelName.TELEGRAM and message.error_code == BLOCKED and message.address:
            dentists.set_blocked(session, message.address, now)


def log(session: Session, messages: Sequence[Message], *, now: datetime) -> None:
    """What has left the house is a contact of its case, once."""
    left = [m for m in messages if m.status in LEFT_THE_HOUSE]
    files = attachments.names(session, left)
    contacts.record(
        session,
        [
            contacts.row(
                case_id=m.case_id,
                channel=m.channel,
                direction=Direction.OUT,
                occurred_at=m.sent_at or now,
                now=now,
                text=m.text,
                external_id=m.external_id or f"sent:{m.idempotency_key}",
                address=m.address,
                message_id=m.id,
                analyst_id=m.analyst_id,
                **_media(files.get(m.attachment_id or 0)),
            )
            for m in left
        ],
    )


def _media(file: attachments.Named | None) -> dict[str, Any]:
    """How a contact tells of the file that went with it."""
    if file is None:
        return {}
    return {"kind": kind_of(file.mime_type), "media": {"filename": file.filename, "mime_type": file.mime_type}}
