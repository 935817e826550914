"""The panel's arithmetic, its words and its pictures: small numbers, large ones, and none."""

import io
import struct
from collections import Counter
from datetime import date
from zlib import crc32

import openpyxl
import pytest

from messages.panel import pages
from messages.panel.figures import NO_REASON, Spans, Step, Tally, by_city, by_reason, decimal, share, together
from messages.panel.pages import CAPTION, LONGEST, MOST_ROWS, Page, caption
from messages.panel.picture import to_png
from messages.panel.sheets import Figures, sheets
from messages.periods import Days, Period, days_of
from messages.statuses import Outcome
from messages.workbooks import to_xlsx
from tests.pictures import HEADING, LONG, panel

TODAY = date(2026, 1, 31)


def tally(cases: int, step: Step = Step.CONTACTED, outcome: Outcome | None = None) -> Tally:
    return Tally(Counter({(step, outcome): cases}))


@pytest.mark.parametrize(
    ("period", "days"),
    [
        (Period.WEEK, Days(date(2026, 1, 26), date(2026, 2, 1))),
        (Period.LAST_WEEK, Days(date(2026, 1, 19), date(2026, 1, 26))),
        (Period.MONTH, Days(date(2026, 1, 1), date(2026, 2, 1))),
        (Period.LAST_MONTH, Days(date(2025, 12, 1), date(2026, 1, 1))),
        (Period.THREE_MONTHS, Days(date(2025, 11, 1), date(2026, 2, 1))),
        (Period.YEAR, Days(date(2026, 1, 1), date(2026, 2, 1))),
        (Period.ALL, None),
    ],
)
def test_a_period_is_these_days(period: Period, days: Days | None) -> None:
    assert days_of(period, TODAY) == days


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (1, 0, ""),
        (9, 19, ""),
        (0, 300, ""),
        (1, 20, "5%"),
        (1, 40, "3%"),
        (99, 199, "50%"),
        (492, 1000, "49,2%"),
        (200, 200, "100%"),
    ],
)
def test_a_share_of_few_cases_is_not_told(part: int, whole: int, told: str) -> None:
    assert share(part, whole) == told


@pytest.mark.parametrize(
    ("taken", "median", "mean", "ninety"),
    [({7: 1}, 7, 7, 7), ({1: 1, 4: 1}, 2.5, 2.5, 4), ({1: 2, 10: 1}, 1, 4, 10), ({0: 50, 30: 50}, 15, 15, 30)],
)
def test_time_is_summed_up_exactly(taken: dict[int, int], median: float, mean: float, ninety: int) -> None:
    spans = Spans(Counter(taken))
    assert (spans.median, spans.mean, spans.within(90)) == (median, mean, ninety)
    assert (Spans().median, Spans().mean) == (None, None)
    assert (decimal(2.5), decimal(4.0)) == ("2,5", "4")


def test_each_step_has_no_more_cases_than_the_one_before() -> None:
    every = Tally(Counter({(step, outcome): 1 for step in Step for outcome in (*Outcome, None)}))
    reached = [every.reached(step) for step in pages.FUNNEL]
    assert reached == sorted(reached, reverse=True) == [24, 20, 12, 8, 4]
    assert every.unproven == 2  # one answered and one offered would be, but what is in the last step counts there


def test_a_city_is_one_however_it_is_spelt() -> None:
    spelt = {("SALVADOR", "BA"): tally(3), ("Salvador - BA", "BA"): tally(1), ("salvador", "BA"): tally(1)}
    others = {
        ("SÃO PAULO", "SP"): tally(2),
        ("Sao Paulo", "SP"): tally(1),
        (None, "SP"): tally(1),
        (None, None): tally(4),
    }
    found = {name: one.total for name, one in by_city(spelt | others).items()}
    assert found == {"Salvador/BA": 5, "São Paulo/SP": 3, "SP, sem cidade": 1, "Sem cidade": 4}


def test_a_case_with_two_reasons_counts_under_both() -> None:
    found = by_reason({("Valores",): tally(2), ("Glosas", "Valores"): tally(1), (): tally(4)})
    assert {name: one.total for name, one in found.items()} == {"Valores": 3, "Glosas": 1, NO_REASON: 4}


def test_what_a_phone_has_no_room_for_is_summed_up_honestly() -> None:
    people = {f"Pessoa {n:02}": tally(60 - n) for n in range(60)}
    spans = {name: Spans(Counter({n: 1})) for n, name in enumerate(people)}
    page = pages.people(HEADING, people, spans)
    assert [row.label for row in page.rows][-1] == "Outras 52 pessoas" and len(page.rows) == MOST_ROWS + 1
    assert sum(int(row.cells[0].replace(".", "")) for row in page.rows) == together(people.values()).total
    assert page.rows[-1].cells[-1] == "33,5"  # the median of theirs, not of medians
    assert [len(row.label) for row in pages.cities(HEADING, {"Rua " * 500: tally(1)}).rows] == [LONGEST]
    cities = {f"Cidade {n}": tally(1) for n in range(MOST_ROWS + 1)}
    assert len(pages.cities(HEADING, cities).rows) == MOST_ROWS + 1  # one other stands for itself


@pytest.mark.parametrize(("name", "page"), panel().items())
def test_a_page_is_a_picture_for_a_phone_and_tells_itself_in_words(name: str, page: Page) -> None:
    png = to_png(page)
    assert crc32(png[12:29]) == struct.unpack(">I", png[29:33])[0]
    width, height = struct.unpack(">II", png[16:24])
    assert width == 1080 and height < 3 * width
    assert png == to_png(page)  # the same figures are the same picture
    words = "\n".join([page.title, *caption(page)])
    assert len(words) <= CAPTION + len(LONG) and "Toda a equipe" in words
    assert not page.empty or (page.empty in words and not page.bars)
    assert [note for note in page.notes if note not in words] == []


def test_words_say_what_they_leave_out() -> None:
    told = caption(panel()["cities"])
    assert "veja a planilha" in told[-1]
    one = caption(pages.funnel(HEADING, tally(1)))
    assert "1 em aberto" in one[1] and "%" not in "\n".join(one)
    assert "1 dia" in caption(panel()["one-ended"])


def test_a_sheet_takes_no_name_for_a_formula() -> None:
    counted = {"=1+1": tally(3)}
    figures = Figures(tally(3), counted, counted, {"=1+1": Spans(Counter({4: 1}))}, Spans(Counter({4: 1})), counted)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(sheets(HEADING, figures))))
    assert book.sheetnames == ["Funil", "Motivos", "Prazos", "Cidades", "Pessoas", "Definições"]
    assert [book[name]["A2"].value for name in ("Motivos", "Cidades", "Pessoas")] == ["'=1+1"] * 3
    assert book["Pessoas"]["K2"].value == 4
