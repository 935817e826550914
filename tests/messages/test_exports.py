"""WhatsApp's exported conversation as a packed file."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.documents import MOST_PACKED, Kind, kind_of
from messages.errors import InvalidInput
from messages.exports import MOST_TEXT, conversation_in
from tests.factory import named
from tests.messages.test_documents import packed

WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
TALK = "30/10/2023 11:01 - Marina: Bom dia\n"


@pytest.mark.parametrize(
    "names",
    [("_chat.txt",), ("Conversa do WhatsApp com Marina.txt", "IMG-1.jpg"), ("a/_chat.txt", "leia.txt"), ("x.txt",)],
)
def test_the_conversation_is_found_among_the_media(names: tuple[str, ...]) -> None:
    assert conversation_in(packed(*names, content=TALK.encode())) == TALK


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (packed("IMG-1.jpg"), "Não achei a conversa"),
        (packed("a.txt", "b.txt"), "Não achei a conversa"),
        (packed("_chat.txt", content=b"a" * (MOST_TEXT + 1)), "passa de 5 MB"),
        (packed("_chat.txt")[:40], "danificado"),
    ],
    ids=named,
)
def test_what_holds_no_conversation_is_refused_with_what_to_do(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        conversation_in(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for start in (b"", packed("_chat.txt")[:60]):
        with pytest.raises(InvalidInput):
            conversation_in(start + content)


@given(
    st.integers(0, 10_000),
    st.binary(min_size=1, max_size=4),
    st.sampled_from(WAYS),
)
def test_a_packed_file_with_wrong_bytes_anywhere_is_read_or_refused(at: int, wrong: bytes, way: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", way) as archive:
        archive.writestr("_chat.txt", TALK * 3)
        archive.writestr("IMG-1.jpg", b"\xff\xd8\xff")
    content = bytearray(target.getvalue())
    at %= len(content)
    content[at : at + len(wrong)] = wrong
    with contextlib.suppress(InvalidInput):
        if kind_of(bytes(content)) is Kind.ZIP:
            conversation_in(bytes(content))


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_may_ask_for_gigabytes_to_unpack_is_refused_before(way: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", way) as archive:
        archive.writestr("_chat.txt", TALK)
    with pytest.raises(InvalidInput, match="compactado de um modo"):
        kind_of(target.getvalue())


def test_a_locked_conversation_is_told_apart_from_a_damaged_one() -> None:
    content = bytearray(packed("_chat.txt"))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InvalidInput, match="protegido por senha"):
        conversation_in(bytes(content))


def test_what_holds_too_many_files_is_refused_before_its_list_is_read() -> None:
    with pytest.raises(InvalidInput, match="mais de 5000 arquivos"):
        kind_of(b"PK\x03\x04" + b"PK\x01\x02" * (MOST_PACKED + 1))


def test_a_name_that_leads_elsewhere_is_only_a_name() -> None:
    assert conversation_in(packed("../../etc/_chat.txt", content=TALK.encode())) == TALK
