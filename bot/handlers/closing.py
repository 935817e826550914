"""“Encerrar”: outcome, reasons, a word for the form, and the end of the case."""

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, h
from bot.handlers.texts import heading
from bot.services import cases, taps
from messages.errors import Conflict
from messages.form import REASONS
from messages.statuses import Outcome

STEP = "closing"
INTERRUPTED = "O encerramento foi interrompido: abra o caso e toque em “Encerrar”."


async def asked(update: Update, context: Context) -> None:
    """How did it end?"""
    case_id = context.arguments["case_id"]
    view = await context.read(cases.view, case_id)
    rows = [
        (Button(o.value, "outcome", {"case_id": case_id, "outcome": o.value, "reasons": view.case.reasons}),)
        for o in Outcome
    ]
    back = (Button("Voltar", "case", {"case_id": case_id}),)
    await context.show(Screen(f"{heading(view.case, view.dentist)}\n\nComo o caso terminou?", (*rows, back)))


async def outcome(update: Update, context: Context) -> None:
    """Why? As on the form, several may hold; what the protocol says is ticked beforehand."""
    arguments = dict(context.arguments)
    view = await context.read(cases.view, arguments["case_id"])
    ticked = arguments["reasons"]
    buttons = [
        Button(f"{'☑️' if r in ticked else '▫️'} {r}", "outcome", {**arguments, "reasons": _toggled(ticked, r)})
        for r in REASONS
    ]
    rows = [tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2)]
    rows.append((Button("Continuar", "closing_notes", arguments),))
    text = f"{heading(view.case, view.dentist)}\n{bold(arguments['outcome'])}\n\nMotivos (um ou mais):"
    await context.show(Screen(text, tuple(rows)))


def _toggled(ticked: list[str], reason: str) -> list[str]:
    return [r for r in ticked if r != reason] if reason in ticked else [*ticked, reason]


async def notes(update: Update, context: Context) -> None:
    """A general note for the form, typed or skipped."""
    await context.act(taps.ask, STEP, context.arguments["case_id"], dict(context.arguments))
    await show(context)


async def typed(context: Context, case_id: int, data: dict[str, object], text: str) -> None:
    """The general note."""
    await context.act(taps.ask, STEP, case_id, {**data, "notes": text.strip()})
    await show(context)


async def show(context: Context) -> None:
    step = await context.read(taps.step_of)
    if step is None or step.name != STEP or step.case_id is None:
        raise Conflict(INTERRUPTED)
    view = await context.read(cases.view, step.case_id)
    noted = step.data.get("notes") or "(escreva uma mensagem para acrescentar a Obs. Geral)"
    lines = [
        heading(view.case, view.dentist),
        f"Desfecho: {bold(step.data['outcome'])}",
        f"Motivos: {bold(', '.join(step.data['reasons']) or 'nenhum marcado')}",
        f"Obs. Geral: {h(noted)}",
        "",
        "A conversa de confirmação final entra na Obs. Geral por si. Encerrar o caso?",
    ]
    rows = ((Button("✅ Encerrar o caso", "closing_confirm"),), (Button("Voltar", "case", {"case_id": step.case_id}),))
    await context.show(Screen("\n".join(lines), rows))


async def confirmed(update: Update, context: Context) -> None:
    step = await context.read(taps.step_of)
    if step is None or step.name != STEP or step.case_id is None:
        raise Conflict(INTERRUPTED)
    closing = cases.Closing(Outcome(step.data["outcome"]), tuple(step.data["reasons"]), step.data.get("notes"))
    case = await context.finish(cases.close, step.case_id, closing, context.op.zone)
    await context.toast("Caso encerrado.")
    assert case.id is not None
    await card(context, case.id)


ACTIONS = {"close": asked, "outcome": outcome, "closing_notes": notes, "closing_confirm": confirmed}
