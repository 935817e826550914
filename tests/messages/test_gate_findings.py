"""The closing gate: each contradiction is found in its own words, and a whole record has none."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from messages.closing import Confirmation, Consent, Facts, Finding, Mend, Said, confirmation_in, findings
from messages.form import ContactBlock, Doubt, Form, read_form
from messages.notes import AnsweredBy
from messages.statuses import Direction, Outcome, Settled

FORMS = Path(__file__).parents[1] / "data" / "forms"
WHOLE = Form(
    analyst="Ana",
    dentist_name="MARINA PRADO",
    cro="90485",
    cro_uf="BA",
    cro_count=1,
    cpf="21573681911",
    person_type="F",
    enrolled_on=date(2022, 7, 20),
    operator="SORRISO PLENO",
    requested_by="Operadora",
    protocol="SAD169000763629",
    protocol_opened_on=date(2023, 9, 18),
    uf="BA",
    city="SALVADOR",
    lives=3843,
    published_cros=244,
    other_plans=False,
    currency=Decimal("0.35"),
    started_on=date(2023, 9, 18),
    ended_on=date(2024, 1, 22),
    form_date=date(2024, 1, 22),
    days=126,
    outcome=Outcome.LEFT,
    contacts=(ContactBlock(1, date(2023, 10, 30), "[11:01, 30/10/2023] MARINA: quero sair"),),
    reasons=("Valores",),
    protocol_required=False,
)
FACTS = Facts(WHOLE, called="Marina", read_blocks=1, reasons_stated=("Valores",), confirmation=Consent.GIVEN)


def found(facts: Facts = FACTS, **form: object) -> dict[str, Finding]:
    return {f.code: f for f in findings(replace(facts, form=replace(facts.form, **form)))}  # type: ignore[arg-type]


def notes(text: str) -> tuple[ContactBlock, ...]:
    return (ContactBlock(1, date(2023, 10, 30), text),)


def test_a_whole_record_ends_without_a_question() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("form", "code", "words", "settled"),
    [
        ({"outcome": None}, "outcome", "como o caso terminou", Settled.OVERRULED),
        ({"reasons": ()}, "reasons", "sem motivo marcado", Settled.OVERRULED),
        ({"protocol_required": None}, "protocol_required", "abertura de protocolo", Settled.OVERRULED),
        ({"protocol_required": True}, "sectors", "setor responsável", Settled.OVERRULED),
        ({"actions": ("Outros",)}, "justification", "obrigatória", Settled.OVERRULED),
        ({"reasons": ("Glosas",)}, "reasons_apart", "o motivo final é Glosas", Settled.CHECKED),
        (
            {"contacts": notes("Está credenciada na rede concorrente - BRADESCO Dispomos de 178 profissionais")},
            "competitor",
            "cita BRADESCO",
            Settled.EXPLAINED,
        ),
        ({"contacts": notes("sem reajuste desde 20/10/2021.")}, "readjustment", "20/10/2021", Settled.CHECKED),
        ({"contacts": notes("Drª Marine não possui especialidade")}, "names", "Marine", Settled.CHECKED),
        ({"contacts": notes("Em contato com a Dra. Joana")}, "names", "Joana, e o cadastro em Marina", Settled.CHECKED),
        ({"contacts": notes("[16:22, 09/11/2023] Retenção: Boa tarde")}, "contacts", "09/11/2023", Settled.CHECKED),
        ({"cro_count": 6}, "cro_count", "São 6 CROs", Settled.EXPLAINED),
        ({"cpf": "21573681912"}, "cpf", "CPF", Settled.CHECKED),
        ({"enrolled_on": date(2023, 12, 1)}, "enrolled_on", "inclusão", Settled.CHECKED),
        ({"lives": None, "currency": None}, "blank", "Número de vidas, Moeda", Settled.CHECKED),
        (
            {"general_notes": "Foi realizado o reajuste de tabela, mas insiste"},
            "claimed",
            "Ofertado Novos Valores",
            Settled.EXPLAINED,
        ),
        ({"general_notes": "ofertado ação de divulgação e suporte"}, "claimed", "nenhuma mensagem", Settled.EXPLAINED),
    ],
)
def test_each_contradiction_is_told_in_its_own_words(
    form: dict[str, object], code: str, words: str, settled: Settled
) -> None:
    (finding,) = [f for f in found(**form).values() if f.code == code]
    assert words in finding.text
    assert finding.todo.endswith(".") and finding.settled is settled


@pytest.mark.parametrize(
    ("facts", "code", "mend"),
    [
        ({"follow_up": "sexta às 14h"}, "follow_up", Mend.FOLLOW_UP),
        ({"rule": "rede em auditoria"}, "rule", Mend.EXCEPTION),
        ({"unproven": ("Ofertado Suporte",)}, "unproven", Mend.ACTIONS),
        ({"not_arrived": ("Ofertado Suporte",)}, "not_arrived", Mend.WRITE),
        ({"confirmation": Consent.NOT_ASKED}, "confirmation", Mend.CONFIRM),
        ({"confirmation": Consent.BY_SOMEBODY}, "confirmation", Mend.ANSWERED_BY),
    ],
)
def test_what_the_rows_tell_leads_to_its_mend(facts: dict[str, object], code: str, mend: Mend) -> None:
    finding = found(replace(FACTS, **facts))[code]  # type: ignore[arg-type]
    assert mend in finding.mends


def test_the_last_readjustment_is_the_cases_and_notes_tell_it_only_where_the_case_does_not() -> None:
    told = notes("sem reajuste desde 20/10/2021.")
    assert (
        "20/10/2020" in found(replace(FACTS, last_readjusted_on=date(2020, 10, 20)), contacts=told)["readjustment"].text
    )
    assert found(replace(FACTS, last_readjusted_on=date(2023, 1, 10)), contacts=told) == {}


def test_a_sentence_after_the_treatment_is_no_name() -> None:
    assert found(contacts=notes("[11:01, 30/10/2023] Retenção: Combinado, Dra. Vou solicitar a análise")) == {}


def test_a_rule_and_a_confirmation_matter_only_where_the_dentist_leaves() -> None:
    facts = replace(FACTS, rule="auditoria", confirmation=Consent.NOT_ASKED)
    assert found(facts, outcome=Outcome.RETAINED) == {}
    assert set(found(replace(facts, wants_to_leave=True), outcome=Outcome.RETAINED)) == {"wants_to_leave"}


def test_what_only_supervisors_let_pass_comes_first_and_a_key_holds_the_very_words() -> None:
    first, *_, last = findings(replace(FACTS, form=replace(WHOLE, outcome=None, lives=None)))
    assert (first.code, last.code) == ("outcome", "blank")
    other = found(lives=None, currency=None)["blank"]
    assert other.key != found(lives=None)["blank"].key == last.key


def test_a_block_that_was_made_of_touches_is_not_doubted_for_its_date() -> None:
    blocks = notes("ligar amanhã\n[09:00, 31/10/2023] MARINA: oi")
    assert "contacts" in found(contacts=blocks)
    assert found(replace(FACTS, read_blocks=0), contacts=blocks) == {}


def test_what_the_opening_doubted_is_asked_once_more() -> None:
    doubt = Doubt("dentist_name", "O CRO já estava cadastrado com o nome Maria Prado: confira.")
    assert found(replace(FACTS, doubts=(doubt,)))["dentist_name"].text == doubt.text


def test_the_real_form_would_not_have_passed() -> None:
    form = read_form((FORMS / "real-a.txt").read_text(encoding="utf-8")).form
    told = [f.code for f in findings(Facts(form, read_blocks=5, confirmation=Consent.UNCLEAR))]
    for code in ("outcome", "protocol_required", "claimed", "competitor", "cro_count", "readjustment", "names"):
        assert code in told, code


ASKED = "A Dra. confirma que está ciente de que foi oferecido o suporte, e que deseja seguir com o desligamento?"
AWARE = "Drª está ciente que foi realizado reajuste da tabela e ofertado todo suporte?"


def talk(*said: tuple[str, str] | tuple[str, str, AnsweredBy]) -> Confirmation:
    at = datetime(2024, 1, 22, 12, 9, tzinfo=UTC)
    return confirmation_in([Said(Direction(s[0]), s[1], at, *s[2:]) for s in said], "Marina")


@pytest.mark.parametrize(
    ("said", "consent"),
    [
        ([("in", "Quero sair da rede")], Consent.NOT_ASKED),
        ([("out", ASKED)], Consent.UNANSWERED),
        ([("out", ASKED), ("in", "Sim")], Consent.BY_SOMEBODY),
        ([("out", ASKED), ("in", "Sim.", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("out", ASKED), ("in", "Confirmo!", AnsweredBy.SECRETARY)], Consent.BY_ANOTHER),
        ([("out", ASKED), ("in", "Sim."), ("in", "Aqui é a Marina")], Consent.GIVEN),
        ([("out", ASKED), ("in", "Sim, aqui é a Paula, secretária. Pode cancelar")], Consent.BY_ANOTHER),
        ([("out", ASKED), ("in", "A doutora disse que vai cancelar o plano")], Consent.BY_ANOTHER),
        ([("out", ASKED), ("in", "Não sei ainda")], Consent.UNCLEAR),
        ([("out", ASKED), ("in", "Sim, confirmo", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("out", ASKED), ("in", "Isso mesmo, confirmo. Obrigada!", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("out", ASKED), ("in", "Sim, estou ciente, e confirmo", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("out", ASKED), ("in", "sim, estou ciente e quero seguir", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("out", ASKED), ("in", "sim, estou ciente", AnsweredBy.DENTIST)], Consent.UNCLEAR),
        ([("out", ASKED), ("in", "sim, estou ciente mas quero seguir com vocês")], Consent.STAYS),
        ([("out", AWARE), ("in", "Sim.", AnsweredBy.DENTIST)], Consent.UNCLEAR),
        ([("out", AWARE), ("in", "Sim, quero sair da rede", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("out", ASKED), ("in", "Sim", AnsweredBy.DENTIST), ("in", "Ok", AnsweredBy.DENTIST)], Consent.GIVEN),
        (
            [("out", ASKED), ("in", "Sim", AnsweredBy.DENTIST), ("in", "Pensei melhor, quero continuar na rede")],
            Consent.STAYS,
        ),
        ([("call", "atendeu a Dra. Marina: confirmou o desligamento", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("call", "atendeu a Dra. Marina: insiste em seguir com o desligamento", AnsweredBy.DENTIST)], Consent.GIVEN),
        ([("call", "atendeu a Dra. Marina: não confirmou o desligamento", AnsweredBy.DENTIST)], Consent.NOT_ASKED),
        ([("call", "atendeu a Dra. Marina: vai confirmar o desligamento", AnsweredBy.DENTIST)], Consent.NOT_ASKED),
        ([("call", "atendeu a Dra. Marina: quer pensar antes de sair", AnsweredBy.DENTIST)], Consent.NOT_ASKED),
        ([("call", "atendeu a secretária: confirmou que querem sair", AnsweredBy.SECRETARY)], Consent.BY_ANOTHER),
    ],
)
def test_who_has_confirmed_what(said: list[tuple[str, str]], consent: Consent) -> None:
    assert talk(*said).consent is consent


@pytest.mark.parametrize(
    "answer",
    ["Ok", "Tá bom", "👍", "Boa sorte", "Obrigada por tudo", "Vocês pagam mal", "As guias demoram demais", "Mantém",
     "Pode me ligar", "Pode mandar", "Quero entender melhor", "Confirmo amanhã", "Estou em cirurgia", "Aguardo",
     "Sim, ciente do reajuste", "Não fui informada do reajuste", "Não conheço esse suporte", "Fazer o que né"],
)  # fmt: skip
def test_words_that_confirm_nothing_are_no_consent(answer: str) -> None:
    assert talk(("out", ASKED), ("in", answer, AnsweredBy.DENTIST)).consent is Consent.UNCLEAR


@pytest.mark.parametrize(
    "answer",
    ["Sim", "ss", "Isso", "Confirmo", "Confirmado", "Desejo sim", "Quero sair", "Pode seguir", "Pode desligar",
     "Desejo seguir", "Com certeza", "Ciente e confirmo", "Sim, por favor"],
)  # fmt: skip
def test_a_plain_yes_is_consent(answer: str) -> None:
    assert talk(("out", ASKED), ("in", answer, AnsweredBy.DENTIST)).consent is Consent.GIVEN
