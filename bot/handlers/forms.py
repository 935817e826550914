"""“Formulário”: the official form as PDF, Word and text that reads back; for supervisors those of a period at once."""

import asyncio
import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta

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
from messages.statuses import FormFormat

FORMS = Button("📚 Formulários", "forms_closed")
PERIODS = {"week": "Esta semana", "last_week": "Semana passada", "month": "Este mês", "last_month": "Mês passado"}


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
    rows = tuple((Button(label, "forms_of", {"period": period}),) for period, label in PERIODS.items())
    text = "📚 <b>Formulários dos casos encerrados</b>\nUm .zip com os PDFs e a lista em planilha. De quando?"
    await context.show(Screen(text, (*rows, (HOME,))))


async def of_period(update: Update, context: Context) -> None:
    period = context.arguments["period"]
    since, until = days_of(period, context.op.local(await context.rt.now()).date())
    found = await context.rt.write(issuing.of_closed, context.analyst, since, until, context.op)
    label = f"{PERIODS[period]} ({since:%d/%m} a {until - timedelta(days=1):%d/%m})"
    again = column(replace(FORMS, label="Outro período"), HOME)
    if not found:
        await context.show(Screen(f"📚 {h(label)}: nenhum caso encerrado.", again))
        return
    context.action = ChatAction.UPLOAD_DOCUMENT
    name = f"encerrados-{since:%Y-%m-%d}"
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


def days_of(period: str, today: date) -> tuple[date, date]:
    """The first day, and the day after the last."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    match period:
        case "week":
            return monday, today + timedelta(days=1)
        case "last_week":
            return monday - timedelta(days=7), monday
        case "month":
            return first, today + timedelta(days=1)
    return (first - timedelta(days=1)).replace(day=1), first


def _packed(files: list[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


ACTIONS = {"form": issued, "forms_closed": periods, "forms_of": of_period}
