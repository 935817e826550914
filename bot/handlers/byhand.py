"""At the day's end: what was to go by the analyst's own WhatsApp, and nobody has said whether it went."""

from collections.abc import Sequence

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, h, short
from bot.handlers.texts import who
from bot.services import byhand, drafts

ASKING = "📱 <b>Foram enviadas pelo seu WhatsApp?</b>"
DONE = "✅ Nada mais em aberto pelo seu WhatsApp."


def byhand_screen(left: Sequence[byhand.Left]) -> Screen:
    """Each with its two answers; what is not answered stays a draft, and is asked about again."""
    if not left:
        return Screen(DONE, ((HOME,),))
    lines = [
        ASKING,
        "",
        *(f"{n}. {h(who(one.dentist))}: {h(short(one.message.text, 80))}" for n, one in enumerate(left, 1)),
    ]
    rows = [
        (
            Button(f"{n}. ✅ Enviei", "byhand_sent", {"message_id": one.message.id, "version": one.message.version}),
            Button(f"{n}. Não enviei", "byhand_dropped", {"message_id": one.message.id}),
        )
        for n, one in enumerate(left, 1)
    ]
    return Screen("\n".join(lines), (*rows, (HOME,)))


async def sent(update: Update, context: Context) -> None:
    await context.act(drafts.hand_over, context.arguments["message_id"], context.arguments["version"])
    await context.toast("Registrada como contato.")
    await show(context)


async def dropped(update: Update, context: Context) -> None:
    await context.act(drafts.discard, context.arguments["message_id"])
    await context.toast("Descartada.")
    await show(context)


async def asked(update: Update, context: Context) -> None:
    await show(context)


async def show(context: Context) -> None:
    await context.show(byhand_screen(await context.read(byhand.left)))


ACTIONS = {"byhand": asked, "byhand_sent": sent, "byhand_dropped": dropped}
