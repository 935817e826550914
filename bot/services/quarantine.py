"""Messages that fit no case, or several: whose they may be, filed by a tap or by name, or set aside as nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from bot.services import audit, contacts, replies, searching
from bot.services.dentists import RESUMED, asks_to_stop, learn_address, stop
from bot.services.permission import only_supervisors
from bot.services.threads import Around, around
from messages.errors import Conflict, NotFound
from messages.identity import phone_aliases
from messages.statuses import Role
from storage import people, queries
from storage.models import Analyst, AuditEntry, Case, Contact, Dentist

SET_ASIDE, ASKED_AGAIN = "set_aside", "asked_again"  # what supervisors did with what is of no case


def candidates(
    session: Session, analyst: Analyst, contact: Contact, *, limit: int = 6, now: datetime
) -> list[tuple[Case, Dentist]]:
    """Whom a quarantined message may be from, among the analyst's own cases (a supervisor's: all): those who share its
    number, else the cases touched last."""
    found = replies.cases_by_address(session, phone_aliases(contact.address) if contact.address else ())
    ids = [c.id for cases in found.values() for c in cases if c.id is not None]
    return queries.recent_cases(session, analyst, among=ids or None, limit=limit)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What the “De quem é?” card shows."""

    contact: Contact
    waiting: list[Contact]
    candidates: list[tuple[Case, Dentist]]
    around: Around
    may_set_aside: bool


def quarantined(session: Session, analyst: Analyst, contact_id: int, *, now: datetime) -> Quarantined:
    """The waiting messages of one sender and whose they may be. Raises NotFound once they are filed."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.case_id is not None or not _may_see(analyst, contact):
        raise NotFound("Esta mensagem já foi arquivada em um caso: responda no cartão dele.")
    waiting = _waiting(session, contact)
    whose = candidates(session, analyst, contact, now=now)
    may_set_aside = analyst.role is Role.SUPERVISOR and contact.analyst_id is None
    return Quarantined(contact, waiting, whose, around(session, waiting), may_set_aside)


def _may_see(analyst: Analyst, waiting: Contact) -> bool:
    """What strangers write to somebody's own account is the owner's alone until it is a dentist's."""
    return waiting.analyst_id in (None, analyst.id)


def unfiled(session: Session, analyst: Analyst, *, now: datetime) -> Contact:
    """For supervisors, whose message waits longest in quarantine. Raises NotAllowed, NotFound when nobody's does."""
    only_supervisors(analyst, "Só a supervisão vê as mensagens que ninguém sabe de quem são.")
    contact = queries.first_quarantined(session)
    if contact is None:
        raise NotFound("Nenhuma mensagem espera para ser arquivada.")
    return contact


def set_aside(session: Session, analyst: Analyst, contact_id: int, *, now: datetime) -> AuditEntry:
    """For supervisors: what waits from one sender is of no case. It stays on record and is not asked about any more,
    until the same sender writes again. Raises NotAllowed, NotFound, Conflict when it waits no longer."""
    return _put(session, analyst, contact_id, SET_ASIDE, now)


def ask_again(session: Session, analyst: Analyst, contact_id: int, *, now: datetime) -> AuditEntry:
    """The same undone. Raises the same."""
    return _put(session, analyst, contact_id, ASKED_AGAIN, now)


def _put(session: Session, analyst: Analyst, contact_id: int, action: str, now: datetime) -> AuditEntry:
    only_supervisors(analyst, "Só a supervisão diz que uma mensagem não é de nenhum caso.")
    contact = _unfiled(session, analyst, contact_id)
    aside = action == SET_ASIDE
    concerned = [c for c in _waiting(session, contact) if (c.set_aside_at is None) == aside]
    if not concerned:
        raise Conflict("Esta mensagem já foi deixada de fora." if aside else "Esta mensagem já espera um dono.")
    for one in concerned:
        one.set_aside_at = now if aside else None
    session.add_all(concerned)
    told = {"contacts": [c.id for c in concerned]}
    entry = AuditEntry(at=now, analyst_id=analyst.id, action=action, subject=audit.subject(contact), detail=told)
    session.add(entry)
    return entry


def _unfiled(session: Session, analyst: Analyst, contact_id: int) -> Contact:
    """A message without a case, nobody else's until the commit. Raises NotFound, Conflict when somebody was faster."""
    contact = session.exec(select(Contact).where(Contact.id == contact_id).with_for_update()).first()
    if contact is None or (contact.case_id is None and not _may_see(analyst, contact)):
        raise NotFound("Não encontrei esta mensagem: veja as que esperam em /inicio.")
    if contact.case_id is not None:
        raise Conflict("Esta mensagem já foi arquivada por outra pessoa: não é preciso fazer nada.")
    return contact


def file_by_hand(session: Session, analyst: Analyst, contact_id: int, case_id: int, *, now: datetime) -> Case:
    """File all that waits from one sender in a case, and remember the sender as this dentist's.

    Raises NotFound, or Conflict when somebody was faster.
    """
    case, _ = queries.case_and_unsent(session, case_id, analyst)  # an opt-out among them holds back what waits
    contact = _unfiled(session, analyst, contact_id)
    waiting = _waiting(session, contact)
    session.execute(
        update(Contact).where(col(Contact.id).in_([c.id for c in waiting])).values(case_id=case.id),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
    filed = list(
        session.exec(select(Contact).where(col(Contact.id).in_([c.id for c in waiting])).order_by(col(Contact.id)))
    )
    contacts.count_in(session, filed)
    for address in sorted({a for c in waiting for a in (c.address, c.bsuid) if a}):
        learn_address(session, queries.dentist_of(session, case), contact.channel, address, now=now)
    wishes = [c.occurred_at for c in filed if asks_to_stop(c)]
    if wishes and not any(c.kind == RESUMED and c.occurred_at > max(wishes) for c in filed):
        stop(session, [case_id], max(wishes), now=now)
    audit.record(session, analyst, "filed", case, now=now, contacts=[c.id for c in filed])
    if analyst.id not in people.in_charge(session, [case.analyst_id])[case.analyst_id]:
        replies.tell(session, filed, now)
    return case


def file_by_name(session: Session, analyst: Analyst, contact_id: int, text: str, *, now: datetime) -> Case:
    """The same for a case that is not among the candidates: what was typed says which. Raises as `file_by_hand` and
    `searching.meant`."""
    case = searching.meant(session, analyst, text, now=now)
    assert case.id is not None
    return file_by_hand(session, analyst, contact_id, case.id, now=now)


def _waiting(session: Session, contact: Contact) -> list[Contact]:
    """All that waits from the same person, oldest first: by number, and by the identities that came with it."""
    known: set[str] = set()
    names = {name for name in (contact.address, contact.bsuid) if name}
    found: Sequence[Contact] = [contact]
    while names > known:
        known = names
        theirs = or_(col(Contact.address).in_(known), col(Contact.bsuid).in_(known))
        found = session.exec(
            select(Contact).where(col(Contact.case_id).is_(None), theirs).order_by(col(Contact.id))
        ).all()
        names = known | {name for c in found for name in (c.address, c.bsuid) if name}
    return list(found)
