"""Dentists' replies: what they mean, why they leave, when they will be back; and what is not said when in doubt."""

import time as real_time
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.calendar import ZONE
from messages.facts import EXAMPLE
from messages.form.vocabulary import REASONS
from messages.replies import Earlier, Intent, Reading, Reply, Span, read_reply
from messages.verbs import form_of
from messages.words import words_of
from tests.understanding import OUR_TEXTS, items_of, scores, table

WEDNESDAY = datetime(2024, 1, 17, 9, 37, tzinfo=ZONE)
DOCS = Path(__file__).parents[2] / "docs" / "understanding.md"


def read(text: str, *previous: str, now: datetime = WEDNESDAY) -> Reading:
    """``previous`` are the analyst's messages; a "d: " before them makes them the dentist's."""
    said = [Earlier(p.startswith("d: "), p.removeprefix("d: ")) for p in previous]
    return read_reply(Reply(text, now, said))


def promised(text: str, *previous: str, now: datetime = WEDNESDAY) -> str | None:
    found = read(text, *previous, now=now).promise
    return found and f"{found.date:%d/%m}{f' {found.time:%H:%M}' if found.time else ''}"


def test_the_labelled_sets_are_read_well_no_date_is_wrong_and_the_docs_tell_the_same_figures() -> None:
    found = scores()
    for one in found.values():
        assert one.failures == []
        assert one.promise >= 0.98
        assert one.intent >= 0.95
        assert one.precision >= 0.95
        assert one.recall >= 0.95
    assert table(found) in DOCS.read_text("utf-8")


def test_the_own_set_is_large_and_names_every_reason_and_intent() -> None:
    items = [*items_of("replies-own.txt")]
    assert len(items) > 750
    assert {reason for item in items for reason in item["reasons"]} >= set(REASONS) - {"Perda de Contato"}
    assert {item["intent"] for item in items} == set(Intent)


YES = ("Sim", "Ok", "Pode", "Pode sim", "Claro", "Quero sim", "Combinado", "Isso", "👍")
NO_YES = (
    "Pode falar", "Pode mandar", "Pode mandar a tabela", "Pode me enviar por escrito?", "Quero saber os valores",
    "Ok, aguardo", "Bom dia", "Tudo bem com você?", "Tudo certo, graças a Deus", "Ok, obrigada pelo contato",
    "Sim, já verifiquei", "Sim, recebi", "Ok, passo pra ela", "Sim, preciso da tabela primeiro",
)  # fmt: skip


@pytest.mark.parametrize("key", OUR_TEXTS)
def test_a_yes_to_our_own_texts_promises_a_day_only_where_one_is_asked_about(key: str) -> None:
    asks = key == "acompanhar_prazo"
    found = {answer: promised(answer, OUR_TEXTS[key].render(EXAMPLE)) for answer in (*YES, *NO_YES)}
    assert found == dict.fromkeys(YES, "19/01" if asks else None) | dict.fromkeys(NO_YES)


KINDS = {
    "tells": (
        "agradecimento", "aviso_encerramento", "convite_telegram", "encerramento_sem_resposta", "fechamento",
        "prazo_guias", "prazo_guias_instabilidade", "resposta_mesmo_dia", "suporte",
    ),
    "why": ("abertura",),
    "who": ("resposta_cancelar_aqui",),
    "data": ("divulgacao",),
    "day": ("acompanhar_prazo",),
    "offer": ("primeiro_contato", "reajuste_direito", "retomar_apoio", "retomar_reajuste", "reciclagem", "treinamento"),
    "call": ("retomar_ligacao",),
    "stay": ("acompanhar_tabela", "reajuste_autorizado", "retomar"),
    "leave": ("confirmacao_final",),
}  # fmt: skip

# What short answers mean, by what the text asks (`KINDS`).
SHORT_ANSWERS = """
                                       | tells  | why    | who    | data   | day    | offer  | call   | stay   | leave
Sim, Isso, Pode sim, Pode ser          | notes  | notes  | notes  | notes  | looks  | looks  | looks  | stays  | leaves
Ok, Claro, Certo, Combinado, 👍         | notes  | notes  | notes  | notes  | looks  | looks  | looks  | stays  | notes
Quero sim                              | other  | other  | other  | stays  | looks  | looks  | looks  | stays  | leaves
Não                                    | other  | other  | other  | other  | looks  | leaves | looks  | leaves | stays
Bom dia, Obrigada, Aguardo, Ok aguardo | notes  | notes  | notes  | notes  | notes  | notes  | notes  | notes  | notes
Tudo bem                               | notes  | notes  | notes  | notes  | looks  | notes  | notes  | notes  | notes
Não tenho interesse, Já decidi         | leaves | leaves | leaves | leaves | leaves | leaves | leaves | leaves | leaves
Vou ver, Depois eu vejo, Pode me ligar | looks  | looks  | looks  | looks  | looks  | looks  | looks  | looks  | looks
Estou em atendimento, Tô com paciente  | looks  | looks  | looks  | looks  | looks  | looks  | looks  | looks  | looks
Agora não posso, Agora estou atendendo | looks  | looks  | looks  | looks  | looks  | looks  | looks  | looks  | looks
Pode mandar a tabela                   | asks   | asks   | asks   | asks   | asks   | asks   | asks   | asks   | asks
Me manda a proposta                    | asks   | asks   | asks   | asks   | asks   | asks   | asks   | asks   | asks
"""
MEANS = {
    "notes": Intent.ACKNOWLEDGES, "looks": Intent.WILL_CHECK, "stays": Intent.ACCEPTS, "leaves": Intent.DECLINES,
    "asks": Intent.QUESTION, "other": Intent.OTHER,
}  # fmt: skip


def test_every_text_of_ours_is_of_one_kind() -> None:
    assert sorted(key for keys in KINDS.values() for key in keys) == sorted(OUR_TEXTS)


@pytest.mark.parametrize("row", SHORT_ANSWERS.strip("\n").splitlines()[1:])
def test_short_answers_to_our_own_texts_mean_what_the_text_asks(row: str) -> None:
    answers, *meanings = (cell.strip() for cell in row.split("|"))
    wanted = {
        (answer, key): MEANS[meaning]
        for keys, meaning in zip(KINDS.values(), meanings, strict=True)
        for key in keys
        for answer in answers.split(", ")
    }
    assert {(answer, key): read(answer, OUR_TEXTS[key].render(EXAMPLE)).intent for answer, key in wanted} == wanted


ASKED = "Até sexta a Drª conseguiria verificar a tabela?"


@pytest.mark.parametrize(
    ("text", "previous", "day"),
    [
        ("Sim", (ASKED,), "19/01"),
        ("pode ser", (ASKED,), "19/01"),
        ("não", (ASKED,), None),
        ("sexta não dá", (ASKED,), None),
        ("Sim", (ASKED, "Fico no aguardo!"), "19/01"),  # a question and a word after it
        ("Sim", ("d: Tenho que verificar", ASKED), "19/01"),
        ("Sim", ("Está ciente de que o pagamento cai na sexta?",), None),
        ("Pode", ("O levantamento sai na sexta. Podemos conversar?",), None),
        ("Pode", ("Ligo na sexta às 10h. Pode ser?",), "19/01 10:00"),
        ("às 15h então", ("Consegue falar amanhã?",), "18/01 15:00"),
        ("sexta no mesmo horário", ("Posso ligar amanhã às 10h?",), "19/01 10:00"),
        ("sexta que vem te falo", (), None),  # this week's or the next? people differ
        ("depois do feriado te falo", (), None),  # none is near: one of the town's
        ("amanhã te ligo e na segunda te mando o termo", (), None),  # two promises: which?
        ("até 31/02 te respondo", (), None),
        ("hoje às 8h te ligo", (), None),  # over
        ("meu sócio chega dia 25, no dia seguinte te falo", (), "26/01"),
        ("quinta recebo o parecer, sexta te falo", (), "19/01"),
        ("quarta recebo o parecer, quinta te falo", (), None),  # said on a Wednesday: tomorrow, or after the other?
        ("depois das 19h, qualquer dia", ("Quando posso ligar?",), None),
        ("pode, na segunda semana", ("Posso ligar em março?",), "11/03"),
        ("julho, segunda quinzena", ("Quando posso ligar?",), "16/07"),
        ("vai ser na terça, depois te conto", ("E a reunião com os sócios?",), None),
        ("uns 5 dias", ("Em quantos dias posso voltar?",), "22/01"),
        ("terça 30 te falo", (), "30/01"),  # is a Tuesday
        ("até dezembro ok", ("Podemos manter até dezembro?",), None),  # how long one stays
        ("terça", ("Segunda 9h ou terça 10h?",), "23/01"),  # at which hour is not guessed
        ("hoje? não. amanhã", ("Posso ligar hoje?",), "18/01"),
        ("até o carnaval te falo", (), "09/02"),
        ("semana que vem viajo, na outra te falo", (), "29/01"),
        ("na outra te falo", (), None),
        ("dia 30 a gente reabre, me chama nessa semana", (), "30/01"),
        ("de manhã, até 11h30", ("Qual o melhor horário?",), None),  # free until then
        ("sim, mas quero retroativo a agosto", ("Podemos seguir com a nova moeda?",), None),
        ("a reunião é dia 30, até o carnaval te falo", (), "09/02"),
        ("dia 20 não posso. 23 ou 24 sim", ("Podemos marcar para o dia 20?",), "23/01"),
        ("18 em ponto", ("Quando posso ligar?",), "17/01 18:00"),
        ("dois dias", ("Em quanto tempo consegue responder?",), "19/01"),
        ("à tarde não, à noite", ("Retorno hoje à tarde?",), "17/01"),
        ("quero meu demonstrativo de setembro", ("Como posso ajudar?",), None),
        ("segunda não, quinta", ("Posso ligar na segunda?",), None),  # tomorrow, or the Thursday after?
        ("sexta não, segunda", ("Posso ligar na sexta?",), "22/01"),
        ("semana que vem, mas na segunda nem me procura", ("Quando posso ligar?",), None),
        ("agora não, o fornecedor chega às 14h", ("Quando posso ligar?",), None),  # another's hour
        ("só à noite", ("Qual o melhor dia e horário?",), None),  # of which day?
        ("uns 5 dias úteis", ("Em quanto tempo consegue responder?",), "24/01"),
        ("tô no trânsito, já te ligo", (), "17/01"),
        ("já te falo que não quero ouvir", (), None),
    ],
)
def test_a_day_is_told_only_when_it_is_plain(text: str, previous: tuple[str, ...], day: str | None) -> None:
    assert promised(text, *previous) == day


def test_a_day_that_was_offered_yesterday_is_counted_from_yesterday() -> None:
    offered = Earlier(False, "Posso ligar amanhã às 10h?", date(2024, 1, 16))
    found = read_reply(Reply("pode", WEDNESDAY, [offered])).promise
    assert found is not None
    assert (found.date, found.time) == (date(2024, 1, 17), time(10))


def test_a_promise_keeps_to_the_working_days_of_the_state() -> None:
    before_sao_joao = datetime(2024, 6, 20, 10, tzinfo=ZONE)
    reply = Reply("semana que vem te falo", before_sao_joao)
    carnival = Reply("semana que vem te falo", datetime(2024, 2, 8, 10, tzinfo=ZONE))
    assert str(read_reply(reply).promise.date) == "2024-06-24"  # type: ignore[union-attr]
    assert str(read_reply(reply, extra_days=[date(2024, 6, 24)]).promise.date) == "2024-06-25"  # type: ignore[union-attr]
    assert str(read_reply(carnival, uf="BA").promise.date) == "2024-02-14"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("não é pelo valor, é a burocracia", ["Burocracia Operadora"]),
        ("nada contra o suporte, é que paga pouco", ["Valores"]),
        ("qual é o prazo da guia?", []),
        ("a glosa não é o problema", []),
        ("me explica como faço o recurso de glosa", []),
        ("minha esposa passou em medicina", []),  # another's
        ("segue o comprovante de residência em anexo", []),
        ("vou mandar o contrato para o jurídico", []),
        ("Glosa, demora nas guias e valor baixo", ["Valores", "Glosas", "Prazo Liberação de Guias"]),
    ],
)
def test_reasons_are_in_the_forms_order_and_a_denied_one_is_none(text: str, reasons: list[str]) -> None:
    assert [reason.name for reason in read(text).reasons] == reasons


def test_each_suggestion_shows_the_words_it_rests_on() -> None:
    text = "Olá! A tabela de vcs tá muito defasada 😔 vou pensar e te falo ATÉ SEXTA, blz?"
    found = read(text)
    assert found.promise is not None
    assert [text[s.start : s.end] for s in found.promise.evidence] == ["te falo ATÉ SEXTA"]
    assert [text[r.evidence.start : r.evidence.end] for r in found.reasons] == ["tabela de vcs tá muito defasada"]
    assert read("Quero sair").intent_evidence == (Span(0, 10),)


def test_what_is_written_for_the_thumb_is_spelt_out() -> None:
    assert words_of("Vc tá aí? Bom dia!! amnhã às 14h30, blz... 👍").plain == (
        " voce esta ai ? ola . amanha as 14h30 , beleza , joinha "
    )
    assert words_of("").plain == " "


_WORDS = st.sampled_from(
    ["não", "até sexta", "depois do carnaval", "segunda", "amanhã", "dia 15", "31/02", "às 14h", "em 3 dias", "te falo",
     "respondo", "pode ser", "quero sair", "aceito", "valor baixo", "guia demora", "?", ",", ".", "😀", "fim do mês",
     "ou", "semana que vem", "entre", "e", "não consigo", "volto", "hoje", "à tarde", "depois dele", "feriado", "sim"]
)  # fmt: skip
_TEXTS = st.text(max_size=80) | st.lists(_WORDS, max_size=14).map(" ".join)


@settings(max_examples=300, deadline=None)  # the first one compiles the lexicon
@given(_TEXTS, _TEXTS, st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001
def test_whatever_is_written_is_read_and_no_promise_is_past(text: str, before: str, now: datetime) -> None:
    found = read(text, before, now=now)
    spans = [*found.intent_evidence, *(r.evidence for r in found.reasons)]
    if found.promise is not None:
        assert now.date() <= found.promise.date
        assert found.promise.time is None or datetime.combine(found.promise.date, found.promise.time) > now
        spans += found.promise.evidence
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "não ", "sexta ", "em 3 dias ", "? ", "guia demora valor baixo paciente ", "depois dele carnaval ",
     "1", "1/", "😀", "a.a@", "\n", "se eu puder na segunda ou terça entre ", "por uma com o a para ", "me dá um "],
)  # fmt: skip
def test_ten_thousand_characters_of_anything_take_no_time(piece: str) -> None:
    read("aquecimento")
    started = real_time.process_time()
    read(piece * (10_000 // len(piece)), piece * (10_000 // len(piece)))
    assert real_time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "previous", "intent"),
    [
        ("Os sócios optaram pela descontinuidade do convênio", (), Intent.DECLINES),  # any person, any tense
        ("não vou ficar", (), Intent.DECLINES),
        ("não quero mais sair", (), Intent.ACCEPTS),
        ("pode cancelar o meu pedido de saída", (), Intent.ACCEPTS),
        ("vou sair da cirurgia às 17h", (), Intent.OTHER),  # of something else than the plan
        ("mantenho", ("O senhor mantém o interesse em sair?",), Intent.DECLINES),  # the verb of the question
        ("mantenho", ("O senhor mantém a parceria?",), Intent.ACCEPTS),
        ("quero não", ("A senhora quer continuar na rede?",), Intent.DECLINES),
        ("pode tocar o barco", ("Posso lançar o novo valor no sistema?",), Intent.ACCEPTS),
        ("pode seguir", ("Podemos seguir com o desligamento?",), Intent.DECLINES),
        ("ciente, quero seguir", ("Mesmo assim, deseja seguir com o desligamento?",), Intent.DECLINES),
        ("não quero seguir", ("Mesmo assim, deseja seguir com o desligamento?",), Intent.ACCEPTS),
        ("quero seguir, mas na rede", ("Quer seguir na rede?",), Intent.ACCEPTS),
        ("se subir para 0,40 eu fico", ("Fica com 0,36?",), Intent.QUESTION),  # a counter-offer
        ("de jeito nenhum, sumam da minha frente", ("Aceita a nova tabela?",), Intent.DECLINES),
        ("uma gozação", ("O que achou do reajuste?",), Intent.DECLINES),
        ("ficou bem melhor", ("O que achou do novo portal?",), Intent.ACKNOWLEDGES),
        ("não quero mais não", (), Intent.DECLINES),  # a no said twice is still one
        ("pode contar não", ("Posso contar com o senhor?",), Intent.DECLINES),
        ("fico", ("O senhor decidiu se fica ou se sai?",), Intent.ACCEPTS),  # no yes or no
        ("nenhuma", ("Alguma objeção ao reajuste?",), Intent.ACCEPTS),
        ("combinado", ("O pagamento sai dia 28, combinado?",), Intent.WILL_CHECK),  # no leaving
        ("não é ela, é a irmã", ("Falo com a Dra. Jussara?",), Intent.ACKNOWLEDGES),  # no wrong number
        ("concordo, dia 22 te ligo", ("Seria bom falarmos antes do carnaval.",), Intent.WILL_CHECK),  # to a talk
        ("concordo", ("Concorda com a nova tabela?",), Intent.ACCEPTS),
        ("qual o e-mail para mandar a carta de descredenciamento?", (), Intent.QUESTION),
        ("fica", ("Fica bom na terceira semana?",), Intent.WILL_CHECK),  # a day, not the dentist
        ("sim, e quem já está em tratamento?", ("Alguma dúvida sobre o desligamento?",), Intent.QUESTION),
        ("certo, não vou", ("Não vai mais cancelar, certo?",), Intent.ACCEPTS),  # a no of a no
        ("isso, não vou mais", ("Não vai mais continuar, certo?",), Intent.DECLINES),
        ("quero não", ("A senhora quer sair da rede?",), Intent.ACCEPTS),
        ("vamos em frente", ("Vamos em frente com a saída?",), Intent.DECLINES),
        ("desejo, mas assim não tem como", ("Deseja permanecer?",), Intent.DECLINES),
        ("até dia 30 dou uma resposta definitiva", (), Intent.WILL_CHECK),
        ("desde outubro", ("Há quanto tempo está sem atender?",), Intent.OTHER),
        ("hoje? não posso, amanhã", ("Posso ligar hoje?",), Intent.WILL_CHECK),
        ("dia 31? achei que fosse dia 20", ("O desligamento será no dia 31.",), Intent.QUESTION),
        ("de fevereiro? consigo", ("Consegue decidir na primeira quinzena?",), Intent.WILL_CHECK),  # taken up
        ("por ora vou ficar, mas se atrasar de novo eu saio", (), Intent.ACCEPTS),  # no condition
        ("Este ano? Só em janeiro.", ("Conseguimos falar ainda este ano?",), Intent.WILL_CHECK),  # no question
        ("sábado não me ligue", ("Quando posso ligar?",), Intent.WILL_CHECK),  # that day, not for good
        ("não me liguem mais", ("Quando posso ligar?",), Intent.OPT_OUT),
        ("te mando a tabela antiga", ("Podemos conversar?",), Intent.WILL_CHECK),  # who sends
        ("manda a tabela antiga", ("Podemos conversar?",), Intent.QUESTION),
    ],
)
def test_who_stays_and_who_leaves_is_told_by_the_gist_and_by_what_was_asked(
    text: str, previous: tuple[str, ...], intent: Intent
) -> None:
    assert read(text, *previous).intent is intent


@pytest.mark.parametrize(
    ("word", "verb", "past"),
    [
        ("optaram", "optar", True), ("fiquei", "ficar", True), ("descredencie", "descredenciar", False),
        ("vamos", "ir", False), ("fui", "ser", True), ("sigo", "seguir", False), ("pecam", "pedir", False),
    ],
)  # fmt: skip
def test_a_form_is_known_by_its_verb(word: str, verb: str, past: bool) -> None:
    found = form_of(word)
    assert found is not None
    assert (found.verb, found.past) == (verb, past)


def test_a_word_that_is_oftener_another_is_no_verb() -> None:
    assert form_of("suporte") is None
    assert form_of("para") is None
