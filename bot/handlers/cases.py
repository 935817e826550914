"""The case's card, the lists that lead to it, and notes."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Binding, Button, Screen, bold, column, h, prompt, short
from bot.handlers.texts import STATUS, heading, phone, said, when, who
from bot.services import cases
from bot.services.operation import Operation
from messages.calendar import greeting, working_days_between
from messages.people import city_title, first_name
from messages.statuses import MessageStatus
from storage.models import Analyst, Case, Contact, Dentist, DialogueStep

PAGE = 8


async def home(update: Update, context: Context) -> None:
    """/inicio: the greeting and the newest cases. A question that was open is left behind."""
    await context.leave()
    page = await context.read(cases.mine, limit=PAGE + 1)
    now = await context.rt.now()
    await context.show(_home(context.analyst, page, context.op, now))


def _home(analyst: Analyst, page: list[tuple[Case, Dentist]], op: Operation, now: datetime) -> Screen:
    hello = f"{greeting(op.local(now))}, {h(first_name(analyst.name))}!"
    if not page:
        return Screen(f"{hello}\n\nVocê ainda não tem casos abertos. Envie aqui o arquivo do formulário para abrir um.")
    unread = sum(case.unread > 0 for case, _ in page)
    line = f"Respostas novas em {unread} caso{'s' if unread > 1 else ''}." if unread else "Nenhuma resposta nova."
    return Screen(f"{hello}\n{line}\n\nSeus casos, do mais recente:", _rows(page))


def _rows(page: list[tuple[Case, Dentist]]) -> tuple[tuple[Button, ...], ...]:
    rows = [
        (Button(f"{'💬 ' if case.unread else ''}{who(dentist)} · {case.protocol[-4:]}", "case", {"case_id": case.id}),)
        for case, dentist in page[:PAGE]
    ]
    if len(page) > PAGE:
        last = page[PAGE - 1][0]
        before = [last.last_touch_at.isoformat(), last.id]
        rows.append((Button("Mais casos", "cases", {"before": before}),))
    return tuple(rows)


async def more(update: Update, context: Context) -> None:
    """The next page of the list."""
    touched, case_id = context.arguments["before"]
    page = await context.read(cases.mine, before=(datetime.fromisoformat(touched), case_id), limit=PAGE + 1)
    await context.show(Screen("Mais casos:", _rows(page)))


async def show(update: Update, context: Context) -> None:
    await card(context, context.arguments["case_id"])


async def card(context: Context, case_id: int, *, anew: bool = False) -> None:
    """Draw a case's card."""
    view = await context.read(cases.view, case_id)
    await context.show(card_screen(view, context.op, await context.rt.now()), anew=anew)


def card_screen(view: cases.View, op: Operation, now: datetime) -> Screen:
    case = view.case
    lines = [heading(case, view.dentist), _whereabouts(view, op, now)]
    if view.dentist.opted_out_at:
        lines.append("⛔ Pediu para não receber mensagens.")
    if view.last:
        lines += ["", *(said(contact, op, now) for contact in _shortened(view))]
    else:
        lines += ["", "Ainda sem 1º contato."]
    if view.follow_ups:
        due = view.follow_ups[0]
        lines += ["", f"⏰ Retorno {h(when(due.due_at, now, op))}" + (f": {h(due.reason)}" if due.reason else "")]
    return Screen("\n".join(lines), _card_rows(view), Binding(f"case:{case.id}", "case", case.id, case.id))


def _whereabouts(view: cases.View, op: Operation, now: datetime) -> str:
    case, dentist = view.case, view.dentist
    place = f"{city_title(case.city)}/{case.uf}" if case.city and case.uf else (case.uf or "")
    parts = [f"CRO {dentist.cro}/{dentist.cro_uf}" if dentist.cro else "sem CRO", place, phone(view.address)]
    opened = case.protocol_opened_on or op.local(case.opened_at).date()
    age = working_days_between(opened, op.local(case.closed_at or now).date(), case.uf)
    parts.append(f"{age} dia{'' if age == 1 else 's'} út{'il' if age == 1 else 'eis'} de protocolo")
    return h(" · ".join(p for p in parts if p))


def _shortened(view: cases.View) -> list[Contact]:
    for contact in view.last:
        contact.text = short(contact.text)
    return view.last


def _card_rows(view: cases.View) -> tuple[tuple[Button, ...], ...]:
    case_id = {"case_id": view.case.id}
    if view.case.closed_at:
        return column(Button("Formulário", "form", case_id), Button("Reabrir", "reopen", case_id))
    drafts = [
        (Button(f"{STATUS[m.status]}: {short(m.text, 30)}", "draft", {"message_id": m.id}),)
        for m in view.drafts[-3:]
        if m.status in (MessageStatus.DRAFT, MessageStatus.UNKNOWN, MessageStatus.FAILED)
    ]
    write = "Escrever" if view.case.first_out_at else "Primeiro contato"
    return (
        *drafts,
        (Button(f"✍️ {write}", "write", case_id), Button("⏰ Agendar retorno", "schedule", case_id)),
        (Button("📋 Colar conversa", "paste", case_id), Button("🗒 Anotar", "note", case_id)),
        (Button("📄 Formulário", "form", case_id), Button("Encerrar", "close", case_id)),
    )


async def note_asked(update: Update, context: Context) -> None:
    """The next text is an internal note of this case."""
    await note_prompt(context, await context.ask("note", context.arguments["case_id"]))


async def note_prompt(context: Context, step: DialogueStep) -> None:
    view = await context.read(cases.view, step.case_id)
    text = f"Escreva a anotação. Caso: {bold(who(view.dentist))}. Ela entra no formulário; o dentista não a vê."
    await context.show(prompt(step, text, "Anotação"), anew=True)


async def note_written(context: Context, case_id: int, text: str) -> None:
    await context.finish(cases.note, case_id, text)
    await card(context, case_id)


async def find(context: Context, protocol: str) -> None:
    """A protocol typed as it is: its card."""
    case = await context.read(cases.by_protocol, protocol)
    assert case.id is not None
    await card(context, case.id)


async def reopen(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(cases.reopen, case_id)
    await card(context, case_id)


ACTIONS = {"case": show, "cases": more, "note": note_asked, "reopen": reopen}
