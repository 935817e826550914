"""Files of dentists: expected once, fetched under a lease, kept by number, and shown to whoever may see the case."""

from datetime import timedelta

import pytest

from bot.handlers.received import page_screen
from bot.handlers.replies import reply_screen
from bot.services import dentists, notices, received, replies
from bot.services.operation import Operation
from messages.contracts import Fetched, Incoming, Sender
from messages.errors import NotFound
from messages.media import file_name
from messages.statuses import ChannelName
from storage.models import Analyst, AuditEntry, Case, Contact, Dentist, Notification, ReceivedFile
from tests.factory import LEASE, NOW, WALL, Store, create_case, create_dentist, incoming

STORED = Fetched(1234, "ab" * 32)
LATER = Fetched(reason="depois", again=True)
GONE = Fetched(reason="peça que enviem de novo", again=False)


def picture(media_id: str = "77", **more: object) -> Incoming:
    media = {"id": media_id, "mime_type": "image/jpeg", "sha256": "…"}
    return incoming("a tabela", kind="image", media=media, **more)


def claim(
    store: Store, seconds: float = 0, limit: int = 9, days: float = 0, channel: ChannelName = ChannelName.WHATSAPP
) -> list[int]:
    wall, now = WALL + timedelta(seconds=seconds), NOW + timedelta(days=days)
    return [w.number for w in store.do(received.claim, limit, channel=channel, wall=wall, lease=LEASE, now=now)]


def record(store: Store, number: int, fetched: Fetched, stored: str | None = None) -> ReceivedFile:
    return store.do(received.record, number, fetched, stored, wall=WALL)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def test_a_file_is_expected_once_however_often_its_message_comes(store: Store, case: Case) -> None:
    message = picture()
    for _ in range(3):
        store.do(replies.file, [message, incoming("sem arquivo")])
    (file,) = store.all(ReceivedFile)
    assert (file.media_id, store.get(Contact, file.contact_id).text) == ("77", "a tabela")


def test_a_file_that_comes_after_its_message_is_expected_then(store: Store, case: Case) -> None:
    """As with a phone's past, whose files are told of by themselves."""
    message = picture()
    bare = incoming("", kind="media_placeholder", external_id=message.external_id)
    store.do(replies.file, [bare])
    assert store.count(ReceivedFile) == 0
    store.do(replies.file, [message])
    assert [f.media_id for f in store.all(ReceivedFile)] == ["77"]


def test_files_are_claimed_under_a_lease_in_the_order_they_came(store: Store, case: Case) -> None:
    store.do(replies.file, [picture(str(n)) for n in range(3)])
    assert claim(store, limit=2) == [1, 2]
    assert claim(store) == [3]
    assert claim(store) == []
    record(store, 2, STORED, "b")
    assert claim(store, LEASE.total_seconds() + 1) == [1, 3]  # whoever held them has died


def test_what_may_succeed_later_is_tried_later_and_later_again(store: Store, case: Case) -> None:
    store.do(replies.file, [picture()])
    waits = []
    for _ in range(14):
        (number,) = claim(store, 10**6)
        kept = record(store, number, LATER)
        assert kept.lease_until is not None
        waits.append((kept.lease_until - WALL).total_seconds())
    assert waits[:3] == [2, 4, 8] and waits[-1] == received.LONGEST_WAIT.total_seconds()
    assert claim(store, waits[-1] - 1) == []


def test_what_is_never_to_be_had_is_given_up_with_a_sentence_and_the_words_stay(
    store: Store, case: Case, analyst: Analyst
) -> None:
    store.do(replies.file, [picture()])
    record(store, claim(store)[0], GONE)
    assert claim(store, 10**6) == []
    with pytest.raises(NotFound, match="peça que enviem de novo"):
        store.do(received.open_file, analyst, 1)
    assert [c.text for c in store.all(Contact)] == ["a tabela"]


def test_what_meta_gives_out_no_more_is_given_up(store: Store, case: Case, analyst: Analyst) -> None:
    store.do(replies.file, [picture()])
    assert claim(store, days=8) == []
    with pytest.raises(NotFound, match="7 dias"):
        store.do(received.open_file, analyst, 1)


def test_files_of_each_channel_are_claimed_for_themselves_and_given_up_in_its_own_words(
    store: Store, case: Case, analyst: Analyst
) -> None:
    dentist = store.get(Dentist, case.dentist_id)
    store.do(dentists.bind_chat, dentist, "7001", "Marina")
    there = Incoming(
        ChannelName.TELEGRAM,
        "7001:5",
        Sender(chat="7001"),
        NOW,
        "document",
        "",
        media={"id": "BQAC", "filename": "a.pdf"},
    )
    store.do(replies.file, [there, picture(external_id="7001:5")])  # the same id, on the other channel
    assert (claim(store, channel=ChannelName.TELEGRAM), claim(store)) == ([1], [2])
    assert [f.media_id for f in store.all(ReceivedFile)] == ["BQAC", "77"]
    assert claim(store, days=8) == []
    with pytest.raises(NotFound, match="7 dias de tentativas"):
        claim(store, days=8, channel=ChannelName.TELEGRAM)
        store.do(received.open_file, analyst, 1)


def test_what_is_not_to_be_had_is_said_on_the_card_that_shows_its_message(
    store: Store, case: Case, analyst: Analyst, op: Operation
) -> None:
    store.do(replies.file, [picture("1"), picture("2")])
    (card,) = store.all(Notification)
    store.do(notices.delivered, card.id, card.version, 55)
    later, lost = claim(store)
    record(store, later, LATER)
    assert store.all(Notification)[0].sent_at == NOW  # nothing new to be seen
    record(store, lost, GONE)
    (anew,) = store.all(Notification)
    assert (anew.sent_at, anew.screen, anew.version) == (None, 55, card.version + 1)
    screen = reply_screen(store.do(replies.card, analyst, case.id, card.subject_id, op), op, NOW)
    assert "⚠️ imagem-2.jpg: peça que enviem de novo" in screen.text and "imagem-1.jpg" not in screen.text


def test_a_slow_fetcher_does_not_undo_what_a_later_one_has_stored(store: Store, case: Case) -> None:
    store.do(replies.file, [picture()])
    claim(store)
    record(store, 1, STORED, "first")
    assert record(store, 1, LATER).stored == record(store, 1, STORED, "second").stored == "first"


def test_only_whoever_may_see_the_case_gets_a_file_and_it_is_audited_each_time(
    store: Store, case: Case, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    store.do(replies.file, [picture()])
    with pytest.raises(NotFound, match="ainda está sendo buscado"):
        store.do(received.open_file, analyst, 1)
    claim(store)
    record(store, 1, STORED, "stored")
    for person in (analyst, analyst, supervisor):
        file = store.do(received.open_file, person, 1)
        assert (file.stored, file.name, file.size) == ("stored", "imagem-1.jpg", 1234)
    for refused in (
        lambda: store.do(received.open_file, colleague, 1),
        lambda: store.do(received.of_case, colleague, case.id),
        lambda: store.do(received.of_burst, colleague, case.id, 1, 9),
        lambda: store.do(received.open_file, analyst, 999),
    ):
        with pytest.raises(NotFound):
            refused()
    entries = store.all(AuditEntry, AuditEntry.action == "file_opened")
    assert [(e.analyst_id, e.subject, e.detail) for e in entries] == [
        (who.id, "contact:1", {"file": 1}) for who in (analyst, analyst, supervisor)
    ]


def test_a_file_of_nobody_knows_whom_waits_until_it_is_filed(store: Store, supervisor: Analyst) -> None:
    store.do(replies.file, [picture(phone="+5511977770000")])
    claim(store)
    record(store, 1, STORED, "stored")
    with pytest.raises(NotFound):
        store.do(received.open_file, supervisor, 1)


def test_the_files_of_a_case_are_listed_by_page_newest_first(store: Store, case: Case, analyst: Analyst) -> None:
    other = create_case(store, analyst, create_dentist(store, "RUI REIS", phone="+5511977770000"))
    store.do(replies.file, [picture(str(n)) for n in range(received.PAGE + 2)] + [picture("x", phone="+5511977770000")])
    first = store.do(received.of_case, analyst, case.id)
    second = store.do(received.of_case, analyst, case.id, first.after)
    assert [f.number for f in first.files] == list(range(10, 2, -1))
    assert ([f.number for f in second.files], second.after) == ([2, 1], None)
    assert [f.number for f in store.do(received.of_case, analyst, other.id).files] == [11]
    assert len(store.do(received.of_burst, analyst, case.id, 1, 12)) == 10


def test_the_list_of_files_says_how_each_stands(store: Store, case: Case, analyst: Analyst, op: Operation) -> None:
    store.do(replies.file, [picture(str(n)) for n in range(received.PAGE + 1)])
    claim(store)
    record(store, 9, STORED, "stored")
    record(store, 8, GONE)
    screen = page_screen(store.do(received.of_case, analyst, case.id), op, NOW)
    for line in (
        "1. hoje às 11h: imagem-9.jpg (1 KB)",
        "2. hoje às 11h: imagem-8.jpg (peça que enviem de novo)",
        "3. hoje às 11h: imagem-7.jpg (ainda sendo buscado)",
    ):
        assert line in screen.text
    labels = [button.label for row in screen.rows for button in row]
    assert labels[0] == "1 · Ver imagem" and labels[-2:] == ["Mais ▼", "Abrir caso"]
    empty = page_screen(received.Page(case, [], None), op, NOW)
    assert "Nenhum arquivo." in empty.text


@pytest.mark.parametrize(
    ("kind", "mime_type", "given", "name"),
    [
        ("document", "application/pdf", "tabela 2023.pdf", "tabela 2023.pdf"),
        ("document", "application/pdf", "../../etc/passwd", "documento-7.pdf"),
        ("document", "", "C:\\temp\\a.pdf", "a.pdf"),
        ("document", "", "a\u202efdp.exe", "a_fdp.exe"),
        ("document", "application/x-thing", ".bashrc", "documento-7.bin"),
        ("document", "", "a/b\n.pdf", "b_.pdf"),
        ("document", "", "x" * 300 + ".pdf", "x" * 80 + ".pdf"),
        ("audio", "audio/ogg; codecs=opus", "", "áudio-7.ogg"),
        ("novo", "image/png", "", "arquivo-7.png"),
    ],
)
def test_a_file_is_called_so_that_it_can_do_no_harm(kind: str, mime_type: str, given: str, name: str) -> None:
    assert file_name(kind, mime_type, given, 7) == name
