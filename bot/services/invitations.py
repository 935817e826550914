"""Dentists come to Telegram by a link that an analyst makes for a case: it binds the chat that opens it, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.services import audit, dentists, drafts, replies
from bot.services.codes import hashed
from bot.services.operation import Operation
from messages.contracts import Incoming
from messages.errors import Conflict, NotFound
from messages.statuses import ChannelName
from storage import addresses, queries
from storage.models import Analyst, Case, Dentist, DentistAddress, DentistInvitation, Message

INVITATION = timedelta(days=7)
TEXT = "convite_telegram"  # of the library
GONE = "Este convite não vale mais. Peça um novo a quem o enviou."
NOT_FOR_US = "Este convite é para o dentista: encaminhe o link a ele, sem abrir."


@dataclass(frozen=True, slots=True)
class View:
    """What the screen about a dentist's Telegram shows. ``waiting``: an invitation that can still be used, with who
    made it."""

    case: Case
    dentist: Dentist
    chats: Sequence[DentistAddress]
    waiting: tuple[DentistInvitation, str] | None
    phone: str | None


def view(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> View:
    """Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    found = session.exec(
        select(DentistInvitation, Analyst.name)
        .join(Analyst, col(DentistInvitation.analyst_id) == Analyst.id)
        .where(
            DentistInvitation.dentist_id == case.dentist_id,
            col(DentistInvitation.ended_at).is_(None),
            DentistInvitation.expires_at > now,
        )
    ).first()
    phone = queries.address_of(session, case, ChannelName.WHATSAPP)
    chats = addresses.chats_of(session, case.dentist_id)
    return View(case, queries.dentist_of(session, case), chats, found, phone.address if phone else None)


def invite(session: Session, analyst: Analyst, case_id: int, code: str, *, now: datetime) -> DentistInvitation:
    """An invitation for the case's dentist; one that stood before lets nobody in any more.

    Raises NotFound, Conflict for a closed case.
    """
    case = queries.case_for(session, case_id, analyst)
    if case.closed_at is not None:
        raise Conflict("O caso está encerrado: reabra-o antes de convidar.")
    dentist = session.exec(select(Dentist).where(Dentist.id == case.dentist_id).with_for_update(key_share=True)).one()
    standing = (DentistInvitation.dentist_id == dentist.id, col(DentistInvitation.ended_at).is_(None))
    for former in session.exec(select(DentistInvitation).where(*standing).with_for_update()):
        former.ended_at = now
        session.add(former)
    session.flush()
    assert case.id is not None and dentist.id is not None and analyst.id is not None
    invitation = DentistInvitation(
        case_id=case.id,
        dentist_id=dentist.id,
        analyst_id=analyst.id,
        code_hash=hashed(code),
        created_at=now,
        expires_at=now + INVITATION,
    )
    session.add(invitation)
    session.flush()
    audit.record(session, analyst, "dentist_invited", invitation, now=now, case=case.id)
    return invitation


def draft(
    session: Session, analyst: Analyst, case_id: int, code: str, link: str, op: Operation, *, now: datetime
) -> Message:
    """An invitation, and the message that carries its link: to be looked at, over WhatsApp or by hand.

    Raises as `invite`, and as any draft.
    """
    invite(session, analyst, case_id, code, now=now)
    given = {"telegram": {"link": link}}
    return drafts.compose_draft(session, analyst, case_id, [TEXT], op, given=given, telegram=False, now=now)


def text(session: Session, analyst: Analyst, case_id: int, link: str, op: Operation, *, now: datetime) -> str:
    """The words that carry a link. Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    given = {"telegram": {"link": link}}
    return drafts.composed(session, analyst, case, [TEXT], op, given=given, now=now).text


@dataclass(frozen=True, slots=True)
class Bound:
    """Whom a chat was bound to, and of which case."""

    case: Case
    dentist: Dentist
    analyst: Analyst


def redeem(session: Session, code: str, came: Incoming, *, now: datetime) -> Bound | None:
    """Bind the chat of whoever opened the link; opening it counts as a contact of the case. None: the code is no
    dentist's. The same chat may open it again, which changes nothing.

    Raises NotFound for a link that was used by somebody else, or stands no more; Conflict for one of the team.
    """
    chat = came.sender.chat or ""
    statement = select(DentistInvitation).where(DentistInvitation.code_hash == hashed(code))
    invitation = session.exec(statement.with_for_update()).first()
    if invitation is None:
        return None
    if queries.is_of_the_team(session, int(chat)):
        raise Conflict(NOT_FOR_US)
    case, dentist = session.get_one(Case, invitation.case_id), session.get_one(Dentist, invitation.dentist_id)
    bound = Bound(case, dentist, session.get_one(Analyst, case.analyst_id))
    if invitation.chat == chat and addresses.is_chat(session, chat, invitation.dentist_id):
        return bound
    if invitation.ended_at is not None or invitation.expires_at <= now:
        raise NotFound(GONE)
    invitation.ended_at, invitation.chat = now, chat
    session.add(invitation)
    dentists.bind_chat(session, dentist, chat, came.sender.name, now=now)
    replies.file(session, [came], into={came.external_id: invitation.case_id}, now=now)
    audit.record(session, None, "telegram_bound", invitation, now=now, case=invitation.case_id)
    return bound


def is_bound(session: Session, chat: str, *, now: datetime) -> bool:
    """Whether a chat is any dentist's."""
    return bool(addresses.dentists_at(session, chat))


def is_one(session: Session, code: str, *, now: datetime) -> bool:
    """Whether a code is a dentist's, who may come in or not."""
    found = select(DentistInvitation.id).where(DentistInvitation.code_hash == hashed(code))
    return session.exec(found).first() is not None


def unbind(session: Session, analyst: Analyst, case_id: int, address_id: int, *, now: datetime) -> Case:
    """The wrong person opened the link: nothing goes to that chat any more, and nothing comes from it.

    Raises NotFound when it is not, or no longer, the dentist's.
    """
    case = queries.case_for(session, case_id, analyst, lock=True)
    bound = session.exec(select(DentistAddress).where(DentistAddress.id == address_id).with_for_update()).first()
    if bound is None or bound.dentist_id != case.dentist_id or bound.channel is not ChannelName.TELEGRAM:
        raise NotFound("Este Telegram já não está ligado ao dentista: não é preciso fazer nada.")
    session.delete(bound)
    audit.record(session, analyst, "telegram_unbound", case, now=now, address=address_id)
    return case
