"""Who the cases of a campaign are, a page at a time: who waits, who is left out, who was written to and how it went.

A page is asked for by the last row of the page before; each group has an index that gives it in this order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import Session, col

from messages.campaigns import STATUSES, Group
from messages.statuses import MessageStatus
from storage.campaigns import ANSWERED, WAITS
from storage.models import Analyst, CampaignCase, Case, Dentist, Message
from storage.queries import Whose, in_hands

_WRITTEN = col(CampaignCase.message_id).is_not(None)


@dataclass(frozen=True, slots=True)
class Person:
    """One of a campaign's cases. ``owner``: the name of whoever has the case now."""

    one: CampaignCase
    case: Case
    dentist: Dentist
    owner: str
    message: Message | None


def page(session: Session, campaign_id: int, group: Group, why: str | None, *, after: int, limit: int) -> list[Person]:
    """Those of a group after a row, in the order in which they are written to. ``why``: left out for this reason."""
    columns = select(CampaignCase, Case, Dentist, col(Analyst.name), Message)
    statement = _of(columns, campaign_id, group, why)
    statement = statement.join(Dentist, col(Case.dentist_id) == col(Dentist.id))
    statement = statement.join(Analyst, col(Case.analyst_id) == col(Analyst.id))
    found = session.execute(statement.where(col(CampaignCase.id) > after).order_by(col(CampaignCase.id)).limit(limit))
    return [Person(*row) for row in found]


def count(session: Session, campaign_id: int, group: Group, why: str | None) -> int:
    number: int = session.execute(_of(select(func.count()), campaign_id, group, why)).scalar_one()
    return number


@dataclass(frozen=True, slots=True)
class Line:
    """One of a campaign's cases in few words. ``owner``: the name of whoever has the case now; ``answered``: the
    dentist has written since the message left."""

    case_id: int
    analyst_id: int
    owner: str
    protocol: str
    city: str | None
    uf: str | None
    dentist: str
    treatment: str | None
    excluded: str | None
    status: MessageStatus | None
    status_at: datetime | None
    sent_at: datetime | None
    error: str | None
    last_in_at: datetime | None
    answered: bool | None


def lines(session: Session, campaign_id: int, *, after: int, limit: int) -> list[Line]:
    """All of them after a case, in the order of the cases."""
    case = [Case.id, Case.analyst_id, Analyst.name, Case.protocol, Case.city, Case.uf, Dentist.name, Dentist.treatment]
    message = [Message.status, Message.status_at, Message.sent_at, Message.error]
    columns: list[Any] = [*case, CampaignCase.excluded, *message, Case.last_in_at, ANSWERED]
    statement = (
        select(*columns)
        .select_from(CampaignCase)
        .join(Case, col(CampaignCase.case_id) == col(Case.id))
        .join(Dentist, col(Case.dentist_id) == col(Dentist.id))
        .join(Analyst, col(Case.analyst_id) == col(Analyst.id))
        .outerjoin(Message, col(CampaignCase.message_id) == col(Message.id))
        .where(col(CampaignCase.campaign_id) == campaign_id, col(CampaignCase.case_id) > after)
    )
    return [Line(*row) for row in session.execute(statement.order_by(col(CampaignCase.case_id)).limit(limit))]


def waiting(
    session: Session, campaign_id: int, whose: Whose, *, number: int | None = None, after: int = 0
) -> tuple[CampaignCase, Case, Dentist] | None:
    """Of those that wait and are theirs, the one of this number, else the first after a row."""
    statement = _of(select(CampaignCase, Case, Dentist), campaign_id, Group.WAITING, None)
    statement = statement.join(Dentist, col(Case.dentist_id) == col(Dentist.id)).where(in_hands(whose))
    which = col(CampaignCase.id) == number if number is not None else col(CampaignCase.id) > after
    found = session.execute(statement.where(which).order_by(col(CampaignCase.id)).limit(1)).first()
    return (found[0], found[1], found[2]) if found is not None else None


def _of(statement: Any, campaign_id: int, group: Group, why: str | None) -> Any:
    """Of a campaign's cases, those of a group; each with its message, where it has one."""
    statement = statement.select_from(CampaignCase).join(Case, col(CampaignCase.case_id) == col(Case.id))
    statement = statement.outerjoin(Message, col(CampaignCase.message_id) == col(Message.id))
    return statement.where(col(CampaignCase.campaign_id) == campaign_id, _in(group, why))


def _in(group: Group, why: str | None) -> ColumnElement[bool]:
    match group:
        case Group.WAITING:
            return WAITS
        case Group.LEFT_OUT:
            return col(CampaignCase.excluded) == why
        case Group.ANSWERED:
            return and_(_WRITTEN, ANSWERED)
        case _:
            return and_(_WRITTEN, col(Message.status).in_(STATUSES[group]))
