"""Somebody is away: whoever stands in sees and works the cases, and is told; begun and ended by rows, however late."""

from datetime import timedelta

import pytest

from bot.handlers.home import home_screen
from bot.handlers.searching import found_screen
from bot.handlers.team import absence_screen, team_screen
from bot.services import absences, day, followups, searching, team
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.statuses import Role, Worklist
from storage import queries
from storage.models import Absence, Analyst, Case, Notification
from tests.factory import (
    NOW,
    Store,
    create_analyst,
    create_case,
    create_follow_up,
    file_waiting,
    wa_message,
    webhook,
)
from tests.services.test_inbox import keep

DAY = timedelta(days=1)


def away(store: Store, supervisor: Analyst, absent: Analyst, substitute: Analyst, begins: timedelta = -DAY) -> Absence:
    return store.do(absences.plan, supervisor, absent.id, substitute.id, NOW + begins, NOW + 5 * DAY)


def seen_by(store: Store, person: Analyst, op: Operation) -> list[int | None]:
    return [r.case.id for r in store.do(day.page, person, Worklist.OPEN, op).rows]


def test_who_stands_in_works_the_cases_while_the_other_is_away(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    absence = away(store, supervisor, analyst, colleague, begins=DAY)
    assert seen_by(store, colleague, op) == []
    assert store.do(absences.turn, 10, now=NOW) == 0
    assert store.do(absences.turn, 10, now=NOW + DAY) == 1
    assert seen_by(store, colleague, op) == seen_by(store, analyst, op) == [case.id]
    assert [f.case.id for f in store.do(searching.find, colleague, case.protocol)] == [case.id]
    assert store.do(lambda s, now: queries.case_for(s, case.id or 0, colleague)).id == case.id
    assert store.do(absences.turn, 10, now=NOW + 9 * DAY) == 1
    assert seen_by(store, colleague, op) == []
    assert store.get(Absence, absence.id).ended_at == NOW + 9 * DAY
    assert store.do(absences.turn, 10, now=NOW + 9 * DAY) == 0


def test_after_an_outage_longer_than_the_absence_it_has_simply_ended(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    away(store, supervisor, analyst, colleague, begins=DAY)
    store.do(absences.turn, 10, now=NOW + 9 * DAY)
    assert store.get(Analyst, analyst.id).substitute_id is None
    assert store.all(Notification) == []


def test_replies_and_follow_ups_of_the_absent_are_told_to_whoever_stands_in(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    create_follow_up(store, case, NOW - timedelta(minutes=1))
    away(store, supervisor, analyst, colleague)
    store.do(followups.nudge, 10, op)
    keep(store, webhook({"messages": [wa_message("wamid.1")]}))
    file_waiting(store)
    told = [(n.kind, n.analyst_id) for n in store.all(Notification)]
    assert told == [
        ("absence", analyst.id),
        ("absence", colleague.id),
        ("follow_up", colleague.id),
        ("reply", colleague.id),
    ]
    store.do(absences.turn, 10, now=NOW + 9 * DAY)
    ended = [n.analyst_id for n in store.all(Notification) if n.key.endswith("ended")]
    assert ended == [analyst.id, colleague.id]


@pytest.mark.parametrize("periods", [(0, 5), (4, 9)])
def test_nobody_stands_in_who_is_away_themselves(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, periods: tuple[int, int]
) -> None:
    away(store, supervisor, colleague, supervisor)
    first, last = (NOW + days * DAY for days in periods)
    third = create_analyst(store, "Carla Dias")
    with pytest.raises(Conflict, match="Bruno Reis também estará ausente"):
        store.do(absences.plan, supervisor, analyst.id, colleague.id, first, last)
    with pytest.raises(Conflict, match="Sofia Matos fica no lugar de outra pessoa"):
        store.do(absences.plan, supervisor, supervisor.id, third.id, first, last)
    with pytest.raises(Conflict, match="Bruno Reis já tem uma ausência"):
        store.do(absences.plan, supervisor, colleague.id, third.id, first, last)


def test_a_period_must_make_sense(store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst) -> None:
    for begins, ends in ((-2, -1), (3, 2), (0, 400)):
        with pytest.raises(InvalidInput, match="Este período não serve"):
            store.do(absences.plan, supervisor, analyst.id, colleague.id, NOW + begins * DAY, NOW + ends * DAY)
    with pytest.raises(InvalidInput, match="no próprio lugar"):
        store.do(absences.plan, supervisor, analyst.id, analyst.id, NOW, NOW + DAY)
    with pytest.raises(NotFound):
        store.do(absences.plan, supervisor, analyst.id, 999, NOW, NOW + DAY)


def test_only_supervisors_plan_and_end(store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst) -> None:
    with pytest.raises(NotAllowed):
        store.do(absences.plan, analyst, analyst.id, colleague.id, NOW, NOW + DAY)
    absence = away(store, supervisor, analyst, colleague)
    with pytest.raises(NotAllowed):
        store.do(absences.end, analyst, absence.id)
    store.do(absences.end, supervisor, absence.id)
    assert store.get(Analyst, analyst.id).substitute_id is None
    with pytest.raises(Conflict, match="já terminou"):
        store.do(absences.end, supervisor, absence.id)


def test_whoever_stood_in_for_somebody_who_is_suspended_is_not_told_that_they_are_back(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    absence = away(store, supervisor, analyst, colleague)
    store.do(team.suspend, supervisor, analyst.id)
    told = absence_screen(store.do(absences.view, colleague, absence.id), op).text
    assert "cujo acesso foi suspenso" in told and "voltam" not in told
    shown = team_screen(store.do(team.people, supervisor), 0, op).text
    assert shown.startswith("👥 <b>Equipe</b>: 3 pessoas\n")
    store.do(team.invite_by, supervisor, Role.ANALYST, "code")
    assert "3 pessoas e 1 convite\n" in team_screen(store.do(team.people, supervisor), 0, op).text
    assert "A equipe ainda não tem" in home_screen(supervisor, store.do(day.glance, supervisor, op), op, NOW).text
    assert "nos casos da equipe" in found_screen("x", [], Role.SUPERVISOR, op, NOW).text


def test_who_is_suspended_stands_in_for_nobody(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    away(store, supervisor, analyst, colleague)
    store.do(team.suspend, supervisor, colleague.id)
    assert store.get(Analyst, analyst.id).substitute_id is None
    assert [a.ended_at for a in store.all(Absence)] == [NOW]
    assert store.count(Case) == 0
