"""Many cases at once, from a spreadsheet: as it was told, all or none, by few statements."""

from typing import Any

import pytest
from sqlmodel import Session

from bot.services import bulk_opening, cases, handovers, imports, taps
from messages.case_table import Table, read_table
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unfinished
from storage.models import Analyst, AuditEntry, Case, CaseImport, Dentist, DentistAddress, Notification
from tests.factory import NOW, PHONE, Store, create_analyst, create_case, create_contact, create_dentist
from tests.services.test_at_once import at_once

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
    assert preview.doubts == [(4, "O CRO já estava cadastrado com o nome OUTRO NOME; agora veio Dentista D: confira.")]
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


@pytest.mark.long
def test_ten_thousand_rows_take_few_statements(store: Store, analyst: Analyst) -> None:
    create_dentist(store, name="DENTISTA B", cro="1", cro_uf="BA")
    sheet = begun(store, analyst, *(row(n, phone=f"71 98{n:03}-0{n % 999:03}") for n in range(1, 10_001)))
    with store.counted() as statements:
        entry = store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    assert entry.detail["opened"] == 10_000 == store.count(Case)
    assert len(statements) < 10_000 / bulk_opening.CHUNK * 14


def test_what_fails_half_way_opens_nothing(store: Store, analyst: Analyst) -> None:
    sheet = begun(store, analyst, row(1), row(2))

    def fails(session: Session, *, now: Any) -> None:
        imports.confirm(session, analyst, sheet, imports.FOR_ONESELF, now=now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.do(fails)
    assert store.count(Case) == store.count(Dentist) == 0 and store.count(CaseImport) == 1


def test_a_dentist_on_record_is_completed_and_what_differs_is_told(store: Store, analyst: Analyst) -> None:
    known = create_dentist(store, name="DENTISTA B", cro="1", cro_uf="BA", treatment=None, cpf="21573681911")
    head = [*HEAD[:5], "Tratamento", "Como chamar", "CNPJ", "CPF"]
    sheet = [
        head,
        [*row(1, phone="71 98000-0018")[:5], "Dra.", "Bia", "94580730000152", "52998224725"],
        [*row(2, cro="1", name="Dentista B")[:5], "Dr.", "Bê", "", ""],
        [*row(3, cro="9")[:5], "", "", "", ""],
        [*row(4, cro="9", name="Outra Pessoa")[:5], "Dra.", "Dê", "", "52998224725"],
    ]
    store.do(imports.begin, analyst, "p.xlsx", sheet)
    table = read_table(sheet)
    told = [
        (2, "O valor informado difere do cadastro do dentista: confira."),
        (
            2,
            "A planilha traz outro telefone (71 •••••-0018); as mensagens seguem para o do cadastro (71 •••••-0017): "
            "confira.",
        ),
        (5, "O CRO já estava cadastrado com o nome Dentista D; agora veio Outra Pessoa: confira."),
    ]
    assert store.do(imports.preview, analyst, table).doubts == told
    store.do(imports.confirm, analyst, table, imports.FOR_ONESELF)
    known, new = store.all(Dentist)
    assert (known.treatment, known.called, known.cnpj, known.cpf) == ("Dra.", "Bia", "94580730000152", "21573681911")
    assert (new.name, new.treatment, new.called, new.cpf) == ("Dentista D", "Dra.", "Dê", "52998224725")
    assert [len(c.doubts) for c in store.all(Case)] == [2, 0, 0, 1]


def test_of_several_numbers_the_first_is_written_to_and_all_are_known(store: Store, analyst: Analyst) -> None:
    sheet = begun(store, analyst, row(1, phone="71 98000-0019 / 71 98000-0018"))
    (told,) = store.do(imports.preview, analyst, sheet).doubts
    assert "vão para 71 •••••-0019" in told[1]
    store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    assert [a.address for a in store.all(DentistAddress)] == ["+5571980000019", "+5571980000018"]


def test_a_number_of_two_dentists_is_told(store: Store, analyst: Analyst) -> None:
    create_dentist(store, name="MARINA PRADO")
    rows = [row(1, phone="71 8000-0017"), row(2, phone="71 98000-0018"), row(3, phone="71 98000-0018")]
    preview = store.do(imports.preview, analyst, begun(store, analyst, *rows))
    assert preview.doubts == [
        (2, "O telefone também é de Marina Prado: confira."),
        (4, "O telefone também é de Dentista C, da mesma planilha: confira."),
    ]


def test_a_wrong_registration_does_not_swallow_a_person(store: Store, analyst: Analyst) -> None:
    create_dentist(store, name="MARIA PRADO", cro="40127", cro_uf="BA")
    angelo = {"name": "José Ângelo", "phone": "71 98100-0005"}
    rows = [row(1, cro="40127", **angelo), row(2, **angelo), row(3, cro="2", name="Rita Sá", phone="71 98100-0009")]
    same = [row(4, cro="40127", name="Maria P. Lima", phone="71 98100-0006"), row(5, cro="40127", name="J. Ângelo")]
    sheet = begun(store, analyst, *rows, *same)
    theirs = "com outro nome e outro telefone"
    assert store.do(imports.preview, analyst, sheet).problems == (
        (2, f"O CRO 40127/BA está cadastrado {theirs} (Maria Prado, 71 •••••-0017): confira o CRO."),
        (4, f"O CRO 2/BA já está na linha 3 {theirs} (José Ângelo, 71 •••••-0005): confira o CRO."),
    )
    entry = store.do(imports.confirm, analyst, sheet, imports.FOR_ONESELF)
    assert entry.detail["opened"] == 3
    assert [d.name for d in store.all(Dentist)] == ["MARIA PRADO", "José Ângelo"]
    other = store.all(Case)[1]
    assert store.do(cases.other_phones, analyst, other.id) == ["+5571981000006"]
    with pytest.raises(NotFound):
        store.do(cases.other_phones, create_analyst(store, "Bruno"), other.id)


def test_whoever_gets_cases_is_told_and_who_is_away_gets_none_by_lot(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    store.update(analyst, substitute_id=colleague.id)
    sheet = begun(store, supervisor, row(1), row(2))
    store.do(imports.confirm, supervisor, sheet, imports.SHARED_OUT)
    assert {c.analyst_id for c in store.all(Case)} == {colleague.id}
    (notice,) = store.all(Notification)
    assert (notice.analyst_id, notice.kind) == (colleague.id, "given")
    assert store.do(handovers.given, colleague, notice.subject_id) == (2, "Sofia Matos")
    with pytest.raises(NotFound):
        store.do(handovers.given, analyst, notice.subject_id)


def test_a_case_that_somebody_opens_at_the_same_moment_is_left_out_and_told(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    sheet = read_table([HEAD, row(1), row(2)])
    mine, theirs = {2: analyst.id or 0, 3: analyst.id or 0}, {2: colleague.id or 0}
    done: list[bulk_opening.Opened] = []
    at_once(
        store,
        lambda session: bulk_opening.open_all(session, None, sheet.entries[:1], theirs, now=NOW),
        lambda session: done.append(bulk_opening.open_all(session, None, sheet.entries, mine, now=NOW)),
    )
    assert (done[0].rows, done[0].left_out) == ([3], ["SAD000000000001"])
    assert [c.analyst_id for c in store.all(Case)] == [colleague.id, analyst.id]
