"""“Agendar início”: a campaign that begins at a moment that was chosen, by a tap or by words; or at once after all."""

from datetime import datetime

from telegram import Update

from bot.handlers.campaigns import acted
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, question
from bot.handlers.screen import Binding, Button, Screen, column
from bot.handlers.sending_later import moment_meant
from bot.handlers.texts import when
from bot.services import campaign_starts, campaigns
from storage.models import DialogueStep

STEP = "campaign_at"


async def asked(update: Update, context: Context) -> None:
    """When: of one that is ready, or that waits for its moment already."""
    view = await context.read(campaigns.view, context.arguments["campaign_id"], context.op)
    await show(context, await context.ask(STEP, None, {"campaign_id": view.campaign.id}))


async def show(context: Context, step: DialogueStep) -> None:
    """Moments at which there is time ahead to send in."""
    view = await context.read(campaigns.view, step.data["campaign_id"], context.op)
    text = (
        f"🕓 Quando a campanha nº {view.campaign.id} começa a sair?\n"
        "Escolha, ou escreva o dia e a hora (“amanhã 9h”). Na hora, cada caso é conferido de novo."
    )
    choices = context.op.openings(await context.rt.now())
    buttons = [Button(label, STEP, step.data | {"at": moment.isoformat()}) for label, moment in choices]
    rows = column(*buttons, Button("Voltar", "campaign", dict(step.data)))
    await context.show(Screen(text, rows, Binding(f"prompt:{step.key}", "prompt"), step=step.key))


async def chosen(update: Update, context: Context) -> None:
    await _scheduled(context, context.arguments["campaign_id"], datetime.fromisoformat(context.arguments["at"]))


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    at = moment_meant(text, await context.rt.now(), None, context.op)
    await _scheduled(context, step.data["campaign_id"], at)


async def _scheduled(context: Context, campaign_id: int, at: datetime) -> None:
    campaign = await context.finish(campaign_starts.schedule, campaign_id, at, context.op)
    if campaign.next_at != at:
        begins = when(campaign.next_at, await context.rt.now(), context.op)
        await context.warn(f"Fora do horário de trabalho: começa {begins}.")
    await acted(context, campaign)


async def begun_now(update: Update, context: Context) -> None:
    await acted(context, await context.act(campaign_starts.start_now, context.arguments["campaign_id"], context.op))


DIALOGUES = {
    STEP: question(
        "Agendar início",
        "Espero quando a campanha começa: toque em uma hora, ou escreva, por exemplo “amanhã 9h”.",
        show,
        typed,
        Takes.WORDS,
    )
}
ACTIONS = {"campaign_later": asked, STEP: chosen, "campaign_now": begun_now}
