"""WhatsApp's exported conversation as a packed file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.errors import InvalidInput
from messages.exports import MOST_TEXT, conversation_in
from tests.messages.test_documents import packed

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
)
def test_what_holds_no_conversation_is_refused_with_what_to_do(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        conversation_in(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for start in (b"", packed("_chat.txt")[:60]):
        with pytest.raises(InvalidInput):
            conversation_in(start + content)
