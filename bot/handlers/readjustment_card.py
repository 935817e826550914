"""A readjustment as it was worked out: its figures, its stages with their proofs, and the next step as a button."""

from collections.abc import Iterator
from datetime import date, datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, column, h
from bot.handlers.texts import heading, when
from bot.services import approvals, readjustment_stages, readjustments
from bot.services.operation import Operation
from bot.services.readjustment_stages import Stage, View
from messages.form.values import show_date
from messages.price_index import show_month
from messages.readjustment import show_unit

MESSAGE = "reajuste_autorizado"  # the text of the library that tells the figures
MONTHS_SHOWN = 60
STAGES = {
    Stage.VOID: "sem efeito",
    Stage.ELIGIBLE: "calculado",
    Stage.REQUESTED: "com a supervisão",
    Stage.REFUSED: "recusado pela supervisão",
    Stage.AUTHORISED: "autorizado, falta apresentar",
    Stage.PRESENTED: "apresentado, tabela em análise",
    Stage.ACCEPTED: "aceito, falta aplicar",
    Stage.DECLINED: "não aceito",
    Stage.APPLIED: "aplicado",
}


async def opened(update: Update, context: Context) -> None:
    await show(context, context.arguments["readjustment_id"])


async def show(context: Context, readjustment_id: int, *, anew: bool = False) -> None:
    view = await context.read(readjustment_stages.view, readjustment_id)
    await context.show(card_screen(view, context.op, await context.rt.now()), anew=anew)


def card_screen(view: View, op: Operation, now: datetime) -> Screen:
    lines = [
        f"💰 {bold(f'Reajuste: {STAGES[view.stage]}')}",
        heading(view.case, view.dentist),
        "",
        *(h(line) for line in _figures(view)),
        "",
        *(f"✓ {h(line)}" for line in _stages(view, op, now)),
    ]
    if view.stage is Stage.VOID and view.readjustment.voided_at is not None:
        by = view.names.get(view.readjustment.voided_by or 0, "")
        lines.append(h(f"✗ Sem efeito: os valores mudaram, {when(view.readjustment.voided_at, now, op)}, por {by}."))
    elif view.former is not None:
        count = "outro cálculo" if view.earlier == 1 else f"outros {view.earlier}; o último"
        lines.append(h(f"Antes houve {count}: {readjustments.told(view.former)}."))
    return Screen("\n".join(lines), _rows(view))


def _figures(view: View) -> Iterator[str]:
    """Each figure with its item; of what a supervisor left as it is, that."""
    r = view.readjustment
    items = r.granted or readjustments.items_of(r)
    basis = readjustments.basis(r)
    yield basis[0].upper() + basis[1:]
    if r.first_month is None:
        yield "⚠️ Percentual informado: a calculadora não o confirma."
    yield f"Fator: {_factor(r.factor)}"
    yield f"Moeda base: R$ {show_unit(r.base_old)} → R$ {show_unit(r.base_new)}"
    if r.ortho_old is not None:
        changes = readjustments.ORTHO in items and r.ortho_new is not None
        new = f"R$ {show_unit(r.ortho_old)} → R$ {show_unit(r.ortho_new)}" if changes and r.ortho_new else ""
        yield f"Ortodontia: {new or f'fica em R$ {show_unit(r.ortho_old)}'}"
    yield "Atos diferenciados: sem mudança"


def _factor(factor: str) -> str:
    """As much of it as says something; every digit is in the memo of the calculation."""
    return f"{factor[:14].replace('.', ',')}{'…' if len(factor) > 14 else ''}"


def _stages(view: View, op: Operation, now: datetime) -> Iterator[str]:
    """What has happened, when and by whom."""
    r, approval, answer = view.readjustment, view.approval, view.answer

    def told(what: str, at: datetime, by: int | None) -> str:
        name = view.names.get(by or 0)
        return f"{what}: {when(at, now, op)}{f', {name}' if name else ''}"

    yield told("Calculado", r.created_at, r.analyst_id)
    if approval is not None:
        yield told("Pedido", approval.asked_at, approval.asked_by)
        if approval.decided_at is not None and approval.granted is not None:
            yield told(_decision(view), approval.decided_at, approval.decided_by)
    if view.presented is not None and view.presented.sent_at is not None:
        yield f"{told('Apresentado', view.presented.sent_at, None)}, mensagem nº {view.presented.id}"
    if answer is not None:
        word = "Aceito pelo dentista" if answer.accepted else "Não aceito pelo dentista"
        yield f"{told(word, answer.created_at, answer.analyst_id)}, pela resposta nº {answer.contact_id}"
    if r.applied_on is not None and r.applied_at is not None:
        yield told(f"Aplicado desde {show_date(r.applied_on)}", r.applied_at, r.applied_by)


def _decision(view: View) -> str:
    r = view.readjustment
    if not r.granted:
        return "Recusado"
    return "Autorizado" if set(r.granted) == set(readjustments.items_of(r)) else "Autorizado, só a moeda base"


def _rows(view: View) -> tuple[tuple[Button, ...], ...]:
    r = view.readjustment
    about, case_id = {"readjustment_id": r.id}, {"case_id": view.case.id}
    last = (Button("🧮 Memória de cálculo", "readjust_months", about), Button("Abrir caso", "case", case_id))
    if view.stage is Stage.VOID:
        return ((Button("Ver o atual", "readjust", case_id),), last)
    if view.stage is Stage.APPLIED or view.case.closed_at is not None:
        return (last,)
    change = Button("✏️ Mudar", "readjust_change", case_id)
    return (*column(*_next(view)), (change,), last)


def _next(view: View) -> Iterator[Button]:
    """What can be done now, the most likely first."""
    r, about = view.readjustment, {"readjustment_id": view.readjustment.id}
    match view.stage:
        case Stage.ELIGIBLE:
            yield Button("📨 Pedir autorização", "readjust_request", about)
            if r.ortho_old is not None:
                kept = r.ortho_new is not None
                label = "Ortodontia fica como está" if kept else "Reajustar também a ortodontia"
                yield Button(label, "readjust_ortho", about | {"kept": kept})
        case Stage.REQUESTED if view.approval is not None:
            label = "✅ Decidir" if view.may_decide else "Ver o pedido"
            yield Button(label, "approval", {"approval_id": view.approval.id})
        case Stage.AUTHORISED:
            yield Button("✍️ Escrever ao dentista", "compose", {"case_id": view.case.id, "keys": [MESSAGE]})
        case Stage.PRESENTED:
            yield Button("✅ O dentista aceitou", "readjust_answered", about | {"accepted": True})
            yield Button("Não aceitou", "readjust_answered", about | {"accepted": False})
        case Stage.ACCEPTED:
            yield Button("✅ Aplicado hoje", "readjust_applied", about)
            on = about | {"case_id": view.case.id, "asking": "applied_on"}
            yield Button("Aplicado em outro dia", "readjust_ask", on)
            yield Button("Não aceitou", "readjust_answered", about | {"accepted": False})
        case Stage.DECLINED:
            yield Button("✅ O dentista aceitou", "readjust_answered", about | {"accepted": True})


async def months(update: Update, context: Context) -> None:
    """The memo of the calculation: each month with its source, and every digit of the factor."""
    view = await context.read(readjustment_stages.view, context.arguments["readjustment_id"])
    r = view.readjustment
    lines = ["🧮 <b>Memória de cálculo</b>", heading(view.case, view.dentist), "", h(readjustments.told(r))]
    if r.rates:
        lines += ["", *(h(line) for line in _rates(r.rates)), "", h(f"Série guardada: {r.series_version}")]
    lines.append(h(f"Fator: {r.factor.replace('.', ',')[:400]}"))
    lines.append(
        "Meses compostos, os dois extremos incluídos; a moeda é arredondada uma vez, ao centavo, meio para cima."
    )
    back = Button("Voltar", "readjustment", {"readjustment_id": r.id})
    await context.show(Screen("\n".join(lines), ((back,),)))


def _rates(rates: list[dict[str, str]]) -> Iterator[str]:
    """A line a month, the newest of many; months in a row that were read at the same place tell it once."""
    shown, source = rates[-MONTHS_SHOWN:], None
    if len(shown) < len(rates):
        yield f"… e {len(rates) - len(shown)} meses antes"
    for rate in shown:
        told = f"{rate['source']}, guardado em {show_date(date.fromisoformat(rate['stored_on']))}"
        if told != source:
            yield f"Fonte: {told}"
            source = told
        yield f"{show_month(rate['month'])}: {rate['percent'].rstrip('0').rstrip('.').replace('.', ',')}%"


async def requested(update: Update, context: Context) -> None:
    approval = await context.act(approvals.ask_readjustment, context.arguments["readjustment_id"])
    await context.toast("Pedido enviado à supervisão.")
    await show(context, approval.readjustment_id or 0)


async def ortho(update: Update, context: Context) -> None:
    found = await context.act(readjustments.turn_ortho, context.arguments["readjustment_id"], context.arguments["kept"])
    await show(context, found.id or 0)


async def answered(update: Update, context: Context) -> None:
    arguments = context.arguments
    found = await context.act(readjustment_stages.answered, arguments["readjustment_id"], arguments["accepted"])
    await show(context, found.id or 0)


async def applied(update: Update, context: Context) -> None:
    found = await context.act(readjustment_stages.applied, context.arguments["readjustment_id"], "hoje", context.op)
    await context.toast("Registrado.")
    await show(context, found.id or 0)


ACTIONS = {
    "readjustment": opened,
    "readjust_months": months,
    "readjust_request": requested,
    "readjust_ortho": ortho,
    "readjust_answered": answered,
    "readjust_applied": applied,
}
