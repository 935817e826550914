"""A spreadsheet of protocols: what it would open is shown in figures and by row; a tap opens all of it."""

import asyncio
from collections.abc import Iterator, Sequence

from telegram import InputFile, Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, h, short
from bot.handlers.texts import count
from bot.services import imports
from messages.case_table import read_table
from messages.people import first_name
from messages.statuses import Worklist
from storage.models import AuditEntry

ROWS_SHOWN = 6
PEOPLE_SHOWN = 12


async def came(context: Context, name: str, rows: list[list[str]]) -> None:
    """A sheet that was read: kept, then shown. Raises InvalidInput where its columns are not recognised."""
    await asyncio.to_thread(read_table, rows)
    await context.act(imports.begin, name, rows)
    await show(context)


async def show(context: Context, *, anew: bool = False) -> None:
    await context.show(_screen(await _preview(context)), anew=anew)


async def _preview(context: Context) -> imports.Preview:
    rows = await context.read(imports.rows_of)
    return await context.read(imports.preview, await asyncio.to_thread(read_table, rows))


def _screen(preview: imports.Preview) -> Screen:
    total = len(preview.new) + len(preview.known) + len(preview.problems)
    lines = [f"📥 {bold(preview.filename)}: {count(total, 'linha', 'linhas')}", _figures(preview)]
    if preview.unknown:
        lines.append(f"Colunas que não reconheci: {h(short(', '.join(preview.unknown), 200))}")
    lines += _part("Com problema, ficam de fora", preview.problems)
    lines += _part("A conferir, abrem assim mesmo", preview.doubts)
    cancel = Button("Cancelar", "import_cancel")
    more = (Button("Ver tudo", "import_report"), cancel) if preview.problems or preview.doubts else (cancel,)
    rows: list[tuple[Button, ...]] = [(button,) for button in _opening(preview)] if preview.new else []
    return Screen("\n".join(lines), (*rows, more), step=preview.key)


def _figures(preview: imports.Preview) -> str:
    known, problems = len(preview.known), len(preview.problems)
    parts = (count(len(preview.new), "nova", "novas"), f"{known} já aberta{'' if known == 1 else 's'}")
    return " · ".join([*parts, f"{problems} com problema"])


def _part(heading: str, rows: Sequence[tuple[int, str]]) -> list[str]:
    if not rows:
        return []
    shown = [f"• linha {row}: {h(short(text, 150))}" for row, text in rows[:ROWS_SHOWN]]
    more = [f"• e mais {len(rows) - ROWS_SHOWN}"] if len(rows) > ROWS_SHOWN else []
    return ["", f"<b>{heading}</b>", *shown, *more]


def _opening(preview: imports.Preview) -> Iterator[Button]:
    """Whose the cases become: an analyst's own; a supervisor chooses."""
    cases = count(len(preview.new), "caso", "casos")
    if not preview.owners:
        yield Button(f"✅ Abrir {cases}", "import_open", {"whose": imports.FOR_ONESELF})
        return
    if preview.listed:
        yield Button(f"✅ Abrir {cases}, como na planilha", "import_open", {"whose": imports.AS_LISTED})
    yield Button(f"✅ Abrir {cases}, divididos por igual", "import_open", {"whose": imports.SHARED_OUT})
    for person in preview.owners[:PEOPLE_SHOWN]:
        label = f"Abrir todos para {first_name(person.name)}"
        yield Button(label, "import_open", {"whose": str(person.id)})


async def opened(update: Update, context: Context) -> None:
    async with context.busy():
        rows = await context.read(imports.rows_of)
        table = await asyncio.to_thread(read_table, rows)
        entry = await context.act(imports.confirm, table, context.arguments["whose"])
    await done(context, entry)


async def done(context: Context, entry: AuditEntry) -> None:
    """What an import did, as it was recorded."""
    opened_now, left_out = entry.detail["opened"], entry.detail["left_out"]
    lines = [f"✅ {count(opened_now, 'caso aberto', 'casos abertos')}."]
    if left_out:
        lines.append(f"Ficou de fora o que já estava aberto: {h(short(', '.join(left_out), 300))}.")
    untouched = Button("🆕 Casos sem 1º contato", "list", {"which": Worklist.UNTOUCHED.value})
    await context.show(Screen("\n".join(lines), ((untouched,), (HOME,))))


async def report(update: Update, context: Context) -> None:
    """All rows that have something to be told, as a text file."""
    preview = await _preview(context)
    lines = ["Com problema, ficam de fora:", *_told(preview.problems), "", "A conferir, abrem assim mesmo:"]
    lines += [*_told(preview.doubts), "", "Já abertas:"]
    lines += [f"linha {e.row}: {e.form.protocol}, com {owner}" for e, owner in preview.known]
    content = "\n".join(lines).encode("utf-8-sig")  # the mark tells Windows what it is
    await context.bot.send_document(context.chat_id, InputFile(content, "conferencia.txt"))


def _told(rows: Sequence[tuple[int, str]]) -> list[str]:
    return [f"linha {row}: {text}" for row, text in rows] or ["nenhuma"]


async def cancelled(update: Update, context: Context) -> None:
    await context.act(imports.cancel)
    await context.show(Screen("Importação cancelada. Nada foi aberto.", ((HOME,),)))


ACTIONS = {"import_open": opened, "import_report": report, "import_cancel": cancelled}
