"""“Encerrar”: outcome, reasons, a word for the form, and the end of the case."""

from typing import Any

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, h, short, toggled
from bot.handlers.texts import heading
from bot.services import cases, notes, taps
from messages.errors import Conflict, InvalidInput
from messages.form import REASONS
from messages.statuses import Outcome

STEP = "closing"
NOTE_SHOWN = 1500  # characters of the general note on the screen; the form has it whole
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
        Button(f"{'☑️' if r in ticked else '▫️'} {r}", "outcome", {**arguments, "reasons": toggled(ticked, r)})
        for r in REASONS
    ]
    rows = [tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2)]
    rows.append((Button("Continuar", "closing_notes", arguments),))
    text = f"{heading(view.case, view.dentist)}\n{bold(arguments['outcome'])}\n\nMotivos (um ou mais):"
    await context.show(Screen(text, tuple(rows)))


async def notes_asked(update: Update, context: Context) -> None:
    """A general note for the form, typed or skipped."""
    await context.act(taps.ask, STEP, context.arguments["case_id"], dict(context.arguments))
    await show(context)


async def typed(context: Context, case_id: int, data: dict[str, object], text: str) -> None:
    """The general note. Raises InvalidInput when it is too long."""
    if len(text) > notes.LIMIT:
        raise InvalidInput(f"A Obs. Geral passa de {notes.LIMIT} caracteres: resuma.")
    await context.act(taps.ask, STEP, case_id, {**data, "notes": text.strip()})
    await show(context)


async def protocol(update: Update, context: Context) -> None:
    """Whether another protocol must be opened, as the form asks."""
    case_id, data, _ = await _step(context)
    required = context.arguments["protocol_required"]
    await context.act(taps.ask, STEP, case_id, data | {"protocol_required": required})
    await show(context)


async def _step(context: Context) -> tuple[int, dict[str, Any], str]:
    """The case, what has been chosen, and the step's key. Raises Conflict when another dialogue was begun meanwhile."""
    step = await context.read(taps.step_of)
    if step is None or step.name != STEP or step.case_id is None:
        raise Conflict(INTERRUPTED)
    return step.case_id, step.data, step.key


async def show(context: Context, *, anew: bool = False) -> None:
    """All that closes the case, before it does."""
    case_id, data, key = await _step(context)
    view = await context.read(cases.view, case_id)
    required = data.get("protocol_required")
    noted = short(data.get("notes") or "(escreva uma mensagem para acrescentar a Obs. Geral)", NOTE_SHOWN)
    lines = [
        heading(view.case, view.dentist),
        f"Desfecho: {bold(data['outcome'])}",
        f"Motivos: {bold(', '.join(data['reasons']) or 'nenhum marcado')}",
        f"Obs. Geral: {h(noted)}",
        "",
        "A conversa de confirmação final entra sozinha na Obs. Geral.",
        bold("É necessária abertura de protocolo?"),
    ]
    protocols = tuple(
        Button(f"{'☑️' if required is choice else '▫️'} {word}", "closing_protocol", {"protocol_required": choice})
        for word, choice in (("SIM", True), ("NÃO", False))
    )
    rows = (
        protocols,
        (Button("✅ Encerrar o caso", "closing_confirm"),),
        (Button("Voltar", "case", {"case_id": case_id}),),
    )
    await context.show(Screen("\n".join(lines), rows, step=key), anew=anew)


async def confirmed(update: Update, context: Context) -> None:
    case_id, data, _ = await _step(context)
    closing = cases.Closing(
        Outcome(data["outcome"]), tuple(data["reasons"]), data.get("notes"), data.get("protocol_required")
    )
    case = await context.finish(cases.close, case_id, closing, context.op.zone)
    await context.toast("Caso encerrado.")
    assert case.id is not None
    await card(context, case.id)


HELP = {STEP: "Espero a Obs. Geral do encerramento: escreva-a, ou toque em “Encerrar o caso”."}
ACTIONS = {
    "close": asked,
    "outcome": outcome,
    "closing_notes": notes_asked,
    "closing_protocol": protocol,
    "closing_confirm": confirmed,
}
