"""Many cases from a spreadsheet: what will happen is told beforehand, and a tap does all of it, or nothing."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle

from sqlmodel import Session, select

from bot.services import audit, bulk_opening, handovers, taps, team
from bot.services.bulk_opening import Opened
from bot.services.permission import only_supervisors
from messages.case_table import Entry, Table
from messages.errors import Conflict, InvalidInput, NotFound
from messages.finding import folded
from messages.statuses import Role
from storage import queries
from storage.models import Analyst, AuditEntry, CaseImport

STEP = "import"
FOR_ONESELF, SHARED_OUT, AS_LISTED = "self", "shared", "listed"  # whose the cases become; else an analyst's id
INACTIVE = "Esta pessoa não está mais ativa: escolha outra."


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
    owners = sorted(queries.active_analysts(session), key=lambda p: folded(p.name)) if supervises else []
    table = _openable(session, table)
    new, known = _compared(session, table)
    doubts = bulk_opening.doubts_of(session, new)
    listed = supervises and any(entry.analyst for entry in table.entries)
    return Preview(step.key, kept.filename, new, known, table.problems, doubts, table.unknown, owners, listed)


def import_for(session: Session, analyst_name: str, table: Table, *, dry_run: bool, now: datetime) -> Opened:
    """For the command line: open what is new for one person, or only tell what would be opened. Raises as `by_name`."""
    analyst = team.by_name(session, analyst_name, now=now)
    table = _openable(session, table)
    if dry_run:
        new, known = _compared(session, table)
        rows, left_out = [entry.row for entry in new], [entry.form.protocol or "" for entry, _ in known]
        return Opened(rows, left_out, table.problems, bulk_opening.doubts_of(session, new))
    owners = _owners(session, analyst, table.entries, FOR_ONESELF)
    done = bulk_opening.open_all(session, None, table.entries, owners, now=now)
    return replace(done, problems=table.problems)


def confirm(session: Session, analyst: Analyst, table: Table, whose: str, *, now: datetime) -> AuditEntry:
    """Open what is new and forget the sheet; the record of it tells how many, and what was left out. Whoever else gets
    cases is told.

    Raises NotAllowed for an analyst who gives cases away, InvalidInput where the sheet names nobody of the team.
    """
    kept, table = _in_hand(session, analyst), _openable(session, table)
    owners = _owners(session, analyst, table.entries, whose)
    done = bulk_opening.open_all(session, analyst, table.entries, owners, now=now)
    for owner, number in Counter(owners[row] for row in done.rows).items():
        if owner != analyst.id:
            handovers.tell(session, analyst, session.get_one(Analyst, owner), number, now=now)
    told = {"opened": len(done.rows), "left_out": done.left_out, "file": kept.filename}
    entry = AuditEntry(at=now, analyst_id=analyst.id, action="imported", subject=audit.subject(kept), detail=told)
    session.add(entry)
    cancel(session, analyst, now=now)
    return entry


def cancel(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Forget the sheet in hand."""
    _drop(session, analyst)
    taps.leave(session, analyst, now=now)


def _openable(session: Session, table: Table) -> Table:
    """The sheet with what only the record shows to be wrong; what is open already is not looked at."""
    already = bulk_opening.open_protocols(session, table.entries)
    wrong = bulk_opening.mistaken(session, [e for e in table.entries if e.form.protocol not in already])
    entries = tuple(entry for entry in table.entries if entry.row not in wrong)
    return replace(table, entries=entries, problems=tuple(sorted((*table.problems, *wrong.items()))))


def _compared(session: Session, table: Table) -> tuple[list[Entry], list[tuple[Entry, str]]]:
    """What can be opened, and what is open already and with whom."""
    already = bulk_opening.open_protocols(session, table.entries)
    new = [entry for entry in table.entries if entry.form.protocol not in already]
    known = [(entry, already[entry.form.protocol or ""]) for entry in table.entries if entry.form.protocol in already]
    return new, known


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
        turns = cycle(_in_turns(people) or [analyst.id])
        return {entry.row: next(turns) for entry in entries}
    if int(whose) not in {p.id for p in people}:
        raise NotFound(INACTIVE)
    return dict.fromkeys((entry.row for entry in entries), int(whose))


def _in_turns(people: Iterable[Analyst]) -> list[int]:
    """The analysts who are there; where all are absent, all of them."""
    analysts = [p for p in people if p.role is Role.ANALYST]
    present = [p for p in analysts if p.substitute_id is None]
    return sorted(p.id or 0 for p in present or analysts)


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
