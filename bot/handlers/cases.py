"""The case's card: who, where it stands, what was offered, the last exchange, and the way to everything else."""

from collections.abc import Callable, Iterator
from datetime import datetime

from telegram import Update

from bot.handlers import received
from bot.handlers.context import Context
from bot.handlers.readjustment_card import STAGES
from bot.handlers.rules import effect
from bot.handlers.screen import Binding, Button, Screen, column, h, short
from bot.handlers.texts import cro, heading, label, network, off_work, phone, place, said, when
from bot.runtime import Work
from bot.services import cases, holding
from bot.services.forms import after_the_end
from bot.services.operation import Operation
from bot.services.standing import told
from messages.calendar import show_hour, working_days_between
from messages.dates import other_part
from messages.people import Treatment
from messages.stages import Stage
from messages.statuses import MessageStatus
from storage.models import Case, Contact, FollowUp, Message

DRAFTS_SHOWN = 3


async def show(update: Update, context: Context) -> None:
    await card(context, context.arguments["case_id"])


async def card(context: Context, case_id: int, *, anew: bool = False) -> None:
    """Draw a case's card: in place while that is the last thing in the chat, else below."""
    view = await context.read(cases.view, case_id)
    screen = card_screen(view, context.op, await context.rt.now())
    await context.show(screen, anew=anew or context.scrolled_away)


def card_screen(view: cases.View, op: Operation, now: datetime) -> Screen:
    case = view.case
    binding = Binding(f"case:{case.id}", "case", case.id, case.id)
    return Screen("\n".join(case_lines(view, op, now)), _card_rows(view, op, now), binding)


def case_lines(view: cases.View, op: Operation, now: datetime) -> list[str]:
    """Who and where, how it stands, the last exchange, and what is promised."""
    lines = [heading(view.case, view.dentist), _whereabouts(view, op, now), h(_standing(view, op))]
    lines += [h(line) for line in (_offered(view, op), _network(view.case)) if line]
    if view.dentist.opted_out_at:
        lines.append("⛔ Pediu para não receber mensagens.")
    lines += [f"⛔ {h(effect(rule).capitalize())}: {h(told(rule))}" for rule in view.rules]
    if not view.case.closed_at:  # what “Telefone” settles
        lines += [f"⚠️ {h(d['text'])}" for d in view.case.doubts if d["field"] == "phone"]
    if view.last:
        lines += ["", *(_said(view, contact, op, now) for contact in _shortened(view))]
    if view.follow_ups:
        due = view.follow_ups[0]
        moment = when(due.due_at, now, op) + off_work(due.due_at, view.case.uf, op)
        lines += ["", f"⏰ Retorno {h(moment)}" + (f": {h(due.reason)}" if due.reason else "")]
        if why := _out_of_hours(view, op, now):
            lines.append(f"⚠️ {h(why[0].upper() + why[1:])}: sem toque, o aviso vem assim mesmo.")
        lines += _said_otherwise(due, op, now)
    if held_at := _held(view.case):
        lines.append(f"⏸ Cadência parada desde {op.local(held_at):%d/%m}: nenhum contato é preparado.")
    return lines


def _held(case: Case) -> datetime | None:
    """Since when a person holds up what would otherwise go on."""
    return case.cadence_held_at if case.closed_at is None else None


def _out_of_hours(view: cases.View, op: Operation, now: datetime) -> str:
    """Why nobody works when the follow-up that stands will be told; empty: it will be in working hours, or was told."""
    if not view.follow_ups or view.follow_ups[0].due_at <= now:
        return ""
    return op.outside(view.follow_ups[0].due_at, view.case.uf)


def _said_otherwise(due: FollowUp, op: Operation, now: datetime) -> list[str]:
    """Its reason speaks of another part of the day: which was meant, only who typed it knows."""
    at = op.local(due.due_at).time()
    if due.due_at <= now or not (part := other_part(due.reason, at, op.hours)):
        return []
    return [f"⚠️ O motivo diz “{h(part)}”, e o aviso vem às {show_hour(at)}: se for outra hora, marque de novo."]


def _into_hours(view: cases.View, op: Operation, now: datetime) -> tuple[tuple[Button, ...], ...]:
    """What was marked for a moment when nobody works, to the next one when people do: who typed it may have slipped."""
    if not _out_of_hours(view, op, now):
        return ()
    due = view.follow_ups[0]
    opening = op.next_working_moment(due.due_at, view.case.uf)
    arguments = {"follow_up_id": due.id, "stood": due.due_at.isoformat(), "due_at": opening.isoformat()}
    return ((Button(f"Passar para {when(opening, now, op)}", "into_hours", arguments),),)


def _said(view: cases.View, contact: Contact, op: Operation, now: datetime) -> str:
    late = " <i>· depois do encerramento</i>" if after_the_end(contact, view.case) else ""
    return said(contact, op, now, view.around, arrived=contact.id not in view.not_arrived) + late


def _whereabouts(view: cases.View, op: Operation, now: datetime) -> str:
    case, dentist = view.case, view.dentist
    parts = [cro(dentist), place(case), phone(view.address, in_full=view.own), on_telegram(view)]
    opened = case.protocol_opened_on or op.local(case.opened_at).date()
    age = working_days_between(opened, op.local(case.closed_at or now).date(), case.uf, op.days_off)
    parts.append(f"{age} dia{'' if age == 1 else 's'} út{'il' if age == 1 else 'eis'} de protocolo")
    return h(" · ".join(p for p in parts if p))


def on_telegram(view: cases.View) -> str:
    """Whether the dentist is reached there."""
    if not view.chats:
        return ""
    return "Telegram" if any(chat.blocked_at is None for chat in view.chats) else "Telegram bloqueado"


def _standing(view: cases.View, op: Operation) -> str:
    """“Etapa: 2º contato, aguardando o dentista”; of a closed case how it ended."""
    if view.case.closed_at is not None:
        return f"Encerrado em {op.local(view.case.closed_at):%d/%m/%Y}: {view.case.outcome or 'sem status'}"
    if not view.conversations or view.stage is Stage.UNTOUCHED:  # what the form brought along was not ours
        return f"Etapa: {view.stage}"
    return f"Etapa: {view.conversations}º contato, {view.stage}"


def _offered(view: cases.View, op: Operation) -> str:
    """What was delivered, with its day; what the form that came along tells has none."""
    told = [f"{name} ({op.local(at):%d/%m})" if at else name for name, at in view.offered.items()]
    return f"Já ofertado: {' · '.join(told)}" if told else ""


def _network(case: Case) -> str:
    """What a leave would cost the network there."""
    told = network(case)
    return f"Rede: {told}" if told else ""


def _shortened(view: cases.View) -> list[Contact]:
    for contact in view.last:
        contact.text = short(contact.text)
    return view.last


def _card_rows(view: cases.View, op: Operation, now: datetime) -> tuple[tuple[Button, ...], ...]:
    case_id = {"case_id": view.case.id}
    if view.case.closed_at:
        details = Button("🪪 Dados", "details", case_id)
        files = received.of_case(view.case.id, view.files) if view.files else None
        return column(Button("Formulário", "form", case_id), details, files, Button("Reabrir", "reopen", case_id))
    drafts = [
        (Button(f"{label(m, op, now)}: {short(m.text or '📎 arquivo', 30)}", "draft", {"message_id": m.id}),)
        for m in _unsettled(view)
    ]
    write = "Escrever" if view.case.first_out_at else "Primeiro contato"
    treatments = tuple(
        Button(f"Tratamento: {t}", "treat", {**case_id, "treatment": t.value}) for t in (Treatment.DRA, Treatment.DR)
    )
    return (
        *_into_hours(view, op, now),
        *drafts,
        (Button(f"✍️ {write}", "write", case_id), Button("⏰ Agendar retorno", "schedule", case_id)),
        (Button("📋 Colar conversa", "paste", case_id), Button("🗒 Anotar", "note", case_id)),
        *(() if view.dentist.treatment else (treatments,)),
        *column(*_asking(view), Button("▶️ Retomar cadência", "cadence_on", case_id) if _held(view.case) else None),
        (Button("📞 Ligação", "call", case_id), Button("📌 Orientação", "guidance", case_id)),
        (Button("📄 Formulário", "form", case_id), Button("📱 Telefone", "phone", case_id)),
        (Button("✈️ Telegram" if view.chats else "✈️ Convite para o Telegram", "telegram", case_id),),
        (_readjustment(view),),
        (Button("🪪 Dados", "details", case_id), Button("Encerrar", "close", case_id)),
        *(((received.of_case(view.case.id, view.files),),) if view.files else ()),
        *(((Button("↔️ Passar para…", "give_case_to", case_id),),) if view.supervises else ()),
    )


def _readjustment(view: cases.View) -> Button:
    stage = f": {STAGES[view.readjustment]}" if view.readjustment is not None else ""
    return Button(f"💰 Reajuste{stage}", "readjust", {"case_id": view.case.id})


def _asking(view: cases.View) -> Iterator[Button]:
    """What only supervisors allow: allowed by one who looks, or asked for."""
    case_id = {"case_id": view.case.id}
    if view.may_authorise:
        yield Button("Registrar autorização para escrever", "authorise", case_id)
    elif view.dentist.opted_out_at:
        yield Button("Pedir autorização para escrever", "ask_contact", case_id)
    if view.rules:
        yield Button("Pedir exceção", "exception", case_id)


def _unsettled(view: cases.View) -> list[Message]:
    """Every send in doubt, all that waits for its moment, and the newest of the rest."""
    doubts = [m for m in view.drafts if m.status is MessageStatus.UNKNOWN]
    scheduled = [m for m in view.drafts if m.status is MessageStatus.QUEUED]
    rest = [m for m in view.drafts if m.status not in (MessageStatus.UNKNOWN, MessageStatus.QUEUED)]
    return doubts + scheduled + rest[-DRAFTS_SHOWN:]


async def treated(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(cases.treat, case_id, Treatment(context.arguments["treatment"]))
    await card(context, case_id)


async def held_up(update: Update, context: Context) -> None:
    await _acted_on_cadence(context, holding.hold_up, "Cadência parada neste caso.")


async def goes_on(update: Update, context: Context) -> None:
    await _acted_on_cadence(context, holding.go_on, "A cadência voltou a valer neste caso.")


async def _acted_on_cadence(context: Context, act: Callable[..., Case], told: str) -> None:
    case = await context.act(act, context.arguments["case_id"])
    context.rt.ring(Work.FOLLOW_UPS)
    await context.toast(told)
    assert case.id is not None
    await card(context, case.id)


async def find(context: Context, protocol: str) -> None:
    """A protocol typed as it is: its card."""
    case = await context.read(cases.by_protocol, protocol)
    assert case.id is not None
    await card(context, case.id)


ACTIONS = {
    "case": show,
    "treat": treated,
    "cadence_off": held_up,
    "cadence_on": goes_on,
}
