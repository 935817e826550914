"""Dentists: where each is reached, and whether they want to be.

What was wished at an address holds for every dentist who is reached there, also for one who is known there only later.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, and_, col, or_, select

from bot.services import notices
from bot.services.contacts import Recorded
from messages.contracts import OptOut, Sender
from messages.identity import normalise_phone, phone_aliases
from messages.policy import OPTED_OUT, is_opt_out
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.addresses import primary_address
from storage.models import Case, Contact, Dentist, DentistAddress, Message

CHUNK = 500  # addresses a statement
STOPPED, RESUMED = "stopped", "resumed"  # kinds of the notes on what was chosen by WhatsApp's own switch
# Kinds in which a person says something: not the caption of a picture.
SPOKEN = ("text", "button", "interactive", "edit")


def addresses_of(sender: Sender) -> list[str]:
    """All spellings under which a sender may be known, the surest first."""
    found = [one for one in (sender.bsuid, sender.chat) if one]
    if sender.chat and "@" in sender.chat:  # the same person in an account of ours, and in the bot's own chat
        found.append(sender.chat.partition("@")[0])
    if sender.phone:
        found += [a for a in phone_aliases(sender.phone) if a not in found]
    if sender.wa_id and f"+{sender.wa_id}" not in found:
        found.append(f"+{sender.wa_id}")
    return found


def spellings(address: str) -> set[str]:
    """All spellings of one address, whichever of them is given. Only of a phone there are several."""
    if not address.startswith("+"):
        return {address}
    return {address, *phone_aliases(normalise_phone(address) or address)}


def asks_to_stop(contact: Contact | Recorded) -> bool:
    """Whether a touch is the dentist's wish to get no more: in words, not the caption of a picture, or by the switch in
    WhatsApp."""
    if contact.kind == STOPPED:
        return True
    return contact.direction is Direction.IN and contact.kind in SPOKEN and is_opt_out(contact.text)


def learn_address(
    session: Session, dentist: Dentist, channel: ChannelName, address: str, *, now: datetime
) -> DentistAddress:
    """Remember where a dentist is reached, and heed what was wished there before; known already, nothing changes."""
    assert dentist.id is not None
    known = session.exec(
        select(DentistAddress).where(
            DentistAddress.dentist_id == dentist.id,
            DentistAddress.channel == channel,
            DentistAddress.address == address,
        )
    ).first()
    if known is not None:
        return known
    learnt = DentistAddress(dentist_id=dentist.id, channel=channel, address=address, created_at=now)
    session.add(learnt)
    session.flush()
    inherit(session, [learnt], now=now)
    return learnt


def state_phone(session: Session, dentist: Dentist, phone: str, *, now: datetime) -> str | None:
    """What an analyst says is where messages go from now on. The number that they went to before, if it is another."""
    assert dentist.id is not None
    before = primary_address(session, dentist.id, ChannelName.WHATSAPP)
    stated = learn_address(session, dentist, ChannelName.WHATSAPP, phone, now=now)
    _lead_to(session, stated, now)
    other = before is not None and before.address.startswith("+") and before.address not in spellings(phone)
    return before.address if before is not None and other else None


def bind_chat(session: Session, dentist: Dentist, chat: str, name: str, *, now: datetime) -> DentistAddress:
    """The dentist has opened a chat on Telegram with us: what goes there goes to this one from now on."""
    bound = learn_address(session, dentist, ChannelName.TELEGRAM, chat, now=now)
    bound.name, bound.blocked_at = name, None
    _lead_to(session, bound, now)
    return bound


def set_blocked(session: Session, chat: str, at: datetime | None) -> Sequence[int]:
    """Whether messages reach a chat; the addresses for which that has changed."""
    stood = col(DentistAddress.blocked_at)
    changed = (
        update(DentistAddress)
        .where(
            col(DentistAddress.channel) == ChannelName.TELEGRAM,
            col(DentistAddress.address) == chat,
            stood.is_(None) if at is not None else stood.is_not(None),
        )
        .values(blocked_at=at)
        .returning(col(DentistAddress.id))
        .execution_options(synchronize_session="fetch")
    )
    return list(session.execute(changed).scalars())


def _lead_to(session: Session, stated: DentistAddress, now: datetime) -> None:
    """Of the dentist's addresses on a channel, this is the one where messages go."""
    session.execute(
        update(DentistAddress)
        .where(
            col(DentistAddress.dentist_id) == stated.dentist_id,
            col(DentistAddress.channel) == stated.channel,
            col(DentistAddress.id) != stated.id,
        )
        .values(stated_at=None)
    )
    stated.stated_at = now
    session.add(stated)
    session.flush()


def with_a_past(session: Session, learnt: Sequence[DentistAddress]) -> list[DentistAddress]:
    """Of addresses that were learnt at once, those where others are reached or somebody has written unfiled: the only
    ones that have something to `inherit`."""
    found: list[DentistAddress] = []
    for start in range(0, len(learnt), CHUNK):
        some = learnt[start : start + CHUNK]
        spelt = {spelling for one in some for spelling in spellings(one.address)}
        others = select(DentistAddress.address).where(
            col(DentistAddress.address).in_(spelt), col(DentistAddress.id).not_in([one.id for one in some])
        )
        unfiled = select(Contact.address, Contact.bsuid).where(_waits_at(spelt))
        known = {*session.exec(others), *(a for pair in session.exec(unfiled) for a in pair if a)}
        twice = Counter(one.address for one in some)
        found += [one for one in some if known & spellings(one.address) or twice[one.address] > 1]
    return found


def _waits_at(addresses: Collection[str]) -> ColumnElement[bool]:
    """Of contacts: nobody has filed it, and it came from one of these."""
    theirs = or_(col(Contact.address).in_(addresses), col(Contact.bsuid).in_(addresses))
    return and_(col(Contact.case_id).is_(None), theirs)


def inherit(session: Session, learnt: Iterable[DentistAddress], *, now: datetime) -> None:
    """Whoever is newly reached at an address takes over the last wish that was told there: by another dentist who is
    reached there, or in a message that nobody has filed. It may block; it lifts no wish of the dentist's own."""
    for one in learnt:
        spelt = spellings(one.address)
        there = select(DentistAddress.dentist_id).where(col(DentistAddress.address).in_(spelt))
        reached = _locked(session, or_(col(Dentist.id) == one.dentist_id, col(Dentist.id).in_(there)))
        own = [d for d in reached if d.id == one.dentist_id]
        others = [d for d in reached if d.id != one.dentist_id]
        unfiled = session.exec(select(Contact).where(_waits_at(spelt))).all()
        stops = [d.opted_out_at for d in others if d.opted_out_at] + [c.occurred_at for c in unfiled if asks_to_stop(c)]
        resumes = [d.opted_in_at for d in others if d.opted_in_at]
        resumes += [c.occurred_at for c in unfiled if c.kind == RESUMED]
        if stops and (not resumes or max(resumes) < max(stops)):
            _heed(own, max(stops), stop=True)
        elif resumes:
            _heed([d for d in own if d.opted_out_at is None], max(resumes), stop=False)
        _hold_back(session, own, now)


def opt_out(session: Session, wishes: Sequence[OptOut], *, now: datetime) -> None:
    """A wish about messages, by the platform's switch or in words: acts at once, without a tap, for everybody who is
    reached there. Wishes may come late and shuffled: the last one holds."""
    reached = _reached(session, {a for wish in wishes for a in addresses_of(wish.sender)})
    for wish in sorted(wishes, key=lambda w: w.occurred_at):
        at = set(addresses_of(wish.sender))
        _heed([d for d, addresses in reached if addresses & at], wish.occurred_at, stop=wish.stop)
    _hold_back(session, [d for d, _ in reached], now)


def stop(session: Session, case_ids: Collection[int], at: datetime, *, now: datetime) -> None:
    """The dentists of these cases wanted no messages at that time: blocked on every channel, at once."""
    if not case_ids:
        return
    of_these = select(Case.dentist_id).where(col(Case.id).in_(case_ids))
    dentists = _locked(session, col(Dentist.id).in_(of_these))
    _heed(dentists, at, stop=True)
    _hold_back(session, dentists, now)


def resume(session: Session, dentist_id: int, *, now: datetime) -> bool:
    """The dentist may be written to again, until the next wish to stop. Whether that was barred until now."""
    (dentist,) = _locked(session, col(Dentist.id) == dentist_id)
    if dentist.opted_out_at is None:
        return False
    _heed([dentist], max(now, dentist.opted_out_at), stop=False)
    barred = session.exec(
        select(Message)
        .join(Case, col(Message.case_id) == Case.id)
        .where(Case.dentist_id == dentist_id, Message.status == MessageStatus.DRAFT, Message.error == OPTED_OUT)
        .order_by(col(Message.id))
        .with_for_update(of=Message)
    ).all()
    for message in barred:
        message.error = None
    session.add_all(barred)
    notices.message_changed(session, barred, now=now)
    return True


def _reached(session: Session, addresses: Collection[str]) -> list[tuple[Dentist, set[str]]]:
    """Who is reached at these addresses, and at which of them."""
    if not addresses:
        return []
    there = select(DentistAddress).where(col(DentistAddress.address).in_(addresses))
    dentists: Sequence[Dentist] = ()
    known = session.exec(there).all()
    while {a.dentist_id for a in known} != {d.id for d in dentists}:
        dentists = _locked(session, col(Dentist.id).in_({a.dentist_id for a in known}))
        known = session.exec(there).all()  # again: somebody may have been learnt there while the lock was waited for
    return [(d, {a.address for a in known if a.dentist_id == d.id}) for d in dentists]


def _locked(session: Session, which: ColumnElement[bool]) -> Sequence[Dentist]:
    """As they stand now, and nobody else's until the commit: two wishes at once must see each other. One order: no
    deadlocks."""
    return session.exec(
        select(Dentist)
        .where(which)
        .order_by(col(Dentist.id))
        .with_for_update(of=Dentist, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _heed(dentists: Iterable[Dentist], at: datetime, *, stop: bool) -> None:
    """Keep the last wish of each kind; the later of the two holds."""
    for dentist in dentists:
        if stop:
            if dentist.opted_in_at is None or dentist.opted_in_at < at:
                dentist.opted_out_at = max(dentist.opted_out_at or at, at)
        else:
            dentist.opted_in_at = max(dentist.opted_in_at or at, at)
            if dentist.opted_out_at is not None and dentist.opted_out_at <= at:
                dentist.opted_out_at = None


def _hold_back(session: Session, dentists: Iterable[Dentist], now: datetime) -> None:
    """What was approved for whoever is barred, and has not left, goes back to draft."""
    barred = [d.id for d in dentists if d.opted_out_at is not None]
    if not barred:
        return
    held = session.exec(
        select(Message)
        .join(Case, col(Message.case_id) == Case.id)
        .where(col(Case.dentist_id).in_(barred), Message.status == MessageStatus.QUEUED)
        .order_by(col(Message.id))
        .with_for_update(of=Message)
    ).all()
    for message in held:
        message.status, message.status_at, message.due_at, message.error = MessageStatus.DRAFT, now, None, OPTED_OUT
    session.add_all(held)
    notices.message_changed(session, held, now=now)
