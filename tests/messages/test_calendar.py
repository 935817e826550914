from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import calendar
from messages.calendar import ZONE, WorkingHours


def local(day: str, hour: str = "09:00") -> datetime:
    """ "2024-01-19", "14:00" in São Paulo."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), ZONE)


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        ("04:59", "Boa noite"),
        ("05:00", "Bom dia"),
        ("11:59", "Bom dia"),
        ("12:00", "Boa tarde"),
        ("17:59", "Boa tarde"),
        ("18:00", "Boa noite"),
    ],
)
def test_the_greeting_goes_by_the_hour(hour: str, words: str) -> None:
    assert calendar.greeting(local("2024-01-17", hour)) == words


@pytest.mark.parametrize(
    ("day", "uf", "working"),
    [
        ("2024-01-17", "BA", True),
        ("2024-01-20", "BA", False),  # Saturday
        ("2024-02-12", "BA", False),  # Carnaval, Monday
        ("2024-02-13", None, False),  # Carnaval, Tuesday
        ("2024-02-14", "BA", True),  # Ash Wednesday
        ("2024-03-29", "SP", False),  # Good Friday
        ("2024-05-30", "SP", False),  # Corpus Christi
        ("2024-07-02", "BA", False),  # Bahia's own
        ("2024-07-02", "SP", True),
        ("2024-07-02", None, True),
        ("2023-11-20", "BA", True),  # national from 2024 on
        ("2024-11-20", "BA", False),
        ("2024-12-25", "XX", False),  # an unknown state has the national days
    ],
)
def test_working_days_by_state(day: str, uf: str | None, working: bool) -> None:
    assert calendar.is_working_day(date.fromisoformat(day), uf) is working


def test_the_operation_adds_days_of_its_own() -> None:
    bridge = date(2024, 5, 31)
    assert calendar.is_working_day(bridge)
    assert not calendar.is_working_day(bridge, extra_days={bridge})
    assert calendar.add_working_days(date(2024, 5, 29), 1, extra_days={bridge}) == date(2024, 6, 3)


@pytest.mark.parametrize(
    ("moment", "next_one"),
    [
        (local("2024-01-19", "14:00"), local("2024-01-19", "14:00")),
        (local("2024-01-19", "06:30"), local("2024-01-19", "08:00")),
        (local("2024-01-19", "18:00"), local("2024-01-22", "08:00")),
        (local("2024-01-20", "10:00"), local("2024-01-22", "08:00")),
        (local("2024-02-09", "20:00"), local("2024-02-14", "08:00")),
    ],
)
def test_the_next_working_moment(moment: datetime, next_one: datetime) -> None:
    found = calendar.next_working_moment(moment, uf="BA")
    assert found == next_one
    assert found.tzinfo is UTC


def test_working_hours_are_a_setting() -> None:
    hours = WorkingHours(time(10), time(16))
    assert calendar.next_working_moment(local("2024-01-19", "16:30"), hours) == local("2024-01-22", "10:00")


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40), st.sampled_from([None, "BA", "SP"]))
def test_counting_working_days_is_the_inverse_of_adding_them(day: date, count: int, uf: str | None) -> None:
    assert calendar.working_days_between(day, calendar.add_working_days(day, count, uf), uf) == count


def test_no_working_days_backwards() -> None:
    assert calendar.working_days_between(date(2024, 1, 19), date(2024, 1, 15)) == 0


def test_a_moment_after_ten_at_night_in_utc_belongs_to_the_local_day_before() -> None:
    assert calendar.local_day(datetime(2024, 1, 20, 1, 30, tzinfo=UTC)) == date(2024, 1, 19)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (local("2024-01-17", "14:00"), "hoje às 14h"),
        (local("2024-01-18", "09:00"), "amanhã às 9h"),
        (local("2024-01-16", "16:22"), "ontem às 16h22"),
        (local("2024-01-19", "14:00"), "sex., 19/01 às 14h"),
        (local("2023-12-30", "10:00"), "sáb., 30/12/2023 às 10h"),
    ],
)
def test_a_moment_is_shown_as_people_say_it(moment: datetime, shown: str) -> None:
    assert calendar.show_moment(moment.astimezone(UTC), local("2024-01-17", "23:30").astimezone(UTC)) == shown


def test_a_day_is_shown_with_its_weekday() -> None:
    assert calendar.show_day(date(2024, 1, 19)) == "sex., 19/01"


LATER = ["Em 5 dias úteis", "Em 10 dias úteis"]


@pytest.mark.parametrize(
    ("now", "labels"),
    [
        (
            local("2024-01-17", "14:10"),
            ["Hoje 16h", "Amanhã 9h", "Em 2 dias úteis", "Sexta 14h", "Segunda 9h", *LATER],
        ),
        (local("2024-01-18", "17:30"), ["Amanhã 9h", "Amanhã 14h", "Segunda 9h", *LATER]),
        (
            local("2024-01-19", "10:00"),
            ["Hoje 12h", "Segunda 9h", "Em 2 dias úteis", "Em 5 dias úteis", "Sex., 26/01 14h", LATER[1]],
        ),
        (local("2024-02-09", "17:00"), ["Quarta 9h", "Em 2 dias úteis", "Sex., 16/02 14h", *LATER]),  # Carnaval
        (
            local("2024-01-17", "05:00"),
            ["Hoje 8h", "Amanhã 9h", "Em 2 dias úteis", "Sexta 14h", "Segunda 9h", *LATER],
        ),
    ],
)
def test_suggestions_fit_the_day_and_the_hour(now: datetime, labels: list[str]) -> None:
    assert [label for label, _ in calendar.suggestions(now, "BA")] == labels


@pytest.mark.parametrize(
    ("now", "labels"),
    [
        (local("2024-01-17", "14:10"), ["Hoje 16h", "Amanhã 8h", "Segunda 8h"]),
        (local("2024-01-17", "17:30"), ["Amanhã 8h", "Segunda 8h"]),
        (local("2024-01-19", "10:00"), ["Hoje 12h", "Segunda 8h"]),  # a Friday
        (local("2024-01-21", "10:00"), ["Amanhã 8h"]),  # a Sunday
        (local("2024-02-09", "17:00"), ["Quarta 8h"]),  # Carnaval
        (local("2024-01-17", "05:00"), ["Hoje 8h", "Amanhã 8h", "Segunda 8h"]),
    ],
)
def test_what_goes_on_for_hours_begins_as_work_does(now: datetime, labels: list[str]) -> None:
    found = calendar.openings(now)
    assert [label for label, _ in found] == labels
    assert all(moment > now and calendar.next_working_moment(moment) == moment for _, moment in found)


def test_the_operations_own_days_and_cadence_shape_the_suggestions() -> None:
    now = local("2024-01-17", "14:10")
    closed = {date(2024, 1, 18)}
    found = calendar.suggestions(now, "BA", extra_days=closed, cadence=(1, 3))
    assert [label for label, _ in found] == ["Hoje 16h", "Sexta 9h", "Sexta 14h", "Segunda 9h", "Em 3 dias úteis"]


@given(
    st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([WorkingHours(), WorkingHours(time(10), time(13)), WorkingHours(time(13), time(20))]),
)
def test_suggestions_lie_ahead_in_working_hours_each_once_in_order(now: datetime, hours: WorkingHours) -> None:
    choices = calendar.suggestions(now, "BA", hours)
    moments = [moment for _, moment in choices]
    assert len(choices) >= 2
    assert moments == sorted(set(moments))
    assert len({label for label, _ in choices}) == len(choices)
    assert all(moment > now and calendar.next_working_moment(moment, hours, "BA") == moment for moment in moments)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        (local("2023-10-30", "18:00"), "2023-10-30"),
        (local("2023-10-30", "17:59"), "2023-10-27"),  # a Monday: the Friday before
        (local("2023-11-03", "09:00"), "2023-11-01"),  # after a holiday
    ],
)
def test_a_working_day_is_over_with_its_last_hour(now: datetime, closed: str) -> None:
    assert calendar.last_closing(now) == local(closed, "18:00")


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        (local("2023-10-30", "11:00"), 2, local("2023-10-30", "13:00")),
        (local("2023-10-30", "17:00"), 2, local("2023-10-31", "09:00")),  # overnight
        (local("2023-10-30", "16:00"), 2, local("2023-10-31", "08:00")),  # the end is no longer part of the day
        (local("2023-10-30", "22:00"), 1, local("2023-10-31", "09:00")),  # from the next opening on
        (local("2023-11-01", "17:00"), 4, local("2023-11-03", "11:00")),  # All Souls' between
        (local("2023-11-03", "17:00"), 25, local("2023-11-08", "12:00")),  # a weekend, and more than two days
        (local("2024-02-28", "17:00"), 11, local("2024-03-01", "08:00")),  # a leap day
        (local("2018-11-01", "17:00"), 2, local("2018-11-05", "09:00")),  # the last summer time begins in that night
        (local("2018-02-16", "17:00"), 2, local("2018-02-19", "09:00")),  # and ended in that one
    ],
)
def test_working_time_runs_only_in_working_hours(since: datetime, hours: int, until: datetime) -> None:
    assert calendar.add_working_time(since, timedelta(hours=hours)) == until


@pytest.mark.parametrize(
    ("day", "hour", "uf", "why"),
    [
        ("2024-01-19", "08:00", "BA", ""),
        ("2024-01-19", "17:59", "BA", ""),
        ("2024-01-19", "18:00", "BA", "18h é fora do horário de trabalho, das 8h às 18h"),
        ("2024-01-19", "03:00", "BA", "3h é fora do horário de trabalho, das 8h às 18h"),
        ("2024-01-21", "03:00", "BA", "domingo é fora do horário de trabalho"),
        ("2024-03-29", "09:00", "BA", "sexta é feriado"),  # Good Friday
        ("2024-07-02", "09:00", "BA", "terça é feriado (BA)"),
        ("2024-07-02", "09:00", "SP", ""),
        ("2024-01-22", "09:00", "BA", "segunda é dia sem expediente"),
    ],
)
def test_why_nobody_works_is_said(day: str, hour: str, uf: str, why: str) -> None:
    moment = local(day, hour).astimezone(UTC)
    assert calendar.outside(moment, uf=uf, extra_days={date(2024, 1, 22)}) == why
    assert (calendar.next_working_moment(moment, uf=uf, extra_days={date(2024, 1, 22)}) == moment) is (why == "")
