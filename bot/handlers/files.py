"""A file that comes: what it is, its content says; each kind has its handler."""

import asyncio

from telegram import Document, Update

from bot.apart import read_apart
from bot.handlers import attaching, importing, opening, pasting
from bot.handlers.context import Context
from bot.handlers.screen import short
from messages.documents import Kind, kind_of
from messages.errors import InvalidInput
from messages.exports import conversation_in
from messages.files import FILE_LIMIT, PACKED_LIMIT, READABLE_LIMIT, decoded
from messages.form import read_form

TEXTS = (".txt", ".md")
WANTED = (
    "Arquivos que leio: formulário (PDF, Word, .txt ou .md), planilha de protocolos (.xlsx ou .csv) e conversa "
    "exportada do WhatsApp (.txt ou .zip). Para mandar um arquivo ao dentista, responda ao cartão dele com o arquivo."
)


async def came(update: Update, context: Context) -> None:
    """For a dentist, where that was said; else it is read."""
    assert update.effective_message is not None
    if await attaching.taken(update, context):
        return
    file = update.effective_message.document
    if file is None:
        raise InvalidInput(WANTED)
    name = (file.file_name or "").strip() or "arquivo"
    async with context.busy(f"Lendo {short(name, 60)}…"):
        await _read(context, name, await _download(context, file))


async def _read(context: Context, name: str, content: bytes) -> None:
    kind = await asyncio.to_thread(kind_of, content)
    if kind is Kind.XLSX or name.lower().endswith(".csv"):
        await importing.came(context, name, await read_apart("sheet", content))
    elif kind in (Kind.PDF, Kind.DOCX):
        await opening.came(context, await read_apart(kind.value, content))
    elif kind is Kind.ZIP:
        await pasting.transcript(context, await asyncio.to_thread(conversation_in, content))
    elif name.lower().endswith(TEXTS) or "." not in name:
        await _text(context, content)
    else:
        raise InvalidInput(WANTED)


async def _text(context: Context, content: bytes) -> None:
    if len(content) > FILE_LIMIT:
        raise InvalidInput("O arquivo passa de 1 MB; um formulário tem poucas páginas. Confira se é o arquivo certo.")
    text = decoded(content)
    if await asyncio.to_thread(pasting.looks_like_transcript, text) and not await asyncio.to_thread(_is_form, text):
        await pasting.transcript(context, text)
    else:
        await opening.came(context, text)


def _is_form(text: str) -> bool:
    try:
        read_form(text)
    except InvalidInput:
        return False
    return True


async def _download(context: Context, file: Document) -> bytes:
    if not file.file_size:
        raise InvalidInput("O arquivo está vazio: confira se é o arquivo certo e envie de novo.")
    if (file.file_name or "").lower().endswith(".zip"):
        if file.file_size > PACKED_LIMIT:
            raise InvalidInput(
                f"O .zip passa de {PACKED_LIMIT // 1024**2} MB: no WhatsApp, exporte a conversa “sem mídia” e envie de "
                "novo."
            )
    elif file.file_size > READABLE_LIMIT:
        raise InvalidInput(f"O arquivo passa de {READABLE_LIMIT // 1024**2} MB: envie só o que interessa.")
    return bytes(await (await context.bot.get_file(file.file_id)).download_as_bytearray())
