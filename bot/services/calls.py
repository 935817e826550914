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
    over = [(c, end) for c in begun if (end := ended.get((c.channel, c.external_id or "")))]
    for contact, end in over:
        contact.text = end.text
        session.add(contact)
    session.flush()
    notices.replies_changed(session, [c.id for c, _ in over if c.id is not None], now=now)
