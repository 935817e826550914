"""What nobody acts on is told again in working time, at last to those who supervise; and the day's summaries."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.handlers.digests import summary_screen
from bot.handlers.followups import ALONE, nudge_screen
from bot.handlers.screen import Screen
from bot.services import absences, day, digests, followups, handovers, notices, team
from bot.services.operation import Operation
from messages.calendar import ZONE, WorkingHours
from messages.errors import NotFound
from messages.operation import SETTINGS
from messages.statuses import DayPart, Role, Worklist
from storage.models import Absence, Analyst, AuditEntry, FollowUp, Notification
from tests.factory import LEASE, NOW, WALL, Store, create_analyst, create_case, create_follow_up

EIGHT = datetime(2023, 10, 31, 11, 0, tzinfo=UTC)  # 8:00 in São Paulo, a Tuesday
SIX = datetime(2023, 10, 31, 21, 0, tzinfo=UTC)  # 18:00


def told(store: Store, op: Operation, now: datetime) -> list[tuple[int, str]]:
    """Whom the loop tells at this moment, of what kind; all of it is shown."""
    store.do(followups.nudge, 200, op, now=now)
    claimed = store.do(notices.claim, 200, nudges=True, now=now, wall=WALL, lease=LEASE)
    rows = {n.id: n for n in store.all(Notification)}
    for screen, item in enumerate(claimed, 1):
        store.do(notices.delivered, item.notice.notification_id, item.version, screen, now=now)
    return [(rows[c.notice.notification_id].analyst_id, c.notice.kind) for c in claimed]


def test_what_nobody_acts_on_is_told_twice_more_and_then_to_those_who_supervise(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    follow_up = create_follow_up(store, create_case(store, analyst), NOW)
    ana, sofia = (analyst.id, "follow_up"), (supervisor.id, "escalated")
    minutes = [NOW + timedelta(minutes=30 * n) for n in range(24 * 2 * 5)]
    tellings = [(moment, who) for moment in minutes for who in told(store, op, moment)]
    # At 11:00; 13:00; 17:00; and a working day later at 15:00 to the supervisor.
    assert tellings == [
        (NOW, ana),
        (NOW + timedelta(hours=2), ana),
        (NOW + timedelta(hours=6), ana),
        (NOW + timedelta(days=1, hours=4), sofia),
    ]
    assert store.get(FollowUp, follow_up.id).escalated_at == NOW + timedelta(days=1, hours=4)


@pytest.mark.parametrize("role", list(Role))
def test_where_nobody_else_supervises_the_last_telling_is_the_analysts_and_says_so(
    store: Store, op: Operation, role: Role
) -> None:
    ana = create_analyst(store, role=role)
    create_analyst(store, "Ex-chefe", Role.SUPERVISOR, active=False)
    follow_up = create_follow_up(store, create_case(store, ana), NOW)
    last = NOW + timedelta(days=1, hours=4)
    moments = [NOW + timedelta(minutes=30 * n) for n in range(24 * 2 * 3)]
    tellings = [(moment, who) for moment in moments for who in told(store, op, moment)]
    assert [who for _, who in tellings] == [(ana.id, "follow_up")] * 4
    assert tellings[-1][0] == last

    def said() -> str:
        return nudge_screen(store.do(followups.view, ana, follow_up.id, now=last), op, last).text

    assert ALONE in said() and "A supervisão foi avisada" not in said()
    assert store.do(day.glance, ana, op, now=last).counts[Worklist.ESCALATED] == 1
    assert store.do(digests.summary, ana, DayPart.MORNING, op, now=last).counts[Worklist.ESCALATED] == 1

    create_analyst(store, "Sofia", Role.SUPERVISOR)  # told of the next one, she has this one in the same list
    create_follow_up(store, create_case(store, ana), last)
    for moment in moments:
        told(store, op, moment + (last - NOW))
    assert "⚠️ A supervisão foi avisada." in said()


def test_many_last_tellings_of_who_supervises_alone_are_one_list(store: Store, op: Operation) -> None:
    alone = create_analyst(store, role=Role.SUPERVISOR)
    for n in range(12):
        create_follow_up(store, create_case(store, alone), NOW + timedelta(minutes=n))
    later = (NOW + timedelta(days=3, hours=n) for n in range(24 * 5))
    tellings = [who_and_what for now in later for who_and_what in told(store, op, now)]
    assert tellings == [(alone.id, "overdue")] * 2 + [(alone.id, "escalated")]  # the second stood in a summary


def test_the_last_telling_of_somebody_suspended_does_not_say_that_nobody_supervises(
    store: Store, op: Operation, supervisor: Analyst
) -> None:
    gone = create_analyst(store, "Rui", active=False)
    follow_up = create_follow_up(store, create_case(store, gone), NOW + timedelta(hours=1))
    for n in range(24 * 6):
        told(store, op, now := NOW + timedelta(hours=n))
    assert store.get(FollowUp, follow_up.id).escalated_at is not None
    assert not store.do(followups.view, supervisor, follow_up.id, now=now).alone


def test_a_clock_set_right_hides_nothing_behind_a_summary_of_the_time_before(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    create_follow_up(store, create_case(store, analyst), EIGHT + timedelta(hours=9))
    assert store.do(digests.tell, op, now=EIGHT + timedelta(hours=5)) == 1  # the clock runs ahead
    for n in range(3):
        create_follow_up(store, create_case(store, analyst), EIGHT + timedelta(minutes=n))
    assert told(store, op, EIGHT + timedelta(hours=2)) == [(analyst.id, "overdue")]


def test_a_summary_switched_on_in_mid_day_comes_the_next_morning(store: Store, analyst: Analyst, op: Operation) -> None:
    create_follow_up(store, create_case(store, analyst), EIGHT + timedelta(days=1, hours=9))
    store.do(digests.switch, analyst, DayPart.MORNING, False, op, now=EIGHT - timedelta(days=3))
    store.do(digests.switch, analyst, DayPart.MORNING, True, op, now=EIGHT + timedelta(hours=4))
    assert store.do(digests.tell, op, now=EIGHT + timedelta(hours=4)) == 0
    assert store.do(digests.tell, op, now=EIGHT + timedelta(days=1)) == 1


def test_who_supervises_is_told_of_own_follow_ups_as_their_analyst_only(
    store: Store, supervisor: Analyst, op: Operation
) -> None:
    other = create_analyst(store, "Rosa", Role.SUPERVISOR)
    create_follow_up(store, create_case(store, supervisor), NOW)
    tellings = [who for n in range(24 * 2 * 3) for who in told(store, op, NOW + timedelta(minutes=30 * n))]
    assert tellings == [(supervisor.id, "follow_up")] * 3 + [(other.id, "escalated")]


def test_moved_it_begins_anew_and_done_it_is_over(store: Store, analyst: Analyst, op: Operation) -> None:
    moved, done = (create_follow_up(store, create_case(store, analyst), NOW) for _ in range(2))
    assert len(told(store, op, NOW)) == 2
    store.do(followups.complete, analyst, done.id)
    store.do(followups.snooze, analyst, moved.id, NOW + timedelta(hours=5))
    assert [told(store, op, NOW + timedelta(hours=h)) for h in (2, 4, 5)] == [[], [], [(analyst.id, "follow_up")]]
    assert store.get(FollowUp, moved.id).nudges == 1


def test_again_is_never_at_night_nor_on_a_holiday(store: Store, analyst: Analyst, op: Operation) -> None:
    wednesday = datetime(2023, 11, 1, 20, 30, tzinfo=UTC)  # 17:30; Thursday is All Souls'
    create_follow_up(store, create_case(store, analyst), wednesday)
    told(store, op, wednesday)
    tellings = [m for n in range(1, 200) if told(store, op, m := wednesday + timedelta(minutes=30 * n))]
    assert tellings[0] == datetime(2023, 11, 3, 12, 30, tzinfo=UTC)  # Friday 9:30
    assert told(store, op, datetime(2023, 11, 4, 4, 0, tzinfo=UTC)) == []  # after an outage, at night
    assert store.all(FollowUp)[0].nudge_at is not None


def test_at_the_hour_it_was_marked_for_it_is_told_whatever_the_hour(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    sunday = datetime(2023, 11, 5, 6, 0, tzinfo=UTC)  # 3:00
    follow_up = create_follow_up(store, create_case(store, analyst), sunday)
    assert told(store, op, sunday) == [(analyst.id, "follow_up")]
    assert not followups.comes_quietly(store.get(FollowUp, follow_up.id), "BA", op, sunday + timedelta(minutes=59))
    assert store.get(FollowUp, follow_up.id).nudge_at == datetime(2023, 11, 6, 13, 0, tzinfo=UTC)  # Monday 10:00


def test_what_an_outage_made_late_is_told_in_the_night_without_a_sound_and_again_as_work_begins(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    follow_up = create_follow_up(store, create_case(store, analyst), NOW)
    night = datetime(2023, 10, 31, 6, 0, tzinfo=UTC)  # 3:00 on Tuesday
    assert followups.comes_quietly(follow_up, "BA", op, night)
    assert not followups.comes_quietly(follow_up, "BA", op, EIGHT)
    assert told(store, op, night) == [(analyst.id, "follow_up")]
    assert store.get(FollowUp, follow_up.id).nudge_at == EIGHT
    assert told(store, op, EIGHT) == [(analyst.id, "follow_up")]
    assert store.get(FollowUp, follow_up.id).nudges == 2


def test_what_fell_due_during_an_outage_is_one_notice_a_person_however_much_it_is(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    for n in range(30):
        for who in (analyst, colleague):
            create_follow_up(store, create_case(store, who), NOW + timedelta(hours=n))
    late = NOW + timedelta(days=5)
    assert sorted(told(store, op, late)) == [(analyst.id, "overdue"), (colleague.id, "overdue")]
    assert told(store, op, late) == []


def test_handed_over_what_is_due_is_told_to_whoever_has_it_now(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    create_follow_up(store, case, NOW)
    assert told(store, op, NOW) == [(analyst.id, "follow_up")]
    store.do(handovers.hand_over_case, supervisor, case.id, colleague.id)
    assert told(store, op, NOW) == [(colleague.id, "follow_up")]


def summed_up(store: Store, op: Operation, now: datetime) -> list[int]:
    due = store.do(digests.is_due, op, now=now)
    number = store.do(digests.tell, op, now=now)
    assert due == (number > 0)
    return [n.analyst_id for n in store.all(Notification) if n.sent_at is None][-number:] if number else []


def test_summaries_come_once_as_the_day_begins_and_ends(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    create_analyst(store, "Rui Sá", active=False)
    absent = create_analyst(store, "Eva Lins", substitute_id=analyst.id)
    store.do(digests.switch, colleague, DayPart.EVENING, False, op)
    assert summed_up(store, op, EIGHT - timedelta(minutes=1)) == []
    assert summed_up(store, op, EIGHT) == [analyst.id, colleague.id]
    assert summed_up(store, op, EIGHT + timedelta(minutes=1)) == []
    assert summed_up(store, op, SIX) == [analyst.id]
    assert store.get(Analyst, absent.id).morning_told_on is None
    assert [e.detail for e in store.all(AuditEntry)] == [{"part": "evening", "wanted": False}]
    assert store.do(digests.wanted, colleague) == {DayPart.MORNING: True, DayPart.EVENING: False}


@pytest.mark.parametrize(
    "day",
    [
        datetime(2023, 11, 4, tzinfo=UTC),  # a Saturday
        datetime(2023, 11, 2, tzinfo=UTC),  # a holiday
        datetime(2023, 11, 3, tzinfo=UTC),  # a day off of this operation
    ],
)
def test_on_a_day_off_nobody_gets_a_summary(store: Store, analyst: Analyst, op: Operation, day: datetime) -> None:
    op = replace(op, days_off=SETTINGS["days_off"].read("03/11"))
    assert [summed_up(store, op, day + timedelta(hours=h)) for h in range(3, 27)] == [[]] * 24


def test_after_an_outage_a_summary_is_told_while_its_day_goes_on_and_never_twice(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    assert summed_up(store, op, EIGHT + timedelta(hours=2)) == [analyst.id]  # down from 7:30 to 10:00
    assert summed_up(store, op, EIGHT + timedelta(hours=3)) == []
    assert summed_up(store, op, SIX + timedelta(hours=5, minutes=59)) == [analyst.id]  # back at 23:59
    assert summed_up(store, op, SIX + timedelta(hours=6)) == []  # of a day that is over
    assert summed_up(store, op, SIX + timedelta(hours=13)) == []
    assert summed_up(store, op, SIX + timedelta(days=1, hours=14)) == []  # a holiday, as it begins


@pytest.mark.parametrize(
    ("hours", "local", "part"),
    [
        (("08:00", "18:00"), "15:59", DayPart.MORNING),
        (("08:00", "18:00"), "16:00", None),  # the evening's is near
        (("08:00", "10:00"), "08:59", DayPart.MORNING),
        (("08:00", "10:00"), "09:00", None),
        (("08:00", "10:00"), "10:00", DayPart.EVENING),
    ],
)
def test_the_mornings_summary_comes_while_there_is_time_left_to_work_by_it(
    store: Store, analyst: Analyst, op: Operation, hours: tuple[str, str], local: str, part: DayPart | None
) -> None:
    op = replace(op, hours=WorkingHours(*map(time.fromisoformat, hours)))
    now = datetime.combine(EIGHT.date(), time.fromisoformat(local), ZONE)
    assert len(summed_up(store, op, now)) == (part is not None)
    assert [n.kind for n in store.all(Notification)] == ([part.value] if part else [])


def test_whoever_has_come_in_since_the_day_began_gets_no_summary_of_its_beginning(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    create_analyst(store, "Rui Sá", created_at=EIGHT + timedelta(hours=1))
    assert summed_up(store, op, EIGHT + timedelta(hours=3)) == [analyst.id]


BACK = {
    "of an absence, which ended while it was down": lambda store, ana, sofia, at: (
        _absent(store, ana, sofia, until=at),
        store.do(absences.turn, 9, now=at + timedelta(hours=1)),
    ),
    "of an absence that was cut short": lambda store, ana, sofia, at: store.do(
        absences.end, sofia, _absent(store, ana, sofia, until=at + timedelta(days=9)).id, now=at
    ),
    "of a suspension": lambda store, ana, sofia, at: (
        store.update(ana, active=False),
        store.do(team.reactivate, sofia, ana.id, now=at),
    ),
    "by an invitation": lambda store, ana, sofia, at: (
        store.update(ana, active=False),
        store.do(team.redeem, store.do(team.invite, Role.ANALYST), ana.telegram_user_id, "Ana", now=at),
    ),
}


def _absent(store: Store, ana: Analyst, sofia: Analyst, *, until: datetime) -> Absence:
    return store.do(absences.plan, sofia, ana.id, sofia.id, NOW, until)


@pytest.mark.parametrize("back", BACK)
@pytest.mark.parametrize(("minutes", "told"), [(-60, True), (59, True), (60, False), (5 * 60, False)])
def test_whoever_comes_back_in_the_middle_of_the_day_is_told_in_the_evening(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation, back: str, minutes: int, told: bool
) -> None:
    moment = EIGHT + timedelta(minutes=minutes)
    BACK[back](store, analyst, supervisor, moment)
    assert (analyst.id in summed_up(store, op, max(EIGHT, moment) + timedelta(hours=1))) is told
    assert analyst.id in summed_up(store, op, SIX)
    assert analyst.id in summed_up(store, op, datetime(2023, 11, 1, 11, tzinfo=UTC))


def late_at_ten(store: Store, *people: Analyst) -> datetime:
    """What fell due while nothing ran, from 7:30 to 10:00."""
    for person in people:
        for n in range(3):
            create_follow_up(store, create_case(store, person), EIGHT + timedelta(minutes=30 * n))
    return EIGHT + timedelta(hours=2)


@pytest.mark.parametrize("first", ["nudge", "summary"])
def test_what_fell_due_while_it_was_down_stands_in_the_late_summary_and_in_no_notice_beside_it(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation, first: str
) -> None:
    store.do(digests.switch, colleague, DayPart.MORNING, False, op)
    back = late_at_ten(store, analyst, colleague)
    if first == "summary":
        store.do(digests.tell, op, now=back)
    store.do(followups.nudge, 200, op, now=back + timedelta(seconds=1))
    if first == "nudge":  # told there and then: what comes between the two loses nothing
        assert store.get(Analyst, analyst.id).morning_told_on == EIGHT.date()
    store.do(digests.tell, op, now=back + timedelta(seconds=2))
    assert {(n.analyst_id, n.kind, n.version) for n in store.all(Notification)} == {
        (analyst.id, "morning", 1),
        (colleague.id, "overdue", 1),
    }
    assert all(f.nudges == 1 for f in store.all(FollowUp))
    screen = shown(store, analyst, DayPart.MORNING, op, back)
    assert "⏰ 3 retornos vencidos:\n• 8h · Dra. Marina" in screen.text
    later = back + timedelta(hours=4)  # again, and by then the summary is no telling of it any more
    store.do(followups.nudge, 200, op, now=later)
    assert (analyst.id, "overdue") in {(n.analyst_id, n.kind) for n in store.all(Notification)}


def test_one_follow_up_alone_keeps_its_own_notice_beside_the_summary(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    create_follow_up(store, create_case(store, analyst), EIGHT)
    store.do(followups.nudge, 200, op, now=EIGHT + timedelta(hours=2))
    assert [n.kind for n in store.all(Notification)] == ["follow_up"]


def shown(store: Store, who: Analyst, part: DayPart, op: Operation, now: datetime) -> Screen:
    return summary_screen(who, store.do(digests.summary, who, part, op, now=now), op, now)


def test_the_evenings_summary_makes_no_sound_by_night(store: Store, analyst: Analyst, op: Operation) -> None:
    create_follow_up(store, create_case(store, analyst, first_out_at=NOW), EIGHT)
    told_at = [SIX, SIX + timedelta(minutes=119), SIX + timedelta(hours=2), SIX + timedelta(hours=5)]
    assert [shown(store, analyst, DayPart.EVENING, op, m).quiet for m in told_at] == [False, False, True, True]
    assert not shown(store, analyst, DayPart.MORNING, op, EIGHT).quiet


def test_a_summary_names_the_follow_ups_and_counts_the_rest(store: Store, analyst: Analyst, op: Operation) -> None:
    create_follow_up(store, create_case(store, analyst, first_out_at=NOW), EIGHT + timedelta(hours=6))
    morning = store.do(digests.summary, analyst, DayPart.MORNING, op, now=EIGHT)
    assert morning.counts == {Worklist.TODAY: 1}
    assert [listed.at for listed in morning.named[Worklist.TODAY]] == [EIGHT + timedelta(hours=6)]
    evening = store.do(digests.summary, analyst, DayPart.EVENING, op, now=SIX)
    assert evening.counts == {Worklist.OVERDUE: 1}


def test_where_nothing_waits_there_is_no_summary(store: Store, analyst: Analyst, op: Operation) -> None:
    with pytest.raises(NotFound):
        store.do(digests.summary, analyst, DayPart.MORNING, op, now=EIGHT)
