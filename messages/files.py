"""Files as people send them: which are texts, and in which encoding."""

from messages.errors import InvalidInput

FILE_LIMIT = 1_000_000  # bytes; a form is a few thousand, a year's conversation a few hundred thousand
_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def decoded(content: bytes) -> str:
    """The text of a file, in the encodings that phones and Windows write. Raises InvalidInput for what is no text."""
    if not content.strip():
        raise InvalidInput("O arquivo está vazio.")
    utf16 = content.startswith(_MARKS_OF_UTF16)
    if b"\0" in content and not utf16:
        raise InvalidInput("O arquivo não é um texto. Envie o formulário salvo como .txt ou .md.")
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("Não consegui ler o texto do arquivo. Salve-o de novo como .txt (UTF-8).")
