"""What analysts must see, as rows: told once, drawn anew when touched again, never lost with a process."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bot.services.taps import STEP_KEY
from messages.contracts import Notice
from messages.statuses import LEFT_THE_HOUSE, MessageStatus, Role
from storage import claims, people, queries
from storage.models import Analyst, ButtonToken, Contact, DialogueStep, Message, Notification, Topic
from storage.upsert import insert_or_update, table_of

LONGEST_WAIT = timedelta(minutes=10)  # between two tries: what an outage held back comes soon after it

NUDGES = (
    "follow_up",
    "overdue",
    "escalated",
)  # kinds of which a process that dies may have only one sent and not recorded
MAY_BE_OUT = LEFT_THE_HOUSE | {MessageStatus.SENDING, MessageStatus.UNKNOWN}
OF_A_MOMENT = ("prompt", "noted")  # kinds that only the handler that drew them draws
OF_REPLY_CARD = "offer"  # the action that only a dentist's card has
OF_QUESTION = "leave_question"  # the action that only a question has, and what says why an answer to it was not taken


@dataclass(frozen=True, slots=True)
class Touch:
    """Make one analyst see something: the same key is the same screen."""

    analyst_id: int
    key: str
    kind: str
    case_id: int | None = None
    subject_id: int | None = None


def touch(session: Session, touches: Sequence[Touch], *, below: bool = False, now: datetime) -> None:
    """Have these shown as soon as possible; those already on a screen are drawn anew there, or ``below`` everything
    else, where they make a sound."""
    _put(session, touches, now, now, {"screen": None} if below else {})


def show_below(
    session: Session, people: Sequence[Analyst], kind: str, *, wait: timedelta = timedelta(), now: datetime
) -> None:
    """Have people shown something of which there is one, below everything else; with a ``wait``, once it was not asked
    for again for that long."""
    touches = [Touch(p.id, kind, kind) for p in people if p.id is not None]
    _put(session, touches, now, now + wait, {"screen": None})


def _put(
    session: Session, touches: Sequence[Touch], now: datetime, due_at: datetime, more_changes: dict[str, Any]
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "analyst_id": t.analyst_id,
            "key": t.key,
            "kind": t.kind,
            "case_id": t.case_id,
            "subject_id": t.subject_id,
            "created_at": now,
            "due_at": due_at,
        }
        for t in {(t.analyst_id, t.key): t for t in touches}.values()
    ]
    rises = table_of(Notification).c.version + 1
    changes = {
        "version": rises,
        "case_id": "case_id",
        "subject_id": "subject_id",
        "due_at": "due_at",
        "sent_at": None,
        "attempts": 0,
    }
    insert_or_update(session, Notification, rows, ["analyst_id", "key"], changes | more_changes)


def message_changed(session: Session, messages: Sequence[Message], *, now: datetime) -> None:
    """The messages' own screens are drawn anew: those of whoever answers for them, and of whoever else has had them on
    a screen."""
    if not messages:
        return
    by_key = {f"message:{m.id}": m for m in messages}
    seen = session.exec(
        select(Notification.analyst_id, Notification.key).where(col(Notification.key).in_(by_key))
    ).all()
    answering = people.answerable(session, [m.id for m in messages if m.id is not None])
    told = dict.fromkeys([*((who, f"message:{message_id}") for who, message_id in answering), *seen])
    touches = [Touch(who, key, "message", by_key[key].case_id, by_key[key].id) for who, key in told]
    touch(session, touches, now=now)


def replies_changed(session: Session, contact_ids: Collection[int], *, now: datetime) -> None:
    """The dentists' cards that show these messages, where one does or is about to, are drawn anew."""
    theirs, cards = col(Contact.id).in_(contact_ids), aliased(Notification)
    began = (
        select(func.max(col(cards.subject_id)))
        .join(Contact, col(cards.case_id) == col(Contact.case_id))
        .where(theirs, cards.kind == "reply", col(cards.subject_id) <= col(Contact.id))
        .group_by(col(Contact.id))
    )
    _redraw(
        session,
        now,
        col(Notification.kind) == "reply",
        col(Notification.case_id).in_(select(col(Contact.case_id)).where(theirs)),
        col(Notification.subject_id).in_(began),
        or_(col(Notification.screen).is_not(None), col(Notification.sent_at).is_(None)),
    )


def changed(session: Session, key: str, *, now: datetime) -> None:
    """Whoever has a screen about this sees it as it is now."""
    _redraw(session, now, col(Notification.key) == key)


def _redraw(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    session.execute(
        update(Notification)
        .where(*which)
        .values(version=col(Notification.version) + 1, due_at=now, sent_at=None, attempts=0),
        execution_options={"synchronize_session": False},
    )


def people_with(session: Session, key: str) -> list[int]:
    """Everybody who has a screen about this, or will."""
    return list(session.exec(select(Notification.analyst_id).where(Notification.key == key)))


def tell_supervisors(session: Session, key: str, kind: str, subject_id: int | None, *, now: datetime) -> None:
    """Everybody who supervises; where nobody does, everybody."""
    told = queries.active_analysts(session, role=Role.SUPERVISOR) or queries.active_analysts(session)
    touch(session, [Touch(a.id, key, kind, None, subject_id) for a in told if a.id is not None], now=now)


@dataclass(frozen=True, slots=True)
class Claimed:
    notice: Notice
    version: int


def claim(
    session: Session, limit: int, *, nudges: bool, now: datetime, wall: datetime, lease: timedelta
) -> list[Claimed]:
    """Lease what is due to be shown: nudges, or all else."""
    which = col(Notification.kind).in_(NUDGES) if nudges else col(Notification.kind).not_in(NUDGES)
    ids = claims.claim_notifications(session, which, limit, now=now, wall=wall, lease_until=wall + lease)
    if not ids:
        return []
    rows = session.exec(
        select(Notification, Analyst)
        .join(Analyst, col(Notification.analyst_id) == Analyst.id)
        .where(col(Notification.id).in_(ids))
        .order_by(col(Notification.due_at), col(Notification.id))
    )
    return [
        Claimed(Notice(n.id or 0, a.telegram_user_id, n.kind, n.case_id, n.subject_id, n.screen), n.version)
        for n, a in rows
        if a.telegram_user_id is not None
    ]


def delivered(
    session: Session, notification_id: int, version: int, screen: int, into: int | None = None, *, now: datetime
) -> None:
    """It is on the screen. Touched meanwhile, it stays due. ``into``: the screen it was drawn into; where the analyst
    has put that to another use meanwhile, it is given back to that."""
    row = _locked(session, notification_id)
    row.lease_until, row.error = None, None
    taken = into == screen and row.screen != screen
    if not taken:
        row.screen = screen
    if row.version == version:
        row.sent_at = now
    session.add(row)
    session.flush()
    if taken:
        _draw_anew(session, row.analyst_id, screen, now)
    in_topic = session.get_one(Analyst, row.analyst_id).topics_on
    reached(session, row.analyst_id, screen, row.case_id if in_topic else None, now=now)


def _draw_anew(session: Session, analyst_id: int, screen: int, now: datetime) -> None:
    """What belongs on a screen is due again."""
    session.execute(
        update(Notification)
        .where(
            col(Notification.analyst_id) == analyst_id,
            col(Notification.screen) == screen,
            col(Notification.kind).not_in(OF_A_MOMENT),
        )
        .values(version=col(Notification.version) + 1, due_at=now, sent_at=None, attempts=0),
        execution_options={"synchronize_session": False},
    )


def reached(session: Session, analyst_id: int, screen: int, topic_case: int | None, *, now: datetime) -> None:
    """An analyst's chat, or a case's topic where there is one, goes down to this message at least."""
    if topic_case is not None:
        which = select(Topic).where(Topic.analyst_id == analyst_id, Topic.case_id == topic_case)
        topic = session.exec(which.with_for_update()).first()
        if topic is not None:
            topic.bottom = max(topic.bottom, screen)
            session.add(topic)
            return
    session.execute(
        update(Analyst)
        .where(col(Analyst.id) == analyst_id, col(Analyst.chat_bottom) < screen)
        .values(chat_bottom=screen),
        execution_options={"synchronize_session": False},
    )


def not_delivered(
    session: Session, notification_id: int, reason: str, retry_after: timedelta | None, *, now: datetime, wall: datetime
) -> None:
    """Try again after a while, longer each time, for as long as it takes; ``retry_after`` None: not again."""
    row = _locked(session, notification_id)
    row.attempts, row.error = row.attempts + 1, reason[:300]
    if retry_after is None:
        row.sent_at, row.lease_until = now, None
    else:
        backoff = timedelta(seconds=2 ** min(row.attempts, 10))
        row.lease_until = wall + max(retry_after, min(backoff, LONGEST_WAIT))
    session.add(row)


def bind(
    session: Session,
    analyst_id: int,
    key: str,
    screen: int,
    kind: str,
    case_id: int | None,
    subject_id: int | None,
    *,
    now: datetime,
) -> None:
    """Remember what a screen that a handler drew is about: later changes are drawn into it, replies are about it."""
    row = session.exec(
        select(Notification).where(Notification.analyst_id == analyst_id, Notification.key == key).with_for_update()
    ).first()
    if row is None:
        row = Notification(
            analyst_id=analyst_id,
            key=key,
            kind=kind,
            case_id=case_id,
            subject_id=subject_id,
            created_at=now,
            due_at=now,
            sent_at=now,
        )
    release(session, analyst_id, screen)
    row.screen = screen
    session.add(row)


def release(session: Session, analyst_id: int, screen: int) -> None:
    """Something else is drawn there now: what the screen showed before is no longer on it."""
    session.execute(
        update(Notification)
        .where(col(Notification.analyst_id) == analyst_id, col(Notification.screen) == screen)
        .values(screen=None),
        execution_options={"synchronize_session": "fetch"},
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """What a reply to a screen means: new text for a draft, words for a case's dentist, the protocol of a quarantined
    contact, an answer to a prompt of a dialogue; or nothing, where all are None."""

    message_id: int | None = None
    case_id: int | None = None
    contact_id: int | None = None
    prompt: str | None = None


def about(session: Session, analyst: Analyst, screen: int, tokens: Sequence[str], *, now: datetime) -> Subject:
    """What a reply to a screen of the analyst's chat means: as remembered, else as its buttons say.

    A process may have died, or the analyst been quick, between drawing a screen and remembering it. Only a dentist's
    card and a message to a dentist lead to the dentist: what is said to any other screen is internal.
    """
    row = session.exec(
        select(Notification)
        .where(Notification.analyst_id == analyst.id, Notification.screen == screen)
        .order_by(col(Notification.id).desc())
    ).first()
    if row is not None:
        return _remembered(session, row)
    drawn = session.exec(
        select(ButtonToken).where(col(ButtonToken.token).in_(tokens), ButtonToken.analyst_id == analyst.id)
    ).all()
    message_id = next((t.arguments["message_id"] for t in drawn if "message_id" in t.arguments), None)
    if message_id is not None:
        return _of_message(session, message_id)
    step_key = next((t.arguments[STEP_KEY] for t in drawn if t.action == OF_QUESTION), None)
    if step_key is not None:
        return Subject(prompt=f"prompt:{step_key}")
    return Subject(case_id=next((t.arguments["case_id"] for t in drawn if t.action == OF_REPLY_CARD), None))


def cases_shown(session: Session, analyst: Analyst, *, limit: int) -> list[int]:
    """The cases that the lowest screens of somebody's chat are about."""
    screens = (
        select(Notification.case_id)
        .where(
            Notification.analyst_id == analyst.id,
            col(Notification.screen).is_not(None),
            col(Notification.case_id).is_not(None),
        )
        .order_by(col(Notification.screen).desc())
        .limit(limit)
    )
    return [case_id for case_id in session.exec(screens) if case_id is not None]


def case_of(session: Session, analyst: Analyst, screen: int, *, kind: str | None = None) -> int | None:
    """The case that a screen of the analyst's chat, of one kind or of any, is about."""
    statement = select(Notification.case_id).where(
        Notification.analyst_id == analyst.id, Notification.screen == screen, col(Notification.case_id).is_not(None)
    )
    return session.exec(statement if kind is None else statement.where(Notification.kind == kind)).first()


def _remembered(session: Session, row: Notification) -> Subject:
    if row.kind == "message" and row.subject_id is not None:
        return _of_message(session, row.subject_id)
    if row.kind == "reply":
        return Subject(case_id=row.case_id)
    if row.kind == "quarantine":
        return Subject(contact_id=row.subject_id)
    if row.kind == "forwarded":  # of the conversation in hand, whatever was asked about it last
        step = session.get(DialogueStep, row.analyst_id)
        return Subject(prompt=f"prompt:{step.key}" if step is not None else None)
    return Subject(prompt=row.key if row.kind == "prompt" else None)


def _of_message(session: Session, message_id: int) -> Subject:
    """What is said to the screen of a message that is out, or may be, is for the dentist; to any other it is about the
    message itself: new words for a draft, and refused with the reason where it can't have any."""
    message = session.get(Message, message_id)
    if message is None:
        return Subject()
    return Subject(case_id=message.case_id) if message.status in MAY_BE_OUT else Subject(message_id=message.id)


def _locked(session: Session, notification_id: int) -> Notification:
    return session.exec(select(Notification).where(Notification.id == notification_id).with_for_update()).one()
