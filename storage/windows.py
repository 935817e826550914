"""WhatsApp's windows: each number has its own, which its last message opens for a day."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session, col, func, select

from messages.statuses import ChannelName
from storage.models import Case, Contact, DentistAddress
from storage.queries import OPENS_WINDOW


def open_numbers(session: Session, case_ids: Collection[int], since: datetime) -> dict[int, list[str]]:
    """Case → the numbers that wrote since then, whoever wrote last first: its dentist's, in whatever case they wrote,
    and others that wrote in this one."""
    last = func.max(col(Contact.occurred_at))
    wrote = (OPENS_WINDOW, col(Contact.occurred_at) > since, col(Contact.address).is_not(None))
    own = (
        select(Case.id, Contact.address, last)
        .join(DentistAddress, col(DentistAddress.dentist_id) == Case.dentist_id)
        .join(Contact, col(Contact.address) == DentistAddress.address)
        .where(col(Case.id).in_(case_ids), DentistAddress.channel == ChannelName.WHATSAPP, *wrote)
        .group_by(col(Case.id), col(Contact.address))
    )
    here = (
        select(Contact.case_id, Contact.address, last)
        .where(col(Contact.case_id).in_(case_ids), *wrote)
        .group_by(col(Contact.case_id), col(Contact.address))
    )
    moments: dict[int, dict[str, datetime]] = {}
    for statement in (own, here):
        for case_id, address, at in session.exec(statement):
            assert case_id is not None and address is not None
            known = moments.setdefault(case_id, {})
            known[address] = max(at, known.get(address, at))
    return {case_id: sorted(known, key=lambda a: known[a], reverse=True) for case_id, known in moments.items()}


def cases_reached(session: Session, addresses: Iterable[str]) -> list[tuple[int, str]]:
    """(case, number) for every open case whose dentist has one of these numbers on WhatsApp."""
    rows = session.exec(
        select(Case.id, DentistAddress.address)
        .join(DentistAddress, col(DentistAddress.dentist_id) == Case.dentist_id)
        .where(
            DentistAddress.channel == ChannelName.WHATSAPP,
            col(DentistAddress.address).in_(set(addresses)),
            col(Case.closed_at).is_(None),
        )
    )
    return [(case_id, address) for case_id, address in rows if case_id is not None]
