"""“Agendar envio”: an approved message that leaves at a moment that was chosen, by a tap or by words."""

from datetime import datetime
from typing import Any

from telegram import Update

from bot.handlers import drafting
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, question
from bot.handlers.screen import Binding, Button, Screen, h
from bot.handlers.texts import when, who_after
from bot.services import drafts, scheduling
from bot.services.operation import Operation
from messages.dates import has_passed, read_moment
from messages.errors import InvalidInput
from messages.policy import WINDOW
from messages.statuses import ChannelName
from storage.models import DialogueStep, Message

STEP = "send_at"
NOT_UNDERSTOOD = "Não entendi esse horário. Escreva, por exemplo, “amanhã 9h”, “sexta 14h30” ou “em 2 horas”."
PAST = "Essa hora já passou (sem hora, vale 9h). Escreva quando deve sair, por exemplo “hoje 17h” ou “amanhã 9h”."


async def asked(update: Update, context: Context) -> None:
    """When: of a draft, or of what waits already."""
    message_id, version = context.arguments["message_id"], context.arguments["version"]
    view = await context.read(drafts.view, message_id, context.op)
    await show(context, await context.ask(STEP, view.case.id, {"message_id": message_id, "version": version}))


async def show(context: Context, step: DialogueStep) -> None:
    """Sensible moments; of a free text only those before its window closes."""
    op, now = context.op, await context.rt.now()
    view = await context.read(drafts.view, step.data["message_id"], op)
    case = view.case
    lines = [
        f"🕓 Quando enviar {who_after('para', view.dentist)}?",
        "Escolha, ou escreva o dia e a hora (“amanhã 9h”). Na hora de sair, tudo é conferido de novo.",
    ]
    choices = op.suggestions(now, case.uf)
    by_api = view.message.channel is ChannelName.WHATSAPP and not view.message.template_name
    if by_api and case.window_since is not None:
        closes = case.window_since + WINDOW
        choices = [choice for choice in choices if choice[1] < closes]
        lines.append(f"A janela de 24 horas fecha {h(when(closes, now, op))}: texto livre só sai antes disso.")
    rows = [(Button(label, STEP, step.data | {"at": moment.isoformat()}),) for label, moment in choices]
    back = (Button("Voltar", "draft", {"message_id": view.message.id}),)
    binding = Binding(f"prompt:{step.key}", "prompt", case.id)
    await context.show(Screen("\n".join(lines), (*rows, back), binding, step=step.key))


async def chosen(update: Update, context: Context) -> None:
    await _scheduled(context, context.arguments, datetime.fromisoformat(context.arguments["at"]))


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    view = await context.read(drafts.view, step.data["message_id"], context.op)
    await _scheduled(context, step.data, moment_meant(text, await context.rt.now(), view.case.uf, context.op))


def moment_meant(text: str, now: datetime, uf: str | None, op: Operation) -> datetime:
    """When something is to leave, in words. Raises InvalidInput for what is past, or is no moment."""
    local = op.local(now)
    at = read_moment(text, local, op.hours, uf, op.days_off)
    if at is None:
        raise InvalidInput(PAST if has_passed(text, local, op.hours, uf) else NOT_UNDERSTOOD)
    return at


async def _scheduled(context: Context, data: dict[str, Any], at: datetime) -> None:
    message = await context.finish(scheduling.schedule, data["message_id"], data["version"], at, context.op)
    if message.due_at == at:
        await _told(context, message, "Agendada")
    else:
        await _told(context, message, "Fora do horário de trabalho", loud=True)


async def let_go(update: Update, context: Context) -> None:
    arguments = context.arguments
    message = await context.act(scheduling.send_now, arguments["message_id"], arguments["version"], context.op)
    await _told(context, message, "Liberada")


async def _told(context: Context, message: Message, what: str, *, loud: bool = False) -> None:
    """``loud``: it leaves at another moment than was asked for."""
    if message.due_at is not None:
        told = f"{what}: sai {when(message.due_at, await context.rt.now(), context.op)}."
        await (context.warn(told) if loud else context.toast(told))
    await drafting.show(context, message)


DIALOGUES = {
    STEP: question(
        "Agendar envio",
        "Espero a hora do envio: toque em uma, ou escreva, por exemplo “amanhã 9h”.",
        show,
        typed,
        Takes.WORDS,
    )
}
ACTIONS = {"send_later": asked, STEP: chosen, "send_now": let_go}
