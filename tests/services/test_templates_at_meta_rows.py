"""Whole texts at Meta: learnt from listings and webhooks, submitted once, and only what is approved leaves."""

from datetime import timedelta

import pytest

from bot.handlers.drafting import message_screen
from bot.handlers.meta_templates import entry_screen
from bot.services import drafts, meta_templates, next_up, outbox
from bot.services.meta_templates import Submission
from bot.services.operation import Operation, Operations
from messages.contracts import AtMeta
from messages.errors import Conflict, MetaRefused, NotAllowed, NotFound
from messages.statuses import ChannelName, MessageStatus
from storage.models import Analyst, Case, Message, MetaAccount, MetaTemplate, Notification
from tests.factory import LEASE, NOW, WALL, Store, as_template, create_case, create_message, library

FIRST, AGAIN = "retencao_primeiro_contato", "retencao_retomar"
SECOND = timedelta(seconds=1)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, first_out_at=NOW, last_out_at=NOW)


def row(store: Store, name: str = AGAIN) -> MetaTemplate:
    (found,) = store.all(MetaTemplate, MetaTemplate.name == name)
    return found


def told(store: Store, **what: str) -> None:
    """A webhook's change."""
    store.do(meta_templates.heed, [AtMeta(AGAIN, **what)])


def forget(store: Store) -> None:
    for name in (FIRST, AGAIN):
        store.update(row(store, name), status=None, body=None, meta_id=None)


def claimed(store: Store, op: Operation, *, later: timedelta = timedelta()) -> list[Submission]:
    return store.do(meta_templates.claim_submissions, 5, op, wall=WALL + later, lease=LEASE)


def news(store: Store) -> list[str]:
    return [n.key for n in store.all(Notification) if n.kind == "meta_template"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"status": "PENDING"}, "está em análise na Meta"),
        ({"status": "REJECTED", "reason": "PROMOTIONAL"}, "recusado na Meta (texto promocional"),
        ({"status": "PAUSED"}, "está pausado"),
        ({"status": "DISABLED"}, "está desativado"),
        ({"status": "ALGO_NOVO"}, "está algo_novo"),
        ({"body": "Olá, {{dentist_addressed}}! Tudo bem?"}, "aprovou outro texto"),
        ({"status": None, "meta_id": None}, "não consta na Meta"),
    ],
)
def test_what_meta_does_not_take_goes_by_hand_and_what_was_approved_goes_back_to_draft(
    store: Store, analyst: Analyst, case: Case, op: Operation, changed: dict[str, str | None], says: str
) -> None:
    early = store.do(drafts.whole_draft, analyst, case.id, "retomar", op)
    early = store.do(drafts.approve, analyst, early.id, early.version, op)
    store.update(row(store), **changed)
    late = store.do(drafts.whole_draft, analyst, case.id, "retomar", op)
    assert (late.channel, late.template_name) == (ChannelName.MANUAL, None)
    screen = message_screen(store.do(drafts.view, analyst, late.id, op), op, NOW)
    assert says in screen.text
    found = store.do(next_up.next_up, analyst, op)
    assert found is None or found.ready is None
    assert store.do(outbox.claim, 9, op, now=early.due_at or NOW, wall=WALL, lease=LEASE) == []
    kept = store.get(Message, early.id)
    assert kept.status is MessageStatus.DRAFT and says in (kept.error or "")
    with pytest.raises(Conflict, match=r"Meta"):
        store.do(drafts.approve, analyst, kept.id, kept.version, op)


def test_before_meta_was_asked_it_is_said_what_to_do(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    message = create_message(store, case, **{**as_template(), "template_name": "retencao_outro"})
    assert "não consta na Meta" in (store.do(drafts.view, analyst, message.id, op).barred or "")
    (account,) = store.all(MetaAccount)
    store.update(account, pulled_at=None)
    assert "retencao whatsapp templates pull" in (store.do(drafts.view, analyst, message.id, op).barred or "")


def test_marketing_is_told_before_it_is_approved(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = store.do(drafts.whole_draft, analyst, case.id, "retomar", op)
    assert "marketing" not in message_screen(store.do(drafts.view, analyst, draft.id, op), op, NOW).text
    told(store, category="MARKETING")
    text = message_screen(store.do(drafts.view, analyst, draft.id, op), op, NOW).text
    assert "Fora da janela de 24 h: vai como modelo retencao_retomar" in text
    assert "A Meta passou este modelo para marketing: custa mais" in text


def test_what_was_approved_at_another_price_is_asked_about_again(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = store.do(drafts.whole_draft, analyst, case.id, "retomar", op)
    store.do(drafts.approve, analyst, draft.id, draft.version, op)
    told(store, quality="YELLOW")
    assert store.get(Message, draft.id).status is MessageStatus.QUEUED
    told(store, category="MARKETING")
    back = store.get(Message, draft.id)
    assert (back.status, back.error) == (MessageStatus.DRAFT, meta_templates.DEARER)
    assert store.do(outbox.claim, 9, op, wall=WALL, lease=LEASE, now=NOW + timedelta(hours=1)) == []
    store.do(drafts.approve, analyst, draft.id, back.version, op)
    told(store, category="MARKETING")  # the same webhook again: whoever approved it knew
    assert len(store.do(outbox.claim, 9, op, wall=WALL, lease=LEASE, now=NOW + timedelta(hours=1))) == 1


def test_supervisors_are_told_of_what_changes_and_of_nothing_else(
    store: Store, supervisor: Analyst, op: Operation
) -> None:
    number = row(store).id
    told(store, status="APPROVED")
    told(store, quality="YELLOW")
    assert news(store) == []
    told(store, status="PAUSED")
    told(store, status="PAUSED")  # the same webhook again
    told(store, status="APPROVED")
    told(store, category="MARKETING")
    told(store, quality="RED")
    assert news(store) == [f"meta_template:{number}:{n}" for n in (1, 2, 3, 4)]
    store.do(
        meta_templates.heed, [AtMeta("de_outro_setor", status="REJECTED"), AtMeta(AGAIN, "en_US", status="PAUSED")]
    )
    assert len(news(store)) == 4 and row(store).status == "APPROVED"
    told(store, status="REJECTED", reason="INVALID_FORMAT")
    entry = store.do(meta_templates.entry, supervisor, "retomar", Operations(op))
    text = entry_screen(entry, supervisor, op, NOW).text
    assert "recusado, marketing, qualidade baixa" in text and "formato inválido" in text


def test_a_webhook_has_meta_asked_how_it_stands(store: Store, op: Operation) -> None:
    """They repeat and overtake each other: what is listed is the truth."""
    later = NOW + timedelta(hours=1)
    assert not store.do(meta_templates.anything_due, wall=WALL, now=later)
    store.do(meta_templates.heed, [AtMeta(AGAIN, status="PAUSED")], now=later)
    assert store.do(meta_templates.anything_due, wall=WALL, now=later)
    assert store.do(meta_templates.claim_pull, wall=WALL, lease=LEASE, now=later)
    assert not store.do(meta_templates.claim_pull, wall=WALL, lease=LEASE, now=later)  # one asks
    store.do(meta_templates.heed, [AtMeta(AGAIN, status="APPROVED")], now=later + SECOND)
    listed = [AtMeta(AGAIN, meta_id="7", status="PAUSED", category="UTILITY", body="…")]
    store.do(meta_templates.pulled, listed, op, now=later + 2 * SECOND)
    assert store.do(meta_templates.anything_due, wall=WALL, now=later + 2 * SECOND)  # the listing was older than that
    store.do(meta_templates.claim_pull, wall=WALL, lease=LEASE, now=later + 2 * SECOND)
    store.do(meta_templates.pulled, listed, op, now=later + 3 * SECOND)
    assert not store.do(meta_templates.anything_due, wall=WALL, now=later + timedelta(hours=23))
    assert store.do(meta_templates.anything_due, wall=WALL, now=later + timedelta(hours=25))


def test_whoever_died_while_asking_meta_is_followed_by_another(store: Store) -> None:
    store.do(meta_templates.ask_pull, None)
    store.do(meta_templates.claim_pull, wall=WALL, lease=LEASE)
    soon = meta_templates.SOON
    assert store.do(meta_templates.claim_pull, wall=WALL + soon, lease=LEASE, now=NOW + soon)


def test_what_is_no_longer_listed_is_told_as_gone_and_may_be_created_anew(
    store: Store, supervisor: Analyst, op: Operation
) -> None:
    store.do(meta_templates.pulled, [], op)
    assert row(store).status == "DELETED" and len(news(store)) == store.count(MetaTemplate)
    store.do(meta_templates.submit, supervisor, "retomar", op)
    (one,) = claimed(store, op)
    assert one.meta_id is None and one.payload["name"] == AGAIN


def test_a_text_is_submitted_once_and_meta_decides(store: Store, supervisor: Analyst, op: Operation) -> None:
    forget(store)
    store.do(meta_templates.submit, supervisor, "retomar", op)
    with pytest.raises(Conflict, match="já está sendo enviado"):
        store.do(meta_templates.submit, supervisor, "retomar", op)
    (one,) = claimed(store, op)
    assert (one.name, one.meta_id, one.payload["parameter_format"]) == (AGAIN, None, "NAMED")
    assert claimed(store, op) == []
    taken = AtMeta("", meta_id="9", category="UTILITY", status="PENDING")
    store.do(meta_templates.submitted, one, taken)
    kept = row(store)
    assert (kept.meta_id, kept.status, kept.wanted_at) == ("9", "PENDING", None)
    assert kept.body == library()["retomar"].meta_body()
    assert len(news(store)) == 1
    with pytest.raises(Conflict, match="já tem este texto, em análise"):
        store.do(meta_templates.submit, supervisor, "retomar", op)


def test_other_words_change_the_template_that_stands(store: Store, supervisor: Analyst, op: Operation) -> None:
    store.update(row(store), body="Olá!", status="REJECTED")
    store.do(meta_templates.submit, supervisor, "retomar", op)
    (one,) = claimed(store, op)
    assert one.meta_id == row(store).meta_id
    store.update(row(store), status="PENDING", body="Olá!", wanted_at=None)
    with pytest.raises(Conflict, match="Enquanto está em análise"):
        store.do(meta_templates.submit, supervisor, "retomar", op)


def test_what_meta_refuses_is_told_and_what_could_not_be_asked_is_asked_again(
    store: Store, supervisor: Analyst, op: Operation
) -> None:
    forget(store)
    store.do(meta_templates.submit, supervisor, "retomar", op)
    (one,) = claimed(store, op)
    store.do(meta_templates.not_submitted, one, MetaRefused("fora do ar", retry=True), wall=WALL)
    assert (claimed(store, op), news(store)) == ([], [])
    (one,) = claimed(store, op, later=timedelta(minutes=1))
    store.do(meta_templates.not_submitted, one, MetaRefused("A Meta recusou: texto"), wall=WALL)
    kept = row(store)
    assert (kept.wanted_at, kept.error) == (None, "A Meta recusou: texto")
    entry = store.do(meta_templates.entry, supervisor, "retomar", Operations(op))
    assert "A Meta recusou: texto" in entry_screen(entry, supervisor, op, NOW).text and entry.submittable


def test_one_that_a_dead_process_had_created_already_is_found_by_its_name(
    store: Store, supervisor: Analyst, op: Operation
) -> None:
    forget(store)
    store.do(meta_templates.submit, supervisor, "retomar", op)
    (one,) = claimed(store, op)
    store.do(meta_templates.not_submitted, one, MetaRefused("existe", exists=True), wall=WALL)
    assert store.do(meta_templates.anything_due, wall=WALL)  # the listing
    there = AtMeta(AGAIN, meta_id="9", status="PENDING", category="UTILITY", body=one.body)
    store.do(meta_templates.pulled, [there], op)
    assert claimed(store, op, later=timedelta(hours=1)) == []
    assert row(store).wanted_at is None


def test_only_supervisors_see_and_submit(store: Store, analyst: Analyst, op: Operation) -> None:
    for act, arguments in (
        (meta_templates.overview, (op,)),
        (meta_templates.entry, ("retomar", Operations(op))),
        (meta_templates.submit, ("retomar", op)),
    ):
        with pytest.raises(NotAllowed):
            store.do(act, analyst, *arguments)
    with pytest.raises(NotAllowed):
        store.do(meta_templates.ask_pull, analyst)


def test_a_block_is_no_template(store: Store, supervisor: Analyst, op: Operation) -> None:
    with pytest.raises(NotFound):
        store.do(meta_templates.submit, supervisor, "suporte", op)


@pytest.mark.parametrize("status", [MessageStatus.DRAFT, MessageStatus.FAILED])
def test_what_the_window_shut_out_is_one_tap_from_the_template_that_fits(
    store: Store, analyst: Analyst, case: Case, op: Operation, status: MessageStatus
) -> None:
    store.update(case, window_since=NOW - timedelta(hours=23))
    old = create_message(store, case, status, error_code=131047, text="Olá!")
    view = store.do(drafts.view, analyst, old.id, op)
    assert view.instead is not None and view.instead.key == "retomar"
    new = store.do(drafts.as_template, analyst, old.id, view.instead.key, op)
    assert (new.status, new.template_name, new.channel) == (MessageStatus.DRAFT, AGAIN, ChannelName.WHATSAPP)
    kept = store.get(Message, old.id)
    assert (new.again_of == old.id, kept.status) == (status is MessageStatus.FAILED, status)  # what was typed is kept


def test_what_was_composed_gives_way_to_the_template(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    composed = store.do(drafts.compose_draft, analyst, case.id, ["suporte"], op)
    assert composed.channel is ChannelName.MANUAL
    screen = message_screen(store.do(drafts.view, analyst, composed.id, op), op, NOW)
    assert "pela API vai só um modelo" in screen.text
    prices = store.do(drafts.compose_draft, analyst, case.id, ["reajuste_direito", "suporte"], op)
    view = store.do(drafts.view, analyst, prices.id, op)
    assert view.instead is not None and view.instead.whatsapp_name == "retencao_reajuste"  # it says most of it
    store.do(drafts.as_template, analyst, composed.id, "retomar", op)
    assert store.get(Message, composed.id).status is MessageStatus.DISCARDED
    with pytest.raises(Conflict):
        store.do(drafts.as_template, analyst, composed.id, "retomar", op)
