"""Campaigns: whom they reach, why not the others, a few at a time, and each send an ordinary message of its case."""

import time
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.handlers.campaigns import alert, campaign_screen, stop_screen
from bot.services import campaigns, followups, outbox
from bot.services.operation import Operation
from messages import campaigns as words
from messages.campaigns import CampaignStatus, Wanted
from messages.errors import Conflict, InvalidInput, NotFound
from messages.places import NO_UF, Place
from messages.policy import Whole
from messages.stages import Stage
from messages.statuses import Direction, MessageStatus
from storage.models import (
    Analyst,
    AuditEntry,
    Campaign,
    CampaignCase,
    Case,
    Dentist,
    DentistAddress,
    Message,
    MetaTemplate,
    Rule,
)
from storage.upsert import insert_new
from tests.factory import (
    LEASE,
    NOW,
    WALL,
    Store,
    as_template,
    create_analyst,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
)

AGO = NOW - timedelta(days=30)
AGAIN = "retomar"
ALL = Wanted()


def silent(store: Store, analyst: Analyst, number: int, **more: Any) -> Case:
    """A case whose dentist has not answered for a month."""
    dentist = create_dentist(store, phone=f"+55719800{number:05d}", **more.pop("dentist", {}))
    times = {"opened_at": AGO, "first_out_at": AGO, "last_out_at": AGO, "last_touch_at": AGO}
    return create_case(store, analyst, dentist, **(times | more))


def ready(store: Store, analyst: Analyst, op: Operation, wanted: Wanted = ALL, key: str = AGAIN) -> Campaign:
    campaign = store.do(campaigns.begin, analyst, wanted, key, op)
    while store.do(campaigns.fill, op):
        pass
    return store.get(Campaign, campaign.id)


def running(store: Store, analyst: Analyst, op: Operation) -> Campaign:
    return store.do(campaigns.approve, analyst, ready(store, analyst, op).id, replace(op, undo=timedelta(0)))


def test_who_is_left_out_is_told_with_the_reason(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    goes = silent(store, analyst, 1)
    silent(store, analyst, 2, dentist={"opted_out_at": AGO})
    store.add(Rule(uf="SE", no_contact=True, reason="auditoria", instructed_by="Sofia", since=AGO))
    silent(store, analyst, 3, uf="SE")
    silent(store, analyst, 4, unread=1)
    create_follow_up(store, silent(store, analyst, 5), NOW + timedelta(days=1))
    create_message(store, silent(store, analyst, 6), MessageStatus.UNKNOWN)
    create_case(store, analyst, create_dentist(store, phone=None), first_out_at=AGO, last_out_at=AGO, opened_at=AGO)
    silent(store, analyst, 8, last_out_at=NOW - timedelta(hours=3))
    silent(store, analyst, 1)
    silent(store, analyst, 10, first_out_at=None, last_out_at=None)
    silent(store, colleague, 11)
    silent(store, analyst, 12, closed_at=AGO)
    campaign = ready(store, analyst, op)
    view = store.do(campaigns.view, analyst, campaign.id, op)
    assert view.tally.waiting == 1
    assert set(view.tally.excluded) == {
        words.OPTED_OUT, words.RULE, words.WAITING, words.PROMISED, words.IN_HAND, words.UNREACHABLE,
        words.JUST_TOUCHED, words.SAME_NUMBER, words.UNFIT,
    }  # fmt: skip
    assert set(view.tally.excluded.values()) == {1}
    ((dentist, text),) = view.samples
    assert dentist.id == goes.dentist_id
    assert text.startswith("Olá, Dra. Marina! Retomo o nosso contato do dia 30/09/2023")
    assert campaign.status is CampaignStatus.READY
    assert store.all(Message, Message.status == MessageStatus.QUEUED) == []


def test_cases_are_chosen_by_place_reason_stage_and_silence(store: Store, analyst: Analyst, op: Operation) -> None:
    here = silent(store, analyst, 1)
    silent(store, analyst, 2, city="FEIRA DE SANTANA", reasons_stated=["Prazo Liberação de Guias"])
    silent(store, analyst, 3, last_in_at=AGO, last_touch_at=NOW, reasons=["Valores"])
    wanted = {
        Wanted(): 3,
        Wanted(city=here.city, uf=here.uf): 2,
        Wanted(reason="Prazo Liberação de Guias"): 1,
        Wanted(reason="Valores"): 1,
        Wanted(reason="Estudos"): 0,
        Wanted(stage=Stage.TALKED): 1,
        Wanted(stage=Stage.ADDRESSED, days=5): 2,
        Wanted(stage=Stage.UNTOUCHED): 0,
    }
    assert {w: store.do(campaigns.count, analyst, w, op) for w in wanted} == wanted
    assert store.do(campaigns.places, analyst, Wanted(city="FEIRA DE SANTANA", days=5), op) == [
        Place(None, "BA", 2),
        Place("FEIRA DE SANTANA", "BA", 1),
        Place("SALVADOR", "BA", 1),
    ]


def test_a_city_is_one_place_however_its_cases_spell_it_and_a_state_is_all_of_its_cities(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    there = [("SÃO PAULO", "SP"), ("São Paulo", "SP"), ("Sao Paulo - SP", "SP"), ("SANTOS", "SP"), (None, "SP")]
    for n, (city, uf) in enumerate([*there, ("SALVADOR", None), ("SALVADOR", "BA"), ("Salvador", "BA")]):
        silent(store, analyst, n, city=city, uf=uf)
    silent(store, colleague, 20, city="SANTOS", uf="SP")
    places = store.do(campaigns.places, analyst, Wanted(), op)
    assert [(p.told, p.many) for p in places] == [
        ("São Paulo inteiro", 5),
        ("São Paulo/SP", 3),
        ("Bahia inteira", 2),
        ("Salvador/BA", 2),
        ("Salvador, sem UF", 1),
        ("Santos/SP", 1),
    ]
    for place in places:
        wanted = Wanted(city=place.city, uf=place.uf)
        assert store.do(campaigns.count, analyst, wanted, op) == place.many, wanted
        assert wanted.told() == place.told
    assert store.do(campaigns.count, analyst, Wanted(city="SALVADOR"), op) == 3
    assert Wanted(city="SALVADOR").told() == "Salvador"
    assert Wanted.of(Wanted(city="SALVADOR", uf=NO_UF).as_json()) == Wanted(city="SALVADOR", uf=NO_UF)
    campaign = ready(store, analyst, op, Wanted(city="sao paulo", uf="SP"))
    assert store.do(campaigns.view, analyst, campaign.id, op).tally.waiting == 3


def test_it_goes_a_few_a_minute_in_working_hours_and_each_is_a_message_of_its_case(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    op = replace(op, campaign_rate=2)
    for n in range(5):
        silent(store, analyst, n)
    running(store, analyst, op)
    night = NOW + timedelta(hours=10)
    store.do(campaigns.feed, op, now=night)
    assert store.all(Message) == []
    morning = op.next_working_moment(night, None)
    handed = []
    for minute in range(4):
        store.do(campaigns.feed, op, now=morning + timedelta(minutes=minute))
        store.do(campaigns.feed, op, now=morning + timedelta(minutes=minute))
        handed.append(store.count(Message))
    assert handed == [2, 4, 5, 5]
    assert store.all(Campaign)[0].status is CampaignStatus.RUNNING  # what was handed over has not left
    first = store.all(Message)[0]
    assert (first.status, first.analyst_id, first.template_name) == (
        MessageStatus.QUEUED, analyst.id, "retencao_retomar"
    )  # fmt: skip
    left = store.do(outbox.claim, 9, op, now=morning + timedelta(minutes=9), wall=WALL, lease=LEASE)
    assert len(left) == 5
    for message in store.all(Message):
        store.update(message, status=MessageStatus.ACCEPTED)
    store.do(campaigns.feed, op, now=morning + timedelta(minutes=10))
    (campaign,) = store.all(Campaign)
    assert (campaign.status, campaign.ended_at is not None) == (CampaignStatus.DONE, True)
    assert [a.action for a in store.all(AuditEntry)].count("approved") == 5


def test_a_case_is_asked_about_again_when_its_turn_comes_and_when_it_leaves(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    promised, answers = silent(store, analyst, 1), silent(store, analyst, 2)
    campaign = running(store, analyst, op)
    store.do(followups.schedule, analyst, promised.id, NOW + timedelta(days=1), "")
    store.do(campaigns.feed, op)
    assert store.do(campaigns.view, analyst, campaign.id, op).tally.excluded == {words.PROMISED: 1}
    create_contact(store, answers, Direction.IN, occurred_at=NOW)
    store.update(answers, last_in_at=NOW, unread=1)
    assert store.do(outbox.claim, 9, op, now=NOW + timedelta(seconds=1), wall=WALL, lease=LEASE) == []
    assert [m.status for m in store.all(Message)] == [MessageStatus.DRAFT]


def test_paused_it_waits_resumed_it_goes_on_and_stopped_nobody_else_gets_it(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    op = replace(op, campaign_rate=1)
    for n in range(3):
        silent(store, analyst, n)
    campaign = running(store, analyst, op)
    store.do(campaigns.feed, op)
    store.do(campaigns.pause, analyst, campaign.id)
    store.do(campaigns.feed, op, now=NOW + timedelta(minutes=5))
    assert store.count(Message) == 1
    assert store.do(outbox.claim, 9, op, now=NOW + timedelta(days=1), wall=WALL, lease=LEASE) == []
    assert store.do(campaigns.view, analyst, campaign.id, op).tally.waiting == 3
    store.do(campaigns.resume, analyst, campaign.id, now=NOW + timedelta(minutes=5))
    store.do(campaigns.feed, op, now=NOW + timedelta(minutes=5))
    assert store.count(Message) == 2
    store.do(campaigns.stop, analyst, campaign.id, now=NOW + timedelta(minutes=5))
    store.do(campaigns.feed, op, now=NOW + timedelta(minutes=9))
    assert {m.status for m in store.all(Message)} == {MessageStatus.DISCARDED}
    assert store.do(campaigns.view, analyst, campaign.id, op).tally.excluded == {words.HALTED: 3}
    with pytest.raises(Conflict):
        store.do(campaigns.approve, analyst, campaign.id, op)
    for act in (campaigns.pause, campaigns.resume, campaigns.stop, campaigns.undo):
        with pytest.raises(Conflict):
            store.do(act, analyst, campaign.id)


def test_who_would_not_get_it_is_told_before_it_is_stopped(store: Store, analyst: Analyst, op: Operation) -> None:
    op = replace(op, campaign_rate=2)
    for n in range(4):
        silent(store, analyst, n)
    campaign = running(store, analyst, op)
    assert "4 dentistas ficariam" in stop_screen(store.do(campaigns.view, analyst, campaign.id, op)).text
    store.do(campaigns.feed, op)
    left, _ = store.all(Message)
    store.update(left, status=MessageStatus.ACCEPTED)
    asked = stop_screen(store.do(campaigns.view, analyst, campaign.id, op))
    assert "3 dentistas ficariam sem receber" in asked.text and "Pausar" in asked.text
    assert [button.action for row in asked.rows for button in row] == ["campaign_stop_now", "campaign"]
    store.do(campaigns.stop, analyst, campaign.id)
    assert store.do(campaigns.view, analyst, campaign.id, op).tally.excluded == {words.HALTED: 3}


@pytest.mark.parametrize(
    ("a_day", "reached", "told"),
    [
        (5, 0, "no horário de envio: cerca de 1 minuto ao todo."),
        (2, 0, "conversa com 2 pessoas por dia: esta campanha leva cerca de 3 dias úteis."),
        (3, 1, "conversa com 3 pessoas por dia, e ainda cabem 2: esta campanha leva cerca de 2 dias úteis."),
        (6, 3, "conversa com 6 pessoas por dia, e ainda cabem 3: esta campanha leva cerca de 2 dias úteis."),
        (3, 3, "conversa com 3 pessoas por dia, e já foram todas: esta campanha leva cerca de 3 dias úteis."),
        (None, 0, "no horário de envio: cerca de 1 minuto ao todo."),  # what Meta gives a new account
    ],
)
def test_that_it_is_more_than_whatsapp_lets_leave_in_a_day_is_told_before_it_is_approved(
    store: Store, analyst: Analyst, op: Operation, a_day: int | None, reached: int, told: str
) -> None:
    op = replace(op, people_a_day=a_day)
    for n in range(5):
        silent(store, analyst, n)
    for n in range(reached):
        case = silent(store, analyst, 50 + n)
        hour_ago = NOW - timedelta(hours=n + 1)
        create_message(store, case, MessageStatus.READ, address=str(n), sent_at=hour_ago, **as_template())
        store.update(case, last_out_at=hour_ago)
    campaign = ready(store, analyst, op)
    assert told in campaign_screen(store.do(campaigns.view, analyst, campaign.id, op), op, NOW).text


def test_an_approval_is_taken_back_until_the_first_message_is_handed_over(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    campaign = ready(store, analyst, op)
    approve = (campaigns.approve, analyst, campaign.id, op)
    store.do(*approve)
    store.do(campaigns.feed, op, now=NOW + op.undo / 2)
    assert store.count(Message) == 0
    assert store.do(campaigns.undo, analyst, campaign.id).status is CampaignStatus.READY
    store.do(campaigns.feed, op, now=NOW + op.undo)
    assert store.count(Message) == 0
    store.do(*approve)
    store.do(campaigns.feed, op, now=NOW + op.undo)
    assert store.count(Message) == 1
    with pytest.raises(Conflict, match="desfazer"):
        store.do(campaigns.undo, analyst, campaign.id)


def test_a_campaign_is_its_authors_and_the_supervisors(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    silent(store, colleague, 2)
    campaign = ready(store, analyst, op)
    with pytest.raises(NotFound):
        store.do(campaigns.approve, colleague, campaign.id, op)
    for act in (campaigns.pause, campaigns.stop, campaigns.undo):
        with pytest.raises(NotFound):
            store.do(act, colleague, campaign.id)
    with pytest.raises(NotFound):
        store.do(campaigns.view, colleague, campaign.id, op)
    assert store.do(campaigns.recent, colleague, None, 9, op) == []
    (listed,) = store.do(campaigns.recent, supervisor, None, 9, op)
    assert (listed.campaign.id, listed.title[:18], listed.by) == (campaign.id, "Retomar a conversa", analyst.name)
    assert store.do(campaigns.view, supervisor, campaign.id, op).tally.waiting == 1
    assert store.do(campaigns.view, supervisor, ready(store, supervisor, op).id, op).tally.waiting == 2


def test_what_cannot_be_a_campaign_is_refused(store: Store, analyst: Analyst, op: Operation) -> None:
    with pytest.raises(InvalidInput, match="Nenhum caso"):
        store.do(campaigns.begin, analyst, Wanted(), AGAIN, op)
    silent(store, analyst, 1)
    with pytest.raises(InvalidInput, match="modelo"):
        store.do(campaigns.begin, analyst, Wanted(), "suporte", op)
    with pytest.raises(Conflict, match="API"):
        store.do(campaigns.begin, analyst, Wanted(), AGAIN, replace(op, api_on=False))
    nobody = ready(store, analyst, op, key="primeiro_contato")
    with pytest.raises(Conflict, match="ninguém"):
        store.do(campaigns.approve, analyst, nobody.id, op)


def test_older_campaigns_come_a_page_at_a_time(store: Store, analyst: Analyst, op: Operation) -> None:
    silent(store, analyst, 1)
    made = [ready(store, analyst, op).id for _ in range(5)]
    pages, before = [], None
    for _ in range(3):
        pages.append([one.campaign.id for one in store.do(campaigns.recent, analyst, before, 2, op)])
        before = pages[-1][-1]
    assert pages == [made[:2:-1], made[2:0:-1], made[:1]]


def test_that_meta_lets_the_message_go_no_more_is_told_where_it_waits(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    campaign = running(store, analyst, op)
    (row,) = store.all(MetaTemplate, MetaTemplate.name == "retencao_retomar")
    store.update(row, status="PAUSED")
    store.do(campaigns.feed, op)
    view = store.do(campaigns.view, analyst, campaign.id, op)
    assert view.campaign.status is CampaignStatus.PAUSED
    assert view.at_meta is not None and "não sai pela API" in (view.at_meta.problem or "")
    assert alert(view) == f"⏸ A campanha nº {campaign.id} parou: veja o motivo acima."
    store.update(row, status="APPROVED", category="MARKETING")
    view = store.do(campaigns.view, analyst, campaign.id, op)
    assert (view.at_meta, alert(view)) == (Whole(None, "MARKETING"), "")
    assert "custa mais" in campaign_screen(view, op, NOW).text


def test_two_campaigns_do_not_write_to_the_same_dentist(store: Store, analyst: Analyst, op: Operation) -> None:
    silent(store, analyst, 1)
    running(store, analyst, op)
    other = ready(store, analyst, op)
    assert store.do(campaigns.view, analyst, other.id, op).tally.excluded == {words.ELSEWHERE: 1}


def many(session: Any, analyst_id: int, number: int, *, now: Any) -> None:
    rows = range(1, number + 1)
    insert_new(
        session,
        Dentist,
        [
            {"name": f"DENTISTA {n}", "cro": str(n), "cro_uf": "BA", "treatment": "Dra.", "created_at": now}
            for n in rows
        ],
    )
    insert_new(
        session,
        DentistAddress,
        [{"dentist_id": n, "channel": "whatsapp", "address": f"+55719{n:08d}", "created_at": now} for n in rows],
    )
    blank = {c.name: None for c in Case.__table__.columns if c.nullable}  # type: ignore[attr-defined]
    lists = {name: [] for name in ("signers", "doubts", "reasons_stated", "reasons", "actions_imported", "sectors")}
    for start in range(0, number, 500):
        insert_new(
            session,
            Case,
            [
                blank
                | lists
                | {"id": n, "dentist_id": n, "analyst_id": analyst_id, "protocol": f"SAD{n:012d}", "unread": 0}
                | {"city": "SALVADOR", "uf": "BA", "opened_at": AGO, "first_out_at": AGO}
                | {"last_out_at": AGO, "last_touch_at": AGO}
                for n in range(start + 1, start + 501)
            ],
        )


@pytest.mark.long
def test_ten_thousand_cases_are_put_together_in_chunks_of_flat_memory(store: Store, op: Operation) -> None:
    analyst = create_analyst(store)
    store.do(many, analyst.id, 10_000)
    store.do(campaigns.begin, analyst, Wanted(), AGAIN, op)
    began, peaks = time.process_time(), []
    for number in range(21):
        if measured := number in (2, 18):
            tracemalloc.start()
        assert store.do(campaigns.fill, op)
        if measured:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    took = time.process_time() - began
    assert not store.do(campaigns.is_due)  # it waits for a person
    assert store.count(CampaignCase) == 10_000
    assert peaks[1] < 1.5 * peaks[0]
    assert took < 30  # seconds of work, whatever else the machine does
