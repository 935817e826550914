"""What supervisors type for the operation's values: understood and shown again, or refused with what is wrong."""

from dataclasses import fields
from datetime import date, time, timedelta

import pytest

from bot.services.operation import Operation
from messages.calendar import WorkingHours
from messages.errors import InvalidInput
from messages.operation import NO_DAYS_OFF, SETTINGS, DaysOff
from tests.factory import create_operation


@pytest.mark.parametrize(
    ("key", "typed", "value", "shown"),
    [
        ("name", "  Sorriso   Pleno ", "Sorriso Pleno", "Sorriso Pleno"),
        ("support_phone", "0800 000 0000", "0800 000 0000", "0800 000 0000"),
        ("support_phone", "Nenhum", "", ""),
        ("guide_term", "12 a 24 horas", "12 a 24 horas", "12 a 24 horas"),
        ("cadence", "2,5 e 10", (2, 5, 10), "2, 5, 10"),
        ("still_days", " 7 ", 7, "7"),
        ("hours", "das 8h às 17h30", WorkingHours(time(8), time(17, 30)), "8h às 17h30"),
        ("hours", "09:00-18:00", WorkingHours(time(9), time(18)), "9h às 18h"),
        ("days_off", "24/12, 31/12 e 2/1/2027", DaysOff(((12, 24, None), (12, 31, None), (1, 2, 2027))), None),
        ("days_off", "nenhum", NO_DAYS_OFF, ""),
        ("undo", "15", timedelta(seconds=15), "15"),
    ],
)
def test_what_is_typed_is_understood(key: str, typed: str, value: object, shown: str | None) -> None:
    setting = SETTINGS[key]
    assert setting.read(typed) == value
    assert shown is None or setting.show(value) == shown
    assert setting.read(setting.show(value)) == value


@pytest.mark.parametrize(
    ("key", "typed", "told"),
    [
        ("name", "   ", "de 1 a 60 caracteres"),
        ("name", "<b>X</b>", "sem < >"),
        ("sender", "{{ operator }}", "nem chaves"),
        ("support_phone", "3333", "não está completo"),
        ("support_phone", "ligue para nós", "não está completo"),
        ("guide_term", "x" * 41, "de 1 a 40 caracteres"),
        ("cadence", "", "de 1 a 4 números"),
        ("cadence", "2, cinco", "de 1 a 4 números"),
        ("cadence", "1, 2, 3, 4, 5", "de 1 a 4 números"),
        ("cadence", "0, 5", "de 1 a 60"),
        ("still_days", "0", "dias úteis, de 1 a 60"),
        ("still_days", "²", "dias úteis, de 1 a 60"),
        ("hours", "18h às 8h", "Não entendi o horário"),
        ("hours", "25h às 26h", "Não entendi o horário"),
        ("hours", "sempre", "Não entendi o horário"),
        ("days_off", "24/12, 31/11", "“31/11” não é um dia"),
        ("days_off", "Natal", "“Natal” não é um dia"),
        ("undo", "-1", "segundos, de 0 a 300"),
        ("undo", "3600", "segundos, de 0 a 300"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_clear_sentence(key: str, typed: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        SETTINGS[key].read(typed)
    assert told in refused.value.text
    assert refused.value.text.endswith(".")


@pytest.mark.parametrize("key", SETTINGS)
def test_the_example_can_be_typed_as_it_stands_and_so_can_the_default(key: str) -> None:
    setting = SETTINGS[key]
    setting.read(setting.example)
    value = getattr(create_operation(), key)
    assert setting.read(setting.show(value)) == value


def test_every_setting_is_a_value_of_the_operation() -> None:
    of_the_server = {"zone", "api_on", "library", "messages_a_second", "people_a_day"}
    assert set(SETTINGS) == {f.name for f in fields(Operation)} - of_the_server


def test_a_day_off_comes_each_year_or_once() -> None:
    days = SETTINGS["days_off"].read("24/12, 02/01/2027")
    assert date(2026, 12, 24) in days
    assert date(2027, 12, 24) in days
    assert date(2027, 1, 2) in days
    assert date(2028, 1, 2) not in days
    assert date(2027, 1, 3) not in days
