"""Analysts' own Telegram accounts that are connected to the assistant (Telegram Business).

What dentists write there, and what is written to them, becomes contacts. Everybody else's private chats are nobody's
business: the owner alone is asked whose a stranger is, once, and what is no dentist's is forgotten, now and later. Of
what came in raw nothing is kept once it is handled.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from bot.services import audit, dentists, received, replies
from messages.contracts import Incoming, Sender
from messages.errors import NotFound
from messages.statuses import ChannelName, Direction
from messages.telegram import message_id
from messages.telegram_updates import EDITED, chat_in_account, read_message
from storage import addresses, queries
from storage.models import Analyst, BusinessConnection, Contact, Dentist, IgnoredChat

UNANSWERED = timedelta(days=7)  # so long a question about a private chat keeps what was written there
REVOKED = "revoke"


@dataclass(frozen=True, slots=True)
class Told:
    """What Telegram tells of a connection. ``user_id`` is the owner's."""

    connection_id: str
    user_id: int
    can_reply: bool
    enabled: bool


def connected(session: Session, told: Told, *, now: datetime) -> BusinessConnection | None:
    """An analyst connected the own account, changed what is allowed, or ended it. None: somebody else did, whose
    account is none of ours."""
    analyst = queries.analyst_by_telegram(session, told.user_id)
    if analyst is None or analyst.id is None:
        return None
    row = session.get(BusinessConnection, told.connection_id) or BusinessConnection(
        id=told.connection_id, analyst_id=analyst.id, user_id=told.user_id, created_at=now
    )
    row.can_reply, row.enabled = told.can_reply, told.enabled
    session.add(row)
    session.flush()
    audit.record(session, analyst, "account_connected" if told.enabled else "account_disconnected", row, now=now)
    return row


def is_known(session: Session, connection_id: str, *, now: datetime) -> bool:
    """Whether anything was told of a connection."""
    return session.get(BusinessConnection, connection_id) is not None


def take(
    session: Session, connection_id: str, message: Mapping[str, Any], update_id: int, edited: bool, *, now: datetime
) -> None:
    """File a message of a connected account: a dentist's at once, a stranger's until its owner says who that is."""
    forget_body(session, update_id)
    connection = _standing(session, connection_id)
    if connection is None:
        return
    item = read_message(message, update_id, edited=edited, owner=connection.user_id)
    if item is None or not _concerns_us(session, connection, item, now):
        return
    replies.file(session, [item], account_of=connection.analyst_id, now=now)


def _concerns_us(session: Session, connection: BusinessConnection, item: Incoming, now: datetime) -> bool:
    """Whether it is a dentist's chat, or may be one. The account's chat with a dentist who is known by the bot's own is
    theirs too."""
    assert item.sender.chat is not None
    known = addresses.dentists_at(session, item.sender.chat)
    elsewhere = addresses.dentists_at(session, item.sender.chat.partition("@")[0])
    for dentist_id in set(elsewhere) - set(known):
        dentist = session.get_one(Dentist, dentist_id)
        dentists.learn_address(session, dentist, ChannelName.TELEGRAM, item.sender.chat, now=now)
    if known or elsewhere:
        return True
    ignored = session.get(IgnoredChat, (connection.analyst_id, item.sender.chat)) is not None
    return not (ignored or item.echo or item.kind == EDITED)


def deleted(
    session: Session, connection_id: str, person: int, numbers: Sequence[int], update_id: int, *, now: datetime
) -> None:
    """Messages were deleted in a connected account: of those on record that is noted, what waits to be asked about is
    gone."""
    forget_body(session, update_id)
    connection = _standing(session, connection_id)
    if connection is None:
        return
    chat = chat_in_account(person, connection.user_id)
    ids = [message_id(chat, number) for number in numbers]
    there = session.exec(
        select(Contact).where(Contact.channel == ChannelName.TELEGRAM, col(Contact.external_id).in_(ids))
    ).all()
    for contact in there:
        if contact.case_id is None:
            received.forget(session, [contact.id])
            session.delete(contact)
    session.flush()
    kept = [c for c in there if c.case_id is not None]
    into = {_revoked(c): c.case_id for c in kept if c.case_id is not None}
    taken_back = [
        Incoming(
            channel=ChannelName.TELEGRAM,
            external_id=_revoked(contact),
            sender=Sender(chat=chat, name=contact.author),
            occurred_at=now,
            kind=REVOKED,
            text="",
            reply_to=contact.external_id,
            echo=contact.direction is Direction.OUT,
        )
        for contact in kept
    ]
    replies.file(session, taken_back, into=into, account_of=connection.analyst_id, now=now)


def _revoked(contact: Contact) -> str:
    return f"{contact.external_id}:{REVOKED}"


def not_a_dentist(session: Session, analyst: Analyst, contact_id: int, update_id: int, *, now: datetime) -> None:
    """The owner says that a chat is private: what was kept for the question is forgotten, the tap on the card that
    quotes it too, and it is never asked about again. Raises NotFound for what is not asked of them, or no longer."""
    contact = session.exec(select(Contact).where(Contact.id == contact_id).with_for_update()).first()
    if contact is None or contact.case_id is not None or contact.analyst_id != analyst.id or not contact.address:
        raise NotFound("Esta pergunta já foi respondida: não é preciso fazer nada.")
    assert analyst.id is not None
    forget_body(session, update_id)
    session.merge(IgnoredChat(analyst_id=analyst.id, chat=contact.address, ignored_at=now))
    _forget(session, Contact.address == contact.address, Contact.analyst_id == analyst.id)
    audit.record(session, analyst, "chat_ignored", analyst, now=now)


def forget_unanswered(session: Session, *, now: datetime) -> None:
    """What nobody has answered for about a private chat is not kept for ever."""
    _forget(session, col(Contact.analyst_id).is_not(None), Contact.recorded_at < now - UNANSWERED)


def _forget(session: Session, *which: Any) -> None:
    waits: list[Any] = [Contact.channel == ChannelName.TELEGRAM, col(Contact.case_id).is_(None), *which]
    received.forget(session, select(col(Contact.id)).where(*waits))
    session.execute(delete(Contact).where(*waits), execution_options={"synchronize_session": False})


def _standing(session: Session, connection_id: str) -> BusinessConnection | None:
    """A connection that holds, of somebody who is still on the team with that account."""
    return session.exec(
        select(BusinessConnection)
        .join(Analyst, col(BusinessConnection.analyst_id) == Analyst.id)
        .where(
            BusinessConnection.id == connection_id,
            col(BusinessConnection.enabled).is_(True),
            col(Analyst.active).is_(True),
            Analyst.telegram_user_id == BusinessConnection.user_id,
        )
    ).first()


def forget_body(session: Session, update_id: int) -> None:
    """Nothing of a private chat stays in what came in raw; the update's number does, so that it is handled once."""
    event = queries.event_of(session, ChannelName.TELEGRAM, str(update_id), lock=True)
    if event is not None:
        event.body = json.dumps({"update_id": update_id}).encode()
        session.add(event)
