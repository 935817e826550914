"""Files as people send them: which are texts, in which encoding, and why one could not be used."""

import errno
import re
import unicodedata

from messages.contracts import Document
from messages.errors import InvalidInput

FILE_LIMIT = 1_000_000  # bytes; a form is a few thousand, a year's conversation a few hundred thousand
READABLE_LIMIT = 5 * 1024**2  # bytes of a document or a spreadsheet
PACKED_LIMIT = 20 * 1024**2  # bytes of a packed conversation with its media: as much as Telegram gives a bot
_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UNREADABLE = "Não consegui ler o texto do arquivo. Salve-o de novo como .txt (UTF-8)."
_LOST = "\ufffd"  # what stands for bytes that are none of the encoding
_CAUSES = {
    errno.ENOENT: "o caminho não existe",
    errno.EISDIR: "é uma pasta",
    errno.ENOTDIR: "no caminho há um arquivo onde devia haver uma pasta",
    errno.EEXIST: "já existe um arquivo com esse nome",
    errno.EACCES: "sem permissão",
    errno.EPERM: "sem permissão",
    errno.EROFS: "o disco é só de leitura",
    errno.ENOSPC: "o disco está cheio",
    errno.ENAMETOOLONG: "o nome é longo demais",
    errno.ELOOP: "é um atalho para si mesmo",
}


SENDABLE_LIMIT = 10 * 1024**2  # bytes of a file to a dentist; of a picture WhatsApp takes half
_PICTURE_LIMIT = 5 * 1024**2
_OFFICE = "application/vnd.openxmlformats-officedocument"
_SENDABLE = (  # how the content begins, the name's ending where that decides, and what it is
    (b"%PDF-", ".pdf", "application/pdf"),
    (b"\xff\xd8\xff", ".jpg", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", ".png", "image/png"),
    (b"PK\x03\x04", ".docx", f"{_OFFICE}.wordprocessingml.document"),
    (b"PK\x03\x04", ".xlsx", f"{_OFFICE}.spreadsheetml.sheet"),
)


def sendable(filename: str, content: bytes) -> Document:
    """A file as it may go to a dentist: what it is, its content says, not its name. Raises InvalidInput."""
    name = _safe_name(filename)
    found = [(ending, kind) for mark, ending, kind in _SENDABLE if content.startswith(mark)]
    if len(found) > 1:
        found = [(ending, kind) for ending, kind in found if name.lower().endswith(ending)]
    if not found:
        raise InvalidInput(
            "Para o dentista vão PDF, imagem (JPG ou PNG), Word (.docx) ou Excel (.xlsx). Converta o arquivo."
        )
    ((ending, mime_type),) = found
    limit = _PICTURE_LIMIT if mime_type.startswith("image/") else SENDABLE_LIMIT
    if len(content) > limit:
        raise InvalidInput(f"O arquivo passa de {limit // 1024**2} MB: envie uma versão menor.")
    same = name.lower().endswith((ending, ".jpeg") if ending == ".jpg" else ending)
    return Document(name if same else f"{name}{ending}", mime_type, content)


def _safe_name(filename: str) -> str:
    """The name alone, as a dentist's phone can show it: no folders, nothing invisible, not too long."""
    name = re.split(r"[/\\]", filename)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:80]}{dot}{ending[:10]}" if stem else (name[:80] or "arquivo")


def cause(error: OSError) -> str:
    """Why the system refused a file, in a few Portuguese words; its own words where the cause is an unusual one."""
    return _CAUSES.get(error.errno or 0) or error.strerror or str(error)


def decoded(content: bytes) -> str:
    """The text of a file, in the encodings that phones and Windows write. UTF-8 cut inside its last character is read
    up to it. Raises InvalidInput for what is no text, and for UTF-8 damaged elsewhere."""
    if not content.strip():
        raise InvalidInput("O arquivo está vazio: confira se é o arquivo certo e envie de novo.")
    utf16 = content.startswith(_MARKS_OF_UTF16)
    if b"\0" in content and not utf16:
        raise InvalidInput("O arquivo não é um texto. Envie o formulário salvo como .txt ou .md.")
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if utf16:
            raise InvalidInput(_UNREADABLE) from error
        return _not_quite_utf8(content, error)


def _not_quite_utf8(content: bytes, error: UnicodeDecodeError) -> str:
    """The text of UTF-8 cut at its very end, or of Windows' own encoding."""
    before = error.object[: error.start]  # without the mark of UTF-8, if there was one
    if error.reason == "unexpected end of data" and not before.isascii():
        return before.decode()
    told = content.decode(errors="replace")
    lost = told.count(_LOST)
    # Other encodings' accents are UTF-8 by rare chance: where most of them are, the rest is damage.
    if sum(not c.isascii() for c in told) - lost > lost:
        raise InvalidInput(_UNREADABLE) from error
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        raise InvalidInput(_UNREADABLE) from error
