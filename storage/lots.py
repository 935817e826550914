"""Several messages at once: held, judged and changed in as many questions as one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, case, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from messages.errors import NotFound
from messages.statuses import ChannelName, MessageStatus, Role
from storage import queries
from storage.models import Analyst, Case, Contact, Dentist, Message


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, with the case and the dentist that it is about."""

    message: Message
    case: Case
    dentist: Dentist


def hold(session: Session, analyst: Analyst, message_ids: Collection[int]) -> list[Entry]:
    """These messages, locked as one alone would be: the message first, then its case.

    Raises NotFound where one is gone, or not of the analyst's cases.
    """
    messages = session.exec(
        select(Message).where(col(Message.id).in_(message_ids)).order_by(col(Message.id)).with_for_update()
    ).all()
    theirs = queries.in_hands(queries.whose_cases(session, analyst))
    rows = session.exec(
        select(Case, Dentist)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(col(Case.id).in_({m.case_id for m in messages}), theirs)
        .order_by(col(Case.id))
        .with_for_update(of=Case)
    ).all()
    known = {row.id: (row, dentist) for row, dentist in rows}
    if len(messages) < len(set(message_ids)) or any(m.case_id not in known for m in messages):
        raise NotFound("Não encontrei uma destas mensagens: abra a lista de novo.")
    return [Entry(m, *known[m.case_id]) for m in messages]


def prepared(session: Session, analyst: Analyst, limit: int) -> list[Entry]:
    """The drafts that we send ourselves, the oldest first."""
    statement = (
        select(Message, Case, Dentist)
        .join(Case, col(Message.case_id) == Case.id)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(
            Message.status == MessageStatus.DRAFT,
            col(Message.channel) != ChannelName.MANUAL,
            queries.in_hands(queries.whose_cases(session, analyst)),
        )
    )
    rows = session.exec(statement.order_by(col(Message.created_at), col(Message.id)).limit(limit))
    return [Entry(*row) for row in rows]


def count_drafts(session: Session, analyst: Analyst) -> dict[ChannelName, int]:
    """How many drafts go which way."""
    statement = (
        select(Message.channel, func.count(col(Message.id)))
        .join(Case, col(Message.case_id) == Case.id)
        .where(Message.status == MessageStatus.DRAFT, queries.in_hands(queries.whose_cases(session, analyst)))
        .group_by(col(Message.channel))
    )
    return {ChannelName(channel): number for channel, number in session.exec(statement)}


def wrote_since(session: Session, case_ids: Iterable[int], since: datetime) -> set[tuple[int | None, str | None]]:
    """(case, number) for each number that wrote over WhatsApp's API since then."""
    rows = session.exec(
        select(Contact.case_id, Contact.address)
        .where(
            col(Contact.case_id).in_(set(case_ids)),
            queries.OPENS_WINDOW,
            Contact.occurred_at > since,
        )
        .distinct()
    )
    return set(rows.all())


def dentists_of(session: Session, case_ids: Collection[int]) -> dict[int, Dentist]:
    """Case → whom it is about."""
    rows = session.exec(
        select(Case.id, Dentist).join(Dentist, col(Case.dentist_id) == Dentist.id).where(col(Case.id).in_(case_ids))
    )
    return {case_id: dentist for case_id, dentist in rows if case_id is not None}


_author, _owner = aliased(Analyst), aliased(Analyst)
_author_is_there = and_(
    col(_author.active).is_(True),
    col(_author.substitute_id).is_(None),
    or_(
        col(_author.role) == Role.SUPERVISOR,
        col(Case.analyst_id) == col(_author.id),
        col(_owner.substitute_id) == col(_author.id),
    ),
)
_ANSWERS = case(  # as `people.answerable`: the author, while there and able to see the case; else whoever holds it
    (_author_is_there, col(_author.id)), else_=func.coalesce(col(_owner.substitute_id), col(_owner.id))
)
_LEFT_OPEN = and_(
    col(Message.status) == MessageStatus.DRAFT,
    col(Message.channel) == ChannelName.MANUAL,
    col(Message.offered_at).is_not(None),
    col(Case.id) == col(Message.case_id),
    col(_owner.id) == col(Case.analyst_id),
    col(_author.id) == col(Message.analyst_id),
)


def left_open(
    session: Session, analyst: Analyst, *, after: tuple[datetime, int] | None, limit: int
) -> tuple[list[Entry], int]:
    """What a person was offered to send by hand and has said nothing about: a page, the oldest first, and how many in
    all. ``after`` is the last row's place of the page before."""
    wanted = and_(_LEFT_OPEN, _ANSWERS.in_([analyst.id]))
    total = session.exec(select(func.count(col(Message.id))).where(wanted)).one()
    statement = select(Message, Case, Dentist).where(wanted, col(Dentist.id) == col(Case.dentist_id))
    if after is not None:
        at, number = after
        then = and_(col(Message.offered_at) == at, col(Message.id) > number)
        statement = statement.where(or_(col(Message.offered_at) > at, then))
    rows = session.exec(statement.order_by(col(Message.offered_at), col(Message.id)).limit(limit))
    return [Entry(*row) for row in rows], total


def unasked(session: Session, closing: datetime, day: date, *, lock: bool = False) -> list[Analyst]:
    """Who left something open by the end of a working day and was not asked about that day; with ``lock``, against
    every other asker."""
    left = exists().where(_LEFT_OPEN, col(Message.offered_at) <= closing, col(Analyst.id) == _ANSWERS)
    not_yet = or_(col(Analyst.asked_on).is_(None), col(Analyst.asked_on) < day)
    statement = select(Analyst).where(col(Analyst.active).is_(True), not_yet, left).order_by(col(Analyst.id))
    if lock:
        statement = statement.with_for_update(skip_locked=True, key_share=True)
    return list(session.exec(statement))
