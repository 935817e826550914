"""Campaigns' cases, in bulk: which are meant, how they stand, what became of those written to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, true
from sqlmodel import Session, col, select

from messages.campaigns import CampaignStatus, Wanted
from messages.stages import Stage
from messages.statuses import MessageStatus
from storage.models import Campaign, CampaignCase, Case, Dentist, FollowUp, Message
from storage.queries import Whose, in_hands

_AT_WORK = (CampaignStatus.FILLING, CampaignStatus.RUNNING)
_IN_HAND = (MessageStatus.DRAFT, MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)
_LEAVING = (MessageStatus.QUEUED, MessageStatus.SENDING)
_WAITS = and_(col(CampaignCase.excluded).is_(None), col(CampaignCase.message_id).is_(None))
_STAGES: dict[Stage, ColumnElement[bool]] = {
    Stage.UNTOUCHED: col(Case.first_out_at).is_(None),
    Stage.ADDRESSED: and_(col(Case.first_out_at).is_not(None), col(Case.last_in_at).is_(None)),
    Stage.TALKED: and_(col(Case.last_in_at).is_not(None), col(Case.unread) == 0),
}


def meant(wanted: Wanted, whose: Whose, still_before: datetime | None) -> ColumnElement[bool]:
    """Of cases: open, of these people, and as wanted."""
    return and_(
        col(Case.closed_at).is_(None),
        in_hands(whose),
        col(Case.city) == wanted.city if wanted.city else true(),
        col(Case.uf) == wanted.uf if wanted.uf else true(),
        _reason_is(wanted.reason) if wanted.reason else true(),
        _STAGES[wanted.stage] if wanted.stage else true(),
        col(Case.last_touch_at) < still_before if still_before else true(),
    )


def _reason_is(reason: str) -> ColumnElement[bool]:
    """What the protocol says, or what it turned out to be: a list kept as JSON, asked as the text that it is."""
    as_kept = dumps(reason)
    return or_(
        *(cast(column, String).contains(as_kept, autoescape=True) for column in (Case.reasons_stated, Case.reasons))
    )


def count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.exec(select(func.count(col(Case.id))).where(condition)).one()


def places(session: Session, condition: ColumnElement[bool], limit: int) -> list[tuple[str, str | None, int]]:
    """(city, UF, how many cases), the most first."""
    number = func.count(col(Case.id))
    statement = select(Case.city, Case.uf, number).where(condition, col(Case.city).is_not(None))
    grouped = statement.group_by(col(Case.city), col(Case.uf)).order_by(number.desc(), col(Case.city)).limit(limit)
    return [(city, uf, many) for city, uf, many in session.exec(grouped) if city is not None]


def chunk(session: Session, condition: ColumnElement[bool], after: int, limit: int) -> list[tuple[Case, Dentist]]:
    """The next cases by id, with their dentists."""
    statement = select(Case, Dentist).join(Dentist, col(Case.dentist_id) == Dentist.id).where(condition)
    return list(session.exec(statement.where(col(Case.id) > after).order_by(col(Case.id)).limit(limit)))


def with_dentists(session: Session, case_ids: Collection[int]) -> list[tuple[Case, Dentist]]:
    """Locked until the commit: what is judged of them holds until they are written to."""
    statement = select(Case, Dentist).join(Dentist, col(Case.dentist_id) == Dentist.id)
    found = statement.where(col(Case.id).in_(case_ids)).order_by(col(Case.id)).with_for_update(of=Case)
    return list(session.exec(found.execution_options(populate_existing=True)))


@dataclass(frozen=True, slots=True)
class Marked:
    """Of some cases, which are spoken for already."""

    in_hand: set[int]  # a message is a draft, on its way or in doubt
    promised: set[int]
    elsewhere: set[int]  # they wait in another campaign
    numbers: set[str]  # that this campaign has already


def marked(session: Session, campaign_id: int, case_ids: Collection[int], numbers: Collection[str]) -> Marked:
    of = col(Message.case_id).in_(case_ids)
    in_hand = session.exec(select(Message.case_id).where(of, col(Message.status).in_(_IN_HAND)).distinct())
    promised = select(FollowUp.case_id).where(col(FollowUp.case_id).in_(case_ids), col(FollowUp.done_at).is_(None))
    others = (
        select(CampaignCase.case_id)
        .join(Campaign, col(CampaignCase.campaign_id) == Campaign.id)
        .where(
            col(CampaignCase.case_id).in_(case_ids),
            CampaignCase.campaign_id != campaign_id,
            _WAITS,
            col(Campaign.status).in_([CampaignStatus.RUNNING, CampaignStatus.PAUSED]),
        )
    )
    same = select(CampaignCase.address).where(
        CampaignCase.campaign_id == campaign_id,
        col(CampaignCase.address).in_(numbers),
        col(CampaignCase.excluded).is_(None),
        col(CampaignCase.case_id).not_in(case_ids),
    )
    return Marked(
        set(in_hand), set(session.exec(promised)), set(session.exec(others)), {n for n in session.exec(same) if n}
    )


def at_work(session: Session, status: CampaignStatus, now: datetime, *, lock: bool) -> Campaign | None:
    """The campaign of this status that has waited longest for its next lot; with ``lock``, nobody else's."""
    due = select(Campaign).where(col(Campaign.ended_at).is_(None), Campaign.status == status, Campaign.next_at <= now)
    first = due.order_by(col(Campaign.next_at), col(Campaign.id)).limit(1)
    return session.exec(first.with_for_update(skip_locked=True) if lock else first).first()


def anything_to_do(session: Session, now: datetime) -> bool:
    standing = col(Campaign.ended_at).is_(None)
    due = select(Campaign.id).where(standing, col(Campaign.status).in_(_AT_WORK), Campaign.next_at <= now)
    return session.exec(due.limit(1)).first() is not None


def waiting(session: Session, campaign_id: int, limit: int) -> Sequence[CampaignCase]:
    """Who comes next."""
    theirs = select(CampaignCase).where(CampaignCase.campaign_id == campaign_id, _WAITS)
    return session.exec(theirs.order_by(col(CampaignCase.id)).limit(limit)).all()


def is_leaving(session: Session, campaign_id: int) -> bool:
    """Whether a message of it is still on its way out."""
    theirs = select(CampaignCase.id).join(Message, col(CampaignCase.message_id) == Message.id)
    out = theirs.where(CampaignCase.campaign_id == campaign_id, col(Message.status).in_(_LEAVING))
    return session.exec(out.limit(1)).first() is not None


def samples(session: Session, campaign_id: int, limit: int) -> list[int]:
    """Some of the cases that are to be written to."""
    theirs = select(CampaignCase.case_id).where(CampaignCase.campaign_id == campaign_id, _WAITS)
    return list(session.exec(theirs.order_by(col(CampaignCase.id)).limit(limit)))


@dataclass(frozen=True, slots=True)
class Tally:
    waiting: int
    excluded: dict[str, int]  # why → how many, the most first
    sent: dict[MessageStatus, int]
    answered: int  # of those written to, who has written since


def tally(session: Session, campaign_id: int) -> Tally:
    """How a campaign stands, in four questions."""
    own = CampaignCase.campaign_id == campaign_id
    number = func.count(col(CampaignCase.id))
    left = session.exec(select(number).where(own, _WAITS)).one()
    out = select(CampaignCase.excluded, number).where(own, col(CampaignCase.excluded).is_not(None))
    excluded = session.exec(out.group_by(col(CampaignCase.excluded)).order_by(number.desc())).all()
    told = select(Message.status, number).join(CampaignCase, col(CampaignCase.message_id) == Message.id).where(own)
    sent = session.exec(told.group_by(col(Message.status))).all()
    since = (
        select(number)
        .join(Message, col(CampaignCase.message_id) == Message.id)
        .join(Case, col(CampaignCase.case_id) == Case.id)
        .where(own, col(Case.last_in_at) > col(Message.sent_at))
    )
    reasons = {why: many for why, many in excluded if why is not None}
    return Tally(left, reasons, {MessageStatus(s): n for s, n in sent}, session.exec(since).one())


def newest(session: Session, analyst_id: int | None, limit: int) -> list[Campaign]:
    """A person's campaigns, or everybody's, the newest first."""
    mine = col(Campaign.analyst_id) == analyst_id if analyst_id is not None else true()
    return list(session.exec(select(Campaign).where(mine).order_by(col(Campaign.id).desc()).limit(limit)))
