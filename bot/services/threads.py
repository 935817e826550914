"""How touches hang together: what one answers, reacts to, edits or takes back, and what became of it since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from storage.models import Contact

AFTERTHOUGHTS = ("edit", "revoke")  # kinds that change what was said before, which stands as it was


@dataclass(frozen=True, slots=True)
class Around:
    """Contact id → the touch that it concerns; contact id → the last afterthought on it."""

    concerned: Mapping[int, Contact] = field(default_factory=dict)
    later: Mapping[int, Contact] = field(default_factory=dict)


def around(session: Session, contacts: Iterable[Contact]) -> Around:
    """Of these contacts, within their own cases: nothing of another case is told."""
    shown = [c for c in contacts if c.id is not None]
    named = {c.reply_to for c in shown if c.reply_to}
    there = {c.external_id for c in shown if c.external_id}
    concerned = select(Contact).where(col(Contact.external_id).in_(named))
    afterwards = (
        select(Contact)
        .where(col(Contact.reply_to).in_(there), col(Contact.kind).in_(AFTERTHOUGHTS))
        .order_by((col(Contact.kind) == "revoke"), col(Contact.occurred_at), col(Contact.id))
    )
    by_id = {_place(c, c.external_id): c for c in session.exec(concerned)} if named else {}
    of_id = {_place(c, c.reply_to): c for c in session.exec(afterwards)} if there else {}
    return Around(
        {c.id or 0: by_id[at] for c in shown if (at := _place(c, c.reply_to)) in by_id},
        {c.id or 0: of_id[at] for c in shown if (at := _place(c, c.external_id)) in of_id},
    )


def _place(contact: Contact, message: str | None) -> tuple[object, ...]:
    """A message of a channel in a case; in quarantine, of whoever wrote."""
    whose = contact.case_id if contact.case_id is not None else contact.address
    return contact.channel, whose, message
