"""Campaigns: one approved message for many cases, chosen, looked at, approved, and sent a few at a time.

Each send is an ordinary message of its case. Whom it may not reach is asked when the campaign is put together, again
when a case's turn comes, and, as for every message, when it leaves.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, and_, col, select, update

from bot.services import audit, limits, meta_templates, notices
from bot.services.day import moments_before
from bot.services.facts import case_facts, example_of
from bot.services.operation import Operation
from bot.services.standing import standings
from messages.cadence import TEMPLATES, Step
from messages.campaigns import (
    ELSEWHERE,
    ENDED,
    HALTED,
    HALTED_CASE,
    IN_HAND,
    INCOMPLETE,
    JUST_TOUCHED,
    OPTED_OUT,
    ORPHANED,
    PROMISED,
    RULE,
    SAME_NUMBER,
    UNFIT,
    UNREACHABLE,
    WAITING,
    CampaignStatus,
    Wanted,
)
from messages.errors import Conflict, InvalidInput, NotFound
from messages.limits import Room
from messages.places import Place, same_city, together
from messages.policy import Standing, Whole
from messages.statuses import ChannelName, MessageStatus, Role
from messages.templates import Template
from storage import campaigns as stored
from storage import people, queries
from storage.addresses import primary_addresses
from storage.campaigns import Marked, Tally
from storage.models import Analyst, Campaign, CampaignCase, Case, Dentist, Message
from storage.upsert import insert_new

CHUNK = 500  # cases that are judged in one transaction
A_LOT = timedelta(minutes=1)  # between two lots
A_DAY = timedelta(days=1)
SAMPLES = 3
NOTICE = "campaign"
OVER = "Esta campanha já terminou."
AHEAD = (CampaignStatus.READY, CampaignStatus.SCHEDULED)  # nothing of it has been handed over yet
_JUST_APPROVED = (CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)


def templates(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> list[Template]:
    """What a campaign may say: whole texts in the words that Meta has approved."""
    wholes = [t for t in op.library.values() if t.whole]
    judged = zip(wholes, _at_meta(session, wholes, op), strict=True)
    return [template for template, at_meta in judged if at_meta.problem is None]


def _at_meta(session: Session, wholes: Sequence[Template], op: Operation) -> list[Whole]:
    facts = example_of(op)
    return meta_templates.judge(session, [(t.whatsapp_name, t.render(facts), t.parameters(facts)) for t in wholes])


def begin(session: Session, analyst: Analyst, wanted: Wanted, key: str, op: Operation, *, now: datetime) -> Campaign:
    """Put one together: the worker judges its cases, and shows what came of it.

    Raises Conflict where nothing can be sent over the API, InvalidInput where no case is meant.
    """
    if not op.api_on:
        raise Conflict("Sem a API do WhatsApp não há campanha: as mensagens vão uma a uma, pelo seu WhatsApp.")
    if key not in {t.key for t in templates(session, analyst, op, now=now)}:
        raise InvalidInput("Este modelo não serve para campanha: escolha um dos que estão na tela.")
    if not count(session, analyst, wanted, op, now=now):
        raise InvalidInput("Nenhum caso aberto corresponde a esta escolha: mude o filtro.")
    assert analyst.id is not None
    campaign = Campaign(
        analyst_id=analyst.id,
        template_key=key,
        wanted=wanted.as_json(),
        status=CampaignStatus.FILLING,
        next_at=now,
        created_at=now,
    )
    session.add(campaign)
    session.flush()
    audit.record(session, analyst, "campaign_begun", campaign, now=now, template=key)
    return campaign


def count(session: Session, analyst: Analyst, wanted: Wanted, op: Operation, *, now: datetime) -> int:
    """How many cases are meant."""
    return stored.count(session, _meant(session, analyst, wanted, op, now))


def places(session: Session, analyst: Analyst, wanted: Wanted, op: Operation, *, now: datetime) -> list[Place]:
    """Where the cases are that are wanted otherwise: states and cities, the most first."""
    anywhere = replace(wanted, city=None, uf=None)
    return together(stored.by_place(session, _meant(session, analyst, anywhere, op, now)))


def _meant(session: Session, analyst: Analyst, wanted: Wanted, op: Operation, now: datetime) -> Any:
    """A city is asked for by all the spellings that it has now."""
    before = moments_before(op, wanted.days, now) if wanted.days else None
    city, spelt = wanted.city, list[str]()
    if city is not None:
        spelt = [one for one in stored.spellings(session, wanted.uf) if same_city(one, city)]
    return stored.meant(wanted, queries.whose_cases(session, analyst), before, spelt)


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether a campaign has something to do."""
    return stored.anything_to_do(session, now)


def fill(session: Session, op: Operation, *, now: datetime) -> int:
    """Judge the next cases of a campaign that is being put together. How many; the last of them make it ready."""
    campaign = stored.at_work(session, CampaignStatus.FILLING, now, lock=True)
    if campaign is None:
        return 0
    analyst = session.get_one(Analyst, campaign.analyst_id)
    condition = _meant(session, analyst, Wanted.of(campaign.wanted), op, now)
    found = stored.chunk(session, condition, campaign.filled_to, CHUNK)
    judged = _judge(session, campaign, found, op, now)
    insert_new(
        session,
        CampaignCase,
        [
            {"campaign_id": campaign.id, "case_id": j.case.id, "address": j.address, "excluded": j.excluded}
            for j in judged
        ],
    )
    if len(found) < CHUNK:
        campaign.status = CampaignStatus.READY
    if found:
        campaign.filled_to = found[-1][0].id or 0
    session.add(campaign)
    session.flush()
    _show(session, campaign, now)
    return max(len(found), 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case's turn: whom it is for and in whose name, or why it is left out."""

    case: Case
    address: str | None
    excluded: str | None
    facts: Any
    actor: Analyst | None


def _judge(
    session: Session, campaign: Campaign, found: Sequence[tuple[Case, Dentist]], op: Operation, now: datetime
) -> list[Judged]:
    """Each case by itself, in as many questions as one."""
    if not found:
        return []
    ids = [case.id or 0 for case, _ in found]
    standing = standings(session, ids)
    numbers = primary_addresses(session, {d.id or 0 for _, d in found}, ChannelName.WHATSAPP)
    marks = stored.marked(session, campaign.id or 0, ids, set(numbers.values()))
    actors = people.acting(session, {case.analyst_id for case, _ in found})
    template, taken = op.library[campaign.template_key], set(marks.numbers)
    judged = []
    for case, dentist in found:
        address, actor = numbers.get(dentist.id or 0), actors.get(case.analyst_id)
        facts = case_facts(case, dentist, actor, op, now=now) if actor is not None else None
        why = _why_not(case, standing[case.id or 0], marks, template, now)
        why = why or (ORPHANED if actor is None else UNREACHABLE if address is None else None)
        why = why or (SAME_NUMBER if address in taken else INCOMPLETE if template.missing(facts or {}) else None)
        if why is None and address is not None:
            taken.add(address)
        judged.append(Judged(case, address, why, facts, actor))
    return judged


def _why_not(case: Case, standing: Standing, marks: Marked, template: Template, now: datetime) -> str | None:
    number = case.id or 0
    untouched = case.first_out_at is None
    reasons = (
        (standing.closed, ENDED),
        (standing.opted_out_at is not None, OPTED_OUT),
        (standing.rule is not None, RULE),
        (case.cadence_held_at is not None, HALTED_CASE),
        (bool(case.unread), WAITING),
        (number in marks.promised, PROMISED),
        (number in marks.in_hand, IN_HAND),
        (number in marks.elsewhere, ELSEWHERE),
        (not untouched and case.spoke_at > now - A_DAY, JUST_TOUCHED),
        (untouched != (template.key == TEMPLATES[Step.FIRST]), UNFIT),
    )
    return next((why for holds, why in reasons if holds), None)


def feed(session: Session, op: Operation, *, now: datetime) -> int:
    """Hand the next lot of a running campaign to the outbox, in working hours; it is done once its last message has
    left. How many were looked at."""
    campaign = stored.at_work(session, CampaignStatus.RUNNING, now, lock=True)
    if campaign is None:
        return 0
    session.add(campaign)
    opening = op.next_working_moment(now, None)
    if opening > now:
        campaign.next_at = opening
        return 1
    by = session.get_one(Analyst, campaign.analyst_id)
    if campaign.template_key not in {t.key for t in templates(session, by, op, now=now)}:
        _take_back(session, campaign.id or 0, now)
        campaign.status = CampaignStatus.PAUSED  # Meta has taken its approval back, or the words were changed
        _show(session, campaign, now)
        return 1
    lot = stored.waiting(session, campaign.id or 0, op.campaign_rate)
    by_case = {one.case_id: one for one in lot}
    judged = _judge(session, campaign, stored.with_dentists(session, by_case), op, now)
    messages = {j.case.id: _message(campaign, j, op, now) for j in judged if j.excluded is None}
    session.add_all(messages.values())
    session.flush()
    for j in judged:
        one = by_case[j.case.id or 0]
        one.excluded, one.address = j.excluded, j.address
        one.message_id = messages[j.case.id].id if j.case.id in messages else None
    session.add_all(lot)
    audit.record_many(session, by, "approved", list(messages.values()), now=now)
    campaign.next_at = now + A_LOT
    session.flush()
    if len(lot) < op.campaign_rate and not stored.is_leaving(session, campaign.id or 0):
        campaign.status, campaign.ended_at = CampaignStatus.DONE, now
    _show(session, campaign, now)
    return max(len(lot), 1)


def _message(campaign: Campaign, judged: Judged, op: Operation, now: datetime) -> Message:
    """As if its analyst had approved the template."""
    case, actor, template = judged.case, judged.actor, op.library[campaign.template_key]
    assert case.id is not None and actor is not None and actor.id is not None
    leaves = op.next_working_moment(now, case.uf)
    return Message(
        case_id=case.id,
        analyst_id=actor.id,
        channel=ChannelName.WHATSAPP,
        address=judged.address,
        text=template.render(judged.facts),
        blocks=[template.key],
        said={template.key: template.words(judged.facts)},
        offers=[{"action": o.action, "justification": o.justification} for o in template.offers],
        template_name=template.whatsapp_name,
        template_parameters=template.parameters(judged.facts),
        status=MessageStatus.QUEUED,
        idempotency_key=secrets.token_hex(16),
        prepared_for=case.spoke_at,
        due_at=leaves,
        put_off=leaves > now,
        created_at=now,
        approved_at=now,
        status_at=now,
    )


def approve(session: Session, analyst: Analyst, campaign_id: int, op: Operation, *, now: datetime) -> Campaign:
    """Let it go, once the undo time has passed. Raises NotFound, Conflict when it is not ready, or for nobody."""
    campaign = to_approve(session, analyst, campaign_id, CampaignStatus.READY)
    campaign.approved_at = now
    return turn(session, analyst, campaign, CampaignStatus.RUNNING, now, begins=now + op.undo)


def to_approve(session: Session, analyst: Analyst, campaign_id: int, *stands: CampaignStatus) -> Campaign:
    """Held, as it stands on the screen of whoever lets it go. Raises NotFound, Conflict when it stands otherwise by
    now, or is for nobody."""
    campaign = held(session, analyst, campaign_id)
    if campaign.status not in stands:
        raise Conflict("Esta campanha já foi decidida: veja como está na tela.")
    if not stored.tally(session, campaign_id).waiting:
        raise Conflict("Não sobrou ninguém para receber: mude o filtro e monte outra.")
    return campaign


def undo(session: Session, analyst: Analyst, campaign_id: int, *, now: datetime) -> Campaign:
    """Take the approval back, also one for later. Raises NotFound, Conflict once something of it was handed to the
    outbox."""
    campaign = held(session, analyst, campaign_id)
    if campaign.status not in _JUST_APPROVED or stored.tally(session, campaign_id).sent:
        raise Conflict("Não dá mais para desfazer: veja como a campanha está.")
    campaign.approved_at = campaign.starts_at = None
    return turn(session, analyst, campaign, CampaignStatus.READY, now)


def pause(session: Session, analyst: Analyst, campaign_id: int, *, now: datetime) -> Campaign:
    """Nothing more of it leaves; what waits in the outbox is taken back, and prepared anew when it goes on. Raises
    NotFound, Conflict when it is not running."""
    campaign = held(session, analyst, campaign_id)
    if campaign.status is not CampaignStatus.RUNNING:
        raise Conflict("Esta campanha não está em andamento.")
    _take_back(session, campaign_id, now)
    return turn(session, analyst, campaign, CampaignStatus.PAUSED, now)


def resume(session: Session, analyst: Analyst, campaign_id: int, *, now: datetime) -> Campaign:
    """Go on. Raises NotFound, Conflict when it is not paused."""
    campaign = held(session, analyst, campaign_id)
    if campaign.status is not CampaignStatus.PAUSED:
        raise Conflict("Esta campanha não está pausada.")
    return turn(session, analyst, campaign, CampaignStatus.RUNNING, now)


def stop(session: Session, analyst: Analyst, campaign_id: int, *, now: datetime) -> Campaign:
    """For good: nobody else gets it, and what waits in the outbox does not leave. Raises NotFound, Conflict."""
    campaign = held(session, analyst, campaign_id)
    if campaign.status in (CampaignStatus.DONE, CampaignStatus.STOPPED):
        raise Conflict(OVER)
    _take_back(session, campaign_id, now)
    session.execute(
        update(CampaignCase)
        .where(
            col(CampaignCase.campaign_id) == campaign_id,
            col(CampaignCase.excluded).is_(None),
            col(CampaignCase.message_id).is_(None),
        )
        .values(excluded=HALTED),
        execution_options={"synchronize_session": False},
    )
    campaign.ended_at = now
    return turn(session, analyst, campaign, CampaignStatus.STOPPED, now)


def _take_back(session: Session, campaign_id: int, now: datetime) -> None:
    """What was handed to the outbox and has not left does not leave: its cases wait as before."""
    found = session.exec(
        select(Message, CampaignCase)
        .join(CampaignCase, col(CampaignCase.message_id) == Message.id)
        .where(CampaignCase.campaign_id == campaign_id, Message.status == MessageStatus.QUEUED)
        .order_by(col(Message.id))
        .with_for_update(of=Message)
    ).all()
    for message, one in found:
        message.status, message.status_at, message.due_at = MessageStatus.DISCARDED, now, None
        one.message_id = None
    session.flush()
    notices.message_changed(session, [message for message, _ in found], now=now)


def turn(
    session: Session,
    analyst: Analyst | None,
    campaign: Campaign,
    status: CampaignStatus,
    now: datetime,
    *,
    begins: datetime | None = None,
) -> Campaign:
    """It stands so from now on, by this person or, without one, by itself. ``begins``: when there is something to
    do."""
    campaign.status, campaign.next_at = status, begins or now
    session.add(campaign)
    told = {"begins": begins.isoformat()} if begins is not None else {}
    audit.record(session, analyst, f"campaign_{status.value}", campaign, now=now, **told)
    session.flush()
    _show(session, campaign, now)
    return campaign


def held(session: Session, analyst: Analyst, campaign_id: int) -> Campaign:
    """Whose it is, and those who supervise, may decide about it; nobody else until the commit. Raises NotFound."""
    campaign = session.exec(select(Campaign).where(Campaign.id == campaign_id).with_for_update()).first()
    return _theirs(campaign, analyst)


def campaign_for(session: Session, analyst: Analyst, campaign_id: int) -> Campaign:
    """Whose it is, and those who supervise, may see it and who its cases are. Raises NotFound."""
    return _theirs(session.get(Campaign, campaign_id), analyst)


def _theirs(campaign: Campaign | None, analyst: Analyst) -> Campaign:
    if campaign is None or (campaign.analyst_id != analyst.id and analyst.role is not Role.SUPERVISOR):
        raise NotFound("Não encontrei esta campanha: veja as suas em /campanha.")
    return campaign


def _show(session: Session, campaign: Campaign, now: datetime) -> None:
    """Its screen is kept current, for whoever began it and whoever has had it on a screen."""
    key = f"{NOTICE}:{campaign.id}"
    told = {campaign.analyst_id, *notices.people_with(session, key)}
    notices.touch(session, [notices.Touch(who, key, NOTICE, None, campaign.id) for who in told], now=now)


@dataclass(frozen=True, slots=True)
class View:
    """What a campaign's screen tells; ``samples`` are texts as some of the dentists would read them. ``at_meta``: how
    its message stands at Meta, while that is of interest: before it leaves, and where it leaves no more."""

    campaign: Campaign
    wanted: Wanted
    title: str  # of the message
    tally: Tally
    samples: list[tuple[Dentist, str]]
    last_sample: int  # the place of the last of these among the campaign's cases
    by: str
    at_meta: Whole | None
    submitted_as: str  # the category that we asked for
    room: Room | None  # that WhatsApp's limit of people leaves as it begins; None: without limit, or it has begun


def view(session: Session, analyst: Analyst, campaign_id: int, op: Operation, *, now: datetime) -> View:
    """Raises NotFound for somebody else's."""
    campaign = campaign_for(session, analyst, campaign_id)
    template = op.library[campaign.template_key]
    ahead = campaign.status in AHEAD
    samples = stored.waiting(session, campaign_id, SAMPLES) if ahead else []
    names = queries.names_of(session, {campaign.analyst_id})
    return View(
        campaign,
        Wanted.of(campaign.wanted),
        template.title,
        stored.tally(session, campaign_id),
        _as_read(session, analyst, [one.case_id for one in samples], template, op, now),
        max((one.id or 0 for one in samples), default=0),
        names.get(campaign.analyst_id, ""),
        _at_meta(session, [template], op)[0] if ahead or campaign.status is CampaignStatus.PAUSED else None,
        template.category,
        limits.people(session, op, now=campaign.starts_at or now) if ahead else None,
    )


def _as_read(
    session: Session, analyst: Analyst, case_ids: Sequence[int], template: Template, op: Operation, now: datetime
) -> list[tuple[Dentist, str]]:
    """Of those of the cases that the analyst sees."""
    if not case_ids:
        return []
    theirs = queries.in_hands(queries.whose_cases(session, analyst))
    found = stored.chunk(session, and_(col(Case.id).in_(case_ids), theirs), 0, len(case_ids))
    actors = people.acting(session, {case.analyst_id for case, _ in found})
    texts = [as_read(template, case, dentist, actors.get(case.analyst_id), op, now) for case, dentist in found]
    return [(dentist, text) for (_, dentist), text in zip(found, texts, strict=True) if text is not None]


def as_read(
    template: Template, case: Case, dentist: Dentist, actor: Analyst | None, op: Operation, now: datetime
) -> str | None:
    """The message as this dentist would read it now; None where it would not leave, for want of a fact or of somebody
    in whose name."""
    if actor is None:
        return None
    facts = case_facts(case, dentist, actor, op, now=now)
    return None if template.missing(facts) else template.render(facts)


@dataclass(frozen=True, slots=True)
class Listed:
    """A campaign among others. ``by``: whose it is, where it is not the reader's own."""

    campaign: Campaign
    wanted: Wanted
    title: str
    by: str | None


def recent(
    session: Session, analyst: Analyst, before: int | None, limit: int, op: Operation, *, now: datetime
) -> list[Listed]:
    """Their own campaigns, the newest first, or those older than one; a supervisor's are everybody's."""
    mine = None if analyst.role is Role.SUPERVISOR else analyst.id
    found = stored.newest(session, mine, before, limit)
    names = queries.names_of(session, {c.analyst_id for c in found} - {analyst.id or 0})
    return [Listed(c, Wanted.of(c.wanted), op.library[c.template_key].title, names.get(c.analyst_id)) for c in found]
