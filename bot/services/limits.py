"""How much WhatsApp lets leave: so many messages a second, so many to one dentist in a row, so many people a day.

All of it is counted from the outbox's own rows, under one lock, in the transaction that claims: it survives restarts,
and processes on one database share it. Sources: Meta's pages on throughput, pair rate and messaging limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from bot.services import meta_templates
from bot.services.operation import Operation
from messages.contracts import AccountEvent
from messages.limits import Room, people_a_day
from messages.refusals import A_DAY, HELD_BACK
from messages.statuses import LEFT_THE_HOUSE, ChannelName, MessageStatus
from storage.models import Case, Message

LEAST_PEOPLE = 250  # a day: what Meta gives a new account, and what holds until it says otherwise
BURST, EVERY = 45, timedelta(seconds=6)  # to one number: 45 may be borrowed, and are paid back one in six seconds
PAIR_WINDOW = BURST * EVERY  # no more than a burst in so long never borrows more than that
A_SECOND, PEOPLE_WINDOW = timedelta(seconds=1), timedelta(hours=24)
REACHED = (LEFT_THE_HOUSE - {MessageStatus.HANDED_OVER}) | {MessageStatus.SENDING, MessageStatus.UNKNOWN}

TOO_FAST = "Espera alguns segundos: o WhatsApp aceita poucas mensagens seguidas para o mesmo dentista."
TOO_MANY = (
    "Espera a sua vez: o limite da conta é de {limit} pessoas por dia fora da janela de 24 horas, e já foi alcançado."
)
TOO_SOON = "O WhatsApp segurou este modelo para este dentista: sai quando tiverem passado mais de 24 horas."


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a message that is due may not leave yet. ``until`` is business time, ``lease`` real time: one of them."""

    reason: str
    until: datetime | None = None
    lease: datetime | None = None


def room(session: Session, op: Operation, *, now: datetime, wall: datetime) -> int:
    """How many messages may leave this second. Holds every other process off until the commit.

    What is on its way may arrive in this very second, however long ago it was let go; what was answered for has
    arrived by then. So none arrives too soon, whatever a process or the wire was held up by.
    """
    meta_templates.hold_account(session, now=now)
    ours = select(func.count()).select_from(Message).where(Message.channel == ChannelName.WHATSAPP)
    on_its_way = session.exec(ours.where(Message.status == MessageStatus.SENDING)).one()
    just_now = (col(Message.answered_at) > wall - A_SECOND, col(Message.answered_at) <= wall)  # the clock may go back
    arrived = session.exec(ours.where(*just_now)).one()
    return max(0, op.messages_a_second - on_its_way - arrived)


def waits(
    session: Session,
    due: Sequence[Message],
    cases: Mapping[int | None, Case],
    op: Operation,
    now: datetime,
    wall: datetime,
) -> dict[int, Wait]:
    """Of what is due, what must wait; by the message's id. What is due leaves in this order."""
    found = _pairs(session, due, wall)
    whole = [m for m in due if m.template_name and m.id not in found]
    if whole:
        found |= _held_back(session, whole, cases, now)
        found |= _people(session, [m for m in whole if m.id not in found], op, now)
    return found


def _pairs(session: Session, due: Sequence[Message], wall: datetime) -> dict[int, Wait]:
    """Numbers that have had a burst already. Of one number only one message is claimed at a time."""
    rows = session.execute(
        select(col(Message.address), func.count(), func.min(col(Message.left_at)))
        .where(
            col(Message.address).in_({m.address for m in due}),
            col(Message.left_at) > wall - PAIR_WINDOW,
            col(Message.left_at) <= wall,
        )
        .group_by(col(Message.address))
    )
    full = {address: first + PAIR_WINDOW for address, count, first in rows if count >= BURST}
    return {m.id or 0: Wait(TOO_FAST, lease=full[m.address]) for m in due if m.address in full}


def _held_back(
    session: Session, due: Sequence[Message], cases: Mapping[int | None, Case], now: datetime
) -> dict[int, Wait]:
    """Templates that WhatsApp has just refused to deliver to the same dentist (131049): more than a day later."""
    dentists = {cases[m.case_id].dentist_id for m in due}
    last = func.max(col(Message.status_at))
    rows = session.execute(
        select(col(Case.dentist_id), col(Message.template_name), last)
        .join(Case, col(Message.case_id) == Case.id)
        .where(
            col(Case.dentist_id).in_(dentists),
            Message.error_code == HELD_BACK,
            Message.status == MessageStatus.FAILED,
            col(Message.status_at) > now - A_DAY,
        )
        .group_by(col(Case.dentist_id), col(Message.template_name))
    )
    until = {(dentist, name): at + A_DAY for dentist, name, at in rows}
    keys = {m.id or 0: (cases[m.case_id].dentist_id, m.template_name) for m in due}
    return {number: Wait(TOO_SOON, until=until[key]) for number, key in keys.items() if key in until}


def _people(session: Session, due: Sequence[Message], op: Operation, now: datetime) -> dict[int, Wait]:
    """People beyond the day's number. Whoever was written to within the day counts once."""
    limit = _people_limit(session, op)
    if limit is None or not due:
        return {}
    latest = select(col(Message.address), func.max(col(Message.sent_at))).where(*_reached(now))
    rows = session.execute(latest.group_by(col(Message.address)))
    reached: dict[str | None, datetime] = dict(rows.all())
    free = min(reached.values(), default=now) + PEOPLE_WINDOW
    found: dict[int, Wait] = {}
    for message in due:
        if message.address in reached:
            continue
        if len(reached) < limit:
            reached[message.address] = now
        else:
            found[message.id or 0] = Wait(TOO_MANY.format(limit=limit), until=free)
    return found


def _reached(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of messages: templates that went to somebody within the day."""
    return (
        col(Message.template_name).is_not(None),
        col(Message.sent_at) > now - PEOPLE_WINDOW,
        col(Message.status).in_(REACHED),
    )


def people(session: Session, op: Operation, *, now: datetime) -> Room | None:
    """To how many more people templates may go; None: without limit."""
    limit = _people_limit(session, op)
    if limit is None:
        return None
    reached = session.exec(select(func.count(func.distinct(Message.address))).where(*_reached(now))).one()
    return Room(limit, max(0, limit - reached))


def _people_limit(session: Session, op: Operation) -> int | None:
    """The setting, else what Meta said; None: without limit."""
    if op.people_a_day is not None:
        return op.people_a_day
    account = meta_templates.account(session)
    learnt = account.people_a_day if account is not None else None
    return None if learnt == 0 else learnt or LEAST_PEOPLE


def heed(session: Session, events: Sequence[AccountEvent], *, now: datetime) -> None:
    """What webhooks say of the day's number."""
    for event in events:
        learn(session, people_a_day(event.detail), now=now)


def learn(session: Session, people: int | None, *, now: datetime) -> None:
    """``people``: 0 without limit, None for what was not told."""
    if people is not None:
        meta_templates.hold_account(session, now=now).people_a_day = people
