"""“Próximo ▶” in the chat: one case at a time, one tap each."""

from datetime import datetime

from telegram import Update

from bot.handlers import drafting
from bot.handlers.cases import case_lines
from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.replies import reply_screen
from bot.handlers.screen import Button, Screen, bold, h, quote, short
from bot.handlers.texts import when
from bot.services import next_up, replies
from bot.services.next_up import Next
from bot.services.operation import Operation
from messages.statuses import Worklist

DONE = "✅ Ninguém espera por você agora. Bom trabalho!"
WHY = {
    Worklist.REPLIES: "💬 Resposta nova",
    Worklist.OVERDUE: "⏰ Retorno vencido",
    Worklist.PREPARED: "📝 Próximo contato pronto",
    Worklist.UNTOUCHED: "🆕 Sem 1º contato",
    Worklist.STILL: "⏸ Parado",
}


async def command(update: Update, context: Context) -> None:
    """/proximo."""
    await context.leave()
    await show(context)


async def tapped(update: Update, context: Context) -> None:
    """The next case comes below: what it was tapped on stays."""
    await show(context, anew=True)


async def show(context: Context, *, anew: bool = False) -> None:
    """The most urgent case, with what can be done at once."""
    found = await context.read(next_up.next_up, context.op)
    now = await context.rt.now()
    if found is None:
        await context.show(Screen(DONE, ((HOME,),)), anew=anew)
    elif found.reply_id is not None:
        card = await context.read(replies.card, found.view.case.id, found.reply_id, context.op)
        screen = reply_screen(card, context.op, now, onward=True)
        await context.show(_answering(found, screen, context.op, now), anew=anew)
    else:
        await context.show(next_screen(found, context.op, now), anew=anew)


def next_screen(found: Next, op: Operation, now: datetime) -> Screen:
    """Who, the last exchange, and the message that is ready."""
    case_id = {"case_id": found.view.case.id}
    lines = [_heading(found), "", *case_lines(found.view, op, now)]
    rows: list[tuple[Button, ...]] = []
    if found.ready is not None:
        by = "pelo Telegram" if found.telegram else "pela API do WhatsApp"
        lines += ["", f"Pronta para sair {by}:", quote(found.text)]
        arguments = case_id | {"key": found.ready.key, "text": found.text}
        rows.append((Button("✅ Enviar e próximo ▶", "next_send", arguments),))
        other = "Outra mensagem"
    else:
        lines += ["", f"⛔ {h(short(found.barred, 150))}"] if found.barred else []
        other = "✍️ Escrever"
    rows.append((Button(other, "write", case_id), Button("Abrir caso", "case", case_id)))
    return Screen("\n".join(lines), (*rows, _later(found, op, now)))


def _answering(found: Next, card: Screen, op: Operation, now: datetime) -> Screen:
    """The dentist's card, on which a Telegram reply answers, with the way on."""
    dealt = Button("✓ Tratada, próximo ▶", "next_dealt", {"case_id": found.view.case.id})
    rows = (*card.rows, (dealt,), _later(found, op, now))
    return Screen(f"{_heading(found)}\n\n{card.text}", rows, card.binding)


def _heading(found: Next) -> str:
    left = f" · {found.waiting - 1} depois deste" if found.waiting > 1 else " · é o último"
    return bold(WHY[found.why]) + left


def _later(found: Next, op: Operation, now: datetime) -> tuple[Button, ...]:
    """Not now; or tomorrow, or whenever the next working day is."""
    case = found.view.case
    aside = Button("⏭ Pular", "next_aside", {"case_id": case.id})
    if case.closed_at is not None:
        return (aside,)
    choices = op.suggestions(now, case.uf)
    label, moment = next(choice for choice in choices if op.local(choice[1]).date() > op.local(now).date())
    return (aside, Button(f"💤 {label}", "next_off", {"case_id": case.id, "until": moment.isoformat()}))


async def sent(update: Update, context: Context) -> None:
    """It leaves after the undo time, shown where it was tapped; the next case comes below."""
    arguments = context.arguments
    message = await context.act(next_up.send, arguments["case_id"], arguments["key"], arguments["text"], context.op)
    await drafting.show(context, message)
    await show(context, anew=True)


async def aside(update: Update, context: Context) -> None:
    await context.act(next_up.put_aside, context.arguments["case_id"])
    await context.toast("Fica para depois.")
    await show(context)


async def off(update: Update, context: Context) -> None:
    until = datetime.fromisoformat(context.arguments["until"])
    follow_up = await context.act(next_up.put_off, context.arguments["case_id"], until)
    await context.toast(f"Retorno marcado: {when(follow_up.due_at, await context.rt.now(), context.op)}.")
    await show(context)


async def dealt(update: Update, context: Context) -> None:
    await context.act(next_up.dealt_with, context.arguments["case_id"])
    await context.toast("Tratada.")
    await show(context)


ACTIONS = {"next": tapped, "next_send": sent, "next_aside": aside, "next_off": off, "next_dealt": dealt}
