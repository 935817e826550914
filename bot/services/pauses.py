"""A channel whose account takes nothing rests as a whole: what is approved waits, one message tries now and then.

Told to the supervisors once a pause, not once a message. The row is shared by all processes on one database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from bot.services import audit, notices
from bot.services.permission import only_supervisors
from messages.errors import Conflict, NotFound
from messages.statuses import ChannelName, MessageStatus
from storage.models import Analyst, Message, SendingPause
from storage.upsert import insert_new

NOTICE = "pause"
FIRST, LONGEST = timedelta(minutes=2), timedelta(hours=1)  # from one try to the next, doubled
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
TOLD_AT_ONCE = 50  # messages whose screens say in one transaction that they wait
NAMES = {ChannelName.WHATSAPP: "WhatsApp", ChannelName.TELEGRAM: "Telegram"}
HELD = (
    "Os envios pelo {channel} estão parados, e a supervisão já sabe: sai sozinha quando voltarem. Se for urgente, "
    "desfaça e escreva por outro meio."
)


def held(channel: ChannelName) -> str:
    """What a waiting message says of itself."""
    return HELD.format(channel=NAMES[channel])


def standing(session: Session, channel: ChannelName) -> SendingPause | None:
    """The channel's pause, while it lasts; locked until the commit."""
    return session.exec(
        select(SendingPause)
        .where(SendingPause.channel == channel, col(SendingPause.ended_at).is_(None))
        .with_for_update()
    ).first()


def may_try(session: Session, pause: SendingPause, *, wall: datetime) -> bool:
    """Whether one message may be tried now."""
    if pause.probe_at is None:
        pause.probe_at = wall + FIRST
        session.add(pause)
    return pause.probe_at <= wall


def tried(session: Session, pause: SendingPause, *, wall: datetime) -> None:
    """One message is on its way: the next one tries later, longer each time."""
    pause.probes += 1
    pause.probed_at, pause.probe_at = wall, wall + min(FIRST * 2**pause.probes, LONGEST)
    session.add(pause)


def hold(session: Session, channel: ChannelName, *, now: datetime) -> None:
    """What is due waits, and its screens say so; whatever the dentist writes meanwhile holds it back."""
    waiting = _due(channel, now).where(or_(col(Message.error).is_(None), Message.error != held(channel)))
    due = session.exec(waiting.order_by(col(Message.id)).limit(TOLD_AT_ONCE).with_for_update(skip_locked=True)).all()
    for message in due:
        wait(message)
        session.add(message)
    session.flush()
    notices.message_changed(session, due, now=now)


def wait(message: Message) -> None:
    """It stays approved."""
    message.error, message.put_off = held(message.channel), True


def begin(
    session: Session, channel: ChannelName, code: int, reason: str, *, reported: bool = False, now: datetime
) -> None:
    """The account was refused as a whole. ``reported``: by a status, after the message had been accepted."""
    blank: dict[str, Any] = dict.fromkeys(("ended_at", "probe_at", "probed_at"))
    blank |= {"channel": channel, "episode": 0, "code": code, "reason": reason, "reported": reported}
    insert_new(session, SendingPause, [blank | {"began_at": now, "ended_at": now, "probes": 0}])
    row = session.exec(select(SendingPause).where(SendingPause.channel == channel).with_for_update()).one()
    if row.ended_at is None and row.code == code:
        return
    if row.ended_at is not None:
        row.episode, row.began_at, row.ended_at = row.episode + 1, now, None
        row.probe_at, row.probed_at, row.probes = None, None, 0
    row.code, row.reason, row.reported = code, reason, reported
    session.add(row)
    session.flush()
    notices.tell_supervisors(session, _key(row), NOTICE, row.id, now=now)


def end(
    session: Session, channel: ChannelName, messages: Sequence[Message], *, arrived: bool = False, now: datetime
) -> None:
    """One of these was tried and taken, or refused for its own sake: the account is well. ``arrived``: a status says
    so. What had left before the last try proves nothing."""
    pause = standing(session, channel)
    if pause is None or pause.probed_at is None or (pause.reported and not arrived):
        return
    if not any(m.left_at is not None and m.left_at >= pause.probed_at for m in messages):
        return
    pause.ended_at = now
    session.add(pause)
    notices.changed(session, _key(pause), now=now)


def try_again(session: Session, analyst: Analyst, pause_id: int, *, now: datetime) -> SendingPause:
    """A supervisor says that the account is well: the next message tries at once. Raises NotAllowed, Conflict."""
    only_supervisors(analyst, "Só a supervisão manda tentar de novo: quem supervisiona já foi avisado.")
    row = session.exec(select(SendingPause).where(SendingPause.id == pause_id).with_for_update()).first()
    if row is None or row.ended_at is not None:
        raise Conflict("Os envios já voltaram: não é preciso fazer nada.")
    row.probe_at = AT_ONCE
    session.add(row)
    audit.record(session, analyst, "sending_tried_again", row, now=now)
    return row


@dataclass(frozen=True, slots=True)
class View:
    """``waiting``: messages that would be out by now."""

    pause: SendingPause
    waiting: int


def view(session: Session, pause_id: int | None, *, now: datetime) -> View:
    """Raises NotFound."""
    row = session.get(SendingPause, pause_id)
    if row is None:
        raise NotFound("Não encontrei este aviso.")
    return View(row, session.exec(select(func.count()).select_from(_due(row.channel, now).subquery())).one())


def all_standing(session: Session) -> Sequence[SendingPause]:
    return session.exec(select(SendingPause).where(col(SendingPause.ended_at).is_(None))).all()


def _due(channel: ChannelName, now: datetime) -> Any:
    return select(Message).where(
        Message.status == MessageStatus.QUEUED, Message.channel == channel, col(Message.due_at) <= now
    )


def _key(row: SendingPause) -> str:
    return f"{NOTICE}:{row.channel.value}:{row.episode}"
