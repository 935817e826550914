"""“Aprovações”: what supervisors are asked to allow; whoever asked sees there what was decided."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, h, quote, short
from bot.handlers.texts import count, heading, when, who
from bot.services import approvals, readjustments
from bot.services.operation import Operation
from bot.services.standing import told
from messages.people import first_name
from messages.readjustment import show_unit
from messages.statuses import ApprovalKind
from storage.models import Analyst, Approval, Readjustment

PAGE = 8
FOUND_SHOWN = 1500  # characters of what a supervisor is to look at; the case has it whole
APPROVALS = Button("✅ Aprovações", "approvals")
KINDS = {
    ApprovalKind.EXCEPTION: "Exceção a uma regra",
    ApprovalKind.CONTACT: "Autorização para escrever",
    ApprovalKind.CLOSING: "Encerramento",
    ApprovalKind.OVERRULE: "Encerrar com pendência",
    ApprovalKind.READJUSTMENT: "Reajuste",
}


async def command(update: Update, context: Context) -> None:
    """/aprovacoes."""
    await context.leave()
    await asked(update, context)


async def asked(update: Update, context: Context) -> None:
    """What waits, the oldest first; decided, the next ones come up."""
    found, total = await context.read(approvals.queue, PAGE)
    now = await context.rt.now()
    if not found:
        await context.show(Screen("✅ Nenhum pedido espera por decisão.", ((HOME,),)))
        return
    lines = [f"<b>{count(total, 'pedido espera', 'pedidos esperam')} por decisão</b>", ""]
    lines += [f"• {h(_line(view, context.op, now))}" for view in found]
    rows = [(Button(short(f"{who(v.dentist)}: {KINDS[v.approval.kind]}", 50), "approval", _id(v)),) for v in found]
    await context.show(Screen("\n".join(lines), (*rows, (HOME,))))


def _line(view: approvals.View, op: Operation, now: datetime) -> str:
    by = f"{first_name(view.asked_by)}, {when(view.approval.asked_at, now, op)}"
    return f"{who(view.dentist)} · {KINDS[view.approval.kind]} · {by}: {short(view.approval.reason, 70)}"


def _id(view: approvals.View) -> dict[str, int | None]:
    return {"approval_id": view.approval.id}


async def opened(update: Update, context: Context) -> None:
    await show(context, context.arguments["approval_id"])


async def show(context: Context, approval_id: int) -> None:
    view = await context.read(approvals.view, approval_id)
    await context.show(approval_screen(view, context.op, await context.rt.now()))


def approval_screen(view: approvals.View, op: Operation, now: datetime) -> Screen:
    approval = view.approval
    lines = [f"✅ <b>{KINDS[approval.kind]}</b>", heading(view.case, view.dentist)]
    if view.rule is not None:
        lines.append(f"Regra: {h(told(view.rule))}")
    if approval.found is not None:
        lines.append(h(short(approval.found, FOUND_SHOWN)))
    lines += [f"Pedido de {h(view.asked_by)}, {h(when(approval.asked_at, now, op))}:", quote(approval.reason)]
    lines.append(h(_decided(view, op, now)))
    rows: list[tuple[Button, ...]] = []
    if view.may_decide:
        rows.append((Button("Autorizar", "grant", _id(view)), Button("Recusar", "deny", _id(view))))
    if view.readjustment is not None:
        rows += _of_readjustment(view, view.readjustment)
    rows.append((Button("Abrir caso", "case", {"case_id": view.case.id}),))
    binding = Binding(f"approval:{approval.id}", "approval", view.case.id, approval.id)
    return Screen("\n".join(lines), tuple(rows), binding)


def _of_readjustment(view: approvals.View, found: Readjustment) -> list[tuple[Button, ...]]:
    rows: list[tuple[Button, ...]] = []
    if view.may_decide and found.ortho_new is not None and found.ortho_old is not None:
        label = f"Autorizar só a base (ortodontia em R$ {show_unit(found.ortho_old)})"
        rows.append((Button(label, "grant", _id(view) | {"items": [readjustments.BASE]}),))
    rows.append((Button("🧮 Ver o reajuste", "readjustment", {"readjustment_id": found.id}),))
    return rows


def _decided(view: approvals.View, op: Operation, now: datetime) -> str:
    approval, by, found = view.approval, view.decided_by, view.readjustment
    if found is not None and found.voided_at is not None:
        return f"Sem efeito: os valores mudaram, {when(found.voided_at, now, op)}."
    if approval.decided_at is None:
        return "Aguarda a decisão da supervisão."
    if found is not None and approval.granted and found.granted != readjustments.items_of(found):
        return f"Autorizada só a moeda base por {by}, {when(approval.decided_at, now, op)}."
    word = "Autorizado" if approval.granted else "Recusado"
    return f"{word} por {by}, {when(approval.decided_at, now, op)}."


def alert(approval: Approval, analyst: Analyst) -> str:
    """What whoever asked must not overlook; of what they did themselves nothing."""
    if approval.decided_at is None or approval.asked_by != analyst.id or approval.decided_by == analyst.id:
        return ""
    if approval.granted is None:
        return "O seu pedido perdeu o efeito: os valores mudaram."
    decided = "✅ Pedido autorizado" if approval.granted else "⛔ Pedido recusado"
    return f"{decided} (“{KINDS[approval.kind]}”): na tela acima estão o caso e quem decidiu."


async def granted(update: Update, context: Context) -> None:
    await _decide(context, granted=True)


async def denied(update: Update, context: Context) -> None:
    await _decide(context, granted=False)


async def _decide(context: Context, *, granted: bool) -> None:
    arguments, op = context.arguments, context.op
    items = arguments.get("items")
    approval = await context.act(approvals.decide, arguments["approval_id"], granted, op, items)
    await context.toast("Autorizado." if granted else "Recusado.")
    await show(context, approval.id or 0)


ACTIONS = {"approvals": asked, "approval": opened, "grant": granted, "deny": denied}
