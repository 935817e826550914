"""The day at a glance: every row stands in the lists it belongs to, each once, whoever may see it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.handlers.home import CALM, EMPTY, home_screen
from bot.handlers.lists import page_screen, title
from bot.handlers.screen import LIMIT
from bot.services import day
from bot.services.operation import Operation
from messages.statuses import ChannelName, Direction, MessageStatus, Worklist
from storage.models import Analyst, Case
from tests.factory import NOW, Store, create_case, create_contact, create_dentist, create_follow_up, create_message

LONG_AGO = NOW - timedelta(days=30)
AN_HOUR = timedelta(hours=1)
TOUCHED = {"first_out_at": NOW, "last_out_at": NOW}
SILENT = {"first_out_at": LONG_AGO, "last_out_at": LONG_AGO, "last_touch_at": LONG_AGO}

Make = Callable[[Store, Analyst], Case]

OWN = ["➕ Novo caso", "⚙️ Preferências"]


def with_follow_up(due_in: timedelta, **more: datetime | None) -> Make:
    def make(store: Store, analyst: Analyst) -> Case:
        case = create_case(store, analyst, **SILENT)
        create_follow_up(store, case, NOW + due_in, **more)
        return case

    return make


def with_message(status: MessageStatus) -> Make:
    def make(store: Store, analyst: Analyst) -> Case:
        case = create_case(store, analyst, **TOUCHED, last_in_at=NOW + AN_HOUR)
        create_message(store, case, status)
        return case

    return make


def case_with(**fields: object) -> Make:
    return lambda store, analyst: create_case(store, analyst, **fields)


LISTED: list[tuple[str, Make, set[Worklist]]] = [
    ("new", case_with(), {Worklist.UNTOUCHED}),
    ("new, and the dentist wrote first", case_with(unread=2, last_in_at=NOW), {Worklist.REPLIES, Worklist.UNTOUCHED}),
    ("closed, and the dentist wrote", case_with(unread=1, last_in_at=NOW, closed_at=NOW), {Worklist.REPLIES}),
    ("closed", case_with(closed_at=NOW), set()),
    ("written to", case_with(**TOUCHED), {Worklist.WAITING}),
    ("answered by us last", case_with(**TOUCHED, last_in_at=NOW - AN_HOUR), {Worklist.WAITING}),
    ("dealt with, the dentist was last", case_with(**TOUCHED, last_in_at=NOW + AN_HOUR), {Worklist.WAITING}),
    ("silent", case_with(**SILENT), {Worklist.STILL}),
    ("silent, never written to", case_with(last_touch_at=LONG_AGO), {Worklist.UNTOUCHED}),
    ("silent, and now a reply", case_with(**SILENT, unread=1, last_in_at=NOW), {Worklist.REPLIES}),
    ("promised for today", with_follow_up(AN_HOUR), {Worklist.TODAY}),
    ("promised for tomorrow", with_follow_up(timedelta(days=1)), set()),
    ("promise due", with_follow_up(timedelta(0)), {Worklist.OVERDUE}),
    ("promise long overdue", with_follow_up(-timedelta(days=400)), {Worklist.OVERDUE}),
    ("promise kept", with_follow_up(-AN_HOUR, done_at=NOW), {Worklist.STILL}),
    ("a draft", with_message(MessageStatus.DRAFT), {Worklist.DRAFTS, Worklist.WAITING}),
    ("a send in doubt", with_message(MessageStatus.UNKNOWN), {Worklist.DOUBTS, Worklist.WAITING}),
    ("a failed send", with_message(MessageStatus.FAILED), {Worklist.WAITING}),
]


@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in LISTED], ids=[case[0] for case in LISTED])
def test_a_case_stands_in_the_lists_it_belongs_to(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation, make: Make, expected: set
) -> None:
    case = make(store, analyst)
    expected |= {Worklist.OPEN} if case.closed_at is None else set()
    for person, sees in ((analyst, expected), (supervisor, expected), (colleague, set())):
        counts = store.do(day.glance, person, op).counts
        assert {which for which, n in counts.items() if n} == sees
        for which in Worklist:
            page = store.do(day.page, person, which, op)
            assert [r.case.id for r in page.rows] == ([case.id] if which in sees else [])
            assert page.total == len(page.rows)
            assert page.owners == ({analyst.id: "Ana Lima"} if page.rows and person is supervisor else {})


MONDAY = datetime(2023, 10, 23, 3, tzinfo=UTC)  # midnight in São Paulo


@pytest.mark.parametrize(("last_touch", "still"), [(MONDAY - timedelta(seconds=1), True), (MONDAY, False)])
def test_a_case_stands_still_after_five_working_days_of_the_operations_zone(
    store: Store, analyst: Analyst, op: Operation, last_touch: datetime, still: bool
) -> None:
    """NOW is Monday 30/10: the fifth working day before it is Monday 23/10."""
    create_case(store, analyst, first_out_at=LONG_AGO, last_touch_at=last_touch)
    assert store.do(day.glance, analyst, op).counts[Worklist.STILL] == still


@pytest.mark.parametrize(("which", "descending"), [(Worklist.OPEN, True), (Worklist.UNTOUCHED, False)])
def test_page_after_page_shows_each_once_in_order(
    store: Store, analyst: Analyst, op: Operation, which: Worklist, descending: bool
) -> None:
    moments = [NOW, NOW + AN_HOUR, NOW, NOW + 2 * AN_HOUR, NOW]
    made = [create_case(store, analyst, opened_at=at, last_touch_at=at) for at in moments]
    seen: list[int | None] = []
    after, totals = None, []
    for _ in range(3):
        page = store.do(day.page, analyst, which, op, after=after, limit=2)
        seen += [r.case.id for r in page.rows]
        totals.append(page.total)
        after = page.after
    assert after is None and totals == [5, 5, 5]
    order = sorted(made, key=lambda c: (c.last_touch_at, c.id or 0), reverse=descending)
    assert seen == [c.id for c in order]


def test_a_page_fits_into_a_message_and_leads_on(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    dentist = create_dentist(store, name="<B>" + "COMPRIDO " * 30)
    for n in range(day.PAGE + 1):
        case = create_case(store, analyst, dentist, unread=1, last_in_at=NOW + n * AN_HOUR)
        create_contact(store, case, text="<b>" + "x" * 3000)
        create_contact(store, case, text=f"última {n}")
        create_contact(store, case, Direction.OUT, text="nossa")
    screen = page_screen(store.do(day.page, supervisor, Worklist.REPLIES, op), op, NOW)
    assert len(screen.text) <= LIMIT
    assert "<b>💬 9 respostas novas</b>" in screen.text
    assert screen.text.count("com Ana") == day.PAGE
    assert [f"última {n}" in screen.text for n in range(9)] == [False] + [True] * 8
    assert "&lt;b&gt;" in screen.text
    *cases, more, home = [row[0] for row in screen.rows]
    assert [b.action for b in (*cases, more, home)] == ["case"] * day.PAGE + ["list", "home"]
    assert more.arguments["which"] == "replies"
    at, number = more.arguments["after"]
    second = store.do(day.page, supervisor, Worklist.REPLIES, op, after=(datetime.fromisoformat(at), number))
    assert [b.label for row in page_screen(second, op, NOW).rows for b in row][1:] == ["▲ Do começo", "Início"]


def test_what_a_row_leads_to(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst)
    message = create_message(store, case)
    follow_up = create_follow_up(store, case)
    for which, action, arguments in (
        (Worklist.OPEN, "case", {"case_id": case.id}),
        (Worklist.DRAFTS, "draft", {"message_id": message.id}),
        (Worklist.OVERDUE, "due", {"follow_up_id": follow_up.id}),
    ):
        screen = page_screen(store.do(day.page, analyst, which, op), op, NOW)
        assert (screen.rows[0][0].action, screen.rows[0][0].arguments) == (action, arguments)


def test_the_first_screen_says_what_waits_and_only_that(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    def shown(person: Analyst) -> tuple[str, list[str]]:
        screen = home_screen(person, store.do(day.glance, person, op), op, NOW)
        return screen.text, [row[0].label for row in screen.rows]

    text, labels = shown(analyst)
    assert text.startswith("Bom dia, Ana! Hoje é seg., 30/10.") and EMPTY.format(who="Você") in text and labels == OWN
    case = create_case(store, analyst, **TOUCHED)
    text, labels = shown(analyst)
    assert CALM in text and labels == ["⌛ 1 à espera do dentista", "📂 1 caso aberto", *OWN]
    store.update(case, unread=1, last_in_at=NOW)
    text, labels = shown(analyst)
    assert CALM not in text and labels == ["Próximo ▶", "💬 1 resposta nova", "📂 1 caso aberto", *OWN]
    create_contact(store, None, address="+5571980000099")
    create_contact(store, None, address="+5571980000099")
    text, labels = shown(supervisor)
    assert "toda a equipe" in text and labels[-4:] == [
        "❓ De quem é? 1 remetente",
        "➕ Novo caso",
        "Supervisão",
        "⚙️ Preferências",
    ]
    assert shown(analyst)[1] == ["Próximo ▶", "💬 1 resposta nova", "📂 1 caso aberto", *OWN]


@pytest.mark.parametrize("which", list(Worklist))
def test_every_list_is_named_for_none_one_and_several(which: Worklist) -> None:
    none, one, several = (title(which, n) for n in (0, 1, 2))
    assert "0" not in none and "1" in one and "2" in several
    assert len({none, one, several}) == 3


def test_the_list_of_replies_tells_what_waits_not_what_was_answered_long_ago(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, unread=1, last_in_at=NOW)
    arrived = create_contact(store, case, text="Vou ver")
    create_contact(store, case, channel=ChannelName.MANUAL, text="de outubro", occurred_at=LONG_AGO, past=True)
    said = store.do(day.page, analyst, Worklist.REPLIES, op).said
    assert case.id is not None and said[case.id].id == arrived.id
