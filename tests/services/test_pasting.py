"""Conversations from the analyst's own phone: recorded once, with true times, where they belong."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.services import day, drafts, pasting, replies, spoken_lines
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotFound
from messages.statuses import ChannelName, Direction, MessageStatus, Worklist
from storage.models import Analyst, Case, Contact, Dentist, DialogueStep, Message
from tests.factory import NOW, ZONE, Store, create_analyst, create_case, create_contact, create_dentist, create_message

OURS, THEIRS = "Retenção - Sorriso Pleno", "MARINA 90001 SALVADOR BA"


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def said(*lines: tuple[str, str, str], day: str = "30/10/2023") -> str:
    return "\n".join(f"[{at}, {day}] {author}: {text}" for at, author, text in lines)


def paste(store: Store, analyst: Analyst, text: str, op: Operation, case: Case | None = None) -> Case:
    store.do(pasting.begin, analyst, text, case.id if case else None)
    return store.do(pasting.record, analyst, op)


def told(store: Store) -> list[tuple[str, str]]:
    rows = sorted(store.all(Contact), key=lambda c: (c.occurred_at, c.id or 0))
    return [(c.occurred_at.astimezone(ZONE).strftime("%H:%M"), c.text) for c in rows]


TALK = said(("09:37", OURS, "Conseguiu ver a tabela?"), ("09:38", THEIRS, "Bom dia!"), ("09:38", THEIRS, "Até sexta"))


def test_a_conversation_is_recorded_with_its_true_times_and_sides(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    assert paste(store, analyst, TALK, op).id == case.id  # found by the CRO in the saved name
    assert told(store) == [("09:37", "Conseguiu ver a tabela?"), ("09:38", "Bom dia!"), ("09:38", "Até sexta")]
    assert [c.direction for c in store.all(Contact)] == [Direction.OUT, Direction.IN, Direction.IN]
    kept = store.get(Case, case.id)
    assert kept.first_out_at == datetime(2023, 10, 30, 12, 37, tzinfo=UTC)
    assert (kept.window_since, kept.unread) == (None, 2)  # what was said on a phone opens no window of the API
    assert store.count(DialogueStep) == 0


def test_what_the_dentist_said_last_waits_and_what_was_answered_does_not(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    asked = [("09:00", OURS, "Viu a tabela?"), ("09:05", THEIRS, "Vi"), ("09:05", THEIRS, "E as guias?")]
    paste(store, analyst, said(*asked), op, case)
    first = store.all(Contact)[1]
    assert (store.get(Case, case.id).unread, store.do(day.glance, analyst, op).counts[Worklist.REPLIES]) == (2, 1)
    view = store.do(replies.card, analyst, case.id, first.id, op)
    assert [c.text for c in view.burst] == ["Vi", "E as guias?"]
    paste(store, analyst, said(*asked, ("09:20", OURS, "Saem em 48 horas")), op, case)
    assert store.get(Case, case.id).unread == 0
    paste(store, analyst, said(*asked), op, case)
    assert store.get(Case, case.id).unread == 0
    store.update(case, unread=1, last_in_at=NOW)  # something came by itself, later than all of that
    paste(store, analyst, said(*asked), op, case)
    assert store.get(Case, case.id).unread == 1
    paste(store, analyst, said(*asked, ("09:20", OURS, "Saem em 48 horas"), ("09:30", THEIRS, "Ótimo")), op, case)
    assert [c.text for c in store.all(Contact) if not c.past and c.channel is ChannelName.MANUAL][-1] == "Ótimo"


def test_pasted_twice_it_is_recorded_once(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    for _ in range(2):
        paste(store, analyst, TALK, op)
    assert store.count(Contact) == 3
    store.do(pasting.begin, analyst, TALK, None)
    assert store.do(pasting.preview, analyst, op).new == 0


SAME = [("10:00", THEIRS, "ok"), ("10:00", THEIRS, "ok"), ("10:01", THEIRS, "ok"), ("10:05", OURS, "ok")]


@pytest.mark.parametrize("first", [slice(0, 1), slice(1, 2), slice(2, 3), slice(0, 2), slice(1, 4), slice(3, 4)])
def test_an_overlap_adds_only_what_is_new_also_among_equal_words(
    store: Store, analyst: Analyst, case: Case, op: Operation, first: slice
) -> None:
    paste(store, analyst, said(*SAME[first], ("09:00", OURS, "Bom dia!")), op, case)
    everything = said(("09:00", OURS, "Bom dia!"), *SAME)
    for _ in range(2):
        paste(store, analyst, everything, op, case)
    assert told(store) == [("09:00", "Bom dia!"), *((at, text) for at, _, text in SAME)]


def test_what_came_by_the_api_already_is_not_recorded_again(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, text="Bom dia!", occurred_at=datetime(2023, 10, 30, 12, 38, 59, tzinfo=UTC))
    create_contact(store, case, text="Até  sexta", occurred_at=datetime(2023, 10, 30, 12, 39, 10, tzinfo=UTC))
    paste(store, analyst, TALK, op)
    assert [c.channel for c in store.all(Contact)] == [ChannelName.WHATSAPP] * 2 + [ChannelName.MANUAL]


def test_what_was_logged_later_by_hand_gets_its_true_time(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = create_message(store, case, MessageStatus.DRAFT, channel=ChannelName.MANUAL, text="Conseguiu ver a tabela?")
    store.do(drafts.hand_over, analyst, draft.id, 1, now=NOW)  # at 11:00; it really went at 09:37
    paste(store, analyst, TALK, op)
    assert [at for at, _ in told(store)] == ["09:37", "09:38", "09:38"]
    assert store.get(Case, case.id).first_out_at == datetime(2023, 10, 30, 12, 37, tzinfo=UTC)
    paste(store, analyst, TALK, op)
    assert store.count(Contact) == 3


def test_notes_and_what_stands_before_are_kept_with_their_day_and_no_hour(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    text = f"{TALK}\n-- 31/10/2023 -- Não atende o telefone"
    for _ in range(2):
        paste(store, analyst, text, op)
    note = store.all(Contact)[-1]
    assert (note.direction, note.day_only, note.text) == (Direction.NOTE, True, "Não atende o telefone")
    assert store.count(Contact) == 4


def test_authors_that_nobody_knows_are_asked_about(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    text = said(("09:00", "Clínica Sorriso", "Oi"), ("09:01", "+55 71 98000-0099", "Bom dia"))
    store.do(pasting.begin, analyst, text, case.id)
    assert store.do(pasting.preview, analyst, op).unknown == ["Clínica Sorriso", "+55 71 98000-0099"]
    with pytest.raises(Conflict, match="quem é quem"):
        store.do(pasting.record, analyst, op)
    store.do(pasting.choose_side, analyst, "Clínica Sorriso", False)
    preview = store.do(pasting.preview, analyst, op)  # whoever is left of two is the other side
    assert (preview.unknown, preview.new) == ([], 2)
    store.do(pasting.record, analyst, op)
    assert [c.direction for c in store.all(Contact)] == [Direction.IN, Direction.OUT]


def test_where_it_is_not_clear_whose_case_it_is_it_is_asked(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    twin = create_case(store, analyst, create_dentist(store, "MARINA LOPES"))
    store.do(pasting.begin, analyst, said(("09:00", "MARINA", "Oi")), None)
    preview = store.do(pasting.preview, analyst, op)
    assert preview.case is None and {c.id for c, _ in preview.choices} == {case.id, twin.id}
    with pytest.raises(Conflict, match="qual caso"):
        store.do(pasting.record, analyst, op)
    store.do(pasting.choose_case, analyst, twin.id)
    store.do(pasting.choose_side, analyst, "MARINA", False)
    assert store.do(pasting.record, analyst, op).id == twin.id


def test_nothing_is_recorded_into_somebody_elses_case(
    store: Store, case: Case, colleague: Analyst, op: Operation
) -> None:
    store.do(pasting.begin, colleague, TALK, None)
    assert store.do(pasting.preview, colleague, op).choices == []
    with pytest.raises(NotFound):
        store.do(pasting.choose_case, colleague, case.id)
    store.do(pasting.begin, colleague, TALK, case.id)
    for act in (pasting.preview, pasting.record):
        with pytest.raises(NotFound):
            store.do(act, colleague, op)
    assert store.count(Contact) == 0


def test_the_same_conversation_may_belong_to_two_cases(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    other = create_case(store, analyst, create_dentist(store, "MARINA LOPES"))
    for each in (case, other):
        paste(store, analyst, TALK, op, each)
    assert sorted(c.case_id or 0 for c in store.all(Contact)) == sorted([case.id, other.id] * 3)  # type: ignore[list-item]


def test_what_is_no_conversation_begins_nothing(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    with pytest.raises(InvalidInput):
        store.do(pasting.begin, analyst, "Bom dia, tudo bem?", case.id)
    with pytest.raises(Conflict, match="cole de novo"):
        store.do(pasting.record, analyst, op)


def test_what_a_later_clock_logged_is_not_taken_for_what_was_said_a_day_before(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, text="Bom dia!", occurred_at=NOW + timedelta(days=1))
    paste(store, analyst, TALK, op)
    assert store.count(Contact) == 4


@pytest.mark.parametrize(
    ("ours", "theirs", "asked"),
    [
        ("Marina Lima", "+55 71 98000-0017", ["Marina Lima", "+55 71 98000-0017"]),  # as both are called
        ("Marina Lima", "Marina Clínica", ["Marina Lima", "Marina Clínica"]),
        ("Marina Lima", "MARINA 90001 SALVADOR BA", []),  # the CRO is the dentist's alone
        ("Marina Retenção", "Marina", []),  # the sector is ours alone
        ("Maria Souza", "Dra. Marina", []),
    ],
)
def test_a_first_name_of_both_sides_is_asked_about(
    store: Store, op: Operation, ours: str, theirs: str, asked: list[str]
) -> None:
    analyst = create_analyst(store, "Marina Lima" if "Marina" in ours else "Maria Souza")
    case = create_case(store, analyst)
    store.do(pasting.begin, analyst, said(("09:00", ours, "Oi"), ("09:01", theirs, "Bom dia")), case.id)
    assert store.do(pasting.preview, analyst, op).unknown == asked
    if asked:
        store.do(pasting.choose_side, analyst, ours, True)
        assert store.do(pasting.preview, analyst, op).unknown == []
    store.do(pasting.record, analyst, op)
    assert [c.direction for c in store.all(Contact)] == [Direction.OUT, Direction.IN]


def test_two_who_seem_to_be_on_one_side_are_asked_about(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    text = said(("09:00", "Ana", "Oi"), ("09:01", "Ana Recepção", "Bom dia"))
    store.do(pasting.begin, analyst, text, case.id)
    assert store.do(pasting.preview, analyst, op).unknown == ["Ana", "Ana Recepção"]
    for author in ("Ana", "Ana Recepção"):  # it may be so, once a person says it
        store.do(pasting.choose_side, analyst, author, False)
    assert store.do(pasting.preview, analyst, op).unknown == []


@pytest.mark.parametrize(
    ("author", "text", "stops"),
    [(THEIRS, "Parar", True), (OURS, "Parar", False), (THEIRS, "quero sair da rede", False)],
)
def test_a_pasted_message_that_asks_to_stop_blocks_at_once(
    store: Store, analyst: Analyst, case: Case, op: Operation, author: str, text: str, stops: bool
) -> None:
    queued = create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    paste(store, analyst, said(("09:00", OURS, "Bom dia!"), ("09:01", THEIRS, "Oi"), ("09:02", author, text)), op)
    at = datetime(2023, 10, 30, 12, 2, tzinfo=UTC)
    assert store.get(Dentist, case.dentist_id).opted_out_at == (at if stops else None)
    assert (store.get(Message, queued.id).status is MessageStatus.DRAFT) is stops


def test_a_pasted_wish_that_was_taken_back_since_blocks_nothing(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    store.update(store.get(Dentist, case.dentist_id), opted_in_at=NOW)
    paste(store, analyst, said(("09:00", OURS, "Bom dia!"), ("09:02", THEIRS, "PARAR")), op)
    assert store.get(Dentist, case.dentist_id).opted_out_at is None


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("MARINA 55555 FEIRA BA", False),  # another Marina: the CRO says so
        ("Marina CRO 55.555", False),
        ("MARINA 90001 FEIRA BA", True),
        ("Marina CRO 90.001", True),
        ("Dra. Marina", True),
        ("+55 71 90001-0099", False),  # a phone of somebody unsaved holds no CRO
    ],
)
def test_a_name_whose_cro_contradicts_the_record_is_somebody_else(
    store: Store, analyst: Analyst, case: Case, op: Operation, author: str, found: bool
) -> None:
    store.do(pasting.begin, analyst, said(("09:00", OURS, "Oi"), ("09:01", author, "Bom dia")), None)
    preview = store.do(pasting.preview, analyst, op)
    assert (preview.case is not None) is found
    assert found or [c.id for c, _ in preview.choices] == [case.id]  # offered, never taken


def test_the_case_that_was_found_may_be_another(
    store: Store, analyst: Analyst, case: Case, colleague: Analyst, op: Operation
) -> None:
    other = create_case(store, analyst, create_dentist(store, "RITA REIS"))
    foreign = create_case(store, colleague, create_dentist(store, "RUI REIS"))
    store.do(pasting.begin, analyst, TALK, None)
    store.do(pasting.ask_case, analyst)
    preview = store.do(pasting.preview, analyst, op)
    assert preview.case is None and [c.id for c, _ in preview.choices] == [case.id, other.id]  # the likely one first
    with pytest.raises(NotFound):
        store.do(pasting.choose_named, analyst, foreign.protocol)
    store.do(pasting.choose_named, analyst, other.protocol)
    store.do(pasting.choose_side, analyst, THEIRS, False)
    assert store.do(pasting.record, analyst, op).id == other.id


def test_thousands_of_lines_are_looked_up_among_thousands_on_record_not_searched(
    store: Store, analyst: Analyst, case: Case, op: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(words: str, count: int) -> str:
        at = ("09:00", "09:01", "09:02", "09:03")
        return said(*((at[n * 4 // count], (OURS, THEIRS)[n % 2], f"{words} {n}") for n in range(count)))

    paste(store, analyst, talk("antes", 1200), op, case)
    calls: list[str] = []
    normal = spoken_lines._normal
    monkeypatch.setattr(spoken_lines, "_normal", lambda text: calls.append(text) or normal(text))
    paste(store, analyst, "\n".join([talk("antes", 1200), talk("depois", 600)]), op, case)
    assert store.count(Contact) == 1800
    assert len(calls) < 20 * 1800


MORE = said(("09:45", OURS, "Sobre a tabela"), ("09:50", THEIRS, "Vou ver"))
OTHERS = said(("10:00", OURS, "Bom dia, Dra. Rita"), ("10:05", "RITA 77777 ILHEUS BA", "Oi"))


@pytest.mark.parametrize(
    ("piece", "minutes", "total", "left"),
    [
        (MORE, 2, 5, False),
        (said(("09:45", OURS, "Sobre a tabela")), 2, 4, False),  # a piece in which one of them is silent
        (said(("09:45", "Bia Recepção", "Oi"), ("09:50", THEIRS, "Vou ver")), 2, 5, False),  # somebody joins them
        (TALK, 2, 3, False),  # the same once more
        (MORE, 11, 2, True),  # too late to be a piece of it
        (OTHERS, 2, 2, True),  # another dentist's, though we speak in both
        (said(("10:00", OURS, "Bom dia"), ("10:05", "MARINA 55555 FEIRA BA", "Oi")), 2, 2, True),
    ],
)
def test_a_further_piece_joins_only_the_conversation_of_the_same_people_and_soon_after(
    store: Store, analyst: Analyst, case: Case, op: Operation, piece: str, minutes: int, total: int, left: bool
) -> None:
    store.do(pasting.begin, analyst, TALK, None)
    store.do(pasting.append, analyst, piece, now=NOW + timedelta(minutes=minutes))
    preview = store.do(pasting.preview, analyst, op)
    assert (preview.total, preview.left) == (total, (OURS, THEIRS) if left else ())
    assert store.count(Contact) == 0


def test_a_piece_that_names_the_cro_joins_one_in_which_only_we_speak(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    store.do(pasting.begin, analyst, said(("09:00", OURS, "Bom dia!")), case.id)
    store.do(pasting.append, analyst, TALK)
    assert store.do(pasting.preview, analyst, op).new == 4


def test_a_conversation_of_another_case_takes_the_place_of_the_one_that_waits_and_it_is_told(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    rita = create_case(store, analyst, create_dentist(store, "RITA REIS", cro="77777"))
    store.do(pasting.begin, analyst, TALK, None)
    store.do(pasting.append, analyst, OTHERS)
    assert store.do(pasting.record, analyst, op).id == rita.id
    assert [c.case_id for c in store.all(Contact)] == [rita.id] * 2


@pytest.mark.parametrize(
    "text",
    [
        said(("09:38", THEIRS, "Bom dia!"), day="30/10/2033"),
        said(("12:30", THEIRS, "Bom dia!"), day="01/11/2023"),
        f"{TALK}\n-- 02/11/2023 -- Não atende",
    ],
)
def test_what_is_dated_in_the_future_is_refused_and_nothing_begins(
    store: Store, analyst: Analyst, case: Case, op: Operation, text: str
) -> None:
    with pytest.raises(InvalidInput, match="ainda não chegou"):
        store.do(pasting.begin, analyst, text, case.id)
    assert store.count(DialogueStep) == 0
    store.do(pasting.begin, analyst, said(("09:38", THEIRS, "Oi"), day="31/10/2023"), case.id)  # a zone ahead of ours
    with pytest.raises(InvalidInput, match="ainda não chegou"):
        store.do(pasting.append, analyst, text)
    assert store.do(pasting.preview, analyst, op).total == 1
