"""Where dentists are written to."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from messages.statuses import ChannelName
from storage.models import Analyst, BusinessConnection, DentistAddress

_PRIMARY_FIRST = (
    col(DentistAddress.stated_at).desc().nulls_last(),
    col(DentistAddress.address).startswith("+").desc(),
    col(DentistAddress.id),
)


def primary_address(session: Session, dentist_id: int, channel: ChannelName) -> DentistAddress | None:
    """What an analyst has stated, else the number learnt first, else the identity without a number.

    Others that were learnt later (a secretary's) are whom a message may come from, not where one is sent unasked.
    """
    return session.exec(
        select(DentistAddress)
        .where(DentistAddress.dentist_id == dentist_id, DentistAddress.channel == channel)
        .order_by(*_PRIMARY_FIRST)
    ).first()


def primary_addresses(session: Session, dentist_ids: Collection[int], channel: ChannelName) -> dict[int, str]:
    """Dentist → where messages go, of those who are reached on a channel."""
    rows = session.exec(
        select(DentistAddress.dentist_id, DentistAddress.address)
        .where(col(DentistAddress.dentist_id).in_(dentist_ids), DentistAddress.channel == channel)
        .order_by(*_PRIMARY_FIRST)
    ).all()
    return dict(reversed(rows))


def numbers_of(session: Session, dentist_ids: Collection[int]) -> dict[int, set[str]]:
    """Dentist → all phones on record, of those who have one."""
    rows = session.exec(
        select(DentistAddress.dentist_id, DentistAddress.address).where(
            col(DentistAddress.dentist_id).in_(dentist_ids),
            DentistAddress.channel == ChannelName.WHATSAPP,
            col(DentistAddress.address).startswith("+"),
        )
    )
    found: dict[int, set[str]] = {}
    for dentist_id, address in rows:
        found.setdefault(dentist_id, set()).add(address)
    return found


def chats_of(session: Session, dentist_id: int) -> list[DentistAddress]:
    """The dentist's chats on Telegram, the one where messages go first; blocked ones too."""
    return list(
        session.exec(
            select(DentistAddress)
            .where(DentistAddress.dentist_id == dentist_id, DentistAddress.channel == ChannelName.TELEGRAM)
            .order_by(*_PRIMARY_FIRST)
        )
    )


def dentists_at(session: Session, chat: str) -> list[int]:
    """Who is reached at a chat on Telegram, also while it is blocked."""
    return list(
        session.exec(
            select(DentistAddress.dentist_id).where(
                DentistAddress.channel == ChannelName.TELEGRAM, DentistAddress.address == chat
            )
        )
    )


def is_chat(session: Session, chat: str, dentist_id: int) -> bool:
    """Whether the chat is this dentist's."""
    return dentist_id in dentists_at(session, chat)


def reachable_chats(session: Session, dentist_ids: Collection[int]) -> dict[int, list[str]]:
    """Dentist → the chats on Telegram that take messages, the one where they go first."""
    rows = session.exec(
        select(DentistAddress.dentist_id, DentistAddress.address)
        .where(
            col(DentistAddress.dentist_id).in_(dentist_ids),
            DentistAddress.channel == ChannelName.TELEGRAM,
            col(DentistAddress.blocked_at).is_(None),
        )
        .order_by(*_PRIMARY_FIRST)
    )
    told = rows.all()
    answering = connections(session, {chat for _, chat in told})
    found: dict[int, list[str]] = {}
    for dentist_id, chat in told:
        if "@" not in chat or chat in answering:
            found.setdefault(dentist_id, []).append(chat)
    return found


def connections(session: Session, chats: Collection[str]) -> dict[str, str]:
    """Chat in somebody's own account → the connection by which it is answered, where one stands that may."""
    owners = {chat: int(chat.partition("@")[2]) for chat in chats if "@" in chat}
    if not owners:
        return {}
    rows = session.exec(
        select(BusinessConnection.user_id, BusinessConnection.id)
        .join(Analyst, col(BusinessConnection.analyst_id) == Analyst.id)
        .where(
            col(BusinessConnection.user_id).in_(set(owners.values())),
            col(BusinessConnection.enabled).is_(True),
            col(BusinessConnection.can_reply).is_(True),
            col(Analyst.active).is_(True),
            Analyst.telegram_user_id == BusinessConnection.user_id,
        )
        .order_by(col(BusinessConnection.created_at))
    )
    by_owner = dict(rows.all())
    return {chat: by_owner[owner] for chat, owner in owners.items() if owner in by_owner}
