"""Campaigns' cases, in bulk: which are meant, how they stand, what became of those written to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, true
from sqlmodel import Session, col, select

from messages.campaigns import CampaignStatus, Wanted
from messages.places import NO_UF
from messages.stages import Stage
from messages.statuses import MessageStatus
from storage.models import Campaign, CampaignCase, Case, Dentist, FollowUp, Message
from storage.queries import Whose, in_hands

_AT_WORK = (CampaignStatus.FILLING, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)
_APPROVED = (CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED)
_IN_HAND = (MessageStatus.DRAFT, MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)
_LEAVING = (MessageStatus.QUEUED, MessageStatus.SENDING)
WAITS = and_(col(CampaignCase.excluded).is_(None), col(CampaignCase.message_id).is_(None))
ANSWERED = col(Case.last_in_at) > col(Message.sent_at)  # of a case and its message: written since it left
_STAGES: dict[Stage, ColumnElement[bool]] = {
    Stage.UNTOUCHED: col(Case.first_out_at).is_(None),
    Stage.ADDRESSED: and_(col(Case.first_out_at).is_not(None), col(Case.last_in_at).is_(None)),
    Stage.TALKED: and_(col(Case.last_in_at).is_not(None), col(Case.unread) == 0),
}


def meant(
    wanted: Wanted, whose: Whose, still_before: datetime | None, spelt: Collection[str] = ()
) -> ColumnElement[bool]:
    """Of cases: open, of these people, and as wanted. ``spelt``: the spellings of the city that is wanted."""
    return and_(
        col(Case.closed_at).is_(None),
        in_hands(whose),
        col(Case.city).in_(spelt) if wanted.city else true(),
        _in_uf(wanted.uf),
        _reason_is(wanted.reason) if wanted.reason else true(),
        _STAGES[wanted.stage] if wanted.stage else true(),
        col(Case.last_touch_at) < still_before if still_before else true(),
    )


def _in_uf(uf: str | None) -> ColumnElement[bool]:
    if uf is None:
        return true()
    return col(Case.uf) == uf if uf != NO_UF else col(Case.uf).is_(None)


def spellings(session: Session, uf: str | None) -> Sequence[str]:
    """How the open cases of a state, or of all, spell their cities."""
    spelt = select(Case.city).where(col(Case.closed_at).is_(None), _in_uf(uf), col(Case.city).is_not(None)).distinct()
    return [city for city in session.exec(spelt) if city is not None]


def _reason_is(reason: str) -> ColumnElement[bool]:
    """What the protocol says, or what it turned out to be: a list kept as JSON, asked as the text that it is."""
    as_kept = dumps(reason)
    return or_(
        *(cast(column, String).contains(as_kept, autoescape=True) for column in (Case.reasons_stated, Case.reasons))
    )


def count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.exec(select(func.count(col(Case.id))).where(condition)).one()


def by_place(session: Session, condition: ColumnElement[bool]) -> Sequence[tuple[str | None, str | None, int]]:
    """(city as it is spelt, UF, how many cases)."""
    number = func.count(col(Case.id))
    counted = select(Case.city, Case.uf, number).where(condition).group_by(col(Case.city), col(Case.uf))
    return session.exec(counted).all()


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
            WAITS,
            col(Campaign.status).in_(_APPROVED),
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
    """The campaign of this status that has waited longest for its turn; with ``lock``, nobody else's."""
    due = select(Campaign).where(col(Campaign.ended_at).is_(None), Campaign.status == status, Campaign.next_at <= now)
    first = due.order_by(col(Campaign.next_at), col(Campaign.id)).limit(1)
    return session.exec(first.with_for_update(skip_locked=True) if lock else first).first()


def anything_to_do(session: Session, now: datetime) -> bool:
    standing = col(Campaign.ended_at).is_(None)
    due = select(Campaign.id).where(standing, col(Campaign.status).in_(_AT_WORK), Campaign.next_at <= now)
    return session.exec(due.limit(1)).first() is not None


def waiting(session: Session, campaign_id: int, limit: int) -> Sequence[CampaignCase]:
    """Who comes next."""
    theirs = select(CampaignCase).where(CampaignCase.campaign_id == campaign_id, WAITS)
    return session.exec(theirs.order_by(col(CampaignCase.id)).limit(limit)).all()


def is_leaving(session: Session, campaign_id: int) -> bool:
    """Whether a message of it is still on its way out."""
    theirs = select(CampaignCase.id).join(Message, col(CampaignCase.message_id) == Message.id)
    out = theirs.where(CampaignCase.campaign_id == campaign_id, col(Message.status).in_(_LEAVING))
    return session.exec(out.limit(1)).first() is not None


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
    left = session.exec(select(number).where(own, WAITS)).one()
    told = select(Message.status, number).join(CampaignCase, col(CampaignCase.message_id) == Message.id).where(own)
    sent = session.exec(told.group_by(col(Message.status))).all()
    since = (
        select(number)
        .join(Message, col(CampaignCase.message_id) == Message.id)
        .join(Case, col(CampaignCase.case_id) == Case.id)
        .where(own, ANSWERED)
    )
    out = {MessageStatus(status): many for status, many in sent}
    return Tally(left, left_out(session, campaign_id), out, session.exec(since).one())


def left_out(session: Session, campaign_id: int) -> dict[str, int]:
    """Why cases of a campaign are not written to → how many, the most first."""
    number = func.count(col(CampaignCase.id))
    out = select(CampaignCase.excluded, number).where(
        CampaignCase.campaign_id == campaign_id, col(CampaignCase.excluded).is_not(None)
    )
    grouped = out.group_by(col(CampaignCase.excluded)).order_by(number.desc(), col(CampaignCase.excluded))
    return {why: many for why, many in session.exec(grouped) if why is not None}


def newest(session: Session, analyst_id: int | None, before: int | None, limit: int) -> list[Campaign]:
    """A person's campaigns, or everybody's, the newest first; ``before``: those older than this one."""
    mine = col(Campaign.analyst_id) == analyst_id if analyst_id is not None else true()
    older = col(Campaign.id) < before if before is not None else true()
    return list(session.exec(select(Campaign).where(mine, older).order_by(col(Campaign.id).desc()).limit(limit)))
