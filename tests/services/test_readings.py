"""What a reply seems to mean: suggested on its card, true once it is tapped, and what is answered is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.handlers.replies import reply_screen
from bot.services import corrections, readings, replies
from bot.services.operation import Operation
from bot.services.readings import Suggestion
from messages.errors import Conflict, InvalidInput, NotFound
from messages.replies import Intent, read_json
from messages.statuses import Direction, ReadingPart
from storage.models import Analyst, AuditEntry, Case, Contact, Dentist, FollowUp, ReadingFeedback
from tests.factory import NOW, Store, create_case, create_contact, create_follow_up

FRIDAY_NINE = datetime(2023, 11, 3, 12, 0, tzinfo=UTC)  # 9:00 in São Paulo
LATER = NOW + timedelta(minutes=5)


def suggested(
    store: Store, analyst: Analyst, case: Case, op: Operation, *, now: datetime = LATER
) -> tuple[Suggestion | None, list[str]]:
    """What the card of the dentist's last messages suggests, and its buttons."""
    first = next(c for c in store.all(Contact, Contact.case_id == case.id) if c.direction is Direction.IN)
    view = store.do(replies.card, analyst, case.id, first.id, op, now=now)
    return view.suggestion, [button.label for row in reply_screen(view, op, now).rows for button in row]


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, reasons=["Valores"])


def test_the_card_of_whoever_wants_no_messages_invites_to_none(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, text="Não me mandem mais mensagens, por favor")
    assert suggested(store, analyst, case, op)[1][:3] == ["✋ Não enviar mais", "✖️ Sentido", "✍️ Oferecer"]
    store.update(store.all(Dentist)[0], opted_out_at=NOW)
    assert suggested(store, analyst, case, op)[1] == ["✖️ Sentido", "⏰ Agendar retorno", "Abrir caso"]
    view = store.do(replies.card, analyst, case.id, store.all(Contact)[0].id, op, now=LATER)
    text = reply_screen(view, op, LATER).text
    assert "⛔ O dentista pediu para não receber mensagens" in text and "Responda a esta mensagem" not in text


def test_a_promise_is_one_tap_from_a_follow_up_with_its_words(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, text="vou ver e te falo até sexta")
    found, labels = suggested(store, analyst, case, op)
    assert found is not None and found.due_at == FRIDAY_NINE
    assert labels[:3] == ["⏰ Marcar sex., 03/11 às 9h", "✖️ Data", "✍️ Oferecer"]  # that they will see says no more

    kept = (analyst, case.id, found.contact_id, found.due_at, found.words, found.read, {})
    store.do(readings.keep_promise, *kept, now=LATER)
    (follow_up,) = store.all(FollowUp)
    assert (follow_up.due_at, follow_up.reason) == (FRIDAY_NINE, "Prometido: “te falo até sexta”")
    assert [(f.part, f.suggested["promise"]["date"], f.said) for f in store.all(ReadingFeedback)] == [
        (ReadingPart.PROMISE, "2023-11-03", {})
    ]
    with pytest.raises(Conflict, match="já foi respondida"):
        store.do(readings.keep_promise, *kept, now=LATER)
    with pytest.raises(Conflict, match="já foi respondida"):
        store.do(readings.no_promise, analyst, case.id, found.contact_id, found.read)
    found, labels = suggested(store, analyst, case, op)
    assert found is None  # it stands
    (written,) = store.all(Contact)
    card = store.do(replies.card, analyst, case.id, written.id, op, now=LATER)
    assert "Retorno sex., 03/11 às 9h marcado" in reply_screen(card, op, LATER).text
    assert not any(label.startswith("⏰ M") for label in labels)


def test_a_standing_follow_up_is_moved_only_by_a_tap_that_says_so(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    standing = create_follow_up(store, case, NOW + timedelta(days=2))
    create_contact(store, case, text="até sexta te respondo")
    assert suggested(store, analyst, case, op)[1][0] == "⏰ Mudar retorno para sex., 03/11 às 9h"
    assert store.get(FollowUp, standing.id).done_at is None


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("amanhã às 18h30 te ligo", datetime(2023, 10, 31, 21, 30, tzinfo=UTC)),  # the hour named, though closed
        ("amanhã à tarde te ligo", datetime(2023, 10, 31, 17, 0, tzinfo=UTC)),
        ("amanhã no fim do dia te respondo", datetime(2023, 10, 31, 20, 0, tzinfo=UTC)),  # an hour before closing
        ("amanhã à noite te respondo", datetime(2023, 11, 1, 11, 0, tzinfo=UTC)),  # the next opening
        ("mais tarde te respondo", datetime(2023, 10, 30, 20, 0, tzinfo=UTC)),  # an hour before closing
        ("sábado eu vejo", datetime(2023, 11, 6, 12, 0, tzinfo=UTC)),
        ("depois do feriado te respondo", datetime(2023, 11, 3, 12, 0, tzinfo=UTC)),  # Finados
    ],
)
def test_without_an_hour_the_working_hours_of_the_day_decide(
    store: Store, analyst: Analyst, case: Case, op: Operation, text: str, due: datetime
) -> None:
    create_contact(store, case, text=text)
    found, _ = suggested(store, analyst, case, op)
    assert found is not None and found.due_at == due


def test_a_burst_is_read_together_with_what_was_asked_before(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    asked = "Até sexta a senhora conseguiria verificar a tabela?"
    create_contact(store, case, Direction.OUT, text=asked, occurred_at=NOW - timedelta(hours=1))
    create_contact(store, case, text="Sim")
    create_contact(store, case, text="a demora das guias também pesa", occurred_at=NOW + timedelta(minutes=1))
    found, labels = suggested(store, analyst, case, op)
    assert found is not None
    assert (found.due_at, found.words) == (FRIDAY_NINE, "Sim")
    assert found.reasons == {"Prazo Liberação de Guias": "demora das guias"}
    assert labels[1:4] == ["✅ Guardar motivos", "✖️ Data", "✖️ Motivos"]


def test_a_promise_that_is_over_is_not_suggested_and_its_old_button_says_so(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    contact = create_contact(store, case, text="amanhã te respondo")
    found, _ = suggested(store, analyst, case, op)
    assert found is not None and found.due_at is not None
    late = NOW + timedelta(days=3)
    assert not any(label.startswith("⏰ Marcar") for label in suggested(store, analyst, case, op, now=late)[1])
    with pytest.raises(InvalidInput, match="já passou"):
        store.do(readings.keep_promise, analyst, case.id, contact.id, found.due_at, "", {}, {}, now=late)
    assert store.count(ReadingFeedback) == 0


def test_confirmed_reasons_join_those_of_the_case_once_and_in_the_forms_order(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    contact = create_contact(store, case, text="glosa demais e valor baixo, quero sair")
    found, _ = suggested(store, analyst, case, op)
    assert found is not None and found.reasons == {"Glosas": "glosa"}
    note = (readings.give_reasons, analyst, case.id, contact.id, list(found.reasons), found.read)
    store.do(*note)
    assert store.get(Case, case.id).reasons == ["Valores", "Glosas"]
    assert store.get(Case, case.id).reasons_stated == case.reasons_stated
    assert [e.action for e in store.all(AuditEntry)] == ["reasons_noted"]
    with pytest.raises(Conflict, match="já foi respondida"):
        store.do(*note)
    found, labels = suggested(store, analyst, case, op)
    assert found is not None and (found.intent, found.reasons) == (Intent.DECLINES, {})
    assert "✅ Guardar motivos" not in labels


def test_each_part_is_corrected_by_itself_and_the_others_stay(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    text = "até sexta te respondo, glosa demais e demora das guias"
    contact = create_contact(store, case, text=text)
    found, _ = suggested(store, analyst, case, op)
    assert found is not None and list(found.reasons) == ["Glosas", "Prazo Liberação de Guias"]
    assert all(words in text for words in (found.words, found.intent_words, *found.reasons.values()))
    store.do(readings.give_reasons, analyst, case.id, contact.id, ["Glosas", "Estudos"], found.read)
    assert store.get(Case, case.id).reasons == ["Valores", "Glosas", "Estudos"]
    left, labels = suggested(store, analyst, case, op)
    assert left is not None and (left.due_at, left.intent, left.reasons) == (FRIDAY_NINE, found.intent, {})
    assert "✖️ Motivos" not in labels and "✖️ Data" in labels

    store.do(readings.mean, analyst, case.id, contact.id, Intent.OTHER, found.read)
    left, _ = suggested(store, analyst, case, op)
    assert left is not None and (left.due_at, left.intent) == (FRIDAY_NINE, None)

    monday = datetime(2023, 11, 6, 12, 0, tzinfo=UTC)
    said = {"promise": {"date": "2023-11-06", "time": "09:00"}}
    store.do(readings.keep_promise, analyst, case.id, contact.id, monday, found.words, found.read, said)
    assert [f.due_at for f in store.all(FollowUp)] == [monday]
    assert suggested(store, analyst, case, op)[1][0] == "✖️ Sentido"
    assert [(f.part, f.said) for f in store.all(ReadingFeedback)] == [
        (ReadingPart.REASONS, {"reasons": ["Glosas", "Estudos"]}),
        (ReadingPart.INTENT, {"intent": "other"}),
        (ReadingPart.PROMISE, said),
    ]


def test_after_an_answer_only_later_messages_are_read(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    contact = create_contact(store, case, text="até sexta te respondo")
    found, _ = suggested(store, analyst, case, op)
    assert found is not None
    store.do(readings.no_promise, analyst, case.id, contact.id, found.read)
    assert suggested(store, analyst, case, op)[0] is None
    create_contact(store, case, text="na segunda eu respondo", occurred_at=NOW + timedelta(minutes=1))
    found, _ = suggested(store, analyst, case, op)
    assert found is not None and found.due_at == datetime(2023, 11, 6, 12, 0, tzinfo=UTC)
    assert found.words == "na segunda … respondo"
    assert store.count(FollowUp) == 0


def test_what_was_confirmed_by_mistake_is_said_anew_and_the_case_goes_on(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    contact = create_contact(store, case, text="já decidi, quero sair")
    found, _ = suggested(store, analyst, case, op)
    assert found is not None
    store.do(readings.mean, analyst, case.id, contact.id, Intent.DECLINES, found.read)
    with pytest.raises(Conflict, match="já foi respondida"):
        store.do(readings.mean, analyst, case.id, contact.id, Intent.DECLINES, found.read)
    stands, labels = suggested(store, analyst, case, op)
    assert stands is not None and (stands.intent, stands.meant) == (None, Intent.DECLINES)
    assert labels[0] == "✖️ Sentido"
    assert store.get(Case, case.id).cadence_held_at is not None

    store.do(readings.mean, analyst, case.id, contact.id, Intent.QUESTION, stands.read)
    assert store.get(Case, case.id).cadence_held_at is None
    (kept,) = store.all(ReadingFeedback)
    assert (kept.suggested["intent"], kept.said) == ("declines", {"intent": "question"})
    changed = [e.detail for e in store.all(AuditEntry) if e.action == "reading_changed"]
    assert changed == [{"before": "declines", "said": {"intent": "question"}}]


@pytest.mark.parametrize("instead", [False, True])
@pytest.mark.parametrize(("intent", "held"), [(Intent.DECLINES, True), (Intent.WILL_CHECK, False)])
def test_who_leaves_is_not_asked_again_by_the_cadence(
    store: Store, analyst: Analyst, case: Case, op: Operation, intent: Intent, held: bool, instead: bool
) -> None:
    contact = create_contact(store, case, text="quero sair" if not instead else "qual o valor?")
    read = {"intent": Intent.QUESTION.value if instead else intent.value, "reasons": [], "promise": None}
    store.do(readings.mean, analyst, case.id, contact.id, intent, read)
    assert (store.get(Case, case.id).cadence_held_at is not None) is held
    (kept,) = store.all(ReadingFeedback)
    assert kept.said == ({"intent": intent.value} if instead else {})
    meant = store.do(lambda session, now: readings.told(session, store.all(Contact), op))
    assert meant == {contact.id: intent}


def test_what_was_said_of_readings_is_exported_as_it_can_be_read_again(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    other = create_case(store, analyst)
    create_contact(store, case, Direction.OUT, text="Consegue olhar?", occurred_at=NOW - timedelta(hours=1))
    create_contact(store, other, Direction.OUT, text="De outro caso", occurred_at=NOW - timedelta(hours=1))
    for number, case_id in ((1, case.id), (2, other.id)):
        contact = create_contact(store, store.get(Case, case_id), text=f"até sexta te respondo {number}")
        store.do(readings.mean, analyst, case_id, contact.id, Intent.OTHER, {"intent": "will_check"})
    first, second = store.do(corrections.export, op)
    assert first == {
        "id": 1,
        "now": "2023-10-30T11:00",
        "previous": [{"from": "analyst", "text": "Consegue olhar?"}],
        "text": "até sexta te respondo 1",
        "suggested": {"intent": "will_check"},
        "part": "intent",
        "right": False,
        "said": {"intent": "other"},
    }
    assert second["previous"] == [{"from": "analyst", "text": "De outro caso"}]
    assert read_json(first)["promise"] == {"date": "2023-11-03", "time": None}
    with store.counted() as statements:
        store.do(corrections.export, op)
    assert len([s for s in statements if s.startswith("SELECT")]) == 2


@pytest.mark.parametrize("read_as", [Intent.OPT_OUT, Intent.OTHER])
def test_a_wish_for_no_more_messages_blocks_by_a_tap(
    store: Store, analyst: Analyst, case: Case, op: Operation, read_as: Intent
) -> None:
    contact = create_contact(store, case, text="não entrem mais em contato comigo, já falei com vocês")
    found, labels = suggested(store, analyst, case, op)
    assert found is not None and found.intent is Intent.OPT_OUT and labels[0] == "✋ Não enviar mais"
    assert store.get(Dentist, case.dentist_id).opted_out_at is None
    store.do(readings.mean, analyst, case.id, contact.id, Intent.OPT_OUT, {"intent": read_as.value})
    assert store.get(Dentist, case.dentist_id).opted_out_at == contact.occurred_at
    stands = suggested(store, analyst, case, op)[0]
    assert stands is not None and (stands.intent, stands.meant) == (None, Intent.OPT_OUT)


def test_a_tap_blocks_also_who_was_allowed_again_after_those_words(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    contact = create_contact(store, case, text="não entrem mais em contato comigo, já falei com vocês")
    store.do(readings.mean, analyst, case.id, contact.id, Intent.DECLINES, {"intent": "opt_out"})
    allowed = NOW + timedelta(hours=1)
    store.update(store.get(Dentist, case.dentist_id), opted_in_at=allowed)
    tapped = NOW + timedelta(hours=2)
    store.do(readings.mean, analyst, case.id, contact.id, Intent.OPT_OUT, {"intent": "opt_out"}, now=tapped)
    assert store.get(Dentist, case.dentist_id).opted_out_at == tapped


def test_thanks_and_greetings_suggest_nothing_and_neither_does_a_closed_case(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, text="Ok, obrigada!")
    assert suggested(store, analyst, case, op)[0] is None
    create_contact(store, case, text="amanhã te respondo")
    store.update(case, closed_at=NOW)
    assert suggested(store, analyst, case, op)[0] is None


def test_nobody_else_answers_and_a_message_of_another_case_is_refused(
    store: Store, analyst: Analyst, colleague: Analyst, case: Case
) -> None:
    contact = create_contact(store, case, text="até sexta te respondo")
    others = create_contact(store, create_case(store, colleague), text="até sexta te respondo")
    acts = [
        (readings.give_reasons, [], {"reasons": []}),
        (readings.no_promise, {}),
        (readings.mean, Intent.OTHER, {}),
        (readings.keep_promise, FRIDAY_NINE, "", {}, {}),
    ]
    for act, *arguments in acts:
        with pytest.raises(NotFound):
            store.do(act, colleague, case.id, contact.id, *arguments)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            store.do(act, analyst, case.id, others.id, *arguments)  # type: ignore[arg-type]
    assert store.count(ReadingFeedback) == store.count(FollowUp) == 0


def test_the_reasons_that_the_dentist_gave_are_heard_with_their_words_but_for_what_was_read_wrongly(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    create_contact(store, case, text="Os valores estão muito baixos")
    create_contact(store, case, Direction.OUT, text="É a demora das guias?")
    wrong = create_contact(store, case, text="A guia demora demais para liberar")
    heard = store.do(readings.reasons_heard, analyst, case.id, op)
    assert set(heard) == {"Valores", "Prazo Liberação de Guias"} and heard["Valores"] in "Os valores estão muito baixos"
    store.do(readings.give_reasons, analyst, case.id, wrong.id, [], {"reasons": ["Prazo Liberação de Guias"]})
    assert set(store.do(readings.reasons_heard, analyst, case.id, op)) == {"Valores"}
    with pytest.raises(NotFound):
        store.do(readings.reasons_heard, colleague, case.id, op)
