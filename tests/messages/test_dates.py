from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.calendar import ZONE, WorkingHours
from messages.dates import read_moment, read_past_moment

WEDNESDAY = datetime(2024, 1, 17, 9, 46, tzinfo=ZONE)
FRIDAY = datetime(2024, 2, 9, 10, 0, tzinfo=ZONE)  # before Carnaval


def read(text: str, now: datetime = WEDNESDAY, hours: WorkingHours | None = None) -> str | None:
    moment = read_moment(text, now, hours or WorkingHours(), uf="BA")
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}" if moment else None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("amanhã", "2024-01-18 09:00"),
        ("Amanhã 14h", "2024-01-18 14:00"),
        ("AMANHA ÀS 14H30", "2024-01-18 14:30"),
        ("amanhã de manhã", "2024-01-18 09:00"),
        ("amanhã à tarde", "2024-01-18 14:00"),
        ("amanhã cedo", "2024-01-18 08:00"),
        ("depois de amanhã", "2024-01-19 09:00"),
        ("hoje 16h", "2024-01-17 16:00"),
        ("16:30", "2024-01-17 16:30"),
        ("meio-dia", "2024-01-17 12:00"),
        ("sexta 14h", "2024-01-19 14:00"),
        ("sexta dps do almoço", "2024-01-19 14:00"),
        ("hj 17h", "2024-01-17 17:00"),
        ("hj 17hs", "2024-01-17 17:00"),
        ("sex. 14:30", "2024-01-19 14:30"),
        ("na sexta-feira, às 14.", "2024-01-19 14:00"),
        ("14h de sexta", "2024-01-19 14:00"),
        ("6ª feira", "2024-01-19 09:00"),
        ("segunda 8:00", "2024-01-22 08:00"),
        ("sábado", "2024-01-20 09:00"),
        ("quarta 16h", "2024-01-24 16:00"),  # today is a Wednesday
        ("sexta da semana que vem 10h", "2024-01-26 10:00"),
        ("semana que vem", "2024-01-22 09:00"),
        ("próxima semana 10 horas", "2024-01-22 10:00"),
        ("19/01", "2024-01-19 09:00"),
        ("19/1/24 9h30", "2024-01-19 09:30"),
        ("19/01/2024 9h30min", "2024-01-19 09:30"),
        ("às 14h dia 19/01", "2024-01-19 14:00"),
        ("dia 22", "2024-01-22 09:00"),
        ("dia 17 16h", "2024-01-17 16:00"),
        ("dia 5", "2024-02-05 09:00"),
        ("1º de fevereiro", "2024-02-01 09:00"),
        ("5 de março de 2024 às 10", "2024-03-05 10:00"),
        ("em 3 dias úteis", "2024-01-22 09:00"),
        ("em um dia útil 15h", "2024-01-18 15:00"),
        ("em 3 dias", "2024-01-22 09:00"),  # a Saturday goes on to Monday
        ("daqui a duas semanas 15h", "2024-01-31 15:00"),
        ("em 2 horas", "2024-01-17 11:46"),
        ("daqui a 30 min", "2024-01-17 10:16"),
    ],
)
def test_what_analysts_type_is_understood(text: str, moment: str) -> None:
    assert read(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ontem",
        "hoje",  # nine o'clock is over
        "hoje 8h",
        "dia 17",
        "10/01",
        "19/01/2023",
        "19/01/2042",
        "em 400 dias",
        "31/02",
        "dia 32",
        "99/99",
        "25h",
        "14h75",
        "14",
        "sexta 1",
        "sexta que vem",  # this week's or the next? people differ
        "amanhã 14h 15h",
        "amanhã sexta",
        "amanhã muito cedo",
        "amanhã ou sexta",
        "não amanhã",
        "quando puder",
        "em breve",
        "amanhã" + " " * 100,
    ],
)
def test_what_is_past_nonsense_or_half_understood_is_nothing(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("em 1 dia útil", "2024-02-14 09:00"),  # over Carnaval
        ("semana que vem", "2024-02-14 09:00"),
        ("segunda", "2024-02-12 09:00"),  # named outright: it stays
        ("sexta", "2024-02-16 09:00"),
    ],
)
def test_days_off_move_stretches_of_time_but_no_named_day(text: str, moment: str) -> None:
    assert read(text, FRIDAY) == moment


@pytest.mark.parametrize(("now", "moment"), [(datetime(2023, 12, 20, 10, tzinfo=ZONE), "2024-01-05 09:00")])
def test_at_the_end_of_a_year_a_day_of_january_is_the_next_one(now: datetime, moment: str) -> None:
    assert read("05/01", now) == read("dia 5", now) == moment


def test_the_31st_of_a_month_that_has_none_is_a_slip() -> None:
    assert read("dia 31", datetime(2024, 4, 20, 10, tzinfo=ZONE)) is None


def test_without_an_hour_the_working_hours_decide() -> None:
    assert read("amanhã", hours=WorkingHours(time(10), time(16))) == "2024-01-18 10:00"
    assert read("amanhã", hours=WorkingHours(time(7), time(8, 30))) == "2024-01-18 07:00"


def test_the_moment_is_in_utc() -> None:
    assert read_moment("amanhã 22h", WEDNESDAY) == datetime(2024, 1, 19, 1, 0, tzinfo=UTC)


_WORDS = st.sampled_from(
    [
        "amanha",
        "hoje",
        "sexta",
        "dia",
        "em",
        "3",
        "22",
        "0",
        "dias uteis",
        "semana que vem",
        "14h",
        "as",
        "19/01",
        "29/02",
    ]
)


@given(
    st.lists(_WORDS, max_size=5).map(" ".join) | st.text(max_size=30),
    st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1), timezones=st.just(ZONE)),  # noqa: DTZ001
)
def test_whatever_is_typed_names_a_moment_within_a_year_ahead_or_none(text: str, now: datetime) -> None:
    moment = read_moment(text, now, uf="BA")
    assert moment is None or (moment.tzinfo is UTC and now < moment <= now + timedelta(days=366))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10h20", "2024-01-17 10:20"),
        ("às 9", "2024-01-17 09:00"),
        ("hoje às 8h", "2024-01-17 08:00"),
        ("ontem às 16h30", "2024-01-16 16:30"),
        ("16:30 de ontem", None),
        ("anteontem 9h", "2024-01-15 09:00"),
        ("sexta 14h", "2024-01-12 14:00"),
        ("segunda passada às 14h", "2024-01-15 14:00"),
        ("quarta 8h", None),  # today, or a week ago?
        ("15/01 às 9h", "2024-01-15 09:00"),
        ("19/12 às 9h", "2023-12-19 09:00"),
        ("15/01/2024 9:05", "2024-01-15 09:05"),
        ("dia 20 às 9h", "2023-12-20 09:00"),
        ("há 20 minutos", "2024-01-17 10:40"),
        ("faz duas horas", "2024-01-17 09:00"),
        ("23h", None),  # still to come
        ("amanhã 9h", None),
        ("ontem", None),  # a call has an hour
        ("19/01/2021 9h", None),
        ("ontem às 25h", None),
    ],
)
def test_a_moment_that_is_past_is_understood_or_asked_again(text: str, wanted: str | None) -> None:
    now = datetime(2024, 1, 17, 11, tzinfo=ZONE)
    moment = read_past_moment(text, now)
    assert (moment and moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")) == wanted


@given(st.text(max_size=30) | st.lists(_WORDS | st.just("ontem"), max_size=4).map(" ".join))
def test_whatever_is_typed_names_a_past_moment_or_none(text: str) -> None:
    moment = read_past_moment(text, WEDNESDAY)
    assert moment is None or (moment.tzinfo is UTC and WEDNESDAY - timedelta(days=366) <= moment <= WEDNESDAY)
