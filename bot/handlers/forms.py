"""“Formulário”: the official form as PDF, Word and text that reads back; for supervisors those of a period at once."""

import asyncio
import io
import zipfile
from dataclasses import replace

from telegram import Update
from telegram.constants import ChatAction

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, column, h
from bot.handlers.texts import count
from bot.services import issuing
from bot.services.issuing import Issued
from messages.form.listing import to_xlsx
from messages.people import title_name
from messages.periods import NAMES, Period, days_of
from messages.statuses import FormFormat

FORMS = Button("📚 Formulários", "forms_closed")
PERIODS = (Period.WEEK, Period.LAST_WEEK, Period.MONTH, Period.LAST_MONTH)


async def issued(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    found = await context.rt.write(issuing.of_case, context.analyst, case_id, context.op)
    context.action = ChatAction.UPLOAD_DOCUMENT
    name = f"formulario-{found.form.protocol}"
    async with context.busy("Preparando o formulário…"):
        for wanted in FormFormat:
            await context.hand(f"{name}.{wanted.value}", await _file(context, found, wanted))
        await context.show(_done(found, case_id), anew=True)


def _done(found: Issued, case_id: int) -> Screen:
    text = (
        f"📄 Formulário de {bold(title_name(found.form.dentist_name or ''))}: PDF, Word (.docx) e texto (.md).\n"
        f"{h(found.note)}"
    )
    rows: list[tuple[Button, ...]] = [(Button("Abrir caso", "case", {"case_id": case_id}),)]
    if found.closed:
        rows.append((Button("Reemitir com o cabeçalho de agora", "reissue", {"case_id": case_id}),))
    else:
        rows.append((Button("Rever os blocos", "blocks", {"case_id": case_id}),))
    return Screen(text, tuple(rows))


async def _file(context: Context, found: Issued, wanted: FormFormat) -> bytes:
    """As it was handed out first; made now, it is kept."""
    if wanted in found.files:
        return found.files[wanted]
    content = await asyncio.to_thread(found.printed, wanted)
    await context.rt.write(issuing.keep, found.revision.id, wanted, content)
    return content


async def command(update: Update, context: Context) -> None:
    """/formularios."""
    await context.leave()
    await periods(update, context)


async def periods(update: Update, context: Context) -> None:
    """Of which days? For supervisors."""
    await context.read(issuing.may_take_all)
    rows = tuple((Button(NAMES[period], "forms_of", {"period": period.value}),) for period in PERIODS)
    text = "📚 <b>Formulários dos casos encerrados</b>\nUm .zip com os PDFs e a lista em planilha. De quando?"
    await context.show(Screen(text, (*rows, (HOME,))))


async def of_period(update: Update, context: Context) -> None:
    period = Period(context.arguments["period"])
    days = days_of(period, context.op.local(await context.rt.now()).date())
    assert days is not None  # of all time nobody is offered them
    found = await context.rt.write(issuing.of_closed, context.analyst, days.first, days.end, context.op)
    label = f"{NAMES[period]} ({days.first:%d/%m} a {days.last:%d/%m})"
    again = column(replace(FORMS, label="Outro período"), HOME)
    if not found:
        await context.show(Screen(f"📚 {h(label)}: nenhum caso encerrado.", again))
        return
    context.action = ChatAction.UPLOAD_DOCUMENT
    name = f"encerrados-{days.first:%Y-%m-%d}"
    async with context.busy(f"Preparando {count(len(found), 'formulário', 'formulários')}…"):
        files = [
            (f"formulario-{f.form.protocol}-r{f.revision.number}.pdf", await _file(context, f, FormFormat.PDF))
            for f in found
        ]
        told_of = [(f.form, f.revision.number, issuing.shown(f.revision.code)) for f in found]
        listed = await asyncio.to_thread(to_xlsx, told_of)
        await context.hand(f"{name}.zip", _packed([*files, (f"{name}.xlsx", listed)]))
        await context.hand(f"{name}.xlsx", listed)
        more = f"\nSão os {len(found)} primeiros: escolha um período menor." if len(found) == issuing.MOST else ""
        told = f"📚 {h(label)}: {count(len(found), 'formulário', 'formulários')}.{more}"
        await context.show(Screen(told, again), anew=True)


def _packed(files: list[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


ACTIONS = {"form": issued, "forms_closed": periods, "forms_of": of_period}
