"""The record of touches: each once, and the case's own figures (unread, first and last touch) kept in the same step."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, bindparam, case, func
from sqlmodel import Session, col, select

from messages.statuses import ChannelName, Direction
from storage import queries, windows
from storage.models import Case, Contact
from storage.upsert import insert_returning, table_of

CHUNK = 500  # rows a statement: SQLite takes 32,766 values


class Recorded(NamedTuple):
    """A contact that was new: no more of it than filing asks for, since thousands are recorded a second."""

    id: int
    case_id: int | None
    channel: ChannelName
    direction: Direction
    external_id: str | None
    occurred_at: datetime
    imported: bool
    address: str | None
    bsuid: str | None
    kind: str
    text: str
    past: bool
    opens_window: bool
    analyst_id: int | None


def row(
    *,
    case_id: int | None,
    channel: ChannelName,
    direction: Direction,
    occurred_at: datetime,
    now: datetime,
    text: str = "",
    **more: Any,
) -> dict[str, Any]:
    """One contact's columns, all of them, as `record` takes them."""
    assert occurred_at.tzinfo is not None
    return {
        "case_id": case_id,
        "channel": channel,
        "direction": direction,
        "occurred_at": occurred_at,
        "text": text,
        "recorded_at": now,
        "external_id": None,
        "day_only": False,
        "undated": False,
        "imported": False,
        "author": "",
        "address": None,
        "bsuid": None,
        "kind": "text",
        "reply_to": None,
        "past": False,
        "opens_window": True,
        "media": {},
        "message_id": None,
        "answered_by": None,
        "analyst_id": None,
    } | more


def record(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Recorded]:
    """Keep those that are not there yet, in one statement; returns the new ones, in the order of their ids."""
    new: list[Recorded] = []
    for start in range(0, len(rows), CHUNK):
        kept = insert_returning(session, Contact, rows[start : start + CHUNK], Recorded._fields)
        new += map(Recorded._make, kept)
    new.sort()
    count_in(session, new)
    return new


def count_in(session: Session, new: Sequence[Contact | Recorded]) -> None:
    """Bring the cases' own figures up to these contacts, in one statement for all cases."""
    changes: dict[int, dict[str, Any]] = {}
    for contact in new:
        if contact.case_id is None or contact.imported:
            continue
        change = changes.setdefault(contact.case_id, _unchanged(contact.case_id))
        at = contact.occurred_at
        change["last"] = _later(change["last"], at)
        if contact.direction is Direction.IN:
            change["unread"] += int(not contact.past)
            change["last_in"] = _later(change["last_in"], at)
            if contact.channel is ChannelName.WHATSAPP and contact.opens_window:
                change["window"] = _later(change["window"], at)
        elif contact.direction in (Direction.OUT, Direction.CALL):
            change["last_out"] = _later(change["last_out"], at)
            change["first_out"] = at if change["first_out"] is None else min(change["first_out"], at)
    if not changes:
        return
    _open_windows(session, new, changes)
    given = frozenset(name for change in changes.values() for name in _COLUMNS if change[name] is not None)
    session.flush()
    session.connection().execute(_counting(given), [changes[k] for k in sorted(changes)])  # one order: no deadlocks
    if any(isinstance(row, Case) for row in session.identity_map.values()):  # what is loaded must not go on being stale
        session.exec(select(Case).where(col(Case.id).in_(changes)).execution_options(populate_existing=True)).all()


# What a change gives → the case's column that it moves.
_COLUMNS = {
    "first_out": "first_out_at",
    "last_out": "last_out_at",
    "last_in": "last_in_at",
    "window": "window_since",
    "last": "last_touch_at",
}


def _unchanged(case_id: int) -> dict[str, Any]:
    return {"b_id": case_id, "unread": 0, **dict.fromkeys(_COLUMNS)}


@cache
def _counting(given: frozenset[str]) -> Update:
    """Moves only those columns that something is given for, and is compiled once: it runs for each batch of replies."""
    cases = table_of(Case)
    moved = {_COLUMNS[name]: _pick(cases.c[_COLUMNS[name]], name, later=name != "first_out") for name in given}
    return (
        cases.update()
        .where(cases.c.id == bindparam("b_id"))
        .values(unread=cases.c.unread + bindparam("unread"), cadence_at=None, **moved)
    )


def _open_windows(session: Session, new: Sequence[Contact | Recorded], changes: dict[int, dict[str, Any]]) -> None:
    """A number's window is open in every case that it serves, wherever it wrote."""
    wrote: dict[str, datetime] = {}
    for contact in new:
        opens = contact.direction is Direction.IN and contact.channel is ChannelName.WHATSAPP and contact.opens_window
        if opens and contact.address:
            wrote[contact.address] = _later(wrote.get(contact.address), contact.occurred_at)
    for case_id, address in windows.cases_reached(session, wrote) if wrote else ():
        change = changes.setdefault(case_id, _unchanged(case_id))
        change["window"] = _later(change["window"], wrote[address])


def recount(session: Session, case_ids: Collection[int]) -> None:
    """Work the cases' times out anew, where a message turned out not to have arrived, or to have arrived after all.

    The cases are locked first: a contact that is recorded meanwhile is either seen here or counted in afterwards.
    """
    if not case_ids:
        return
    session.flush()
    cases = session.exec(
        select(Case)
        .where(col(Case.id).in_(case_ids))
        .order_by(col(Case.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    times = queries.touch_times(session, case_ids)
    for row in cases:
        first, last, touched = times.get(row.id or 0, (None, None, row.opened_at))
        row.first_out_at, row.last_out_at, row.last_touch_at = first, last, max(row.opened_at, touched)
        row.cadence_at = None
        session.add(row)


def _later(a: datetime | None, b: datetime) -> datetime:
    return b if a is None else max(a, b)


def _pick(column: ColumnElement[Any], name: str, *, later: bool = True) -> ColumnElement[Any]:
    """The later (or earlier) of what stands and what is given; a missing one yields."""
    given = bindparam(name, type_=column.type)
    stands = column >= given if later else column <= given
    return case((stands, column), else_=func.coalesce(given, column))
