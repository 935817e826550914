"""The index over real HTTP, against servers that answer what was recorded of the real ones."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from bot.rates import ANSWER_LIMIT, SGS, SIDRA
from messages.contracts import RatesUnavailable
from messages.price_index import Rate, shipped
from tests.publishers import OUTAGE, SGS_PATH, Wire, recorded


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire().serving() as wire:
        yield wire


async def read(wire: Wire, first: str = "2022-09", last: str = "2023-10", patience: float = 5) -> list[Rate]:
    publishers = wire.publishers(patience)
    try:
        return await publishers.read(first, last)
    finally:
        await publishers.close()


async def test_sgs_is_asked_for_the_months_and_its_strings_become_decimals(wire: Wire) -> None:
    rates = await read(wire)
    assert wire.asked == [f"{SGS_PATH}?formato=json&dataInicial=01%2F09%2F2022&dataFinal=01%2F10%2F2023"]
    assert rates[0] == Rate("2022-09", Decimal("-0.29"), SGS)
    assert [(r.month, r.percent) for r in rates] == [
        (r.month, r.percent) for r in shipped().between("2022-09", "2023-10")
    ]


async def test_a_month_that_is_not_out_yet_is_no_failure(wire: Wire) -> None:
    wire.sgs = recorded("sgs_not_published")
    assert await read(wire, "2026-11", "2026-11") == []
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        OUTAGE,
        (200, OUTAGE[1]),
        (503, "<?xml version='1.0'?><error/>"),
        recorded("sgs_bad_date"),
        recorded("sgs_window_over_10_years_daily_series"),
        (200, {"data": "01/09/2023", "valor": "0.26"}),
        (200, ["0.26"]),
        (200, [{"data": "01/09/2023", "valor": 0.26}]),
        (200, [{"data": "01/09/2023", "valor": "0,26"}]),
        (200, [{"data": "01/13/2023", "valor": "0.26"}]),
        (200, [{"data": "2023-09-01", "valor": "0.26"}]),
        (200, [{"data": "01/09/2023", "valor": "NaN"}]),
        (200, [{"data": "01/09/2023", "valor": "2600"}]),
        (200, "[" * 100_000),
        (200, " " * (ANSWER_LIMIT + 1)),
        (302, ""),
    ],
)
async def test_where_sgs_cannot_be_read_sidra_is(wire: Wire, answer: tuple[int, Any]) -> None:
    wire.sgs = answer
    assert await read(wire, "2023-09", "2023-10") == [
        Rate("2023-09", Decimal("0.26"), SIDRA),
        Rate("2023-10", Decimal("0.24"), SIDRA),
    ]
    assert wire.asked[1] == "/values/t/1737/n1/all/v/63/p/202309-202310?formato=json"


async def test_a_publisher_that_hangs_is_given_up(wire: Wire) -> None:
    wire.hangs = {"sgs"}
    assert len(await read(wire, "2023-09", "2023-10", patience=0.3)) == 2


async def test_what_sidra_has_no_value_for_is_left_out(wire: Wire) -> None:
    header, *items = recorded("sidra_1737")[1]
    wire.sgs, wire.sidra = OUTAGE, (200, [header, items[0], items[1] | {"V": "..."}])
    assert [rate.month for rate in await read(wire)] == ["2023-09"]


async def test_where_both_fail_each_is_told_with_its_reason(wire: Wire) -> None:
    wire.sgs, wire.sidra = OUTAGE, (200, [])
    wire.hangs = {"sidra"}
    with pytest.raises(RatesUnavailable) as told:
        await read(wire, patience=0.3)
    assert str(told.value) == f"{SGS}: resposta 500 sem JSON; {SIDRA}: TimeoutError"
