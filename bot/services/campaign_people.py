"""Who a campaign's cases are: those that wait, those left out and why, what became of those written to, and what
somebody who waits would read."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import audit, campaigns
from bot.services.day import PAGE
from bot.services.operation import Operation
from messages.campaigns import TAKEN_OUT, CampaignStatus, Group
from messages.errors import Conflict, NotFound
from storage import campaign_people as stored
from storage import campaigns as stored_campaigns
from storage import people, queries
from storage.campaign_people import Person
from storage.models import Analyst, Campaign, CampaignCase, Case, Contact, Dentist, Message

CHANGING = (*campaigns.AHEAD, CampaignStatus.RUNNING, CampaignStatus.PAUSED)
GONE = "Este caso já não espera nesta campanha: veja como ele está, na lista."


@dataclass(frozen=True, slots=True)
class Shown:
    """One of a page. ``owner``: the name of whoever has the case, where it is not the reader. ``case`` and ``dentist``
    are None where the case has become somebody's whose cases the reader does not see: that it is one is told, no more.
    ``said``: what the dentist wrote last, of those who have answered."""

    owner: str | None
    case: Case | None
    dentist: Dentist | None
    message: Message | None
    number: int  # among the campaign's cases
    said: Contact | None


@dataclass(frozen=True, slots=True)
class Page:
    """``total`` counts the whole group; ``after`` is what the next page begins after, None on the last."""

    campaign: Campaign
    group: Group
    why: str | None
    rows: list[Shown]
    total: int
    after: int | None
    first: bool


def page(
    session: Session,
    analyst: Analyst,
    campaign_id: int,
    group: Group,
    why: str | None = None,
    *,
    after: int = 0,
    limit: int = PAGE,
    now: datetime,
) -> Page:
    """Who is in a group of a campaign's; of those left out, for one reason. Raises NotFound for somebody else's."""
    campaign = campaigns.campaign_for(session, analyst, campaign_id)
    whose = queries.whose_cases(session, analyst)
    found = stored.page(session, campaign_id, group, why, after=after, limit=limit + 1)
    seen = {p.case.id for p in found[:limit] if whose is None or p.case.analyst_id in whose}
    said = _last_words(session, seen) if group is Group.ANSWERED else {}
    rows = [_shown(p, analyst, seen, said) for p in found[:limit]]
    total = stored.count(session, campaign_id, group, why)
    return Page(campaign, group, why, rows, total, rows[-1].number if len(found) > limit else None, after == 0)


def _shown(person: Person, analyst: Analyst, seen: set[int | None], said: dict[int | None, Contact]) -> Shown:
    case, number = person.case, person.one.id or 0
    owner = person.owner if case.analyst_id != analyst.id else None
    if case.id not in seen:
        return Shown(owner, None, None, None, number, None)
    return Shown(owner, case, person.dentist, person.message, number, said.get(case.id))


def _last_words(session: Session, case_ids: set[int | None]) -> dict[int | None, Contact]:
    return {c.case_id: c for c in queries.last_replies(session, [number for number in case_ids if number is not None])}


def reasons(session: Session, analyst: Analyst, campaign_id: int, *, now: datetime) -> dict[str, int]:
    """Why cases are left out → how many, the most first. Raises NotFound for somebody else's campaign."""
    campaigns.campaign_for(session, analyst, campaign_id)
    return stored_campaigns.left_out(session, campaign_id)


@dataclass(frozen=True, slots=True)
class Example:
    """Somebody who waits, and what they would read now; ``text`` is None where it would not leave."""

    campaign: Campaign
    case: Case
    dentist: Dentist
    text: str | None
    number: int


def example(
    session: Session,
    analyst: Analyst,
    campaign_id: int,
    op: Operation,
    *,
    number: int | None = None,
    after: int = 0,
    now: datetime,
) -> Example:
    """The one who waits under this number, else the next one after a row; after the last one comes the first.

    Raises NotFound for somebody else's campaign, Conflict where nobody waits there any more.
    """
    campaign = campaigns.campaign_for(session, analyst, campaign_id)
    whose = queries.whose_cases(session, analyst)
    found = stored.waiting(session, campaign_id, whose, number=number, after=after)
    if found is None and number is None and after:
        found = stored.waiting(session, campaign_id, whose)
    if found is None:
        raise Conflict(GONE)
    one, case, dentist = found
    actor = people.acting(session, {case.analyst_id}).get(case.analyst_id)
    text = campaigns.as_read(op.library[campaign.template_key], case, dentist, actor, op, now)
    return Example(campaign, case, dentist, text, one.id or 0)


def take_out(session: Session, analyst: Analyst, campaign_id: int, number: int, *, now: datetime) -> Campaign:
    """This one does not get it, the others do. Raises NotFound, Conflict once it was handed over."""
    campaign = _changing(session, analyst, campaign_id)
    found = stored.waiting(session, campaign_id, queries.whose_cases(session, analyst), number=number)
    if found is None:
        raise Conflict(GONE)
    one, case, _ = found
    one.excluded = TAKEN_OUT
    session.add(one)
    audit.record(session, analyst, "campaign_taken_out", campaign, now=now, case=case.id)
    return campaign


def put_back(session: Session, analyst: Analyst, campaign_id: int, number: int, *, now: datetime) -> Campaign:
    """Whoever was taken out gets it after all, if nothing else speaks against it then. Raises NotFound, Conflict."""
    campaign = _changing(session, analyst, campaign_id)
    one = session.get(CampaignCase, number)
    if one is None or one.campaign_id != campaign_id:
        raise NotFound("Não encontrei este caso na campanha.")
    queries.case_for(session, one.case_id, analyst)
    if one.excluded != TAKEN_OUT:
        raise Conflict("Este caso não foi tirado à mão: veja como ele está, na lista.")
    one.excluded = None
    session.add(one)
    audit.record(session, analyst, "campaign_put_back", campaign, now=now, case=one.case_id)
    return campaign


def _changing(session: Session, analyst: Analyst, campaign_id: int) -> Campaign:
    """Held until the commit, so that no lot of it leaves meanwhile."""
    campaign = campaigns.held(session, analyst, campaign_id)
    if campaign.status not in CHANGING:
        raise Conflict("Esta campanha já terminou, ou ainda está sendo montada.")
    return campaign
