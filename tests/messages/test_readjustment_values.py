"""The calculator: what the index comes to between two months, what units become, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from messages import price_index
from messages.errors import InvalidInput
from messages.price_index import Rate, Series, later, read_month, shipped, spell_month
from messages.readjustment import (
    Since,
    compounded,
    last_anniversary,
    negotiation_ends,
    read_percent,
    read_period,
    read_unit,
    show_unit,
    typed,
    windows,
)

PUBLISHED_12_MONTHS = {  # IBGE; SGS 13522
    "2021-12": "10.06",
    "2022-12": "5.79",
    "2023-12": "4.62",
    "2024-12": "4.83",
    "2025-12": "4.26",
    "2026-04": "4.39",
    "2026-05": "4.72",
    "2026-06": "4.64",
    "2026-07": "4.44",
    "2026-08": "4.22",
    "2026-09": "4.58",
}


@pytest.mark.parametrize(("last", "published"), PUBLISHED_12_MONTHS.items())
def test_twelve_months_come_to_the_published_total(last: str, published: str) -> None:
    percent = compounded(shipped(), later(last, -11), last).percent
    assert abs(percent.quantize(Decimal("0.01")) - Decimal(published)) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("first", "last", "percent", "base", "orthodontics"),
    [
        ("2022-09", "2023-10", "5.1319", "0.37", "0.32"),
        ("2022-09", "2023-09", "4.8802", "0.37", "0.31"),
        ("2022-10", "2023-10", "5.4377", "0.37", "0.32"),
        ("2021-10", "2023-10", "12.9961", "0.40", "0.34"),
        ("2021-11", "2023-10", "11.6011", "0.39", "0.33"),
        ("2022-10", "2023-09", "5.1852", "0.37", "0.32"),
        ("2022-09", "2022-09", "-0.2900", "0.35", "0.30"),
    ],
)
def test_the_index_between_two_months_counts_both(
    first: str, last: str, percent: str, base: str, orthodontics: str
) -> None:
    correction = compounded(shipped(), first, last)
    assert str(correction.percent) == percent
    assert [str(correction.of(Decimal(unit))) for unit in ("0.35", "0.30")] == [base, orthodontics]


def test_the_factor_is_exact_to_its_last_digit() -> None:
    series = Series([Rate("2020-01", Decimal("0.21"), ""), Rate("2020-02", Decimal("-0.25"), "")])
    assert str(compounded(series, "2020-01", "2020-02").factor) == "0.99959475"
    assert len(str(compounded(shipped(), "1994-07", "2026-09").factor)) > 1000


@pytest.mark.parametrize(
    ("percent", "old", "new"),
    [
        ("4,7357", "0.35", "0.37"),
        ("4,7357%", "0.30", "0.31"),
        ("4.28", "0.35", "0.36"),  # 0.36498
        ("10", "0.35", "0.39"),  # 0.385: half up
        ("100", "0.3550", "0.71"),
        ("5 %", "0.30", "0.32"),  # 0.315: half up
    ],
)
def test_a_typed_percentage_corrects_as_well(percent: str, old: str, new: str) -> None:
    correction = typed(read_percent(percent))
    assert correction.rates == () and str(correction.of(Decimal(old))) == new


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2022-09", "2026-10", "O IPCA de 10/2026 não foi publicado: o último é o de 09/2026."),
        ("2026-10", "2026-12", "O IPCA de 10/2026 não foi publicado: o último é o de 09/2026."),
        ("2023-10", "2022-09", "O período está invertido: 10/2023 vem depois de 09/2022."),
        ("1994-06", "2022-09", "Antes de 07/1994 a moeda não era o real"),
        ("1900-01", "1979-12", "Antes de 07/1994 a moeda não era o real"),
    ],
)
def test_months_without_an_index_are_refused_and_told(first: str, last: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        compounded(shipped(), first, last)


def test_a_gap_in_the_series_is_never_passed_over() -> None:
    series = Series([Rate("2020-01", Decimal(1), ""), Rate("2020-03", Decimal(1), "")])
    with pytest.raises(InvalidInput, match="Falta o IPCA de 02/2020"):
        compounded(series, "2020-01", "2020-03")
    with pytest.raises(InvalidInput, match="Não há IPCA guardado"):
        Series([])


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2022-09", "2022-09"),
        ("09/2022", "2022-09"),
        ("9/2022", "2022-09"),
        (" set/2022 ", "2022-09"),
        ("Março de 2023", "2023-03"),
        ("marco 2023", "2023-03"),
        ("DEZ/2021", "2021-12"),
        ("2022-13", None),
        ("set/22", "2022-09"),
        ("dezembro de 98", "1998-12"),
        ("00/2022", None),
        ("09/22", None),
        ("sexta de 2022", None),
        ("", None),
        ("x" * 200, None),
        ("２０２２-09", None),
    ],
)
def test_months_are_read_as_people_write_them(text: str, month: str | None) -> None:
    if month is None:
        with pytest.raises(InvalidInput, match="Não reconheci o mês"):
            read_month(text)
    else:
        assert read_month(text) == month


@pytest.mark.parametrize(
    "text",
    [
        "09/2022 a 10/2023",
        "de setembro de 2022 até outubro de 2023",
        "set/2022 – out/2023",
        "09/2022 - 10/2023",
        "2022-09 a 2023-10",
    ],
)
def test_a_period_is_two_months(text: str) -> None:
    assert read_period(text) == ("2022-09", "2023-10")


@pytest.mark.parametrize("text", ["09/2022", "", "09/2022 10/2023", "a b a c a d"])
def test_what_is_no_period_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="09/2022 a 10/2023"):
        read_period(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0,35", "0.35"), ("0.35", "0.35"), ("R$ 0,355", "0.355"), ("0,3", "0.30"), ("1", "1.00"), ("10,00", "10.00")],
)
def test_units_are_read_with_comma_or_dot(text: str, value: str) -> None:
    assert str(read_unit(text)) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-0,35", "não pode ser negativa"),
        ("−0,35", "não pode ser negativa"),
        ("0", "fora do possível"),
        ("35", "fora do possível"),
        ("999999999", "fora do possível"),
        ("1e3", "Não reconheci"),
        ("NaN", "Não reconheci"),
        ("1.234,56", "Não reconheci"),
        ("0,35123", "quatro casas"),
        ("", "Não reconheci"),
        ("9" * 5000, "Não reconheci"),
    ],
)
def test_units_that_cannot_be_are_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        read_unit(text)
    assert len(refused.value.text) < 120


@pytest.mark.parametrize(
    ("text", "told"),
    [("-4", "não pode ser negativo"), ("0", "maior que 0"), ("100,01", "até 100%"), ("quatro", "Não reconheci")],
)
def test_percentages_that_cannot_be_are_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_percent(text)


def test_periods_are_offered_from_what_is_known_of_the_contract() -> None:
    series = shipped().until("2023-10")
    today = date(2023, 11, 20)
    found = windows(series, date(2021, 10, 20), date(2022, 7, 20), today)
    assert [(w.since, w.first, w.last, str(w.correction.percent)) for w in found] == [
        (Since.READJUSTMENT, "2021-11", "2023-10", "11.6011"),
        (Since.ENROLMENT, "2022-08", "2023-10", "4.7534"),
        (Since.ANNIVERSARY, "2022-07", "2023-06", "3.1615"),
    ]
    assert windows(series, None, None, today) == []
    assert windows(series, date(2023, 10, 2), date(2023, 10, 20), today) == []  # not a month has passed
    assert [w.since for w in windows(series, None, date(1990, 5, 1), today)] == [Since.ANNIVERSARY]


@pytest.mark.parametrize(
    ("day", "today", "anniversary"),
    [
        (date(2022, 7, 20), date(2023, 7, 19), None),
        (date(2022, 7, 20), date(2023, 7, 20), date(2023, 7, 20)),
        (date(2021, 12, 31), date(2023, 1, 1), date(2022, 12, 31)),
        (date(2020, 2, 29), date(2023, 2, 28), date(2022, 3, 1)),
        (date(2020, 2, 29), date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_the_last_anniversary_is_the_last_that_has_come(day: date, today: date, anniversary: date | None) -> None:
    assert last_anniversary(day, today) == anniversary


def test_free_negotiation_lasts_ninety_days_from_the_first_of_january() -> None:
    assert (negotiation_ends(2023), negotiation_ends(2024)) == (date(2023, 3, 31), date(2024, 3, 30))


def test_the_shipped_series_has_every_month_and_a_version_of_its_own() -> None:
    series = shipped()
    months = price_index.months_between(series.first, series.last)
    assert (months[0], len(months)) == ("1980-01", 561)
    assert {rate.month for rate in price_index.shipped_rates()} == set(months)
    changed = [r if r.month != "2026-09" else Rate(r.month, Decimal("0.83"), "") for r in price_index.shipped_rates()]
    assert Series(changed).version != series.version == Series(price_index.shipped_rates()).version
    assert series.until("2023-10").last == "2023-10"


def test_values_are_shown_as_people_write_them() -> None:
    assert [show_unit(Decimal(unit)) for unit in ("0.35", "0.3500", "0.355", "0.3", "1")] == [
        "0,35",
        "0,35",
        "0,355",
        "0,30",
        "1,00",
    ]
    assert spell_month("2023-03") == "março de 2023"
