"""A campaign that begins at a chosen moment: nothing of it before, all asked again then; moved, taken back, let go."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.handlers.campaigns import campaign_screen
from bot.services import campaign_starts, campaigns, followups
from bot.services.operation import Operation
from messages import campaigns as words
from messages.campaigns import CampaignStatus, Group
from messages.errors import Conflict, InvalidInput, NotFound
from messages.limits import Room
from messages.statuses import MessageStatus
from storage.models import Analyst, AuditEntry, Campaign, Dentist, Message, MetaTemplate
from tests.factory import NOW, Store, as_template, create_message
from tests.services.test_campaign_runs import ready, silent

TOMORROW = NOW + timedelta(hours=21)  # 8:00 in São Paulo
NIGHT = TOMORROW + timedelta(hours=13)


def scheduled(store: Store, analyst: Analyst, op: Operation, at: datetime = TOMORROW) -> Campaign:
    return store.do(campaign_starts.schedule, analyst, ready(store, analyst, op).id, at, op)


def beat(store: Store, op: Operation, now: datetime) -> int:
    """As the worker takes it up; how many messages there are then."""
    assert store.do(campaigns.is_due, now=now)
    store.do(campaign_starts.start_due, op, now=now)
    store.do(campaigns.feed, op, now=now)
    return store.count(Message)


def test_nothing_leaves_before_and_then_everything_is_asked_again(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    goes, promised, leaves = (silent(store, analyst, n) for n in range(3))
    campaign = scheduled(store, analyst, op)
    assert (campaign.status, campaign.starts_at) == (CampaignStatus.SCHEDULED, TOMORROW)
    assert not store.do(campaigns.is_due, now=TOMORROW - timedelta(seconds=1))
    store.do(followups.schedule, analyst, promised.id, TOMORROW + timedelta(days=1), "")
    store.update(store.get(Dentist, leaves.dentist_id), opted_out_at=NOW)
    assert beat(store, op, TOMORROW) == 1
    assert [m.case_id for m in store.all(Message)] == [goes.id]
    view = store.do(campaigns.view, analyst, campaign.id, op)
    assert view.campaign.status is CampaignStatus.RUNNING
    assert view.tally.excluded == {words.PROMISED: 1, words.OPTED_OUT: 1}
    told = [(a.action, a.analyst_id) for a in store.all(AuditEntry) if a.action.startswith("campaign_")]
    assert told == [
        ("campaign_begun", analyst.id), ("campaign_scheduled", analyst.id), ("campaign_running", None)
    ]  # fmt: skip


def test_what_meta_takes_back_meanwhile_does_not_leave(store: Store, analyst: Analyst, op: Operation) -> None:
    silent(store, analyst, 1)
    campaign = scheduled(store, analyst, op)
    (row,) = store.all(MetaTemplate, MetaTemplate.name == "retencao_retomar")
    store.update(row, status="PAUSED")
    view = store.do(campaigns.view, analyst, campaign.id, op)
    assert "não sai pela API" in campaign_screen(view, op, NOW).text
    assert beat(store, op, TOMORROW) == 0
    assert store.get(Campaign, campaign.id).status is CampaignStatus.PAUSED


def test_what_fell_due_while_the_service_was_down_begins_in_working_hours(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    campaign = scheduled(store, analyst, op)
    morning = op.next_working_moment(NIGHT, None)
    store.do(campaign_starts.start_due, op, now=NIGHT)
    assert store.get(Campaign, campaign.id).next_at == morning
    assert not store.do(campaigns.is_due, now=NIGHT)
    assert beat(store, op, morning) == 1


def test_it_is_moved_taken_back_and_let_go_at_once(store: Store, analyst: Analyst, op: Operation) -> None:
    silent(store, analyst, 1)
    campaign = scheduled(store, analyst, op)
    later = TOMORROW + timedelta(hours=3)
    store.do(campaign_starts.schedule, analyst, campaign.id, later, op)
    assert not store.do(campaigns.is_due, now=TOMORROW)
    taken_back = store.do(campaigns.undo, analyst, campaign.id)
    assert (taken_back.status, taken_back.starts_at) == (CampaignStatus.READY, None)
    assert not store.do(campaigns.is_due, now=later)
    with pytest.raises(Conflict, match="já foi decidida"):
        store.do(campaign_starts.start_now, analyst, campaign.id, op)
    store.do(campaign_starts.schedule, analyst, campaign.id, later, op)
    with pytest.raises(Conflict, match="já foi decidida"):  # of a screen that was drawn before
        store.do(campaigns.approve, analyst, campaign.id, op)
    store.do(campaign_starts.start_now, analyst, campaign.id, op)
    assert beat(store, op, NOW + op.undo) == 1
    with pytest.raises(Conflict, match="já foi decidida"):
        store.do(campaign_starts.schedule, analyst, campaign.id, later, op)


def test_a_moment_when_nobody_works_is_the_next_opening_and_what_cannot_be_is_refused(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    number = ready(store, analyst, op).id
    for moment, why in ((NOW, "já passou"), (NOW + campaign_starts.HORIZON * 1.1, "próximos 31")):
        with pytest.raises(InvalidInput, match=why):
            store.do(campaign_starts.schedule, analyst, number, moment, op)
    for act in (campaign_starts.schedule, campaign_starts.start_now):
        with pytest.raises(NotFound):
            store.do(act, colleague, number, *([TOMORROW] if act is campaign_starts.schedule else []), op)
    campaign = store.do(campaign_starts.schedule, analyst, number, TOMORROW - timedelta(hours=5), op)
    assert campaign.starts_at == campaign.next_at == TOMORROW
    nobody = ready(store, analyst, op, key="primeiro_contato")
    with pytest.raises(Conflict, match="ninguém"):
        store.do(campaign_starts.schedule, analyst, nobody.id, TOMORROW, op)


def test_of_whatsapps_limit_a_later_start_counts_what_is_left_then(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    op = replace(op, people_a_day=1)
    case = silent(store, analyst, 0)
    create_message(store, case, MessageStatus.READ, sent_at=NOW - timedelta(hours=1), **as_template())
    store.update(case, last_out_at=NOW)
    silent(store, analyst, 1)
    campaign = ready(store, analyst, op)
    for start, left in ((TOMORROW, 0), (TOMORROW + timedelta(hours=5), 1)):
        store.do(campaign_starts.schedule, analyst, campaign.id, start, op)
        assert store.do(campaigns.view, analyst, campaign.id, op).room == Room(1, left)
    store.do(campaign_starts.start_now, analyst, campaign.id, op)
    assert store.do(campaigns.view, analyst, campaign.id, op).room is None


def test_its_screen_tells_when_it_begins_and_whom_it_waits_for_is_nobody_elses(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    campaign = scheduled(store, analyst, op)
    screen = campaign_screen(store.do(campaigns.view, analyst, campaign.id, op), op, NOW)
    assert "🕓 agendada" in screen.text and "Começa a sair amanhã às 8h." in screen.text
    assert "Retomo o nosso contato" in screen.text
    labels = [button.label for row in screen.rows for button in row]
    assert labels[:4] == ["▶️ Começar agora", "🕓 Mudar horário", "↩️ Desfazer", "🔄 Atualizar"]
    assert Group.WAITING.value in [b.arguments.get("group") for row in screen.rows for b in row]
    other = ready(store, analyst, op)
    assert store.do(campaigns.view, analyst, other.id, op).tally.excluded == {words.ELSEWHERE: 1}
