"""The case's card, and what is typed or told about it: notes, the phone, the treatment."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Binding, Button, Screen, column, h, short
from bot.handlers.texts import STATUS, heading, phone, said, when
from bot.services import cases
from bot.services.operation import Operation
from messages.calendar import working_days_between
from messages.people import Treatment, city_title
from messages.statuses import MessageStatus
from storage.models import Contact, Message

DRAFTS_SHOWN = 3


async def show(update: Update, context: Context) -> None:
    await card(context, context.arguments["case_id"])


async def card(context: Context, case_id: int, *, anew: bool = False) -> None:
    """Draw a case's card."""
    view = await context.read(cases.view, case_id)
    await context.show(card_screen(view, context.op, await context.rt.now()), anew=anew)


def card_screen(view: cases.View, op: Operation, now: datetime) -> Screen:
    case = view.case
    binding = Binding(f"case:{case.id}", "case", case.id, case.id)
    return Screen("\n".join(case_lines(view, op, now)), _card_rows(view), binding)


def case_lines(view: cases.View, op: Operation, now: datetime) -> list[str]:
    """Who and where, the last exchange, and what is promised."""
    lines = [heading(view.case, view.dentist), _whereabouts(view, op, now)]
    if view.dentist.opted_out_at:
        lines.append("⛔ Pediu para não receber mensagens.")
    if not view.case.closed_at:  # what “Telefone” settles
        lines += [f"⚠️ {h(d['text'])}" for d in view.case.doubts if d["field"] == "phone"]
    if view.last:
        lines += ["", *(said(c, op, now, arrived=c.id not in view.not_arrived) for c in _shortened(view))]
    else:
        lines += ["", "Ainda sem 1º contato."]
    if view.follow_ups:
        due = view.follow_ups[0]
        lines += ["", f"⏰ Retorno {h(when(due.due_at, now, op))}" + (f": {h(due.reason)}" if due.reason else "")]
    return lines


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
        (Button(f"{STATUS[m.status]}: {short(m.text, 30)}", "draft", {"message_id": m.id}),) for m in _unsettled(view)
    ]
    write = "Escrever" if view.case.first_out_at else "Primeiro contato"
    treatments = tuple(
        Button(f"Tratamento: {t}", "treat", {**case_id, "treatment": t.value}) for t in (Treatment.DRA, Treatment.DR)
    )
    lift = Button("Registrar autorização para escrever", "authorise", case_id)
    return (
        *drafts,
        (Button(f"✍️ {write}", "write", case_id), Button("⏰ Agendar retorno", "schedule", case_id)),
        (Button("📋 Colar conversa", "paste", case_id), Button("🗒 Anotar", "note", case_id)),
        *(() if view.dentist.treatment else (treatments,)),
        *(((lift,),) if view.may_authorise else ()),
        (Button("📄 Formulário", "form", case_id), Button("📱 Telefone", "phone", case_id)),
        (Button("Encerrar", "close", case_id),),
    )


def _unsettled(view: cases.View) -> list[Message]:
    """Every send in doubt, and the newest of the rest."""
    doubts = [m for m in view.drafts if m.status is MessageStatus.UNKNOWN]
    return doubts + [m for m in view.drafts if m.status is not MessageStatus.UNKNOWN][-DRAFTS_SHOWN:]


async def treated(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(cases.treat, case_id, Treatment(context.arguments["treatment"]))
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


ACTIONS = {
    "case": show,
    "treat": treated,
    "reopen": reopen,
}
