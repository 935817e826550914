"""Many cases at once, from a spreadsheet: as it was told, all or none, by few statements."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from bot.services import imports, taps
from messages.case_table import Table, read_table
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unfinished
from storage.models import Analyst, AuditEntry, Case, CaseImport, Dentist, DentistAddress
from tests.factory import NOW, PHONE, Store, create_case, create_contact, create_dentist

HEAD = ["Protocolo", "Nome", "CRO", "UF", "Telefone", "Analista"]


def table(*rows: list[str]) -> Table:
    return read_table([HEAD, *rows])


def row(n: int, **more: str) -> list[str]:
    cells = {"protocol": f"SAD{n:012}", "name": f"Dentista {chr(65 + n % 26)}", "cro": str(n), "uf": "BA", "phone": ""}
    return [*(cells | more).values(), ""][: len(HEAD)] if "analyst" not in more else [*(cells | more).values()]


def begun(store: Store, analyst: Analyst, *rows: list[str]) -> Table:
    store.do(imports.begin, analyst, "protocolos.xlsx", [HEAD, *rows])
    return read_table(store.do(imports.rows_of, analyst))


def test_it_is_told_what_is_new_known_wrong_and_doubtful(store: Store, analyst: Analyst, colleague: Analyst) -> None:
    create_case(store, colleague, protocol="SAD000000000002")
    create_dentist(store, name="OUTRO NOME", cro="3", cro_uf="BA")
    create_dentist(store, name="DENTISTA E", cro="4", cro_uf="BA")
    sheet = begun(store, analyst, row(1), row(2), row(3), row(4, name="Dentista É"), row(5, protocol="SAD1"))
    preview = store.do(imports.preview, analyst, sheet)
    assert [e.row for e in preview.new] == [2, 4, 5]
    assert [(e.row, owner) for e, owner in preview.known] == [(3, "Bruno Reis")]
    assert preview.problems == ((6, "Protocolo com 1 algarismo em vez de 12."),)
    assert preview.doubts == [(4, "O CRO já estava cadastrado com o nome OUTRO NOME: confira.")]
    assert (preview.owners, preview.listed) == ([], False)
    assert store.count(Case) == 1


def test_all_that_is_new_is_opened_and_the_sheet_forgotten(store: Store, analyst: Analyst, colleague: Analyst) -> None:
    known = create_dentist(store, name="DENTISTA D", cro="3", cro_uf="BA", phone=None)
    sheet = begun(store, analyst, row(1, phone="71 98000-0017"), row(2), row(3), row(4, cro=""), row(5, cro=""))
    create_case(store, colleague, protocol="SAD000000000002")  # somebody was faster
    entry = store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    assert entry.detail == {"opened": 4, "left_out": ["SAD000000000002"], "file": "protocolos.xlsx"}
    mine = store.all(Case, Case.analyst_id == analyst.id)
    assert [c.protocol for c in mine] == [f"SAD{n:012}" for n in (1, 3, 4, 5)]
    assert [c.dentist_id for c in mine][1] == known.id and len({c.dentist_id for c in mine}) == 4
    assert [a.address for a in store.all(DentistAddress, DentistAddress.dentist_id == mine[0].dentist_id)] == [PHONE]
    assert [e.subject for e in store.all(AuditEntry, AuditEntry.action == "opened")] == [f"case:{c.id}" for c in mine]
    assert store.count(CaseImport) == 0 and store.do(taps.step_of, analyst) is None
    with pytest.raises(Conflict, match="envie a planilha de novo"):
        store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)


def test_two_rows_of_one_registration_are_one_dentist(store: Store, analyst: Analyst) -> None:
    sheet = begun(store, analyst, row(1, cro="7"), row(2, cro="7"))
    store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    assert store.count(Dentist) == 1 and store.count(Case) == 2


def test_a_wish_to_get_no_messages_holds_for_whoever_is_imported_with_the_number(
    store: Store, analyst: Analyst
) -> None:
    create_dentist(store, opted_out_at=NOW)
    create_contact(store, None, address="+5571980000018", text="SAIR")
    sheet = begun(store, analyst, *(row(n, phone=f"71 98000-00{n}") for n in (17, 18, 19)))
    store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    new = store.all(Dentist, Dentist.cro.in_(["17", "18", "19"]))  # type: ignore[union-attr]
    assert [d.opted_out_at is not None for d in new] == [True, True, False]


def test_a_supervisor_chooses_whose_they_become(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    rows = [row(1, analyst="Bruno Reis"), row(2, analyst="ana lima"), row(3, analyst="")]
    sheet = begun(store, supervisor, *rows)
    preview = store.do(imports.preview, supervisor, sheet)
    assert preview.listed and {p.id for p in preview.owners} == {analyst.id, colleague.id, supervisor.id}
    store.do(imports.confirm, supervisor, sheet, imports.AS_LISTED)
    assert [c.analyst_id for c in store.all(Case)] == [colleague.id, analyst.id, supervisor.id]

    sheet = begun(store, supervisor, row(4), row(5), row(6))
    store.do(imports.confirm, supervisor, sheet, imports.SHARED_OUT)
    assert [c.analyst_id for c in store.all(Case)][3:] == [analyst.id, colleague.id, analyst.id]

    sheet = begun(store, supervisor, row(7))
    store.do(imports.confirm, supervisor, sheet, str(colleague.id))
    assert store.all(Case)[-1].analyst_id == colleague.id


def test_cases_are_given_away_by_supervisors_only_and_to_active_people(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    sheet = begun(store, analyst, row(1))
    for whose in (imports.SHARED_OUT, imports.AS_LISTED, str(colleague.id)):
        with pytest.raises(NotAllowed):
            store.do(imports.confirm, analyst, sheet, whose)
    store.update(colleague, active=False)
    sheet = begun(store, supervisor, row(1, analyst="Bruno Reis"))
    with pytest.raises(NotFound):
        store.do(imports.confirm, supervisor, sheet, str(colleague.id))
    with pytest.raises(InvalidInput, match="Linha 2: “Bruno Reis” não é o nome"):
        store.do(imports.confirm, supervisor, sheet, imports.AS_LISTED)
    assert store.count(Case) == 0 and store.count(CaseImport) == 2


def test_the_sheet_in_hand_holds_other_dialogues_back_until_it_is_left(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst)
    begun(store, analyst, row(1))
    with pytest.raises(Unfinished, match="a importação de protocolos"):
        store.do(taps.ask, analyst, "note", case.id)
    store.do(imports.cancel, analyst)
    store.do(taps.ask, analyst, "note", case.id)
    assert store.count(CaseImport) == 0


def test_ten_thousand_rows_take_few_statements(store: Store, analyst: Analyst) -> None:
    create_dentist(store, name="DENTISTA B", cro="1", cro_uf="BA")
    sheet = begun(store, analyst, *(row(n, phone=f"71 98{n:03}-0{n % 999:03}") for n in range(1, 10_001)))
    statements: list[Any] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(store.engine, "before_cursor_execute", count)
    try:
        entry = store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    finally:
        event.remove(store.engine, "before_cursor_execute", count)
    assert entry.detail["opened"] == 10_000 == store.count(Case)
    assert len(statements) < 10_000 / imports.CHUNK * 12


def test_what_fails_half_way_opens_nothing(store: Store, analyst: Analyst) -> None:
    sheet = begun(store, analyst, row(1), row(2))

    def fails(session: Session, *, now: Any) -> None:
        imports.confirm(session, analyst, sheet, imports.FOR_ONESELF, now=now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.do(fails)
    assert store.count(Case) == store.count(Dentist) == 0 and store.count(CaseImport) == 1
