"""What an analyst's phone brings by itself, and somebody has told already: by “Enviei”, or by pasting the talk."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.services import contacts
from bot.services.spoken_lines import BY_HAND, CLOCKS
from bot.services.threads import AFTERTHOUGHTS
from messages.contracts import Incoming
from messages.statuses import ChannelName, Direction
from storage.models import Contact

Filed = tuple[Incoming, int | None]  # with the case that it belongs to
A_MINUTE = timedelta(minutes=1)


def without(session: Session, filed: Sequence[Filed]) -> list[Filed]:
    """Those that are on record in no other way yet. What “Enviei” logged gets the time at which it really went."""
    asked = [
        (item, case_id)
        for item, case_id in filed
        if case_id is not None and (item.echo or item.past) and item.kind not in AFTERTHOUGHTS
    ]
    if not asked:
        return list(filed)
    there = _by_hand(session, {c for _, c in asked}, [item.occurred_at for item, _ in asked])
    told, late = set[str](), dict[int, Contact]()
    for item, case_id in asked:
        same = there.get((case_id, Direction.OUT if item.echo else Direction.IN, _normal(item.text)), ())
        contact = next((c for c in same if _is_told(item, c)), None)
        if contact is not None:
            told.add(item.external_id)
            if contact.occurred_at > item.occurred_at + CLOCKS:
                contact.occurred_at = item.occurred_at
                late[contact.id or 0] = contact
    session.add_all(late.values())
    contacts.count_in(session, list(late.values()))
    return [pair for pair in filed if pair[0].external_id not in told]


def _by_hand(
    session: Session, case_ids: Collection[int | None], moments: Sequence[datetime]
) -> dict[tuple[int | None, Direction, str], list[Contact]]:
    """What was told of these cases by hand around these moments, by side and words."""
    rows = session.exec(
        select(Contact)
        .where(
            col(Contact.case_id).in_(case_ids),
            Contact.channel == ChannelName.MANUAL,
            Contact.occurred_at >= min(moments) - A_MINUTE - CLOCKS,
            Contact.occurred_at <= max(moments) + BY_HAND,
            col(Contact.withdrawn_at).is_(None),
        )
        .order_by(col(Contact.occurred_at), col(Contact.id))
    )
    found: dict[tuple[int | None, Direction, str], list[Contact]] = {}
    for contact in rows:
        found.setdefault((contact.case_id, contact.direction, _normal(contact.text)), []).append(contact)
    return found


def _is_told(item: Incoming, contact: Contact) -> bool:
    """Within a minute and what two clocks may differ, since a pasted line knows no seconds; logged by hand, later."""
    latest = BY_HAND if contact.message_id is not None else CLOCKS
    return -A_MINUTE - CLOCKS <= contact.occurred_at - item.occurred_at <= latest


def _normal(text: str) -> str:
    return " ".join(text.split())
