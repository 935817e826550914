"""Files that dentists send: expected with their message, fetched by the worker, shown to whoever may see the case.

Nothing here looks into a file, and nobody waits for one: the words that came with it are on record already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, or_, select

from bot.services import audit, notices
from messages.contracts import Fetched, Incoming
from messages.errors import NotFound
from messages.media import file_name
from messages.statuses import ChannelName
from storage import queries
from storage.models import Analyst, Case, Contact, ReceivedFile
from storage.upsert import insert_new

GOOD_FOR = timedelta(days=7)  # so long Meta gives a file out, and so long Telegram is asked
LONGEST_WAIT = timedelta(hours=1)  # between two tries
PAGE = 8  # files that a screen lists
EXPIRED = {
    ChannelName.WHATSAPP: "O WhatsApp só guarda arquivos por 7 dias, e este não pôde ser buscado a tempo: peça que "
    "enviem de novo.",
    ChannelName.TELEGRAM: "O Telegram não entregou este arquivo em 7 dias de tentativas: peça que enviem de novo.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch, claimed."""

    number: int
    media_id: str


@dataclass(frozen=True, slots=True)
class File:
    """What a screen tells of a file. ``name`` is safe to save under; ``stored`` None: it is not there (yet)."""

    number: int
    contact: Contact
    name: str
    stored: str | None
    size: int | None
    error: str | None


def expect(session: Session, incoming: Sequence[Incoming], *, now: datetime) -> None:
    """Have the files of these messages fetched, each once: also one whose message came before without it."""
    ids = {(i.channel, i.external_id): i.media["id"] for i in incoming if i.media.get("id")}
    if not ids:
        return
    rows = session.execute(
        select(col(Contact.id), col(Contact.channel), col(Contact.external_id)).where(
            col(Contact.channel).in_({channel for channel, _ in ids}),
            col(Contact.external_id).in_({external_id for _, external_id in ids}),
        )
    ).all()
    found = sorted((n, ids[which]) for n, *place in rows if (which := tuple(place)) in ids)
    blank: dict[str, Any] = {
        "attempts": 0,
        "lease_until": None,
        "stored": None,
        "size": None,
        "sha256": None,
        "fetched_at": None,
    }
    blank |= {"given_up_at": None, "error": None, "created_at": now}
    insert_new(session, ReceivedFile, [blank | {"contact_id": n, "media_id": media_id} for n, media_id in found])


def claim(
    session: Session, limit: int, *, channel: ChannelName, now: datetime, wall: datetime, lease: timedelta
) -> list[Wanted]:
    """Lease files that are to be fetched from a channel, the first ones first; what is not given out any more is given
    up. What strangers send to somebody's own account is nobody's business before its owner has said whose it is."""
    of_channel = select(col(Contact.id)).where(Contact.id == ReceivedFile.contact_id, Contact.channel == channel)
    missing = (col(ReceivedFile.fetched_at).is_(None), col(ReceivedFile.given_up_at).is_(None))
    session.execute(
        update(ReceivedFile)
        .where(*missing, col(ReceivedFile.created_at) < now - GOOD_FOR, of_channel.exists())
        .values(given_up_at=now, error=EXPIRED[channel], lease_until=None),
        execution_options={"synchronize_session": False},
    )
    free = or_(col(ReceivedFile.lease_until).is_(None), col(ReceivedFile.lease_until) < wall)
    ours = of_channel.where(or_(col(Contact.case_id).is_not(None), col(Contact.analyst_id).is_(None)))
    due = select(ReceivedFile).where(*missing, free, ours.exists())
    rows = session.exec(due.order_by(col(ReceivedFile.id)).limit(limit).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.lease_until, row.attempts = wall + lease, row.attempts + 1
    session.add_all(rows)
    return [Wanted(row.id or 0, row.media_id) for row in rows]


def record(
    session: Session, number: int, fetched: Fetched, stored: str | None, *, now: datetime, wall: datetime
) -> ReceivedFile:
    """What became of a try: stored, to be tried again later, or never to be had."""
    row = session.exec(select(ReceivedFile).where(ReceivedFile.id == number).with_for_update()).one()
    if row.fetched_at is not None:  # by somebody who had claimed it before, and was slow
        return row
    row.error = fetched.reason or None
    if stored is not None:
        row.stored, row.size, row.sha256 = stored, fetched.size, fetched.sha256
        row.fetched_at, row.lease_until = now, None
    elif fetched.again:
        row.lease_until = wall + min(timedelta(seconds=2 ** min(row.attempts, 12)), LONGEST_WAIT)
    else:
        row.given_up_at, row.lease_until = now, None
    session.add(row)
    session.flush()
    if row.given_up_at is not None:
        notices.replies_changed(session, [row.contact_id], now=now)
    return row


def forget(session: Session, contact_ids: Any) -> None:
    """Of messages that are about to be forgotten. ``contact_ids``: numbers, or a query for them."""
    session.execute(
        delete(ReceivedFile).where(col(ReceivedFile.contact_id).in_(contact_ids)),
        execution_options={"synchronize_session": False},
    )


def of_contacts(session: Session, contacts: Iterable[Contact]) -> list[File]:
    """The files that came with these."""
    ids = [c.id for c in contacts if c.media.get("id")]
    if not ids:
        return []
    theirs = _with_contacts().where(col(ReceivedFile.contact_id).in_(ids))
    return [_file(row, contact) for row, contact in session.exec(theirs.order_by(col(ReceivedFile.id)))]


def count_of_case(session: Session, case_id: int) -> int:
    mine = select(func.count(col(ReceivedFile.id))).join(Contact, col(ReceivedFile.contact_id) == col(Contact.id))
    return session.exec(mine.where(Contact.case_id == case_id)).one()


@dataclass(frozen=True, slots=True)
class Page:
    """Files of a case, the newest first. ``after``: the number that the next page begins below; None on the last."""

    case: Case
    files: list[File]
    after: int | None


def of_case(session: Session, analyst: Analyst, case_id: int, before: int | None = None, *, now: datetime) -> Page:
    """A page of a case's files, below a number. Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    statement = _with_contacts().where(Contact.case_id == case_id)
    if before is not None:
        statement = statement.where(col(ReceivedFile.id) < before)
    rows = session.exec(statement.order_by(col(ReceivedFile.id).desc()).limit(PAGE + 1)).all()
    shown = [_file(row, contact) for row, contact in rows[:PAGE]]
    return Page(case, shown, shown[-1].number if len(rows) > PAGE else None)


def of_burst(
    session: Session, analyst: Analyst, case_id: int, contact_id: int, limit: int, *, now: datetime
) -> list[File]:
    """The files of the messages that a dentist's card shows. Raises NotFound."""
    queries.case_for(session, case_id, analyst)
    burst, _ = queries.replies_since(session, case_id, contact_id, limit)
    return of_contacts(session, burst)


def open_file(session: Session, analyst: Analyst, number: int, *, now: datetime) -> File:
    """Somebody looks at a file: audited, each time. Raises NotFound for what is not there, or not theirs to see."""
    found = session.exec(_with_contacts().where(ReceivedFile.id == number)).first()
    if found is None or found[1].case_id is None:
        raise NotFound("Não encontrei este arquivo: veja os do caso em “Arquivos”.")
    row, contact = found
    queries.case_for(session, contact.case_id or 0, analyst)
    file = _file(row, contact)
    if file.stored is None:
        raise NotFound(file.error or "Este arquivo ainda está sendo buscado: tente de novo em um minuto.")
    audit.record(session, analyst, "file_opened", contact, now=now, file=number)
    return file


def _with_contacts() -> Any:
    return select(ReceivedFile, Contact).join(Contact, col(ReceivedFile.contact_id) == col(Contact.id))


def _file(row: ReceivedFile, contact: Contact) -> File:
    assert row.id is not None
    given = contact.media
    name = file_name(contact.kind, given.get("mime_type", ""), given.get("filename", ""), row.id)
    return File(row.id, contact, name, row.stored, row.size, row.error if row.given_up_at is not None else None)
