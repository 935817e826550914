"""Notes, calls and guidance: from a case's card, or by /nota, which asks for the case first."""

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, column, prompt, quote, short
from bot.handlers.texts import heading, spoken, who
from bot.services import cases, notes
from bot.services.notes import Spoke
from storage.models import DialogueStep

STEP = "call"
SHOWN = 8


async def command(update: Update, context: Context) -> None:
    """/nota, with the note or without: on the case whose screen it answers, else on the one that is chosen."""
    await context.leave()
    text = " ".join(context.args or [])
    message = update.effective_message
    shown = message.reply_to_message if message else None
    case_id = await context.case_of(shown) if shown is not None else None
    if case_id is not None:
        await _of_case(context, case_id, text)
        return
    recent = await context.read(cases.recent, SHOWN)
    rows = [(Button(f"{who(d)} · {c.protocol[-4:]}", "noting", {"case_id": c.id, "text": text}),) for c, d in recent]
    lines = ["🗒 <b>Em qual caso?</b>", *([quote(short(text))] if text else [])]
    lines.append("De outro caso? Abra-o pelo protocolo ou pelo nome, e toque em “Anotar”.")
    await context.show(Screen("\n".join(lines), (*rows, (HOME,))))


async def chosen(update: Update, context: Context) -> None:
    await _of_case(context, context.arguments["case_id"], context.arguments.get("text", ""))


async def _of_case(context: Context, case_id: int, text: str) -> None:
    """A text that was given is noted; else it is asked what there is to record."""
    if text:
        await context.act(notes.note, case_id, text)
        await card(context, case_id)
        return
    view, about = await context.read(cases.view, case_id), {"case_id": case_id}
    rows = column(
        Button("🗒 Anotação", "note", about),
        Button("📞 Ligação", "call", about),
        Button("📌 Orientação recebida", "guidance", about),
        Button("Voltar", "case", about),
    )
    await context.show(Screen(f"{heading(view.case, view.dentist)}\nO que registrar?", rows))


async def call(update: Update, context: Context) -> None:
    """Who answered."""
    case_id = context.arguments["case_id"]
    view = await context.read(cases.view, case_id)

    def answer(label: str, spoke: Spoke, action: str) -> Button:
        return Button(label, action, {"case_id": case_id, "spoke": spoke.value})

    rows = (
        (answer(f"Atendeu {spoken(view.dentist)}", Spoke.DENTIST, "call_answered"),),
        (
            answer("Atendeu a secretária", Spoke.SECRETARY, "call_answered"),
            answer("Outra pessoa", Spoke.OTHER, "call_answered"),
        ),
        (answer("Não atendeu", Spoke.NOBODY, "call_missed"), answer("Caixa postal", Spoke.VOICEMAIL, "call_missed")),
        (Button("Voltar", "case", {"case_id": case_id}),),
    )
    await context.show(Screen(f"📞 Ligação para {bold(who(view.dentist))}, agora há pouco. Quem atendeu?", rows))


async def missed(update: Update, context: Context) -> None:
    """One tap: a try that nobody answered is a touch as well."""
    case_id = context.arguments["case_id"]
    await context.act(notes.call, case_id, Spoke(context.arguments["spoke"]), "")
    await context.toast("Ligação registrada.")
    await card(context, case_id)


async def answered(update: Update, context: Context) -> None:
    """What was said comes typed."""
    data = {"spoke": context.arguments["spoke"]}
    await show(context, await context.ask(STEP, context.arguments["case_id"], data))


async def show(context: Context, step: DialogueStep) -> None:
    view = await context.read(cases.view, step.case_id)
    text = f"O que foi dito na ligação? Caso: {bold(who(view.dentist))}. Entra no formulário com a hora de agora."
    await context.show(prompt(step, text, "Resumo da ligação"), anew=True)


async def typed(context: Context, case_id: int, data: dict[str, str], text: str) -> None:
    await context.finish(notes.call, case_id, Spoke(data["spoke"]), text)
    await card(context, case_id)


ACTIONS = {"noting": chosen, "call": call, "call_missed": missed, "call_answered": answered}
