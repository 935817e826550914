"""Many cases at once, from a spreadsheet: told beforehand what will happen, then all of it in one transaction.

Everything is asked and written in chunks: what ten thousand rows cost does not grow with what is on record.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

from sqlalchemy import insert, tuple_
from sqlmodel import Session, col, select

from bot.services import audit, cases, dentists, taps, team
from bot.services.permission import only_supervisors
from messages.case_table import Entry, Table
from messages.errors import Conflict, InvalidInput, NotFound
from messages.finding import folded
from messages.form import Doubt
from messages.statuses import ChannelName, Role
from storage import queries
from storage.models import Analyst, AuditEntry, Case, CaseImport, Dentist, DentistAddress
from storage.upsert import insert_new, table_of

STEP = "import"
CHUNK = 400  # rows a statement: SQLite takes 32,766 values, and a case has over forty columns
FOR_ONESELF, SHARED_OUT, AS_LISTED = "self", "shared", "listed"  # whose the cases become; else an analyst's id

Key = tuple[str, str]  # CRO and UF


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. ``known``: rows whose protocol is open, and with whom. ``doubts``: what is to be looked at in
    rows that can be opened. ``owners``: who may get the cases, for supervisors."""

    key: str  # of the dialogue's step
    filename: str
    new: list[Entry]
    known: list[tuple[Entry, str]]
    problems: Sequence[tuple[int, str]]
    doubts: list[tuple[int, str]]
    unknown: Sequence[str]
    owners: list[Analyst]
    listed: bool  # the sheet itself tells whose they are


@dataclass(frozen=True, slots=True)
class Opened:
    """``left_out``: protocols that somebody opened meanwhile."""

    cases: int
    left_out: list[str]


def begin(session: Session, analyst: Analyst, filename: str, rows: Sequence[Sequence[str]], *, now: datetime) -> None:
    """Keep a sheet that was read. Raises Unfinished when another dialogue holds something; another sheet yields."""
    assert analyst.id is not None
    _drop(session, analyst)
    content = json.dumps(rows, ensure_ascii=False).encode()
    kept = CaseImport(analyst_id=analyst.id, filename=filename[:120], rows=content, created_at=now)
    session.add(kept)
    session.flush()
    doing = f"a importação de {kept.filename[:60]}"
    taps.go_to(session, analyst, STEP, None, {"import_id": kept.id, "doing": doing}, now=now)


def rows_of(session: Session, analyst: Analyst, *, now: datetime) -> list[list[str]]:
    """Of the sheet in hand. Raises Conflict when there is none."""
    rows: list[list[str]] = json.loads(_in_hand(session, analyst).rows)
    return rows


def preview(session: Session, analyst: Analyst, table: Table, *, now: datetime) -> Preview:
    """What a tap would do with the sheet in hand, as things stand."""
    kept = _in_hand(session, analyst)
    step = taps.step_of(session, analyst, now=now)
    assert step is not None
    supervises = analyst.role is Role.SUPERVISOR
    owners = queries.active_analysts(session) if supervises else []
    new, known, doubts = _compared(session, table)
    listed = supervises and any(entry.analyst for entry in table.entries)
    return Preview(step.key, kept.filename, new, known, table.problems, doubts, table.unknown, owners, listed)


def import_for(session: Session, analyst_name: str, table: Table, *, dry_run: bool, now: datetime) -> Opened:
    """For the command line: open what is new for one person, or only tell what would be opened. Raises as `by_name`."""
    analyst = team.by_name(session, analyst_name, now=now)
    if dry_run:
        new, known, _ = _compared(session, table)
        return Opened(len(new), [entry.form.protocol or "" for entry, _ in known])
    owners = _owners(session, analyst, table.entries, FOR_ONESELF)
    return open_all(session, None, table.entries, owners, now=now)


def confirm(session: Session, analyst: Analyst, table: Table, whose: str, *, now: datetime) -> AuditEntry:
    """Open what is new and forget the sheet; the record of it tells how many, and what was left out.

    Raises NotAllowed for an analyst who gives cases away, InvalidInput where the sheet names nobody of the team.
    """
    kept = _in_hand(session, analyst)
    done = open_all(session, analyst, table.entries, _owners(session, analyst, table.entries, whose), now=now)
    told = {"opened": done.cases, "left_out": done.left_out, "file": kept.filename}
    entry = AuditEntry(at=now, analyst_id=analyst.id, action="imported", subject=audit.subject(kept), detail=told)
    session.add(entry)
    cancel(session, analyst, now=now)
    return entry


def cancel(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Forget the sheet in hand."""
    _drop(session, analyst)
    taps.leave(session, analyst, now=now)


def open_all(
    session: Session, analyst: Analyst | None, entries: Sequence[Entry], owners: Mapping[int, int], *, now: datetime
) -> Opened:
    """Open these cases, all or none; those whose protocol is open already are left out. ``owners``: row → analyst."""
    already = _open_protocols(session, entries)
    fresh = [entry for entry in entries if entry.form.protocol not in already]
    on_record = _dentists(session, fresh)
    doubts = {entry.row: _differing(entry, on_record) for entry in fresh}
    ids = _dentist_ids(session, fresh, on_record, now)
    _learn_addresses(session, fresh, ids, now)
    rows = [_case(entry, ids[entry.row], owners[entry.row], doubts[entry.row], now) for entry in fresh]
    opened = [number for chunk in _chunks(rows) for number in insert_new(session, Case, chunk)]
    by = analyst.id if analyst is not None else None
    trail = [
        {"at": now, "analyst_id": by, "action": "opened", "subject": f"case:{number}", "detail": {"imported": True}}
        for number in opened
    ]
    for chunk in _chunks(trail):
        session.connection().execute(table_of(AuditEntry).insert(), chunk)
    return Opened(len(opened), [*already])


def _compared(session: Session, table: Table) -> tuple[list[Entry], list[tuple[Entry, str]], list[tuple[int, str]]]:
    already = _open_protocols(session, table.entries)
    new = [entry for entry in table.entries if entry.form.protocol not in already]
    known = [(entry, already[entry.form.protocol or ""]) for entry in table.entries if entry.form.protocol in already]
    on_record = _dentists(session, new)
    doubts = [(e.row, d.text) for e in new for d in (*e.doubts, *_differing(e, on_record))]
    return new, known, doubts


def _open_protocols(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Of these protocols the open ones, and whose they are."""
    found: dict[str, str] = {}
    for some in _chunks(entries):
        statement = (
            select(Case.protocol, Analyst.name)
            .join(Analyst, col(Case.analyst_id) == Analyst.id)
            .where(col(Case.closed_at).is_(None), col(Case.protocol).in_([e.form.protocol for e in some]))
        )
        found |= dict(session.exec(statement).all())
    return found


def _dentists(session: Session, entries: Sequence[Entry]) -> dict[Key, Dentist]:
    """Who is on record under the entries' registrations."""
    found: dict[Key, Dentist] = {}
    for some in _chunks(sorted({key for entry in entries if (key := _key(entry))})):
        rows = session.exec(select(Dentist).where(tuple_(col(Dentist.cro), col(Dentist.cro_uf)).in_(some)))
        found |= {(row.cro or "", row.cro_uf or ""): row for row in rows}
    return found


def _key(entry: Entry) -> Key | None:
    return (entry.form.cro, entry.form.cro_uf) if entry.form.cro and entry.form.cro_uf else None


def _differing(entry: Entry, on_record: Mapping[Key, Dentist]) -> list[Doubt]:
    known = on_record.get(_key(entry) or ("", ""))
    if known is None or folded(known.name) == folded(entry.form.dentist_name or ""):
        return []
    return [Doubt("dentist_name", f"O CRO já estava cadastrado com o nome {known.name}: confira.")]


def _dentist_ids(
    session: Session, entries: Sequence[Entry], on_record: Mapping[Key, Dentist], now: datetime
) -> dict[int, int]:
    """Row → dentist: on record, or new. Rows of one registration are one dentist; without one each is a new one."""
    first: dict[Key, Entry] = {}
    for entry in entries:
        if (key := _key(entry)) and key not in on_record:
            first.setdefault(key, entry)
    for chunk in _chunks([_dentist(entry, now) for entry in first.values()]):
        insert_new(session, Dentist, chunk)
    by_key = {key: row.id or 0 for key, row in _dentists(session, entries).items()}
    nameless = [entry for entry in entries if _key(entry) is None]
    new: list[int] = []
    for chunk in _chunks([_dentist(entry, now) for entry in nameless]):
        statement = insert(Dentist).returning(col(Dentist.id), sort_by_parameter_order=True)
        new += session.execute(statement, chunk).scalars().all()
    by_row = {entry.row: number for entry, number in zip(nameless, new, strict=True)}
    return by_row | {entry.row: by_key[key] for entry in entries if (key := _key(entry))}


def _dentist(entry: Entry, now: datetime) -> dict[str, Any]:
    person = {name: getattr(entry.form, name) for name in cases.PERSON}
    return person | {
        "name": entry.form.dentist_name,
        "called": entry.called,
        "treatment": entry.treatment,
        "cro": entry.form.cro,
        "cro_uf": entry.form.cro_uf,
        "created_at": now,
    }


def _learn_addresses(session: Session, entries: Sequence[Entry], ids: Mapping[int, int], now: datetime) -> None:
    """Where the dentists are reached; a wish that was told at one of the numbers holds for them too."""
    told = {(ids[entry.row], entry.form.phone) for entry in entries if entry.form.phone}
    rows = [
        {"dentist_id": dentist, "channel": ChannelName.WHATSAPP, "address": phone, "created_at": now}
        for dentist, phone in sorted(told)
    ]
    for chunk in _chunks(rows):
        learnt = insert_new(session, DentistAddress, chunk)
        new = session.exec(select(DentistAddress).where(col(DentistAddress.id).in_(learnt))).all()
        dentists.inherit(session, dentists.with_a_past(session, new), now=now)


def _case(entry: Entry, dentist_id: int, analyst_id: int, differing: Sequence[Doubt], now: datetime) -> dict[str, Any]:
    """A case's columns, all that an opening sets."""
    form = entry.form
    header = {name: getattr(form, name) for name in cases.HEADER}
    return header | {
        "dentist_id": dentist_id,
        "analyst_id": analyst_id,
        "protocol": form.protocol,
        "contract": entry.contract,
        "currency": form.currency,
        "last_production_value": form.last_production_value,
        "signers": [],
        "sectors": [],
        "reasons_stated": list(form.reasons),
        "reasons": list(form.reasons),
        "actions_imported": [],
        "doubts": [{"field": d.field, "text": d.text} for d in (*entry.doubts, *differing)],
        "opened_at": now,
        "last_touch_at": now,
        "unread": 0,
    }


def _owners(session: Session, analyst: Analyst, entries: Sequence[Entry], whose: str) -> dict[int, int]:
    """Row → whose the case becomes."""
    assert analyst.id is not None
    if whose == FOR_ONESELF:
        return dict.fromkeys((entry.row for entry in entries), analyst.id)
    only_supervisors(analyst, "Só a supervisão distribui casos para outras pessoas.")
    people = queries.active_analysts(session)
    if whose == AS_LISTED:
        return listed_owners(entries, people, otherwise=analyst.id)
    if whose == SHARED_OUT:
        turns = cycle([p.id or 0 for p in people if p.role is Role.ANALYST] or [analyst.id])
        return {entry.row: next(turns) for entry in entries}
    if int(whose) not in {p.id for p in people}:
        raise NotFound("Esta pessoa não está mais ativa: escolha outra.")
    return dict.fromkeys((entry.row for entry in entries), int(whose))


def listed_owners(entries: Sequence[Entry], people: Iterable[Analyst], *, otherwise: int) -> dict[int, int]:
    """Row → whom the sheet names. Raises InvalidInput for a name that nobody, or more than one, has."""
    by_name: dict[tuple[str, ...], list[int]] = {}
    for person in people:
        by_name.setdefault(folded(person.name), []).append(person.id or 0)
    owners: dict[int, int] = {}
    for entry in entries:
        found = by_name.get(folded(entry.analyst), []) if entry.analyst else [otherwise]
        if len(found) != 1:
            raise InvalidInput(
                f"Linha {entry.row}: “{entry.analyst}” não é o nome de uma pessoa ativa da equipe. "
                "Corrija a planilha, ou escolha outra forma de distribuir."
            )
        owners[entry.row] = found[0]
    return owners


def _in_hand(session: Session, analyst: Analyst) -> CaseImport:
    kept = session.exec(select(CaseImport).where(CaseImport.analyst_id == analyst.id)).first()
    if kept is None:
        raise Conflict("Não há importação em andamento: envie a planilha de novo.")
    return kept


def _drop(session: Session, analyst: Analyst) -> None:
    for kept in session.exec(select(CaseImport).where(CaseImport.analyst_id == analyst.id)):
        session.delete(kept)


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
