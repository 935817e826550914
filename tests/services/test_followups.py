"""What was promised: one a case, moved, done, and told when due however late."""

from datetime import timedelta

import pytest

from bot.services import day, followups
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotFound
from messages.statuses import Worklist
from storage.models import Analyst, AuditEntry, Case, FollowUp, Notification
from tests.factory import NOW, Store, close_case, create_case, create_follow_up

FRIDAY = NOW + timedelta(days=4)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def nudge(store: Store, op: Operation, limit: int = 200, **ago: float) -> int:
    return store.do(followups.nudge, limit, op, now=NOW + timedelta(**ago))


def test_a_button_into_working_hours_moves_only_what_it_was_drawn_for(
    store: Store, analyst: Analyst, case: Case
) -> None:
    sunday, monday, friday = (NOW + timedelta(days=n) for n in (6, 7, 11))
    follow_up = create_follow_up(store, case, sunday)
    store.do(followups.snooze, analyst, follow_up.id, friday)
    with pytest.raises(Conflict, match="mudou de hora"):
        store.do(followups.into_hours, analyst, follow_up.id, sunday, monday)
    assert store.get(FollowUp, follow_up.id).due_at == friday
    assert store.do(followups.into_hours, analyst, follow_up.id, friday, monday).due_at == monday


def test_a_new_one_takes_the_place_of_the_standing_one(store: Store, analyst: Analyst, case: Case) -> None:
    first = store.do(followups.schedule, analyst, case.id, FRIDAY, "  verificar a tabela ")
    second = store.do(followups.schedule, analyst, case.id, FRIDAY + timedelta(days=1), "x" * 999)
    assert (first.reason, len(second.reason)) == ("verificar a tabela", 300)
    assert store.get(FollowUp, first.id).done_at == NOW
    assert store.get(FollowUp, second.id).done_at is None
    assert [a.action for a in store.all(AuditEntry)] == ["scheduled", "replaced", "scheduled"]


def test_a_supervisor_schedules_for_the_cases_analyst(store: Store, case: Case, supervisor: Analyst) -> None:
    assert store.do(followups.schedule, supervisor, case.id, FRIDAY, "").analyst_id == case.analyst_id


@pytest.mark.parametrize("moment", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=367)])
def test_a_time_that_is_past_or_too_far_is_refused(store: Store, analyst: Analyst, case: Case, moment: object) -> None:
    standing = create_follow_up(store, case, FRIDAY)
    with pytest.raises(InvalidInput):
        store.do(followups.schedule, analyst, case.id, moment, "")
    with pytest.raises(InvalidInput):
        store.do(followups.snooze, analyst, standing.id, moment)
    assert store.get(FollowUp, standing.id).done_at is None


def test_moved_it_is_told_again_at_its_new_time(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    follow_up = create_follow_up(store, case)
    assert nudge(store, op) == 1
    moved = store.do(followups.snooze, analyst, follow_up.id, FRIDAY, " levar a tabela ")
    assert (moved.due_at, moved.nudged_at, moved.reason) == (FRIDAY, None, "levar a tabela")
    assert nudge(store, op, days=3) == 0
    assert nudge(store, op, days=4) == 1
    assert len({n.key for n in store.all(Notification)}) == 2


def test_done_it_is_told_no_more_and_not_done_twice(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    follow_up = create_follow_up(store, case)
    assert store.do(followups.complete, analyst, follow_up.id).done_at == NOW
    for act in (
        lambda: store.do(followups.complete, analyst, follow_up.id),
        lambda: store.do(followups.snooze, analyst, follow_up.id, FRIDAY),
    ):
        with pytest.raises(Conflict):
            act()
    assert nudge(store, op, days=9) == 0


def test_what_is_somebody_elses_is_not_found(store: Store, case: Case, colleague: Analyst) -> None:
    follow_up = create_follow_up(store, case)
    for act in (
        lambda: store.do(followups.complete, colleague, follow_up.id),
        lambda: store.do(followups.snooze, colleague, follow_up.id, FRIDAY),
        lambda: store.do(followups.schedule, colleague, case.id, FRIDAY, ""),
        lambda: store.do(followups.view, colleague, follow_up.id),
        lambda: store.do(followups.complete, store.get(Analyst, case.analyst_id), 999),
    ):
        with pytest.raises(NotFound):
            act()
    assert store.all(FollowUp)[0].done_at is None


def test_on_a_closed_case_nothing_is_scheduled(store: Store, analyst: Analyst, case: Case) -> None:
    store.update(case, closed_at=NOW)
    with pytest.raises(Conflict, match="reabra"):
        store.do(followups.schedule, analyst, case.id, FRIDAY, "")


def test_closing_a_case_ends_what_was_promised(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    create_follow_up(store, case)
    close_case(store, analyst, case)
    assert nudge(store, op, days=9) == 0


@pytest.mark.parametrize("days", [0, 3, 400])
def test_what_fell_due_is_told_once_however_long_ago(store: Store, case: Case, op: Operation, days: int) -> None:
    follow_up = create_follow_up(store, case)
    create_follow_up(store, case, NOW + timedelta(days=days, seconds=1))
    assert nudge(store, op, days=days) == 1
    assert nudge(store, op, days=days) == 0
    (notice,) = store.all(Notification)
    assert (notice.kind, notice.subject_id, notice.case_id) == ("follow_up", follow_up.id, case.id)


def test_several_overdue_ones_of_one_analyst_are_one_notice_and_what_is_just_due_its_own(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    mine, theirs = create_case(store, analyst), create_case(store, colleague)
    late = [create_follow_up(store, mine, NOW - timedelta(days=d)) for d in (3, 2, 1)]
    fresh = create_follow_up(store, mine, NOW - timedelta(minutes=1))
    alone = create_follow_up(store, theirs, NOW - timedelta(days=3))
    assert nudge(store, op) == 5
    told = {(n.analyst_id, n.kind, n.subject_id) for n in store.all(Notification)}
    assert told == {
        (analyst.id, "overdue", None),
        (analyst.id, "follow_up", fresh.id),
        (colleague.id, "follow_up", alone.id),
    }
    listed = store.do(day.page, analyst, Worklist.OVERDUE, op)
    assert [r.row.id for r in listed.rows] == [f.id for f in (*late, fresh)]


def test_no_more_than_asked_for_are_told_at_once_and_the_rest_next(store: Store, case: Case, op: Operation) -> None:
    for _ in range(3):
        create_follow_up(store, case)
    assert [nudge(store, op, 2), nudge(store, op, 2), nudge(store, op, 2)] == [2, 1, 0]


def test_a_nudge_shows_the_case_and_whom_it_is_about(store: Store, analyst: Analyst, case: Case) -> None:
    view = store.do(followups.view, analyst, create_follow_up(store, case).id)
    assert (view.case.id, view.dentist.name) == (case.id, "MARINA PRADO SERRA AZUL")
    assert store.do(followups.count_due) == 1
