"""The dentists' own chats with the assistant on Telegram: what is written there is filed as any reply is."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.services import contacts, dentists, notices, replies
from messages.contracts import Incoming
from messages.statuses import ChannelName, Direction
from storage import addresses, people
from storage.models import Case

BLOCKED = "O dentista bloqueou a conversa com a operadora no Telegram."


def take(session: Session, item: Incoming, *, now: datetime) -> None:
    """File what somebody wrote in a bound chat. The same message again changes nothing."""
    dentists.set_blocked(session, item.sender.chat or "", None)
    replies.file(session, [item], now=now)


def closed(session: Session, chat: str, at: datetime, update_id: int, *, now: datetime) -> None:
    """The dentist blocked the chat: nothing goes there until it is opened again, and whoever has a case is told."""
    reached = addresses.dentists_at(session, chat)
    if not dentists.set_blocked(session, chat, at):
        return
    cases = session.exec(
        select(Case).where(col(Case.dentist_id).in_(reached), col(Case.closed_at).is_(None)).order_by(col(Case.id))
    ).all()
    contacts.record(session, [_told(case, chat, at, update_id, now) for case in cases])
    charged = people.in_charge(session, {c.analyst_id for c in cases})
    touches = [_touch(who, case, update_id) for case in cases for who in charged[case.analyst_id]]
    notices.touch(session, touches, now=now)


def opened(session: Session, chat: str, *, now: datetime) -> None:
    """The dentist took the block away."""
    dentists.set_blocked(session, chat, None)


def _told(case: Case, chat: str, at: datetime, update_id: int, now: datetime) -> dict[str, object]:
    return contacts.row(
        case_id=case.id,
        channel=ChannelName.TELEGRAM,
        direction=Direction.NOTE,
        occurred_at=at,
        now=now,
        text=BLOCKED,
        external_id=f"{chat}:{update_id}:{case.id}",
        address=chat,
        kind="system",
    )


def _touch(analyst_id: int, case: Case, update_id: int) -> notices.Touch:
    return notices.Touch(analyst_id, f"telegram:{case.id}:{update_id}", "telegram", case.id, case.id)
