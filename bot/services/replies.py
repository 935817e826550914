"""Dentists' messages: matched to their case, recorded once, told to the analyst as one card a burst.

Asks, never guesses: what could belong to two cases, or to none, waits in quarantine until a tap files it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from bot.services import calls, contacts, doubles, identities, notices, received, ways
from bot.services.contacts import Recorded
from bot.services.dentists import RESUMED, STOPPED, addresses_of, asks_to_stop, opt_out
from bot.services.operation import Operation
from bot.services.readings import Suggestion, suggestion
from bot.services.standing import why_barred
from bot.services.threads import Around, around
from messages.closing.consent import tells_who
from messages.contracts import Incoming, OptOut
from messages.statuses import Direction
from messages.webhook_words import CALL
from storage import people, queries
from storage.closing import attributed_since, confirmation_asked_at
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, FollowUp, Message, Notification

SHOWN = 12  # messages of a burst that its card shows
BY_SWITCH = {
    STOPPED: "Desligou as mensagens de divulgação da operadora, no próprio WhatsApp.",
    RESUMED: "Voltou a aceitar mensagens de divulgação da operadora, no próprio WhatsApp.",
}
BURST = timedelta(minutes=3)  # messages this close go into the card that is on the screen already


Told = Contact | Recorded


class Candidate(NamedTuple):
    """A case that a message may belong to: no more of it than filing asks for, since it is asked for each message."""

    id: int
    dentist_id: int
    analyst_id: int
    opened_at: datetime
    protocol_opened_on: date | None
    closed_at: datetime | None


_CANDIDATE = (
    col(Case.id),
    col(Case.dentist_id),
    col(Case.analyst_id),
    col(Case.opened_at),
    col(Case.protocol_opened_on),
    col(Case.closed_at),
)


@dataclass(frozen=True, slots=True)
class Filing:
    contacts: int = 0
    quarantined: int = 0


def file(
    session: Session,
    incoming: Sequence[Incoming],
    *,
    into: Mapping[str, int] | None = None,
    account_of: int | None = None,
    now: datetime,
) -> Filing:
    """Record a batch of messages in bulk: one question for the senders, one for the quoted messages, one insert.

    ``into``: external id → case, of what is known to belong there. ``account_of``: the analyst in whose own account it
    stands, who alone is asked about strangers there.
    """
    if not incoming:
        return Filing()
    learnt = identities.learn(session, [item.sender for item in incoming], now=now)
    candidates = cases_by_address(session, {a for item in incoming for a in addresses_of(item.sender)})
    quoted = _cases_by_message(session, {item.reply_to for item in incoming if item.reply_to})
    known = into or {}
    filed = [
        (item, known.get(item.external_id) or _case_of(item, candidates, quoted))
        for item in incoming
        if _concerns_us(item, candidates)
    ]
    kept = doubles.without(session, filed)
    rows = [_row(item, case_id, now, _owner(item, candidates, account_of)) for item, case_id in kept]
    new = contacts.record(session, rows)
    received.expect(session, [item for item, _ in kept], now=now)
    calls.complete(session, [item for item, _ in kept], now=now)
    stopping = {c.external_id for c in new if asks_to_stop(c)}
    opt_out(session, [_wish(i) for i in incoming if i.external_id in stopping], now=now)
    _follow(session, incoming, new, now)
    found = _settle(session, {a.address for a in learnt}, now)
    heard: list[Told] = [*found, *new]
    replies = [c for c in heard if c.direction is Direction.IN and not c.past]
    tell(session, [c for c in replies if c.case_id is not None], now)
    _ask(session, [c for c in replies if c.case_id is None], candidates, now)
    return Filing(len(new), sum(c.case_id is None for c in new))


def _concerns_us(item: Incoming, candidates: dict[str, list[Candidate]]) -> bool:
    """Whom else an analyst's phone has written to is not our business, nor what was said before a case began. What
    WhatsApp tells of a stranger is of no use."""
    if not item.past and item.kind != "system":
        return True
    begun = [_began(case) for case in _candidates(item, candidates)]
    return bool(begun) and (not item.past or item.occurred_at >= min(begun))


def _began(case: Candidate) -> datetime:
    opened_on = case.protocol_opened_on
    return min(case.opened_at, datetime.combine(opened_on, time.min, UTC)) if opened_on else case.opened_at


def _follow(session: Session, incoming: Sequence[Incoming], new: Sequence[Told], now: datetime) -> None:
    """Whoever has changed number or identity; of a new number those in charge are told once."""
    changes = [identities.Change(i.sender, i.became, i.occurred_at) for i in incoming if i.became is not None]
    identities.follow(session, changes, now=now)
    renumbered = {i.external_id for i in incoming if i.became is not None and i.became.phone}
    noted = [c for c in new if c.external_id in renumbered and c.case_id is not None]
    of_cases = session.exec(select(Case).where(col(Case.id).in_({c.case_id for c in noted}))) if noted else ()
    owners = {c.id: c.analyst_id for c in of_cases}
    told = people.in_charge(session, set(owners.values())) if owners else {}
    touches = [
        notices.Touch(who, f"renumbered:{c.id}", "renumbered", c.case_id, c.id)
        for c in noted
        for who in told[owners[c.case_id]]
    ]
    notices.touch(session, touches, now=now)


def _settle(session: Session, addresses: Collection[str], now: datetime) -> list[Contact]:
    """What waited in quarantine from somebody who turns out to be known is filed, where it can be of one case only."""
    if not addresses:
        return []
    by_address = cases_by_address(session, addresses)
    sure = {address: cases[0].id for address, cases in by_address.items() if len(cases) == 1}
    waiting = session.exec(
        select(Contact)
        .where(col(Contact.case_id).is_(None), or_(col(Contact.address).in_(sure), col(Contact.bsuid).in_(sure)))
        .order_by(col(Contact.id))
        .with_for_update()
    ).all()
    for contact in waiting:
        contact.case_id = sure.get(contact.address or "") or sure.get(contact.bsuid or "")
    session.add_all(waiting)
    session.flush()
    contacts.count_in(session, waiting)
    return list(waiting)


def file_preferences(session: Session, wishes: Sequence[OptOut], *, now: datetime) -> None:
    """What people chose by WhatsApp's own switch: heeded at once, and noted in their cases. Of whom nobody knows, the
    note waits in quarantine, and the wish holds from when they are known."""
    if not wishes:
        return
    opt_out(session, wishes, now=now)
    candidates = cases_by_address(session, {a for wish in wishes for a in addresses_of(wish.sender)})
    contacts.record(session, [row for wish in wishes for row in _noted(wish, candidates, now)])


def _noted(wish: OptOut, candidates: dict[str, list[Candidate]], now: datetime) -> list[dict[str, Any]]:
    addresses = addresses_of(wish.sender)
    cases = next((candidates[a] for a in addresses if a in candidates), [])
    kind = STOPPED if wish.stop else RESUMED
    return [
        contacts.row(
            case_id=case_id,
            channel=wish.channel,
            direction=Direction.NOTE,
            occurred_at=wish.occurred_at,
            now=now,
            text=BY_SWITCH[kind],
            external_id=f"{kind}:{addresses[0]}:{wish.occurred_at.timestamp():.0f}" + (f":{case_id}" if n else ""),
            address=wish.sender.phone or addresses[0],
            bsuid=wish.sender.bsuid,
            kind=kind,
        )
        for n, case_id in enumerate([c.id for c in cases] or [None])  # told again once they are known: the same note
    ]


def _wish(item: Incoming) -> OptOut:
    return OptOut(item.channel, item.sender, item.occurred_at, stop=True)


def _direction(item: Incoming) -> Direction:
    """What WhatsApp itself tells of a person is nobody's word: it neither opens the window nor waits for an answer."""
    if item.kind == "system":
        return Direction.NOTE
    if item.kind == CALL and item.echo:
        return Direction.CALL
    return Direction.OUT if item.echo else Direction.IN


def _owner(item: Incoming, candidates: dict[str, list[Candidate]], account_of: int | None) -> int | None:
    """Whose words they are on our side; of a stranger's, in whose account they stand."""
    return account_of if item.echo or not _candidates(item, candidates) else None


def _row(item: Incoming, case_id: int | None, now: datetime, analyst_id: int | None) -> dict[str, Any]:
    return contacts.row(
        case_id=case_id,
        channel=item.channel,
        direction=_direction(item),
        occurred_at=item.occurred_at,
        now=now,
        text=item.text,
        external_id=item.external_id,
        author=item.sender.name,
        address=item.sender.phone or next(iter(addresses_of(item.sender)), None),
        bsuid=item.sender.bsuid,
        kind=item.kind,
        reply_to=item.reply_to,
        media=dict(item.media),
        past=item.past,
        opens_window=item.opens_window,
        analyst_id=analyst_id,
    )


def cases_by_address(session: Session, addresses: Iterable[str]) -> dict[str, list[Candidate]]:
    """The cases an address may mean: of each of its dentists the open ones, else the newest closed one."""
    rows = session.execute(
        select_columns(col(DentistAddress.address), *_CANDIDATE)
        .join(Case, col(Case.dentist_id) == DentistAddress.dentist_id)
        .where(col(DentistAddress.channel).in_(queries.DENTISTS_WRITE), col(DentistAddress.address).in_(set(addresses)))
        .order_by(col(Case.id))
    )
    found: dict[str, list[Candidate]] = {}
    for address, *case in rows:
        found.setdefault(address, []).append(Candidate(*case))
    return {address: _standing(cases) for address, cases in found.items()}


def _standing(cases: Sequence[Candidate]) -> list[Candidate]:
    newest = {c.dentist_id: c for c in cases}
    has_open = {c.dentist_id for c in cases if c.closed_at is None}
    return [c for c in cases if c.closed_at is None or (c.dentist_id not in has_open and c is newest[c.dentist_id])]


def _cases_by_message(session: Session, external_ids: Iterable[str]) -> dict[str, Candidate]:
    ids = set(external_ids)
    if not ids:
        return {}
    found: dict[str, Candidate] = {}
    for table in (Contact, Message):
        rows = session.execute(
            select_columns(col(table.external_id), *_CANDIDATE)
            .join(Case, col(table.case_id) == Case.id)
            .where(col(table.channel).in_(queries.DENTISTS_WRITE), col(table.external_id).in_(ids))
        )
        found |= {external_id: Candidate(*case) for external_id, *case in rows}
    return found


def _candidates(item: Incoming, by_address: dict[str, list[Candidate]]) -> list[Candidate]:
    for address in addresses_of(item.sender):
        if address in by_address:
            return by_address[address]
    return []


def _case_of(item: Incoming, by_address: dict[str, list[Candidate]], quoted: dict[str, Candidate]) -> int | None:
    """The one case it can belong to. A message that it quotes, or changes, decides first: the case, else at least the
    dentist."""
    cases = _candidates(item, by_address)
    said = quoted.get(item.reply_to or "")
    if said is not None:
        same_dentist = [c for c in cases if c.dentist_id == said.dentist_id]
        cases = [c for c in same_dentist if c.id == said.id] or same_dentist or cases
    return cases[0].id if len(cases) == 1 else None


def tell(session: Session, new: Sequence[Told], now: datetime) -> None:
    """One card a burst: what comes while the last card is fresh and unanswered is drawn into it."""
    first_of: dict[int, Told] = {}
    for contact in new:
        if contact.case_id is not None:
            first_of.setdefault(contact.case_id, contact)
    if not first_of:
        return
    rows = session.execute(select(Case.id, Case.analyst_id, Case.unread).where(col(Case.id).in_(first_of)))
    cases = {case_id: (owner, unread) for case_id, owner, unread in rows}
    fresh, came = _fresh_cards(session, list(first_of), now), Counter(c.case_id for c in new)
    told = people.in_charge(session, {owner for owner, _ in cases.values()})
    touches = []
    for case_id, contact in first_of.items():
        assert contact.id is not None
        owner, unread = cases[case_id]
        began = fresh.get(case_id) if unread > came[case_id] else None
        subject_id = began if began is not None and began < contact.id else contact.id  # a card shows what came since
        key = f"reply:{case_id}:{subject_id}"
        touches += [notices.Touch(who, key, "reply", case_id, subject_id) for who in told[owner]]
    notices.touch(session, touches, now=now)


def _fresh_cards(session: Session, case_ids: Sequence[int], now: datetime) -> dict[int, int | None]:
    """Case → the message that its newest card begins with, where that card is fresh."""
    newest = (
        select(func.max(Notification.id))
        .where(
            Notification.kind == "reply", col(Notification.case_id).in_(case_ids), Notification.created_at > now - BURST
        )
        .group_by(col(Notification.case_id))
    )
    rows = session.exec(
        select(Notification.case_id, Notification.subject_id).where(col(Notification.id).in_(newest))
    ).all()
    return {case_id: subject_id for case_id, subject_id in rows if case_id is not None}


def _ask(session: Session, unfiled: Sequence[Told], by_address: dict[str, list[Candidate]], now: datetime) -> None:
    """“De quem é?”: to whom the account belongs that it stands in, to those in charge of the cases it could be, else to
    the supervisors. One card a sender and burst:
    it shows all that waits, and what comes later is a new one, for an edit makes no sound."""
    if not unfiled:
        return
    first_of: dict[str | None, int | None] = {}
    owners: dict[str | None, int | None] = {}
    for contact in unfiled:
        first_of.setdefault(contact.address, contact.id)
        owners[contact.address] = contact.analyst_id
    asked = _asked_just_now(session, [a for a in first_of if a], now)
    charged = people.in_charge(session, {c.analyst_id for a in first_of for c in by_address.get(a or "", [])})
    for address, contact_id in first_of.items():
        subject_id = asked.get(address, contact_id)
        key = f"quarantine:{address}:{subject_id}"
        cases, owner = by_address.get(address or "", []), owners[address]
        if cases or owner is not None:
            told = {owner} if owner is not None else {who for c in cases for who in charged[c.analyst_id]}
            notices.touch(session, [notices.Touch(w, key, "quarantine", None, subject_id) for w in told], now=now)
        else:
            notices.tell_supervisors(session, key, "quarantine", subject_id, now=now)


def _asked_just_now(session: Session, addresses: Sequence[str], now: datetime) -> dict[str | None, int | None]:
    """Senders whose card is fresh, and the contact that it begins with."""
    rows = session.exec(
        select(Contact.address, Contact.id)
        .join(Notification, col(Notification.subject_id) == Contact.id)
        .where(
            Notification.kind == "quarantine",
            Notification.created_at > now - BURST,
            col(Contact.case_id).is_(None),
            col(Contact.set_aside_at).is_(None),
            col(Contact.address).in_(addresses),
        )
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What a reply's card shows."""

    case: Case
    dentist: Dentist
    burst: list[Contact]
    earlier: int  # how many of the burst came before those
    follow_up: FollowUp | None  # that still stands
    suggestion: Suggestion | None
    whose: list[int]  # of the burst, what may be the final confirmation, and nobody has said who wrote it
    around: Around
    files: list[received.File]  # that came with the messages shown
    telegram: bool  # an answer goes there
    barred: str | None  # why nothing may be said to the dentist


def card(
    session: Session, analyst: Analyst, case_id: int, contact_id: int, op: Operation, *, now: datetime
) -> ReplyView:
    """The burst that begins with one message, what it seems to mean, and the follow-up that still stands."""
    case = queries.case_for(session, case_id, analyst)
    standing = next(iter(queries.open_follow_ups(session, case_id)), None)
    burst, total = queries.replies_since(session, case_id, contact_id, SHOWN)
    return ReplyView(
        case,
        queries.dentist_of(session, case),
        burst,
        total - len(burst),
        standing,
        suggestion(session, case, burst, standing.due_at if standing else None, op, now=now),
        _unattributed(session, case, burst),
        around(session, burst),
        received.of_contacts(session, burst),
        ways.answering_chat(session, case) is not None,
        why_barred(session, case, now=now),
    )


def _unattributed(session: Session, case: Case, burst: Sequence[Contact]) -> list[int]:
    """A Desligamento rests on who confirmed it: asked while that is remembered, and the words do not tell."""
    asked_at = confirmation_asked_at(session, case.id or 0) if case.closed_at is None else None
    answers = [c for c in burst if asked_at is not None and c.occurred_at >= asked_at]
    told = any(tells_who(c.text) for c in answers)
    if not answers or told or asked_at is None or attributed_since(session, case.id or 0, asked_at):
        return []
    return [c.id for c in answers if c.id is not None]
