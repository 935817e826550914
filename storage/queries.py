"""The questions asked of the rows.

Each list has an index; what a person asks for passes a door that checks whose it is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from messages.errors import NotFound
from messages.statuses import LEFT_THE_HOUSE, ChannelName, Direction, MessageStatus, Role
from storage.addresses import primary_address
from storage.models import (
    Analyst,
    Case,
    Contact,
    Dentist,
    DentistAddress,
    FollowUp,
    InboxEvent,
    Message,
)

QUARANTINED = (  # of nobody's case, in nobody's own account, and nobody has said yet that it is none's
    col(Contact.case_id).is_(None),
    col(Contact.analyst_id).is_(None),
    col(Contact.set_aside_at).is_(None),
)
DENTISTS_WRITE = (ChannelName.WHATSAPP, ChannelName.TELEGRAM)  # to us, by themselves
ASKS = and_(col(Contact.direction) == Direction.IN, col(Contact.past).is_(False))  # a dentist's message that waited
OPENS_WINDOW = and_(  # of contacts: what lets WhatsApp take free text for 24 hours
    col(Contact.channel) == ChannelName.WHATSAPP,
    col(Contact.direction) == Direction.IN,
    col(Contact.opens_window),
)
PUT_OFF = and_(col(Message.status) == MessageStatus.QUEUED, col(Message.put_off))  # it waits for its moment
NOT_LEFT = (MessageStatus.DRAFT, MessageStatus.QUEUED)
CASE_GONE = "Não encontrei este caso entre os seus: confira o número, ou veja a lista com /casos."
STANDS = col(Contact.withdrawn_at).is_(None)  # of a contact: one that its author has withdrawn was a mistake
_LEFT = exists().where(col(Message.id) == col(Contact.message_id), col(Message.status).in_(LEFT_THE_HOUSE))
# Of a contact: one whose message turned out not to have arrived is no touch either.
HAPPENED = and_(STANDS, or_(col(Contact.message_id).is_(None), _LEFT))


def case_for(session: Session, case_id: int, analyst: Analyst, *, lock: bool = False) -> Case:
    """The case, if it is this analyst's or the analyst is a supervisor. Raises NotFound."""
    statement = select(Case).where(Case.id == case_id)
    if lock:  # what was read before the lock was waited for may be stale
        statement = statement.with_for_update().execution_options(populate_existing=True)
    case = session.exec(statement).first()
    if case is None or not attends(session, analyst, case):
        raise NotFound(CASE_GONE)
    return case


def case_and_unsent(session: Session, case_id: int, analyst: Analyst) -> tuple[Case, list[Message]]:
    """The case with its drafts and what waits to go out, nobody else's until the commit. Raises NotFound.

    Messages are locked before their case, as everywhere: whoever approves one meanwhile waits, or is waited for. One
    that was made and taken by somebody else in between is left to them: the policy asks again before it leaves.
    """
    case_for(session, case_id, analyst)
    unsent = col(Message.case_id) == case_id, col(Message.status).in_(NOT_LEFT)
    hold_messages(session, *unsent)
    case = case_for(session, case_id, analyst, lock=True)
    return case, hold_messages(session, *unsent, skip_locked=True)


def hold_messages(session: Session, *which: ColumnElement[bool], skip_locked: bool = False) -> list[Message]:
    """These messages, nobody else's until the commit: before their cases are locked."""
    statement = select(Message).where(*which).order_by(col(Message.id)).execution_options(populate_existing=True)
    return list(session.exec(statement.with_for_update(skip_locked=skip_locked)))


Whose = frozenset[int] | None  # the analysts whose cases are meant; None: everybody's


def whose_cases(session: Session, analyst: Analyst) -> Whose:
    """Whose cases a person works through: their own and those of whom they stand in for now; a supervisor those of
    all."""
    if analyst.role is Role.SUPERVISOR:
        return None
    return stood_in_for(session, analyst)


def stood_in_for(session: Session, analyst: Analyst) -> frozenset[int]:
    """An analyst, and those whom they stand in for now."""
    absent = session.exec(select(Analyst.id).where(Analyst.substitute_id == analyst.id))
    return frozenset({analyst.id or 0, *(a for a in absent if a is not None)})


def in_hands(whose: Whose) -> ColumnElement[bool]:
    """The case is one of theirs. One person is asked for as one, which an index answers in its order."""
    if whose is None:
        return true()
    if len(whose) == 1:
        return col(Case.analyst_id) == next(iter(whose))
    return col(Case.analyst_id).in_(whose)


def holds(session: Session, analyst: Analyst, case: Case) -> bool:
    """Whether the case is the analyst's own, or of somebody for whom they stand in now."""
    if case.analyst_id == analyst.id:
        return True
    owner = session.exec(select(Analyst.substitute_id).where(Analyst.id == case.analyst_id)).first()
    return owner is not None and owner == analyst.id


def attends(session: Session, analyst: Analyst, case: Case) -> bool:
    """Whether the analyst may see the case and act on it: whoever holds it, and supervisors."""
    return analyst.role is Role.SUPERVISOR or holds(session, analyst, case)


def message_for(session: Session, message_id: int, analyst: Analyst, *, lock: bool = False) -> Message:
    """A message of a case of this analyst's. Raises NotFound."""
    statement = select(Message).where(Message.id == message_id)
    message = session.exec(statement.with_for_update() if lock else statement).first()
    if message is None:
        raise NotFound("Não encontrei esta mensagem: abra o caso com /casos.")
    case_for(session, message.case_id, analyst)
    return message


def follow_up_for(session: Session, follow_up_id: int, analyst: Analyst, *, lock: bool = False) -> FollowUp:
    """A follow-up of a case of this analyst's. Raises NotFound."""
    statement = select(FollowUp).where(FollowUp.id == follow_up_id)
    follow_up = session.exec(statement.with_for_update() if lock else statement).first()
    if follow_up is None:
        raise NotFound("Não encontrei este retorno: abra o caso com /casos.")
    case_for(session, follow_up.case_id, analyst)
    return follow_up


def dentist_of(session: Session, case: Case) -> Dentist:
    return session.exec(select(Dentist).where(Dentist.id == case.dentist_id)).one()


def address_of(session: Session, case: Case, channel: ChannelName) -> DentistAddress | None:
    """Where the case's dentist is reached on a channel."""
    return primary_address(session, case.dentist_id, channel)


def answering_address(session: Session, case: Case) -> str | None:
    """The number that wrote last over WhatsApp's API: the one whose window is open, and where an answer belongs."""
    return session.exec(
        select(Contact.address)
        .where(Contact.case_id == case.id, OPENS_WINDOW)
        .order_by(col(Contact.occurred_at).desc(), col(Contact.id).desc())
    ).first()


def last_written(session: Session, case: Case) -> Contact | None:
    """The dentist's message that was written last, on a channel where one is answered."""
    return session.exec(
        select(Contact)
        .where(Contact.case_id == case.id, Contact.direction == Direction.IN, col(Contact.channel).in_(DENTISTS_WRITE))
        .order_by(col(Contact.occurred_at).desc(), col(Contact.id).desc())
    ).first()


def open_case_by_protocol(session: Session, protocol: str) -> Case | None:
    return session.exec(select(Case).where(Case.protocol == protocol, col(Case.closed_at).is_(None))).first()


def case_by_protocol(session: Session, protocol: str, analyst: Analyst) -> Case:
    """The newest case of a protocol among those this analyst may see, open or closed. Raises NotFound."""
    statement = select(Case).where(Case.protocol == protocol, in_hands(whose_cases(session, analyst)))
    case = session.exec(statement.order_by(col(Case.id).desc())).first()
    if case is None:
        raise NotFound(CASE_GONE)
    return case


def newest_case(session: Session, protocol: str, *, lock: bool = False) -> Case | None:
    """The case of a protocol that was opened last, open or closed."""
    statement = select(Case).where(Case.protocol == protocol).order_by(col(Case.id).desc())
    return session.exec(statement.with_for_update() if lock else statement).first()


def recent_cases(
    session: Session, analyst: Analyst, *, among: Sequence[int] | None = None, limit: int = 8
) -> list[tuple[Case, Dentist]]:
    """The open cases, or those among some, that this analyst may see: last touched first."""
    wanted = col(Case.closed_at).is_(None) if among is None else col(Case.id).in_(among)
    theirs = in_hands(whose_cases(session, analyst))
    statement = select(Case, Dentist).join(Dentist, col(Case.dentist_id) == Dentist.id).where(wanted, theirs)
    return list(session.exec(statement.order_by(col(Case.last_touch_at).desc(), col(Case.id).desc()).limit(limit)))


def timeline(session: Session, case_id: int) -> list[Contact]:
    """All touches of a case, oldest first; what has only a day keeps its place among its own kind."""
    return list(
        session.exec(
            select(Contact)
            .where(Contact.case_id == case_id, HAPPENED)
            .order_by(col(Contact.occurred_at), col(Contact.id))
        )
    )


def touch_moments(session: Session, case_id: int) -> tuple[int, list[datetime]]:
    """How many blocks came along with the form; and when each later touch of a case took place, oldest first."""
    rows = session.execute(
        select(col(Contact.imported), col(Contact.occurred_at))
        .where(Contact.case_id == case_id, HAPPENED)
        .order_by(col(Contact.occurred_at))
    ).all()
    return sum(imported for imported, _ in rows), [at for imported, at in rows if not imported]


def touch_times(
    session: Session, case_ids: Iterable[int]
) -> dict[int, tuple[datetime | None, datetime | None, datetime]]:
    """Of each case that was touched: when we wrote or called first and last, and the last touch of anybody."""
    ours = case((col(Contact.direction).in_([Direction.OUT, Direction.CALL]), col(Contact.occurred_at)))
    rows = session.execute(
        select(Contact.case_id, func.min(ours), func.max(ours), func.max(Contact.occurred_at))
        .where(col(Contact.case_id).in_(list(case_ids)), col(Contact.imported).is_(False), HAPPENED)
        .group_by(col(Contact.case_id))
    )
    return {case_id: (first, last, touched) for case_id, first, last, touched in rows}


def last_contacts(session: Session, case_id: int, limit: int) -> list[Contact]:
    """The newest contacts of a case, oldest of them first: also those that turned out not to have arrived."""
    rows = session.exec(
        select(Contact)
        .where(Contact.case_id == case_id, STANDS)
        .order_by(col(Contact.occurred_at).desc(), col(Contact.id).desc())
        .limit(limit)
    ).all()
    return list(reversed(rows))


def not_arrived(session: Session, contacts: Iterable[Contact]) -> set[int]:
    """Of these contacts, the ids of those that are no touch."""
    ids = [c.id for c in contacts if c.message_id is not None]
    if not ids:
        return set()
    return {i for i in session.exec(select(Contact.id).where(col(Contact.id).in_(ids), ~HAPPENED)) if i is not None}


def replies_since(session: Session, case_id: int, contact_id: int, limit: int) -> tuple[list[Contact], int]:
    """A burst: the newest of the dentist's messages that arrived from one contact on, oldest of them first; and how
    many in all."""
    burst = (Contact.case_id == case_id, col(Contact.id) >= contact_id, ASKS)
    rows = session.exec(select(Contact).where(*burst).order_by(col(Contact.id).desc()).limit(limit)).all()
    return list(reversed(rows)), session.exec(select(func.count(col(Contact.id))).where(*burst)).one()


def first_unread(session: Session, case: Case) -> int | None:
    """The first of the dentist's messages that wait for the analyst."""
    written = select(Contact.id).where(Contact.case_id == case.id, ASKS)
    return session.exec(written.order_by(col(Contact.id).desc()).limit(case.unread)).all()[-1] if case.unread else None


def last_replies(session: Session, case_ids: Sequence[int]) -> list[Contact]:
    """The dentist's message that arrived last in each case."""
    newest = select(func.max(Contact.id)).where(col(Contact.case_id).in_(case_ids), ASKS).group_by(col(Contact.case_id))
    return list(session.exec(select(Contact).where(col(Contact.id).in_(newest))))


def count_quarantined(session: Session) -> int:
    """How many senders wait for somebody to say whose they are."""
    return session.exec(select(func.count(func.distinct(Contact.address))).where(*QUARANTINED)).one()


def first_quarantined(session: Session) -> Contact | None:
    """The message that has waited longest."""
    return session.exec(select(Contact).where(*QUARANTINED).order_by(col(Contact.id))).first()


def messages_of(session: Session, case_id: int, statuses: Iterable[MessageStatus]) -> list[Message]:
    return list(
        session.exec(
            select(Message)
            .where(Message.case_id == case_id, col(Message.status).in_(list(statuses)))
            .order_by(col(Message.id))
        )
    )


def unsettled_messages(session: Session, case_id: int) -> list[Message]:
    """What a person may still decide about: sends in doubt first, then drafts, what was put off and what failed, each
    oldest first.

    What failed and was drafted again since is decided.
    """
    repeat = aliased(Message)
    repeated = exists().where(
        col(repeat.case_id) == col(Message.case_id),
        col(repeat.again_of) == col(Message.id),
        col(repeat.status) != MessageStatus.DISCARDED,
    )
    waiting = [MessageStatus.DRAFT, MessageStatus.UNKNOWN, MessageStatus.FAILED]
    return list(
        session.exec(
            select(Message)
            .where(
                Message.case_id == case_id,
                or_(col(Message.status).in_(waiting), PUT_OFF),
                or_(col(Message.status) != MessageStatus.FAILED, ~repeated),
            )
            .order_by((col(Message.status) == MessageStatus.UNKNOWN).desc(), col(Message.id))
        )
    )


def open_follow_ups(session: Session, case_id: int) -> list[FollowUp]:
    return list(
        session.exec(
            select(FollowUp)
            .where(FollowUp.case_id == case_id, col(FollowUp.done_at).is_(None))
            .order_by(col(FollowUp.due_at))
        )
    )


def analyst_by_telegram(session: Session, user_id: int) -> Analyst | None:
    return session.exec(
        select(Analyst).where(Analyst.telegram_user_id == user_id, col(Analyst.active).is_(True))
    ).first()


def is_of_the_team(session: Session, user_id: int) -> bool:
    """Whether a Telegram account belongs to one of the team, suspended ones included."""
    return session.exec(select(Analyst.id).where(Analyst.telegram_user_id == user_id)).first() is not None


def names_of(session: Session, analyst_ids: Iterable[int]) -> dict[int, str]:
    rows = session.exec(select(Analyst).where(col(Analyst.id).in_(set(analyst_ids))))
    return {a.id: a.name for a in rows if a.id is not None}


def active_analysts(session: Session, *, role: Role | None = None) -> list[Analyst]:
    statement = select(Analyst).where(col(Analyst.active).is_(True), col(Analyst.telegram_user_id).is_not(None))
    return list(session.exec(statement.where(Analyst.role == role) if role else statement))


def event_of(session: Session, source: ChannelName, external_id: str, *, lock: bool = False) -> InboxEvent | None:
    statement = select(InboxEvent).where(InboxEvent.source == source, InboxEvent.external_id == external_id)
    return session.exec(statement.with_for_update() if lock else statement).first()
