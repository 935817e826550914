"""What WhatsApp tells of the operation's account and number: kept once, told to those who supervise."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from bot.services import notices
from messages.contracts import AccountEvent
from messages.errors import NotFound
from storage.models import AccountNotice
from storage.upsert import insert_new

NOTICE = "account"


def note(session: Session, events: Sequence[AccountEvent], *, now: datetime) -> None:
    """Those that were not told before become a notice each."""
    rows = [
        {
            "key": e.key,
            "name": e.name,
            "detail": dict(e.detail),
            "occurred_at": e.occurred_at or now,
            "recorded_at": now,
        }
        for e in events
    ]
    for number in sorted(insert_new(session, AccountNotice, rows)):
        notices.tell_supervisors(session, f"{NOTICE}:{number}", NOTICE, number, now=now)


def view(session: Session, notice_id: int, *, now: datetime) -> AccountNotice:
    """Raises NotFound."""
    notice = session.get(AccountNotice, notice_id)
    if notice is None:
        raise NotFound("Não encontrei este aviso do WhatsApp.")
    return notice
