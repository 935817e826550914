"""Many cases opened at once: all or none, by statements in chunks, so that the cost grows with the rows alone.

Dentists and their numbers are treated as where one case is opened: what stands on record is kept, what it lacks is
completed, and what differs is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, tuple_, update
from sqlmodel import Session, col, select

from bot.services import cases, dentists
from messages.case_table import Entry
from messages.form import Doubt
from messages.identity import mask_phone
from messages.people import may_be_one, title_name
from messages.statuses import ChannelName
from storage import addresses
from storage.models import Analyst, AuditEntry, Case, Dentist, DentistAddress
from storage.upsert import insert_new, table_of

CHUNK = 400  # rows a statement: SQLite takes 32,766 values, and a case has over forty columns
COMPLETED = (*cases.PERSON, "treatment", "called")  # of a dentist on record, where it is missing there

Key = tuple[str, str]  # CRO and UF


@dataclass(frozen=True, slots=True)
class Opened:
    """``rows``: of the sheet, those that were opened; ``left_out``: protocols that were open, or that somebody opened
    meanwhile; ``problems``: rows that cannot be opened, with why; ``doubts``: what is to be looked at in the others."""

    rows: list[int]
    left_out: list[str]
    problems: Sequence[tuple[int, str]] = ()
    doubts: Sequence[tuple[int, str]] = ()


def open_all(
    session: Session, analyst: Analyst | None, entries: Sequence[Entry], owners: Mapping[int, int], *, now: datetime
) -> Opened:
    """Open these cases, all or none; those whose protocol is open already are left out. ``owners``: row → analyst."""
    already = open_protocols(session, entries)
    fresh = [entry for entry in entries if entry.form.protocol not in already]
    on_record = _dentists(session, fresh)
    told = _doubts(session, fresh, on_record)
    ids = _dentist_ids(session, fresh, on_record, now)
    _complete(session, fresh, ids)
    _learn_addresses(session, [(ids[e.row], e.form.phone) for e in fresh if e.form.phone], now)
    _learn_addresses(session, [(ids[e.row], phone) for e in fresh for phone in e.other_phones], now)
    rows = [_case(entry, ids[entry.row], owners[entry.row], told[entry.row], now) for entry in fresh]
    opened = [number for chunk in _chunks(rows) for number in insert_new(session, Case, chunk)]
    by = analyst.id if analyst is not None else None
    trail = [
        {"at": now, "analyst_id": by, "action": "opened", "subject": f"case:{number}", "detail": {"imported": True}}
        for number in opened
    ]
    for chunk in _chunks(trail):
        session.connection().execute(table_of(AuditEntry).insert(), chunk)
    kept = _protocols(session, opened)
    left_out = [*already, *(row["protocol"] for row in rows if row["protocol"] not in kept)]
    opened_here = [entry for entry in fresh if entry.form.protocol in kept]
    return Opened([entry.row for entry in opened_here], left_out, doubts=_by_row(opened_here, told))


def open_protocols(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
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


def doubts_of(session: Session, entries: Sequence[Entry]) -> list[tuple[int, str]]:
    """What is to be looked at in each row, in the order of the rows."""
    return _by_row(entries, _doubts(session, entries, _dentists(session, entries)))


def _by_row(entries: Sequence[Entry], told: Mapping[int, Sequence[Doubt]]) -> list[tuple[int, str]]:
    return [(entry.row, doubt.text) for entry in entries for doubt in told[entry.row]]


def mistaken(session: Session, entries: Sequence[Entry]) -> dict[int, str]:
    """Row → why it is not opened: its CRO is somebody else's, by name and by phone, and would swallow this person."""
    on_record = _dentists(session, entries)
    numbers: dict[int, set[str]] = {}
    for some in _chunks([dentist.id or 0 for dentist in on_record.values()]):
        numbers |= addresses.numbers_of(session, some)
    known = {key: (d.name, numbers.get(d.id or 0, set()), "está cadastrado") for key, d in on_record.items()}
    told: dict[int, str] = {}
    for entry in (entry for entry in entries if _key(entry)):
        key, name = _key(entry) or ("", ""), entry.form.dentist_name or ""
        phones = {s for phone in (entry.form.phone, *entry.other_phones) if phone for s in dentists.spellings(phone)}
        holder, reached, where = known.setdefault(key, (name, phones, f"já está na linha {entry.row}"))
        if phones and reached and not phones & reached and not may_be_one(name, holder):
            whose = f"{title_name(holder)}, {mask_phone(min(reached))}"
            told[entry.row] = f"O CRO {'/'.join(key)} {where} com outro nome e outro telefone ({whose}): confira o CRO."
    return told


def _protocols(session: Session, case_ids: Sequence[int]) -> set[str]:
    found: set[str] = set()
    for some in _chunks(case_ids):
        found.update(session.exec(select(Case.protocol).where(col(Case.id).in_(some))))
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


def _doubts(session: Session, entries: Sequence[Entry], on_record: Mapping[Key, Dentist]) -> dict[int, list[Doubt]]:
    """Row → what the reading found doubtful, and what differs from what is known of the dentist."""
    told = {entry.row: list(entry.doubts) for entry in entries}
    known = dict(on_record)
    for entry in entries:
        if key := _key(entry):
            if key in known:
                told[entry.row] += _differing(known[key], entry)
            else:
                known[key] = Dentist(**_dentist(entry))
    for row, doubt in _phone_doubts(session, entries, on_record):
        told[row].append(doubt)
    return told


def _differing(known: Dentist, entry: Entry) -> Iterator[Doubt]:
    yield from cases.differing(known, entry.form)
    if entry.treatment and known.treatment and entry.treatment != known.treatment:
        yield Doubt("treatment", f"A planilha diz {entry.treatment}, o cadastro {known.treatment}: fica o cadastro.")


def _phone_doubts(
    session: Session, entries: Sequence[Entry], on_record: Mapping[Key, Dentist]
) -> Iterator[tuple[int, Doubt]]:
    """Numbers that are another dentist's too, on record or in the sheet, and those that differ from the record's."""
    first: dict[str, Entry] = {}
    for some in _chunks([entry for entry in entries if entry.form.phone]):
        standing = {entry.row: known for entry in some if (known := on_record.get(_key(entry) or ("", "")))}
        sent_to = addresses.primary_addresses(session, {d.id or 0 for d in standing.values()}, ChannelName.WHATSAPP)
        others = _reached_at(session, {entry.form.phone or "" for entry in some})
        for entry in some:
            phone, own = entry.form.phone or "", standing.get(entry.row)
            before = sent_to.get(own.id or 0) if own is not None else None
            if before is not None and before.startswith("+") and before not in dentists.spellings(phone):
                yield entry.row, Doubt("phone", _other_phone(phone, before))
            names = [name for number, name in others[phone] if own is None or number != own.id]
            same = first.setdefault(phone, entry)
            if names:
                yield entry.row, Doubt("phone", f"O telefone também é de {title_name(names[0])}: confira.")
            elif same is not entry and (_key(entry) is None or _key(same) != _key(entry)):
                name = title_name(same.form.dentist_name or "")
                yield entry.row, Doubt("phone", f"O telefone também é de {name}, da mesma planilha: confira.")


def _other_phone(phone: str, before: str) -> str:
    return (
        f"A planilha traz outro telefone ({mask_phone(phone)}); as mensagens seguem para o do cadastro "
        f"({mask_phone(before)}): confira."
    )


def _reached_at(session: Session, phones: set[str]) -> dict[str, list[tuple[int, str]]]:
    """Phone → who is reached there, under any spelling of it: id and name."""
    spelt = {spelling: phone for phone in phones for spelling in dentists.spellings(phone)}
    rows = session.exec(
        select(DentistAddress.address, Dentist.id, Dentist.name)
        .join(Dentist, col(DentistAddress.dentist_id) == Dentist.id)
        .where(col(DentistAddress.address).in_(spelt))
        .order_by(col(DentistAddress.id))
    )
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for address, number, name in rows:
        found[spelt[address]].append((number or 0, name))
    return found


def _dentist_ids(
    session: Session, entries: Sequence[Entry], on_record: Mapping[Key, Dentist], now: datetime
) -> dict[int, int]:
    """Row → dentist: on record, or new. Rows of one registration are one dentist; without one each is a new one."""
    first: dict[Key, Entry] = {}
    for entry in entries:
        if (key := _key(entry)) and key not in on_record:
            first.setdefault(key, entry)
    for chunk in _chunks([_dentist(entry) | {"created_at": now} for entry in first.values()]):
        insert_new(session, Dentist, chunk)
    by_key = {key: row.id or 0 for key, row in _dentists(session, entries).items()}
    nameless = [entry for entry in entries if _key(entry) is None]
    new: list[int] = []
    for chunk in _chunks([_dentist(entry) | {"created_at": now} for entry in nameless]):
        statement = insert(Dentist).returning(col(Dentist.id), sort_by_parameter_order=True)
        new += session.execute(statement, chunk).scalars().all()
    by_row = {entry.row: number for entry, number in zip(nameless, new, strict=True)}
    return by_row | {entry.row: by_key[key] for entry in entries if (key := _key(entry))}


def _dentist(entry: Entry) -> dict[str, Any]:
    person = {name: getattr(entry.form, name) for name in cases.PERSON}
    return person | {
        "name": entry.form.dentist_name,
        "called": entry.called,
        "treatment": entry.treatment,
        "cro": entry.form.cro,
        "cro_uf": entry.form.cro_uf,
    }


def _complete(session: Session, entries: Sequence[Entry], ids: Mapping[int, int]) -> None:
    """What the record lacks is taken from the rows, the first that tells it."""
    table = table_of(Dentist)
    missing = {
        name: func.coalesce(table.c[name], bindparam(f"told_{name}", type_=table.c[name].type)) for name in COMPLETED
    }
    statement = update(table).where(table.c.id == bindparam("dentist_id")).values(missing)
    rows = []
    for entry in sorted((e for e in entries if _key(e)), key=lambda e: ids[e.row]):  # one order: no deadlocks
        told = _dentist(entry)
        if any(told[name] is not None for name in COMPLETED):
            rows.append({"dentist_id": ids[entry.row], **{f"told_{name}": told[name] for name in COMPLETED}})
    for chunk in _chunks(rows):
        session.connection().execute(statement, chunk)


def _learn_addresses(session: Session, told: Iterable[tuple[int, str]], now: datetime) -> None:
    """Where the dentists are reached, the number learnt first being the one that is written to; a wish that was told at
    one of the numbers holds for them too."""
    rows = [
        {"dentist_id": dentist, "channel": ChannelName.WHATSAPP, "address": phone, "created_at": now}
        for dentist, phone in sorted(set(told))
    ]
    for chunk in _chunks(rows):
        learnt = insert_new(session, DentistAddress, chunk)
        new = session.exec(select(DentistAddress).where(col(DentistAddress.id).in_(learnt))).all()
        dentists.inherit(session, dentists.with_a_past(session, new), now=now)


def _case(entry: Entry, dentist_id: int, analyst_id: int, told: Sequence[Doubt], now: datetime) -> dict[str, Any]:
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
        "doubts": [{"field": d.field, "text": d.text} for d in told],
        "opened_at": now,
        "last_touch_at": now,
        "unread": 0,
    }


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
