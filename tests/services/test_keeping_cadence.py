"""When nobody answers, the next contact is prepared; what was prepared for a silence dies with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.services import (
    bulk,
    cadence,
    contacts,
    drafts,
    followups,
    holding,
    next_up,
    outbox,
    readings,
    receipts,
    replies,
)
from bot.services.operation import Operation
from messages.cadence import TEMPLATES, Step
from messages.errors import Conflict, NotFound
from messages.operation import SETTINGS
from messages.replies import Intent
from messages.statuses import ChannelName, Direction, FollowUpKind, MessageStatus, Outcome, Worklist
from storage.models import Analyst, AuditEntry, Case, Contact, FollowUp, Message, MetaTemplate, Notification, Rule
from tests.factory import LEASE, NOW, PHONE, WALL, Store, create_case, create_dentist, create_message, incoming

DRAFT, QUEUED, DISCARDED = MessageStatus.DRAFT, MessageStatus.QUEUED, MessageStatus.DISCARDED


def local(day: int, hour: int = 8, month: int = 11) -> datetime:
    return datetime(2023, month, day, hour + 3, tzinfo=UTC)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, create_dentist(store))


def look(store: Store, op: Operation, now: datetime) -> None:
    while store.do(cadence.is_due, op, now=now):
        assert any(store.do(cadence.look, 50, op, now=now))


def prepared(store: Store) -> list[tuple[Step | None, MessageStatus]]:
    return [(m.cadence_step, m.status) for m in store.all(Message)]


def goes(store: Store, message: Message, at: datetime) -> None:
    """It leaves, and arrives."""
    sent = store.update(message, status=MessageStatus.ACCEPTED, sent_at=at, status_at=at)
    store.do(receipts.log, [sent], now=at)


def answers(store: Store, at: datetime, text: str = "Bom dia!") -> None:
    store.do(replies.file, [incoming(text, occurred_at=at)], now=at)


def test_the_first_contact_is_prepared_on_the_next_working_day(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    look(store, op, NOW)
    assert prepared(store) == []
    look(store, op, local(31, 0, 10))
    (draft,) = store.all(Message)
    assert (draft.cadence_step, draft.status, draft.template_name) == (Step.FIRST, DRAFT, "retencao_primeiro_contato")
    found = store.do(next_up.next_up, analyst, op, now=local(31, 8, 10))
    assert found is not None and (found.why, found.text, found.waiting) == (Worklist.PREPARED, draft.text, 1)
    assert [e.message.id for e in store.do(bulk.prepared, analyst).entries] == [draft.id]
    look(store, op, local(31, 9, 10))
    look(store, op, local(1))
    assert len(store.all(Message)) == 1


def test_one_tap_on_proximo_sends_what_was_prepared(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    look(store, op, local(31, 8, 10))
    (draft,) = store.all(Message)
    store.do(next_up.send, analyst, case.id, TEMPLATES[Step.FIRST], draft.text, op, now=local(31, 8, 10))
    assert prepared(store) == [(None, QUEUED)]  # from now on it is the analyst's own


def test_a_whole_silence_goes_through_all_steps_and_ends_in_a_proposal(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    days = {}
    for n in range(1, 70):
        now = local(30, 8, 10) + timedelta(days=n)
        look(store, op, now)
        for draft in store.all(Message, Message.status == DRAFT):
            days[now.date().isoformat()] = draft.cadence_step
            goes(store, draft, now + timedelta(hours=1))
        if proposals := store.all(FollowUp):
            break
    # +1, +2, +5, +10, +5 and +5 working days; the 2nd, the 15th and the 20th (in Bahia not) of November are holidays.
    assert list(days.values()) == [Step.FIRST, Step.AGAIN, Step.AGAIN, Step.AGAIN, Step.WARNING]
    assert list(days)[:3] == ["2023-10-31", "2023-11-03", "2023-11-10"]
    assert store.get(Case, case.id).closed_at is None
    (proposal,) = proposals
    assert proposal.kind is FollowUpKind.CLOSING
    assert proposal.reason.startswith("5 contatos sem resposta, o último em")


def proposed(store: Store, analyst: Analyst, case: Case, op: Operation) -> FollowUp:
    warned = create_message(store, case, blocks=[TEMPLATES[Step.WARNING]])
    goes(store, warned, NOW)
    look(store, op, NOW + timedelta(days=9))
    (proposal,) = store.all(FollowUp)
    return proposal


def test_the_proposal_is_taken_up_by_a_person_and_closes_nothing(
    store: Store, analyst: Analyst, colleague: Analyst, case: Case, op: Operation
) -> None:
    proposal = proposed(store, analyst, case, op)
    with pytest.raises(NotFound):
        store.do(cadence.accept, colleague, proposal.id)
    taken = store.do(cadence.accept, analyst, proposal.id)
    assert (taken.closed_at, taken.outcome) == (None, Outcome.LEFT)
    assert "Perda de Contato" in taken.reasons
    with pytest.raises(Conflict):
        store.do(cadence.accept, analyst, proposal.id)


def test_a_proposal_that_was_declined_or_overtaken_does_not_come_again(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    proposal = proposed(store, analyst, case, op)
    store.do(followups.complete, analyst, proposal.id, now=NOW + timedelta(days=9))
    look(store, op, NOW + timedelta(days=30))
    assert len(store.all(FollowUp)) == 1
    store.update(proposal, done_at=None)
    answers(store, NOW + timedelta(days=31))
    look(store, op, NOW + timedelta(days=31))
    assert store.all(FollowUp)[0].done_at is not None


def _record_call(session: Any, case_id: int, *, now: datetime) -> None:
    row = contacts.row(case_id=case_id, channel=ChannelName.PHONE, direction=Direction.CALL, occurred_at=now, now=now)
    contacts.record(session, [row])


STOPS: dict[str, Any] = {
    "a reply": lambda store, case, analyst, now: answers(store, now),
    "a wish to stop": lambda store, case, analyst, now: answers(store, now, "SAIR"),
    "a rule": lambda store, case, analyst, now: store.add(
        Rule(uf="BA", no_contact=True, reason="auditoria", instructed_by="Sofia", since=now)
    ),
    "a promise": lambda store, case, analyst, now: store.do(
        followups.schedule, analyst, case.id, now + timedelta(days=9), "", now=now
    ),
    "a tap": lambda store, case, analyst, now: store.do(holding.hold_up, analyst, case.id, now=now),
    "a call": lambda store, case, analyst, now: store.do(_record_call, case.id, now=now),
    "the end of the case": lambda store, case, analyst, now: store.update(case, closed_at=now),
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_ends_a_silence_ends_what_was_prepared_for_it(
    store: Store, analyst: Analyst, case: Case, op: Operation, stop: str
) -> None:
    look(store, op, local(31, 8, 10))
    STOPS[stop](store, case, analyst, local(31, 9, 10))
    later = local(1) if stop in ("a rule", "a promise") else local(31, 9, 10)
    look(store, op, later)
    expected = DRAFT if stop == "the end of the case" else DISCARDED  # which discards its drafts itself
    assert prepared(store)[0] == (Step.FIRST, expected)
    assert not store.do(cadence.is_due, op, now=later)


@pytest.mark.parametrize("stop", STOPS)
def test_what_would_leave_by_itself_is_held_back_by_the_same(
    store: Store, analyst: Analyst, case: Case, op: Operation, stop: str
) -> None:
    """Also where nobody has looked at the case since: it is asked again as it leaves."""
    op = replace(op, by_itself=(Step.FIRST,))
    look(store, op, local(31, 0, 10))
    assert prepared(store) == [(Step.FIRST, QUEUED)]
    STOPS[stop](store, case, analyst, local(31, 1, 10))
    assert store.do(outbox.claim, 9, op, now=local(31, 8, 10), wall=WALL, lease=LEASE) == []


@pytest.mark.parametrize("change", [{"by_itself": ()}, {"by_itself": (Step.AGAIN,)}, {"cadence_on": False}])
def test_what_a_supervisor_takes_back_in_the_night_does_not_leave_in_the_morning(
    store: Store, analyst: Analyst, case: Case, op: Operation, change: dict[str, Any]
) -> None:
    op = replace(op, by_itself=(Step.FIRST,))
    look(store, op, local(31, 0, 10))
    assert prepared(store) == [(Step.FIRST, QUEUED)]
    now = replace(op, **change)
    assert store.do(outbox.claim, 9, now, now=local(31, 8, 10), wall=WALL, lease=LEASE) == []
    (draft,) = store.all(Message)
    assert (draft.status, draft.error) == (DRAFT, outbox.NOT_BY_ITSELF)


def test_by_itself_leaves_only_what_a_supervisor_allowed_in_working_hours(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    op = replace(op, by_itself=SETTINGS["by_itself"].read("primeiro contato"))
    look(store, op, local(31, 0, 10))
    (message,) = store.all(Message)
    assert (message.status, message.due_at) == (QUEUED, local(31, 8, 10))
    assert [e.action for e in store.all(AuditEntry) if e.analyst_id is None] == ["approved_by_cadence", "prepared"]
    goes(store, message, local(31, 8, 10))
    look(store, op, local(3))
    assert prepared(store)[1] == (Step.AGAIN, DRAFT)


def test_each_contact_says_what_it_is_set_to_say(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    said = []
    for n in range(1, 40):
        look(store, op, now := local(30, 8, 10) + timedelta(days=n))
        for draft in store.all(Message, Message.status == DRAFT):
            said.append(draft.template_name)
            goes(store, draft, now + timedelta(hours=1))
    assert said == [
        "retencao_primeiro_contato",
        "retencao_apoio",
        "retencao_ligacao",
        "retencao_retomar",
        "retencao_aviso_encerramento",
    ]


def test_what_was_said_before_a_reply_is_not_said_again_after_it(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    goes(store, create_message(store, case, blocks=["retomar_apoio"]), NOW)
    answers(store, NOW + timedelta(hours=1), "ok, obrigada")
    goes(store, create_message(store, case, text="Por nada!"), NOW + timedelta(hours=2))
    store.do(next_up.dealt_with, analyst, case.id)
    look(store, op, local(6))
    assert store.all(Message)[-1].template_name == "retencao_ligacao"


@pytest.mark.parametrize(("texts", "instead"), [("Apoio, ligacao", "retencao_ligacao"), ("apoio", "retencao_retomar")])
@pytest.mark.parametrize("hindrance", ["meta", "fact"])
def test_what_cannot_be_said_gives_way_to_the_next_and_at_last_to_the_plain_words(
    store: Store, analyst: Analyst, case: Case, op: Operation, hindrance: str, texts: str, instead: str
) -> None:
    op = replace(op, cadence_texts=SETTINGS["cadence_texts"].read(texts))
    if hindrance == "fact":
        op = replace(op, support_phone="")
    else:
        (row,) = store.all(MetaTemplate, MetaTemplate.name == "retencao_apoio")
        store.update(row, status="PENDING")
    goes(store, create_message(store, case), NOW)
    look(store, op, local(1))
    draft = store.all(Message)[-1]
    assert (draft.cadence_step, draft.template_name) == (Step.AGAIN, instead)


SPEAKS = (("quero sair", DRAFT), ("não trabalho mais aí, número errado", DRAFT), ("vou ver e te falo", QUEUED))


@pytest.mark.parametrize(("text", "status"), [*SPEAKS, ("quero sair\nok, obrigada", DRAFT)])
def test_nothing_leaves_by_itself_to_who_has_said_that_they_leave(
    store: Store, analyst: Analyst, case: Case, op: Operation, text: str, status: MessageStatus
) -> None:
    for day, line in enumerate(text.splitlines()):
        replied = [incoming(line, occurred_at=NOW + timedelta(days=day), external_id=f"wamid.{day}")]
        store.do(replies.file, replied, now=NOW + timedelta(days=day))
    store.do(next_up.dealt_with, analyst, case.id)
    store.update(store.get(Case, case.id), first_out_at=NOW)
    look(store, replace(op, by_itself=(Step.AGAIN,)), local(6))
    assert prepared(store) == [(Step.AGAIN, status)]


def test_who_a_person_says_leaves_is_asked_nothing_until_a_person_has_it_go_on(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    answers(store, NOW, "já decidi, quero sair")
    (contact,) = store.all(Contact)
    store.do(readings.mean, analyst, case.id, contact.id, Intent.DECLINES, {"intent": "declines"})
    store.do(next_up.dealt_with, analyst, case.id)
    look(store, op, local(30))
    assert prepared(store) == []
    with pytest.raises(Conflict, match="já está parada"):
        store.do(holding.hold_up, analyst, case.id)
    store.do(holding.go_on, analyst, case.id)
    look(store, op, local(30))
    assert len(prepared(store)) == 1
    with pytest.raises(Conflict, match="não está parada"):
        store.do(holding.go_on, analyst, case.id)
    assert [e.action for e in store.all(AuditEntry)][:2] == ["cadence_held", "cadence_goes_on"]


def test_only_those_in_charge_hold_a_case_up_and_only_while_it_is_open(
    store: Store, analyst: Analyst, colleague: Analyst, case: Case
) -> None:
    for act in (holding.hold_up, holding.go_on):
        with pytest.raises(NotFound):
            store.do(act, colleague, case.id)
    store.update(case, closed_at=NOW)
    for act in (holding.hold_up, holding.go_on):
        with pytest.raises(Conflict, match="encerrado"):
            store.do(act, analyst, case.id)


def test_without_a_number_it_waits_to_be_sent_by_hand_and_nobody_is_asked_about_it(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    create_case(store, analyst, create_dentist(store, phone=None))
    look(store, replace(op, by_itself=(Step.FIRST,)), local(31, 8, 10))
    (draft,) = store.all(Message)
    assert (draft.status, draft.channel, draft.offered_at) == (DRAFT, ChannelName.MANUAL, None)


def test_a_person_who_is_writing_is_not_interrupted(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    create_message(store, case)
    look(store, op, local(3))
    assert prepared(store) == [(None, DRAFT)]


def test_what_a_person_let_go_is_not_prepared_again_for_the_same_silence(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    look(store, op, local(31, 8, 10))
    store.do(drafts.discard, analyst, store.all(Message)[0].id)
    look(store, op, local(1))
    look(store, op, local(6))
    assert len(store.all(Message)) == 1


def test_what_a_person_has_edited_stays_with_them(store: Store, analyst: Analyst, op: Operation) -> None:
    create_case(store, analyst, create_dentist(store, phone=None))
    look(store, op, local(31, 8, 10))
    (draft,) = store.all(Message)
    store.do(drafts.edit, analyst, draft.id, "Com as minhas palavras.", op)
    store.do(_record_call, draft.case_id, now=local(31, 9, 10))
    look(store, op, local(31, 9, 10))
    assert prepared(store) == [(None, DRAFT)]


def test_a_warning_names_a_day_that_is_still_to_come(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    for n in range(4):
        goes(store, create_message(store, case), NOW + timedelta(days=2 * n))
    look(store, op, local(14))
    assert "até 22/11/2023" in store.all(Message)[-1].text  # the 15th is a holiday
    before = store.all(Message)[-1]
    look(store, op, local(16))
    after = store.all(Message)[-1]
    assert (after.id, after.version) == (before.id, before.version + 1)
    assert "até 23/11/2023" in after.text


def test_cases_of_somebody_suspended_wait_until_they_are_handed_over(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    store.update(analyst, active=False)
    look(store, op, local(6))
    assert prepared(store) == []


def test_switched_off_it_prepares_nothing_and_lets_go_of_what_it_had(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    look(store, op, local(31, 8, 10))
    look(store, replace(op, cadence_on=SETTINGS["cadence_on"].read("desligada")), local(1))
    assert prepared(store) == [(Step.FIRST, DISCARDED)]


def test_where_dentists_wait_for_us_cases_are_passed_over_unless_something_was_prepared(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    carioca = "+5521998765432"
    elsewhere = create_case(store, analyst, create_dentist(store, name="ELIS RAMOS", phone=carioca), uf="RJ")
    look(store, op, local(31, 8, 10))
    assert prepared(store) == [(Step.FIRST, DRAFT)] * 2
    for now, looked in ((local(31, 9, 10), cadence.Looked(2, 0)), (local(17, 9), cadence.Looked(0, 2))):
        wrote = [incoming("Alô?", phone=p, occurred_at=now, external_id=f"{p} {now}") for p in (PHONE, carioca)]
        store.do(replies.file, wrote, now=now)
        assert store.do(cadence.look, 50, op, now=now) == looked  # the first time it lets go of what it had prepared
        assert store.do(cadence.look, 50, op, now=now) == cadence.Looked(0, 0)
    looked_next = [store.get(Case, c.id).cadence_at for c in (case, elsewhere)]
    assert looked_next == [local(20, 0), local(21, 0)]  # the 20th is a holiday in Rio


def test_many_cases_are_looked_at_in_few_statements_a_batch(store: Store, analyst: Analyst, op: Operation) -> None:
    for _ in range(120):
        create_case(store, analyst, create_dentist(store, phone=None), cadence_at=None)
    look(store, op, NOW)
    assert {c.cadence_at for c in store.all(Case)} == {local(31, 0, 10)}
    assert store.all(Notification) == []
