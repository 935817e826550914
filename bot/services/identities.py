"""Who a person is on WhatsApp: numbers and identities that are told together are one person's, and changes of them are
followed.

A number may serve two dentists of one clinic: what is learnt of it is learnt of both.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlmodel import Session, col, select

from bot.services import cases
from bot.services.dentists import addresses_of, inherit, learn_address, spellings, state_phone, with_a_past
from messages.contracts import Sender
from messages.statuses import ChannelName
from storage.addresses import primary_address
from storage.models import Case, Dentist, DentistAddress, Message
from storage.queries import NOT_LEFT
from storage.upsert import insert_new

CHUNK = 500  # addresses a statement


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody goes by another number or identity since ``at``."""

    before: Sender
    after: Sender
    at: datetime


def learn(session: Session, senders: Iterable[Sender], *, now: datetime) -> list[DentistAddress]:
    """Whoever is reached at one address of a person is reached at all that were told together; what was learnt.

    Where the addresses are known of different dentists, the surest says whose it is, and nothing is moved.
    """
    people = {s: _own(s) for s in set(senders)}
    people = {s: own for s, own in people.items() if len(own) > 1}
    if not people:
        return []
    reached = _reached(session, {a for s in people for a in addresses_of(s)})
    rows: dict[tuple[int, str], None] = {}
    for sender, own in people.items():
        owners = _owners([reached[a] for a in addresses_of(sender) if a in reached])
        for address in own:
            known: set[int] = set().union(*(reached.get(spelt, set()) for spelt in spellings(address)))
            if not known or known & owners:
                rows |= dict.fromkeys((dentist_id, address) for dentist_id in owners - known)
    fields = {"channel": ChannelName.WHATSAPP, "recipient_id": None, "stated_at": None, "created_at": now}
    new = insert_new(session, DentistAddress, [fields | {"dentist_id": d, "address": a} for d, a in sorted(rows)])
    if not new:
        return []
    learnt = session.exec(
        select(DentistAddress).where(col(DentistAddress.id).in_(new)).order_by(col(DentistAddress.id))
    ).all()
    inherit(session, with_a_past(session, learnt), now=now)
    return list(learnt)


def _own(sender: Sender) -> list[str]:
    """A person's addresses, each once: of a number's spellings the canonical one."""
    numbers = [sender.phone] if sender.phone else []
    if sender.wa_id and not any(f"+{sender.wa_id}" in spellings(number) for number in numbers):
        numbers.append(f"+{sender.wa_id}")
    return [sender.bsuid, *numbers] if sender.bsuid else numbers


def _owners(lots: Sequence[set[int]]) -> set[int]:
    """Whom the surest address means, and whoever shares another one with them."""
    owners = set(lots[0]) if lots else set()
    return owners.union(*(lot for lot in lots if lot & owners))


def _reached(session: Session, addresses: Collection[str]) -> dict[str, set[int]]:
    """Address → who is reached there."""
    found: dict[str, set[int]] = {}
    asked = sorted(addresses)
    chunks = (asked[n : n + CHUNK] for n in range(0, len(asked), CHUNK))
    rows = chain.from_iterable(
        session.exec(
            select(DentistAddress.address, DentistAddress.dentist_id).where(
                DentistAddress.channel == ChannelName.WHATSAPP, col(DentistAddress.address).in_(chunk)
            )
        )
        for chunk in chunks
    )
    for address, dentist_id in rows:
        found.setdefault(address, set()).add(dentist_id)
    return found


def follow(session: Session, changes: Iterable[Change], *, now: datetime) -> None:
    """Whoever changed is known by the new address too, and written to at the new number: unless somebody has stated a
    number since. The old one stays known: what was said there was theirs."""
    for change in sorted(changes, key=lambda c: c.at):  # few: people change their number once in years
        before = set(addresses_of(change.before))
        known = {d for ids in _reached(session, before).values() for d in ids}
        for dentist in session.exec(select(Dentist).where(col(Dentist.id).in_(known)).order_by(col(Dentist.id))).all():
            for address in _own(change.after):
                learn_address(session, dentist, ChannelName.WHATSAPP, address, now=now)
            if change.after.phone:
                _write_to(session, dentist, change.after.phone, before, change.at, now)


def _write_to(
    session: Session, dentist: Dentist, phone: str, before: Collection[str], at: datetime, now: datetime
) -> None:
    assert dentist.id is not None
    main = primary_address(session, dentist.id, ChannelName.WHATSAPP)
    if main is None or main.address not in before or (main.stated_at is not None and main.stated_at > at):
        return
    state_phone(session, dentist, phone, now=now)
    unsent = session.exec(
        select(Message)
        .join(Case, col(Message.case_id) == col(Case.id))
        .where(Case.dentist_id == dentist.id, col(Case.closed_at).is_(None), col(Message.status).in_(NOT_LEFT))
        .order_by(col(Message.id))
        .with_for_update(of=Message)
    ).all()
    for case in session.exec(select(Case).where(col(Case.id).in_({m.case_id for m in unsent}))).all():
        cases.send_to(session, case, [m for m in unsent if m.case_id == case.id], phone, now)
