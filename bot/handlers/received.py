"""Files that dentists sent: listed by case, each handed out as it came."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from telegram import Update
from telegram.constants import ChatAction

from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, h
from bot.handlers.texts import count, size, when
from bot.services import received, replies
from bot.services.operation import Operation
from messages.errors import InvalidInput, NotFound
from messages.media import NAMES, UNKNOWN

MOST = 50 * 1024**2  # bytes that a bot may send
TOO_LARGE = (
    "O arquivo tem {size}, e pelo Telegram só passam até 50 MB: peça-o à TI, dizendo que é o arquivo nº {number}."
)


def of_burst(case_id: int | None, contact_id: int | None, number: int) -> Button:
    """On a dentist's card: the files that came with what it shows."""
    arguments = {"case_id": case_id, "contact_id": contact_id}
    return Button(f"📎 Ver {'arquivo' if number == 1 else f'{number} arquivos'}", "burst_files", arguments)


def lost(files: Sequence[received.File]) -> list[str]:
    """On a dentist's card: what is not to be had, and why."""
    return [f"⚠️ {h(file.name)}: {h(file.error)}" for file in files if file.error]


def of_case(case_id: int | None, number: int) -> Button:
    return Button(f"📎 {count(number, 'arquivo', 'arquivos')}", "files", {"case_id": case_id})


async def asked(update: Update, context: Context) -> None:
    """All files of a case, a page at a time."""
    arguments = context.arguments
    page = await context.read(received.of_case, arguments["case_id"], arguments.get("before"))
    await context.show(page_screen(page, context.op, await context.rt.now()))


def page_screen(page: received.Page, op: Operation, now: datetime) -> Screen:
    case_id = {"case_id": page.case.id}
    lines = [f"📎 {bold('Arquivos recebidos')} · {h(page.case.protocol)}", ""]
    lines += [f"{n}. {h(_line(file, op, now))}" for n, file in enumerate(page.files, 1)] or ["Nenhum arquivo."]
    rows = [
        (Button(f"{n} · {_named(file)}", "file_open", {"number": file.number}),) for n, file in enumerate(page.files, 1)
    ]
    more = [(Button("Mais ▼", "files", case_id | {"before": page.after}),)] if page.after is not None else []
    return Screen("\n".join(lines), (*rows, *more, (Button("Abrir caso", "case", case_id),)))


def _line(file: received.File, op: Operation, now: datetime) -> str:
    state = size(file.size) if file.size is not None else file.error or "ainda sendo buscado"
    return f"{when(file.contact.occurred_at, now, op)}: {file.name} ({state})"


def _named(file: received.File) -> str:
    return f"Ver {NAMES.get(file.contact.kind, NAMES[UNKNOWN])}" if file.stored else file.name


async def burst(update: Update, context: Context) -> None:
    """The files of a card, one below the other; what is not there is told."""
    arguments = context.arguments
    files = await context.read(received.of_burst, arguments["case_id"], arguments["contact_id"], replies.SHOWN)
    missing = []
    for file in files:
        try:
            await _hand(context, file.number)
        except (NotFound, InvalidInput) as error:
            missing.append(f"{file.name}: {error.text}")
    if missing or not files:
        await context.say("\n".join(missing) or "Estas mensagens não trazem arquivo.")


async def opened(update: Update, context: Context) -> None:
    await _hand(context, context.arguments["number"])


async def _hand(context: Context, number: int) -> None:
    """As often as somebody asks; each time is audited. Raises NotFound, InvalidInput."""
    context.action = ChatAction.UPLOAD_DOCUMENT
    file = await context.rt.write(received.open_file, context.analyst, number)
    assert file.stored is not None
    if (file.size or 0) > MOST:
        raise InvalidInput(TOO_LARGE.format(size=size(file.size or 0), number=number))
    content = await asyncio.to_thread(context.rt.files.read, file.stored)
    await context.hand(file.name, content)


ACTIONS = {"files": asked, "burst_files": burst, "file_open": opened}
