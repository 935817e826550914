"""Files as phones and Windows write them."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.errors import InvalidInput
from messages.files import cause, decoded

TEXT = "Formulário - Processo de Retenção\r\nDrª “Marina” — R$ 0,35"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_that_people_save_in_is_read(encoding: str) -> None:
    assert decoded(TEXT.encode(encoding)) == TEXT


def test_a_big_endian_file_with_its_mark_is_read() -> None:
    assert decoded(b"\xfe\xff" + TEXT.encode("utf-16-be")) == TEXT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vazio"),
        (b" \r\n\t", "vazio"),
        (b"%PDF-1.7\n\0\0\xff", "não é um texto"),
        (b"PK\x03\x04\0\0", "não é um texto"),
        (b"\xff\xfea", "ler o texto"),
        (b"abc\x81", "ler o texto"),
        (TEXT.encode().replace("á".encode(), b"\xff"), "ler o texto"),
    ],
)
def test_what_is_no_text_is_told_so(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        decoded(content)


def test_utf8_cut_inside_its_last_character_is_read_up_to_it() -> None:
    whole = "Drª “Marina” 👍"
    for lost in (1, 2, 3):
        assert decoded(whole.encode()[:-lost]) == "Drª “Marina” "
        assert decoded(whole.encode("utf-8-sig")[:-lost]) == "Drª “Marina” "
    assert decoded("Drª “Marina”".encode()[:-1]) == "Drª “Marina"
    assert decoded("Ela disse olá".encode("cp1252")) == "Ela disse olá"
    assert decoded("não é".encode("cp1252")) == "não é"


def test_why_a_file_cannot_be_used_is_told_in_portuguese(tmp_path: Path) -> None:
    (tmp_path / "pasta").mkdir()
    (tmp_path / "solto").symlink_to(tmp_path / "nada")
    (tmp_path / "volta").symlink_to(tmp_path / "volta")
    (tmp_path / "arquivo").write_text("")
    told = {
        "nada": "não existe",
        "solto": "não existe",
        "pasta": "é uma pasta",
        "volta": "atalho",
        "arquivo/x": "devia haver uma pasta",
        "n" * 300: "longo demais",
    }
    for name, words in told.items():
        with pytest.raises(OSError) as refusal:
            (tmp_path / name).read_bytes()
        assert words in cause(refusal.value)
    assert cause(PermissionError(errno.EACCES, os.strerror(errno.EACCES))) == "sem permissão"
    assert cause(OSError(errno.EIO, "Input/output error")) == "Input/output error"


@given(st.binary(max_size=64))
def test_any_bytes_are_a_text_or_a_clear_refusal(content: bytes) -> None:
    try:
        assert isinstance(decoded(content), str)
    except InvalidInput as error:
        assert error.text.endswith((".", ")."))


@given(st.text(min_size=1).filter(lambda t: t.strip() and "\0" not in t and not t.startswith("\ufeff")))
def test_what_is_written_in_utf8_comes_back(text: str) -> None:
    assert decoded(text.encode()) == text
