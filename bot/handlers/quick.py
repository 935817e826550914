"""“Resposta rápida”: an answer of the library, filled for the dentist, shown, and sent by one more tap."""

from telegram import Update

from bot.handlers import drafting
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen
from bot.handlers.texts import heading
from bot.services import choices, drafts


async def asked(update: Update, context: Context) -> None:
    """Which: below, so that the dentist's card stays and a Telegram reply to it still answers."""
    case_id = context.arguments["case_id"]
    choice = await context.read(choices.choice_of, case_id, context.op)
    told = "Qual resposta? Você vê o texto antes de sair." if choice.answers else "Nenhuma resposta pronta serve agora."
    rows = [(Button(t.title, "quick_reply", {"case_id": case_id, "key": t.key}),) for t in choice.answers]
    back = (Button("Voltar", "case", {"case_id": case_id}),)
    await context.show(Screen(f"{heading(choice.case, choice.dentist)}\n{told}", (*rows, back)), anew=True)


async def chosen(update: Update, context: Context) -> None:
    arguments = context.arguments
    message = await context.act(drafts.quick_reply, arguments["case_id"], arguments["key"], context.op)
    await drafting.show(context, message)


ACTIONS = {"quick": asked, "quick_reply": chosen}
