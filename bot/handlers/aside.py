"""Leaving what is in hand: by /cancelar, or by “Cancelar” below a question. Nothing of it is recorded."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogues import DIALOGUES
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, column
from bot.services import notices, taps
from messages.errors import Conflict
from storage.models import DialogueStep


async def command(update: Update, context: Context) -> None:
    """/cancelar."""
    step = await context.read(taps.step_of)
    if step is None:
        await context.show(Screen("Não há nada em andamento.", ((HOME,),)))
    else:
        await _set_aside(update, context, step)


async def tapped(update: Update, context: Context) -> None:
    """The question that is left is the one that is open, not another that was begun since."""
    step = await context.read(taps.step_of)
    if step is None or step.key != context.arguments.get(taps.STEP_KEY):
        raise Conflict(taps.OUT_OF_DATE)
    await _set_aside(update, context, step)


async def _set_aside(update: Update, context: Context, step: DialogueStep) -> None:
    cancelled = DIALOGUES[step.name].cancelled
    if cancelled is not None:
        await cancelled(update, context)
        return
    await context.leave()
    back = Button("Abrir caso", "case", {"case_id": step.case_id}) if step.case_id is not None else None
    await context.show(Screen("Deixado de lado. Nada foi registrado.", column(back, HOME)))


ACTIONS = {notices.OF_QUESTION: tapped}
