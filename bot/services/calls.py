"""Voice calls over WhatsApp: one touch each, of which its beginning may be known before what it came to."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.services import notices
from messages.contracts import Incoming
from messages.webhook_words import CALL, RINGING
from storage.models import Contact


def complete(session: Session, told: Sequence[Incoming], *, now: datetime) -> None:
    """Say what calls came to of which only the beginning is on record. What comes again, or late, changes nothing."""
    ended = {(i.channel, i.external_id): i for i in told if i.kind == CALL and i.text not in RINGING.values()}
    if not ended:
        return
    begun = session.exec(
        select(Contact)
        .where(
            col(Contact.external_id).in_({external_id for _, external_id in ended}),
            Contact.kind == CALL,
            col(Contact.text).in_(RINGING.values()),
        )
        .order_by(col(Contact.id))
        .with_for_update()
    ).all()
    for contact in begun:
        end = ended.get((contact.channel, contact.external_id or ""))
        if end is not None and contact.id is not None:
            contact.text = end.text
            session.add(contact)
            session.flush()
            notices.reply_changed(session, contact.id, now=now)
