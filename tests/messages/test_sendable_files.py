"""Files for dentists: what they are, their content says."""

import pytest

from messages.errors import InvalidInput
from messages.files import SENDABLE_LIMIT, sendable

PDF, JPG, PNG, ZIP = b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"


@pytest.mark.parametrize(
    ("name", "content", "kept", "mime_type"),
    [
        ("tabela.pdf", PDF, "tabela.pdf", "application/pdf"),
        ("tabela", PDF, "tabela.pdf", "application/pdf"),
        ("tabela.exe", PDF, "tabela.exe.pdf", "application/pdf"),
        ("FOTO.JPEG", JPG, "FOTO.JPEG", "image/jpeg"),
        ("foto", PNG, "foto.png", "image/png"),
        ("a.DOCX", ZIP, "a.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", ZIP, "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("../../etc/passwd.pdf", PDF, "passwd.pdf", "application/pdf"),
        ("C:\\pasta\\tabela\u202efdp.pdf", PDF, "tabelafdp.pdf", "application/pdf"),
        ("t" * 300 + ".pdf", PDF, "t" * 80 + ".pdf", "application/pdf"),
        ("", PDF, "arquivo.pdf", "application/pdf"),
    ],
)
def test_a_file_goes_as_what_it_is_under_a_name_that_can_be_shown(
    name: str, content: bytes, kept: str, mime_type: str
) -> None:
    document = sendable(name, content)
    assert (document.filename, document.mime_type, document.content) == (kept, mime_type, content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("tabela.pdf", b"MZ\x90\x00", "vão PDF, imagem"),
        ("tabela.zip", ZIP, "vão PDF, imagem"),
        ("vazio.pdf", b"", "vão PDF, imagem"),
        ("foto.jpg", JPG + bytes(5 * 1024**2), "passa de 5 MB"),
        ("livro.pdf", PDF + bytes(SENDABLE_LIMIT), "passa de 10 MB"),
    ],
)
def test_what_cannot_go_is_refused_with_what_to_do(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        sendable(name, content)
