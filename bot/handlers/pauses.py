"""A channel that rests, as supervisors read it, and the tap that has it tried again."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Binding, Button, Screen, h
from bot.handlers.texts import count, when
from bot.runtime import Work
from bot.services import pauses
from bot.services.operation import Operation
from messages.statuses import ChannelName


def pause_screen(view: pauses.View, op: Operation, now: datetime) -> Screen:
    """Why nothing leaves, what to do, how much waits; once it is over, that it is."""
    pause, channel = view.pause, pauses.NAMES[view.pause.channel]
    since = h(when(pause.began_at, now, op))
    binding = Binding(f"{pauses.NOTICE}:{pause.channel.value}:{pause.episode}", pauses.NOTICE, None, pause.id)
    if pause.ended_at is not None:
        over = f"✅ <b>Os envios pelo {channel} voltaram</b>, {h(when(pause.ended_at, now, op))}."
        return Screen(f"{over} Estavam parados desde {since}; o que esperava sai sozinho.", (), binding)
    waiting = count(view.waiting, "mensagem aprovada espera", "mensagens aprovadas esperam")
    whose = f"Código da Meta: {pause.code}." if pause.channel is ChannelName.WHATSAPP else ""
    lines = [
        f"⛔ <b>Os envios pelo {channel} estão parados</b> desde {since}.",
        "",
        f"{h(pause.reason)} {whose}".strip(),
        "",
        f"Nada se perde: {waiting}, e tudo sai sozinho quando voltar. De tempos em tempos uma mensagem tenta; "
        "resolvido o problema, toque em “Tentar de novo”.",
    ]
    return Screen("\n".join(lines), ((Button("🔄 Tentar de novo", "try_sending", {"pause_id": pause.id}),),), binding)


async def try_again(update: Update, context: Context) -> None:
    pause = await context.act(pauses.try_again, context.arguments["pause_id"])
    context.rt.ring(Work.SENDS)
    await context.toast("A próxima mensagem da fila tenta agora.")
    await show(context, pause.id)


async def show(context: Context, pause_id: int | None) -> None:
    view = await context.rt.read(pauses.view, pause_id)
    await context.show(pause_screen(view, context.op, await context.rt.now()))


ACTIONS = {"try_sending": try_again}
