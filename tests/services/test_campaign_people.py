"""Who a campaign's cases are: each group by name, a page at a time, for whoever may see it; examples; one taken out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from bot.handlers.campaign_people import page_screen
from bot.handlers.campaigns import GROUPS, how_many
from bot.services import campaign_people, campaigns
from bot.services.campaign_people import Page
from bot.services.operation import Operation
from messages import campaigns as words
from messages.campaigns import STATUSES, Group, Wanted
from messages.errors import Conflict, NotFound
from messages.statuses import Direction, MessageStatus
from storage.models import Analyst, AuditEntry, CampaignCase, Case, Dentist, Message
from storage.upsert import insert_new
from tests.factory import NOW, Store, create_case, create_contact, create_dentist, create_follow_up, create_message

AGO = NOW - timedelta(days=30)
SILENT = {"opened_at": AGO, "first_out_at": AGO, "last_out_at": AGO, "last_touch_at": AGO}


def silent(store: Store, analyst: Analyst, name: str, **more: Any) -> Case:
    """A case whose dentist has not answered for a month."""
    dentist = create_dentist(store, name, f"+5571981{store.count(Dentist):06d}")
    return create_case(store, analyst, dentist, **(SILENT | more))


def ready(store: Store, analyst: Analyst, op: Operation) -> int:
    campaign = store.do(campaigns.begin, analyst, Wanted(), "retomar", op)
    while store.do(campaigns.fill, op):
        pass
    assert campaign.id is not None
    return campaign.id


def test_of_whom_a_person_says_that_they_leave_no_campaign_asks(store: Store, analyst: Analyst, op: Operation) -> None:
    for name, held_at in (("HELENA", NOW), ("JOANA", None)):
        silent(store, analyst, name, cadence_held_at=held_at)
    page = store.do(campaign_people.page, analyst, ready(store, analyst, op), Group.LEFT_OUT, words.HALTED_CASE)
    assert [row.dentist.name for row in page.rows if row.dentist] == ["HELENA"]


def written(store: Store, analyst: Analyst, op: Operation) -> int:
    """All of it handed to the outbox."""
    campaign_id = ready(store, analyst, op)
    store.do(campaigns.approve, analyst, campaign_id, replace(op, undo=timedelta(0)))
    store.do(campaigns.feed, op)
    return campaign_id


def names(page: Page) -> list[str]:
    return [row.dentist.name for row in page.rows if row.dentist is not None]


def people(store: Store, analyst: Analyst, campaign_id: int, group: Group, why: str | None = None, **more: Any) -> Page:
    return store.do(campaign_people.page, analyst, campaign_id, group, why, **more)


def test_every_status_is_told_in_one_group() -> None:
    assert sorted(status for some in STATUSES.values() for status in some) == sorted(MessageStatus)
    assert set(GROUPS) == set(Group) == set(STATUSES) | {Group.WAITING, Group.LEFT_OUT, Group.ANSWERED}


def test_who_waits_and_who_is_left_out_is_told_by_name_before_anything_leaves(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    silent(store, analyst, "ANA")
    create_follow_up(store, silent(store, analyst, "BIA"), NOW + timedelta(days=1))
    silent(store, analyst, "CAIO", unread=1)
    silent(store, analyst, "DORA", unread=1)
    campaign_id = ready(store, analyst, op)
    assert names(people(store, analyst, campaign_id, Group.WAITING)) == ["ANA"]
    assert store.do(campaign_people.reasons, analyst, campaign_id) == {words.WAITING: 2, words.PROMISED: 1}
    assert names(people(store, analyst, campaign_id, Group.LEFT_OUT, words.WAITING)) == ["CAIO", "DORA"]
    assert names(people(store, analyst, campaign_id, Group.LEFT_OUT, words.PROMISED)) == ["BIA"]


def test_what_became_of_each_is_told_by_name_and_adds_up_with_the_campaigns_screen(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    stands = [s for group in STATUSES.values() for s in group]
    for status in stands:
        silent(store, analyst, status.value.upper())
    campaign_id = written(store, analyst, op)
    later = NOW + timedelta(hours=1)
    for message, status in zip(store.all(Message), stands, strict=True):
        why = "Não é um número do WhatsApp." if status is MessageStatus.FAILED else None
        store.update(message, status=status, status_at=later, sent_at=NOW, error=why)
        if status is MessageStatus.READ:
            case = store.get(Case, message.case_id)
            create_contact(store, case, Direction.IN, text="Pode mandar a tabela", occurred_at=later)
            store.update(case, last_in_at=later, unread=1)
    tally = store.do(campaigns.view, analyst, campaign_id, op).tally
    for group, some in STATUSES.items():
        page = people(store, analyst, campaign_id, group)
        assert sorted(names(page)) == sorted(s.value.upper() for s in some), group
        assert page.total == how_many(tally, group) == len(some)
    assert "✗ falhou hoje às 12h: Não é um número do WhatsApp." in text(store, analyst, campaign_id, Group.FAILED, op)
    assert "❔ não sei se chegou" in text(store, analyst, campaign_id, Group.DOUBTFUL, op)
    assert names(people(store, analyst, campaign_id, Group.ANSWERED)) == ["READ"]
    assert "hoje às 12h: Pode mandar a tabela" in text(store, analyst, campaign_id, Group.ANSWERED, op)


def text(store: Store, analyst: Analyst, campaign_id: int, group: Group, op: Operation) -> str:
    return page_screen(people(store, analyst, campaign_id, group), op, NOW + timedelta(hours=2)).text


def test_a_page_begins_where_the_one_before_ended_whatever_has_left_since(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    for n in range(5):
        silent(store, analyst, f"N{n}")
    campaign_id = ready(store, analyst, op)
    first = people(store, analyst, campaign_id, Group.WAITING, limit=2)
    assert (names(first), first.total, first.first) == (["N0", "N1"], 5, True)
    store.do(campaign_people.take_out, analyst, campaign_id, first.rows[0].number)
    second = people(store, analyst, campaign_id, Group.WAITING, limit=2, after=first.after)
    assert (names(second), second.total, second.first) == (["N2", "N3"], 4, False)
    last = people(store, analyst, campaign_id, Group.WAITING, limit=2, after=second.after)
    assert (names(last), last.after) == (["N4"], None)


def test_only_whose_campaign_it_is_and_supervisors_see_who_they_are(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    silent(store, analyst, "ANA")
    campaign_id = ready(store, analyst, op)
    (one,) = store.all(CampaignCase)
    for refused in (
        (campaign_people.page, colleague, campaign_id, Group.WAITING),
        (campaign_people.reasons, colleague, campaign_id),
        (campaign_people.example, colleague, campaign_id, op),
        (campaign_people.take_out, colleague, campaign_id, one.id),
        (campaign_people.put_back, colleague, campaign_id, one.id),
    ):
        with pytest.raises(NotFound, match="campanha"):
            store.do(*refused)
    (row,) = people(store, supervisor, campaign_id, Group.WAITING).rows
    assert (row.dentist is not None, row.owner) == (True, analyst.name)


def test_of_a_case_that_has_become_somebody_elses_no_more_is_told_than_that(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    given = silent(store, analyst, "ANA")
    silent(store, analyst, "BIA")
    campaign_id = ready(store, analyst, op)
    store.update(given, analyst_id=colleague.id)
    page = people(store, analyst, campaign_id, Group.WAITING)
    assert (names(page), page.total) == (["BIA"], 2)
    screen = page_screen(page, op, NOW)
    assert "um caso que agora é com Bruno" in screen.text
    assert "Ana" not in screen.text
    assert len([b for row in screen.rows for b in row if b.action == "campaign_example"]) == 1
    (one, _) = store.all(CampaignCase)
    with pytest.raises(Conflict):
        store.do(campaign_people.example, analyst, campaign_id, op, number=one.id)
    with pytest.raises(Conflict):
        store.do(campaign_people.take_out, analyst, campaign_id, one.id)
    assert [d.name for d, _ in store.do(campaigns.view, analyst, campaign_id, op).samples] == ["BIA"]
    store.update(colleague, active=True, substitute_id=analyst.id)
    assert names(people(store, analyst, campaign_id, Group.WAITING)) == ["ANA", "BIA"]


def test_one_example_after_the_other_and_the_first_again_after_the_last(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    for name in ("ANA", "BIA"):
        silent(store, analyst, name)
    lacking = silent(store, analyst, "CAIO")
    campaign_id = ready(store, analyst, op)
    store.update(lacking, last_out_at=None)
    seen, after = [], 0
    for _ in range(4):
        found = store.do(campaign_people.example, analyst, campaign_id, op, after=after)
        seen.append((found.dentist.name, (found.text or "")[:15]))
        after = found.number
    assert seen == [("ANA", "Olá, Dra. Ana! "), ("BIA", "Olá, Dra. Bia! "), ("CAIO", ""), ("ANA", "Olá, Dra. Ana! ")]
    assert len(store.do(campaigns.view, analyst, campaign_id, op).samples) == 2  # what lacks a fact is no example


def test_who_is_taken_out_does_not_get_it_and_can_be_put_back_until_the_end(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    for name in ("ANA", "BIA"):
        silent(store, analyst, name)
    campaign_id = ready(store, analyst, op)
    ana, bia = store.all(CampaignCase)
    store.do(campaign_people.take_out, analyst, campaign_id, ana.id)
    assert store.do(campaigns.view, analyst, campaign_id, op).tally.excluded == {words.TAKEN_OUT: 1}
    with pytest.raises(Conflict, match="já não espera"):
        store.do(campaign_people.take_out, analyst, campaign_id, ana.id)
    store.do(campaign_people.put_back, analyst, campaign_id, ana.id)
    with pytest.raises(Conflict, match="à mão"):
        store.do(campaign_people.put_back, analyst, campaign_id, ana.id)
    store.do(campaign_people.take_out, analyst, campaign_id, bia.id)
    store.do(campaigns.approve, analyst, campaign_id, replace(op, undo=timedelta(0)))
    store.do(campaigns.feed, op)
    assert [m.case_id for m in store.all(Message)] == [ana.case_id]
    with pytest.raises(Conflict, match="já não espera"):
        store.do(campaign_people.take_out, analyst, campaign_id, ana.id)
    store.do(campaigns.stop, analyst, campaign_id)
    for act, one in ((campaign_people.take_out, ana), (campaign_people.put_back, bia)):
        with pytest.raises(Conflict, match="já terminou"):
            store.do(act, analyst, campaign_id, one.id)
    changes = [(a.action, a.detail) for a in store.all(AuditEntry) if a.action in ("campaign_taken_out",)]
    assert changes == [("campaign_taken_out", {"case": one.case_id}) for one in (ana, bia)]


def test_only_whoever_was_taken_out_by_hand_is_put_back(store: Store, analyst: Analyst, op: Operation) -> None:
    silent(store, analyst, "ANA")
    create_message(store, silent(store, analyst, "BIA"), MessageStatus.UNKNOWN)
    campaign_id = ready(store, analyst, op)
    other = ready(store, analyst, op)
    _, bia, of_other, _ = store.all(CampaignCase)
    with pytest.raises(Conflict, match="à mão"):
        store.do(campaign_people.put_back, analyst, campaign_id, bia.id)
    store.do(campaign_people.take_out, analyst, other, of_other.id)
    with pytest.raises(NotFound):
        store.do(campaign_people.put_back, analyst, campaign_id, of_other.id)


def among_many(store: Store, analyst: Analyst, op: Operation) -> int:
    """A campaign of one case, beside another's hundreds in every group: where rows are few, any index is as good."""
    case = silent(store, analyst, "ANA")
    campaign_id, other = (ready(store, analyst, op) for _ in range(2))
    alike = [case.model_dump(exclude={"id"}) | {"protocol": f"SAD{n:012}"} for n in range(600)]
    written = create_message(store, case, MessageStatus.FAILED).id
    groups = [(None, None), (words.PROMISED, None), (None, written)]

    def fill(session: Session, *, now: datetime) -> None:
        for n, case_id in enumerate(insert_new(session, Case, alike)):
            excluded, message_id = groups[n % 3]
            session.add(CampaignCase(campaign_id=other, case_id=case_id, excluded=excluded, message_id=message_id))

    store.do(fill)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    return campaign_id


INDEXES = {
    "ix_campaign_case_waiting": lambda c, p: (campaign_people.page, p, c, Group.WAITING),
    "ix_campaign_case_excluded": lambda c, p: (campaign_people.page, p, c, Group.LEFT_OUT, words.PROMISED),
    "ix_campaign_case_written": lambda c, p: (campaign_people.page, p, c, Group.FAILED),
}


@pytest.mark.parametrize("index", INDEXES)
def test_a_page_is_found_by_an_index_in_its_order(store: Store, analyst: Analyst, op: Operation, index: str) -> None:
    campaign_id = among_many(store, analyst, op)
    plan = planned(store, "ORDER BY campaign_case.id", *INDEXES[index](campaign_id, analyst))
    assert index in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan


def test_the_spellings_of_a_states_cities_are_read_from_an_index(store: Store, analyst: Analyst, op: Operation) -> None:
    one = silent(store, analyst, "ANA").model_dump(exclude={"id"})
    elsewhere = [one | {"protocol": f"SAD{n:012}", "uf": "PE", "city": f"CIDADE {n}"} for n in range(400)]
    store.do(lambda session, now: insert_new(session, Case, elsewhere))
    with store.engine.begin() as connection:
        connection.exec_driver_sql('ANALYZE "case"')  # any index is as good as another where nothing is known
    wanted = Wanted(city="SALVADOR", uf="BA")
    assert "ix_case_place" in planned(store, "DISTINCT", campaigns.count, analyst, wanted, op)


def planned(store: Store, words: str, use_case: Any, *args: Any) -> str:
    """How the database answers the use-case's statement that holds these words, where rows are many."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if words in statement:
            asked.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    store.do(use_case, *args)
    event.remove(store.engine, "before_cursor_execute", note)
    ((statement, values),) = asked
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            return "\n".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
        for way in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin"):  # which few rows would make it take
            connection.exec_driver_sql(f"SET enable_{way} = off")
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))
