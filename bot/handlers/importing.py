"""A spreadsheet of protocols: what it would open is shown in figures and by row; a tap opens all of it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, holding
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, h, short
from bot.handlers.texts import count
from bot.services import imports
from messages.case_table import read_table
from messages.errors import NotFound
from messages.statuses import Worklist
from storage.models import AuditEntry

LINES_SHOWN = 6
ROWS_NAMED = 4  # in one line; more of them are counted
PEOPLE_SHOWN = 10


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
    told = preview.problems or preview.doubts or preview.known
    more = (Button("Ver tudo", "import_report"), cancel) if told else (cancel,)
    rows: list[tuple[Button, ...]] = [(button,) for button in _opening(preview)] if preview.new else []
    return Screen("\n".join(lines), (*rows, more), step=preview.key)


def _figures(preview: imports.Preview) -> str:
    known, problems = len(preview.known), len(preview.problems)
    parts = (count(len(preview.new), "nova", "novas"), f"{known} já aberta{'' if known == 1 else 's'}")
    return " · ".join([*parts, f"{problems} com problema"])


def _part(heading: str, told: Sequence[tuple[int, str]]) -> list[str]:
    """What is said of single rows before what is said of many."""
    if not told:
        return []
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text in told:
        rows[text].append(row)
    lines = [f"• {_rows(rows[text])}: {h(short(text, 150))}" for text in sorted(rows, key=lambda text: len(rows[text]))]
    more = [f"• e mais {len(lines) - LINES_SHOWN}"] if len(lines) > LINES_SHOWN else []
    return ["", f"<b>{heading}</b>", *lines[:LINES_SHOWN], *more]


def _rows(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return f"linha {rows[0]}"
    if len(rows) <= ROWS_NAMED:
        return f"linhas {', '.join(map(str, rows[:-1]))} e {rows[-1]}"
    return f"{len(rows)} linhas, a partir da {rows[0]}"


def _opening(preview: imports.Preview) -> Iterator[Button]:
    """Whose the cases become: an analyst's own; a supervisor chooses."""
    cases = count(len(preview.new), "caso", "casos")
    if not preview.owners:
        yield Button(f"✅ Abrir {cases}", "import_open", {"whose": imports.FOR_ONESELF})
        return
    if preview.listed:
        yield Button(f"✅ Abrir {cases}, como na planilha", "import_open", {"whose": imports.AS_LISTED})
    yield Button(f"✅ Abrir {cases}, divididos por igual", "import_open", {"whose": imports.SHARED_OUT})
    yield Button("👤 Abrir todos para uma pessoa…", "import_people")


async def people(update: Update, context: Context) -> None:
    """Who gets them all."""
    preview, after = await _preview(context), context.arguments.get("after", 0)
    text = f"De quem ficam {count(len(preview.new), 'caso', 'casos')} de {bold(preview.filename)}?"
    shown = preview.owners[after : after + PEOPLE_SHOWN]
    rows = [(Button(short(person.name, 40), "import_person", {"person_id": person.id}),) for person in shown]
    if after + PEOPLE_SHOWN < len(preview.owners):
        rows.append((Button("Mais ▼", "import_people", {"after": after + PEOPLE_SHOWN}),))
    await context.show(Screen(text, (*rows, (Button("Voltar", "import_back"),)), step=preview.key))


async def person(update: Update, context: Context) -> None:
    """So many are not opened for the wrong person by a slip of the thumb."""
    preview = await _preview(context)
    chosen = next((p for p in preview.owners if p.id == context.arguments["person_id"]), None)
    if chosen is None:
        raise NotFound(imports.INACTIVE)
    cases = count(len(preview.new), "caso", "casos")
    sure = Button(f"✅ Abrir {cases}", "import_open", {"whose": str(chosen.id)})
    text = f"Abrir {cases} para {bold(chosen.name)}?"
    await context.show(Screen(text, ((sure,), (Button("Voltar", "import_people"),)), step=preview.key))


async def back(update: Update, context: Context) -> None:
    await show(context)


async def opened(update: Update, context: Context) -> None:
    async with context.busy("Abrindo os casos…"):
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
    await context.hand("conferencia.txt", content)


def _told(rows: Sequence[tuple[int, str]]) -> list[str]:
    return [f"linha {row}: {text}" for row, text in rows] or ["nenhuma"]


async def cancelled(update: Update, context: Context) -> None:
    await context.act(imports.cancel)
    await context.show(Screen("Importação cancelada. Nada foi aberto.", ((HOME,),)))


DIALOGUES = {
    imports.STEP: holding(
        "Há uma planilha por importar: toque em “Abrir”, ou confira com “Ver tudo”.", show, cancelled, None, Takes.NONE
    )
}
ACTIONS = {
    "import_open": opened,
    "import_people": people,
    "import_person": person,
    "import_back": back,
    "import_report": report,
    "import_cancel": cancelled,
}
