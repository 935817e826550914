"""Whoever is suspended or has lost a case is told nothing of it, and somebody always is; somebody always supervises."""

import threading

import pytest

from bot.services import absences, codes, day, followups, handovers, notices, replies, team
from bot.services.operation import Operation
from messages.errors import Conflict, NotAllowed
from messages.statuses import MessageStatus, Role, Worklist
from storage.models import Absence, Analyst, AuditEntry, Notification
from tests.factory import (
    NOW,
    Store,
    create_analyst,
    create_case,
    create_dentist,
    create_follow_up,
    create_message,
    incoming,
)


def told(store: Store) -> set[tuple[int, str]]:
    return {(n.analyst_id, n.kind) for n in store.all(Notification)}


def test_what_comes_in_for_a_suspended_persons_cases_is_told_to_those_who_supervise(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, create_dentist(store))
    create_follow_up(store, case)
    sent = create_message(store, case, MessageStatus.UNKNOWN)
    store.do(team.suspend, supervisor, analyst.id)
    store.do(replies.file, [incoming()])
    store.do(followups.nudge, 9, op)
    store.do(notices.message_changed, [sent])
    assert told(store) == {(supervisor.id, kind) for kind in ("reply", "follow_up", "message")}
    for who, orphaned in ((supervisor, 1), (colleague, 0)):
        assert store.do(day.glance, who, op).counts[Worklist.ORPHANED] == orphaned
    store.do(handovers.hand_over_all, supervisor, analyst.id, colleague.id)
    assert store.do(day.glance, supervisor, op).counts[Worklist.ORPHANED] == 0


def test_what_becomes_of_a_send_is_told_to_whoever_has_the_case_now(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    case = create_case(store, analyst)
    anas = create_message(store, case, MessageStatus.SENDING)
    sofias = store.update(create_message(store, case, MessageStatus.SENDING), analyst_id=supervisor.id)
    store.do(handovers.hand_over_all, supervisor, analyst.id, colleague.id)
    store.do(notices.message_changed, [anas, sofias])
    by_message = {n.key: n.analyst_id for n in store.all(Notification) if n.kind == "message"}
    assert by_message == {f"message:{anas.id}": colleague.id, f"message:{sofias.id}": supervisor.id}


def test_a_send_of_a_substitute_is_told_to_the_one_who_is_back(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    case = create_case(store, analyst)
    absence = store.do(absences.plan, supervisor, analyst.id, colleague.id, NOW, NOW.replace(month=11, day=3))
    sent = store.update(create_message(store, case, MessageStatus.SENDING), analyst_id=colleague.id)
    store.do(notices.message_changed, [sent])
    store.do(absences.end, supervisor, absence.id)
    store.do(notices.message_changed, [sent])
    who = [n.analyst_id for n in store.all(Notification) if n.kind == "message"]
    assert who == [colleague.id, analyst.id]  # his, while he had it open; hers, now that she is in charge


def test_what_only_supervisors_are_told_stays_with_them_while_one_is_away(
    store: Store, colleague: Analyst, supervisor: Analyst
) -> None:
    store.do(absences.plan, supervisor, supervisor.id, colleague.id, NOW, NOW.replace(month=11, day=3))
    store.do(notices.tell_supervisors, "parked:1", "parked", 1)
    assert [n.analyst_id for n in store.all(Notification) if n.kind == "parked"] == [supervisor.id]


@pytest.mark.parametrize("more", [{"active": False}, {"telegram_user_id": None}])
def test_only_whoever_is_active_is_away_or_stands_in(
    more: dict[str, object], store: Store, analyst: Analyst, supervisor: Analyst
) -> None:
    gone = create_analyst(store, "Rui Melo", **more)
    for pair in ((analyst, gone), (gone, analyst)):
        with pytest.raises(Conflict, match="Rui Melo não tem acesso ativo"):
            store.do(absences.plan, supervisor, pair[0].id, pair[1].id, NOW, NOW.replace(month=11, day=3))
    assert store.count(Absence) == 0


def test_two_supervisors_who_demote_each_other_at_once_leave_one(store: Store, supervisor: Analyst) -> None:
    other = create_analyst(store, "Lia Prado", Role.SUPERVISOR)
    refused: list[Exception] = []
    start = threading.Barrier(2)

    def demote(one: Analyst, another: Analyst) -> None:
        start.wait()
        try:
            store.do(team.change_role, one, another.id, Role.ANALYST)
        except NotAllowed as error:
            refused.append(error)

    threads = [threading.Thread(target=demote, args=pair) for pair in ((supervisor, other), (other, supervisor))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert sorted(a.role for a in store.all(Analyst)) == [Role.ANALYST, Role.SUPERVISOR]


def test_an_act_that_waited_is_not_done_by_whoever_was_suspended_meanwhile(
    store: Store, analyst: Analyst, supervisor: Analyst
) -> None:
    former = create_analyst(store, "Lia Prado", Role.SUPERVISOR)
    store.update(former, active=False)
    for act in (
        lambda: store.do(team.suspend, former, analyst.id),
        lambda: store.do(team.invite_by, former, Role.SUPERVISOR, codes.new_code()),
        lambda: store.do(handovers.hand_over_all, former, analyst.id, supervisor.id),
        lambda: store.do(absences.plan, former, analyst.id, supervisor.id, NOW, NOW.replace(month=11, day=3)),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert store.count(AuditEntry) == 0
