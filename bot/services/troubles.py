"""What keeps every message alike from leaving: told to the supervisors once a cause, not once a message."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, select

from bot.services import notices
from messages.errors import NotFound
from storage.models import SendingTrouble
from storage.upsert import insert_or_update

OVER = timedelta(hours=6)  # without another refusal: what comes then is a new trouble, and makes a sound again


def note(session: Session, codes: Sequence[int], *, now: datetime) -> None:
    """So many messages were refused with these codes."""
    for code, count in sorted(Counter(codes).items()):
        blank = {"code": code, "episode": 1, "began_at": now, "last_at": now, "messages": 0}
        insert_or_update(session, SendingTrouble, [blank], ["code"], {"code": "code"})  # as it was, where it is there
        row = session.exec(select(SendingTrouble).where(SendingTrouble.code == code).with_for_update()).one()
        if row.last_at < now - OVER:
            row.episode, row.began_at, row.messages = row.episode + 1, now, 0
        row.last_at, row.messages = now, row.messages + count
        session.add(row)
        session.flush()
        notices.tell_supervisors(session, f"trouble:{code}:{row.episode}", "trouble", code, now=now)


def view(session: Session, code: int, *, now: datetime) -> SendingTrouble:
    """Raises NotFound."""
    row = session.get(SendingTrouble, code)
    if row is None:
        raise NotFound("Não encontrei este aviso.")
    return row
