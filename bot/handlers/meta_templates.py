"""“Modelos na Meta”: how the whole texts stand there, and their submission for approval."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, column, h, quote, short
from bot.handlers.texts import when
from bot.runtime import Work
from bot.services import meta_templates
from bot.services.meta_templates import Entry, Overview
from bot.services.operation import Operation
from messages.meta_templates import APPROVED, MARKETING, QUALITIES, told_category, told_reason, told_state
from messages.statuses import Role
from storage.models import Analyst, MetaAccount, MetaTemplate

AT_META = Button("📨 Modelos na Meta", "meta_templates")
COSTS = "A Meta passou este modelo para marketing: custa mais, e não chega a quem recusou divulgação."
DIFFERS = "O texto da Meta é outro: até o daqui ser aprovado lá, a mensagem vai pelo WhatsApp de cada analista."
UNTIL_THEN = "Até ser aprovado lá, vai pelo WhatsApp de cada analista."
BY_HAND = "Enquanto isso, a mensagem vai pelo WhatsApp de cada analista, e o que estava para sair volta a rascunho."


async def asked(update: Update, context: Context) -> None:
    await _list(context)


async def _list(context: Context) -> None:
    found = await context.read(meta_templates.overview, context.op)
    await context.show(_list_screen(found, context.op, await context.rt.now()))


def _list_screen(found: Overview, op: Operation, now: datetime) -> Screen:
    lines = ["📨 <b>Modelos na Meta</b>", h(_asked_told(found.account, op, now)), ""]
    lines += [f"• {h(e.template.title)}: {h(_state(e))}" for e in found.entries]
    texts = [e.template for e in found.entries]
    buttons = [Button(short(t.title, 60), "meta_template", {"template": t.key}) for t in texts]
    return Screen("\n".join(lines), (*column(*buttons, Button("Consultar a Meta", "meta_pull")), (HOME,)))


def _asked_told(account: MetaAccount | None, op: Operation, now: datetime) -> str:
    """When Meta was asked last, and why not since."""
    if account is None:
        return meta_templates.NOT_CONNECTED
    at = account.pulled_at
    asked = f"Meta consultada {when(at, now, op)}." if at else "A Meta ainda não foi consultada."
    return f"{asked} A última consulta falhou: {account.error}" if account.error else asked


def _state(entry: Entry) -> str:
    """“aprovado, utilidade, qualidade alta”."""
    row = entry.row
    if row is None or row.status is None:
        return "enviando à Meta" if row is not None and row.wanted_at else "não consta na Meta"
    parts = [told_state(row.status), told_category(row.category), QUALITIES.get(row.quality or "", "")]
    parts += ["texto diferente"] if entry.differs else []
    parts += ["enviando o novo"] if row.wanted_at else []
    return ", ".join(part for part in parts if part)


def meta_lines(entry: Entry) -> list[str]:
    """How a text stands at Meta, in sentences: what is said of it, and what follows."""
    row = entry.row
    lines = [f"Na Meta: {_state(entry)}."]
    if row is None or row.status is None:
        lines += [] if row is not None and row.wanted_at else [UNTIL_THEN]
    else:
        lines += [f"Motivo da Meta: {told_reason(row.reason)}."] if row.reason else []
        lines += [f"⚠️ {COSTS}"] if entry.recategorised and row.category == MARKETING else []
        lines += [f"⚠️ {DIFFERS}"] if entry.differs else []
        lines += [BY_HAND] if row.status != APPROVED and not entry.differs else []
    lines += [f"⚠️ O último envio não deu certo: {row.error}"] if row is not None and row.error else []
    return lines


async def opened(update: Update, context: Context) -> None:
    entry = await context.read(meta_templates.entry, context.arguments["template"], context.operations)
    await context.show(entry_screen(entry, context.analyst, context.op, await context.rt.now()))


def entry_screen(entry: Entry, analyst: Analyst, op: Operation, now: datetime, *, news: bool = False) -> Screen:
    """One text at Meta. ``news``: told unasked; without a supervisor everybody is told, and may only read."""
    row, about = entry.row, {"template": entry.template.key}
    title = "📨 Novidade da Meta: " if news else "📨 "
    lines = [f"{title}{bold(entry.template.title)}", f"<code>{h(entry.template.whatsapp_name)}</code>"]
    lines += [h(line) for line in meta_lines(entry)]
    lines += [h(f"Consultado {when(row.checked_at, now, op)}.")] if row is not None and row.checked_at else []
    if entry.differs and row is not None and row.body:
        lines += ["O que a Meta tem:", quote(short(row.body, 1200))]
    if analyst.role is not Role.SUPERVISOR:
        return Screen("\n".join(lines))
    label = "Enviar o texto novo para aprovação" if row is not None and row.meta_id else "Enviar para aprovação"
    rows = column(
        Button(label, "meta_submit", about) if entry.submittable else None,
        Button("Ver o texto", "template", about),
        Button("Modelos na Meta", "meta_templates"),
    )
    return Screen("\n".join(lines), rows)


async def show_row(context: Context, row: MetaTemplate) -> None:
    entry = await context.read(meta_templates.entry_of_row, row.id or 0, context.op)
    await context.show(entry_screen(entry, context.analyst, context.op, await context.rt.now()))


async def submitted(update: Update, context: Context) -> None:
    """It is sent in a moment; Meta's answer comes by itself."""
    row = await context.act(meta_templates.submit, context.arguments["template"], context.op)
    await context.toast("Enviando à Meta: a resposta chega aqui.")
    await show_row(context, row)


async def pulled(update: Update, context: Context) -> None:
    await context.rt.write(meta_templates.ask_pull, context.analyst)
    context.rt.ring(Work.SENDS)
    await context.toast("Consultando a Meta: o que mudou chega aqui.")
    await _list(context)


ACTIONS = {"meta_templates": asked, "meta_template": opened, "meta_submit": submitted, "meta_pull": pulled}
