"""WhatsApp's exported conversation as a packed file: its text; the media in it are named by the text, never opened."""

import io
import re
import struct
import zipfile
import zlib
from typing import Final

from messages.errors import InvalidInput
from messages.files import decoded

MOST_TEXT: Final = 5 * 1024**2  # bytes: years of talk
_LOCKED: Final = 0x1  # an entry's flag
# What the library raises for wrong bytes; NotImplementedError for ways of packing that it does not know.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)
_CHAT = re.compile(r"(?:.*/)?(?:_chat|conversa do whatsapp.*|whatsapp chat.*)\.txt", re.IGNORECASE)


def conversation_in(content: bytes) -> str:
    """The conversation's text. Raises InvalidInput for a packed file without one, that is damaged, or locked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entry = _conversation(packed.infolist())
            if entry.flag_bits & _LOCKED:
                raise InvalidInput("O .zip está protegido por senha: exporte a conversa de novo, sem senha.")
            with packed.open(entry) as file:
                text = file.read(MOST_TEXT + 1)
    except _DAMAGE as error:
        raise InvalidInput("O .zip está danificado: exporte a conversa de novo pelo WhatsApp.") from error
    if len(text) > MOST_TEXT:
        raise InvalidInput("A conversa passa de 5 MB: envie só a parte que interessa, colada ou em .txt.")
    return decoded(text)


def _conversation(entries: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    texts = [entry for entry in entries if entry.filename.lower().endswith(".txt")]
    named = [entry for entry in texts if _CHAT.fullmatch(entry.filename)]
    found = named or texts
    if len(found) != 1:
        raise InvalidInput(
            "Não achei a conversa neste .zip: no WhatsApp, toque em “Exportar conversa” e envie o arquivo que sair."
        )
    return found[0]
