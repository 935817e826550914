"""/nota, “Anotar”, “Ligação” and “Orientação”: whose case it is stands on the screen before anything is kept."""

from copy import copy
from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, holding, question
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, h, quote, short
from bot.handlers.texts import heading, said, spoken, when, who
from bot.services import notes, noting, taps
from bot.services.noting import Noting
from bot.services.operation import Operation
from messages.notes import AnsweredBy, What
from storage.models import Contact, DialogueStep

TEXT_SHOWN = 1000
SOURCES_SHOWN = 4
ASK = {
    "case": "De qual caso é? Toque nele, ou digite o nº do protocolo, ou o fim dele, ou o nome do dentista.",
    "at": "📞 Quando foi a ligação? Escreva, por exemplo, “10h20”, “ontem às 16h30” ou “19/01 às 9h”.",
    "source": "📌 De quem veio a orientação? Escreva o nome.",
}
WRITE = "Escreva a anotação, ou toque no que é. Ela entra no formulário; o dentista não a vê."
WHAT = "O que é? Entra no formulário; o dentista não vê."
SAID = {
    What.CALL: "📞 O que foi dito na ligação? Escreva.",
    What.GUIDANCE: "📌 Qual foi a orientação? Escreva.",
}


async def command(update: Update, context: Context) -> None:
    """/nota, with the words or without: of the screen that was replied to, or of the card just above."""
    message = update.effective_message
    assert message is not None and message.text is not None
    _, *text = message.text.split(maxsplit=1)
    replied_to = message.reply_to_message.message_id if message.reply_to_message is not None else None
    here = context.topic_case if replied_to is None else None
    case_id = here if here is not None else await context.read(noting.case_meant, replied_to)
    await context.begin(noting.begin, "".join(text), case_id)
    await show(context)


async def continued(context: Context, text: str) -> bool:
    """Telegram cuts a long note in pieces: what comes below the one that was just kept is for the same case, by a tap.
    False where there is none."""
    case_id = await context.read(noting.case_noted)
    if case_id is None:
        return False
    await context.begin(noting.begin, text, case_id)
    await show(context)
    return True


async def asked(update: Update, context: Context) -> None:
    """“Anotar” on a case's card."""
    await _begin(context, None)


async def call_asked(update: Update, context: Context) -> None:
    await _begin(context, What.CALL)


async def guidance_asked(update: Update, context: Context) -> None:
    await _begin(context, What.GUIDANCE)


async def _begin(context: Context, what: What | None) -> None:
    await context.begin(noting.begin, "", context.arguments["case_id"], what)
    await show(context, anew=True)


async def show(context: Context, *, anew: bool = False) -> None:
    screen = _screen(await context.read(noting.current), context.op, await context.rt.now())
    await context.show(screen, anew=anew)


async def prompt(context: Context, step: DialogueStep) -> None:
    """The dialogue while nothing has been typed."""
    await show(context, anew=True)


def _screen(view: Noting, op: Operation, now: datetime) -> Screen:
    lines = [f"🗒 Caso: {heading(view.case, view.dentist)}" if view.case and view.dentist else "🗒 Nova anotação"]
    if view.text:
        lines.append(quote(short(view.text, TEXT_SHOWN)))
    lines.append(h(_asked(view, op, now)))
    leave = [Button("Cancelar", "note_cancel")]
    if view.case is not None:
        leave.insert(0, Button("Outro caso", "note_other"))
    case_id = view.case.id if view.case is not None else None
    binding = Binding(f"prompt:{view.key}", "prompt", case_id)
    return Screen("\n".join(lines), (*_choices(view), tuple(leave)), binding, step=view.key)


def _asked(view: Noting, op: Operation, now: datetime) -> str:
    if view.asking == "what":
        return WHAT if view.text else WRITE
    if view.asking == "answered_by":
        return f"📞 Ligação {f'de {when(view.at, now, op)}' if view.at else 'de agora há pouco'}. Quem atendeu?"
    return SAID[view.what] if view.asking == "text" and view.what in SAID else ASK.get(view.asking, WRITE)


def _choices(view: Noting) -> tuple[tuple[Button, ...], ...]:
    def choice(label: str, value: object) -> Button:
        return Button(label, "note_answer", {"question": view.asking, "value": str(value)})

    match view.asking:
        case "case":
            return tuple((choice(f"{short(who(d), 40)} · {c.protocol[-4:]}", c.id),) for c, d in view.choices)
        case "what":
            plain = ((choice("🗒 Anotação", What.NOTE),),) if view.text else ()
            return (*plain, (choice("📞 Ligação", What.CALL), choice("📌 Orientação recebida", What.GUIDANCE)))
        case "answered_by":
            dentist = spoken(view.dentist) if view.dentist else "o dentista"
            earlier = () if view.at else ((Button("🕐 Foi em outra hora", "note_earlier"),),)
            return (
                (choice(f"Atendeu {dentist}", AnsweredBy.DENTIST),),
                (choice("Atendeu a secretária", AnsweredBy.SECRETARY), choice("Outra pessoa", AnsweredBy.OTHER)),
                (choice("Não atendeu", AnsweredBy.NOBODY), choice("Caixa postal", AnsweredBy.VOICEMAIL)),
                *earlier,
            )
    return tuple((choice(short(name, 40), name),) for name in view.sources[:SOURCES_SHOWN])


async def answered(update: Update, context: Context) -> None:
    arguments = context.arguments
    await _went_on(context, await context.act(noting.answer, arguments["question"], arguments["value"], context.op))


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    await _went_on(context, await context.act(noting.write, text, context.prompted, context.op))


async def asks_for_case(context: Context) -> bool:
    """Whether a protocol that is typed now is the note's case, not one to be looked up."""
    step = await context.read(taps.step_of)
    return step is not None and step.name in (noting.STEP, noting.HELD) and step.case_id is None


async def _went_on(context: Context, kept: Contact | None) -> None:
    if kept is None:
        await show(context)
    else:
        await noted(context, kept)


async def noted(context: Context, kept: Contact) -> None:
    """What was kept, or withdrawn since, as it stands."""
    view = await context.read(notes.view, kept.id, context.op)
    await context.show(noted_screen(view, context.op, await context.rt.now()))


def noted_screen(view: notes.Noted, op: Operation, now: datetime) -> Screen:
    contact, shown = view.contact, copy(view.contact)
    shown.text = short(contact.text, TEXT_SHOWN)
    head = "✅ <b>Registrado</b>"
    if contact.withdrawn_at is not None:
        head = "↩️ <b>Desfeito</b>: não sai no formulário; fica só no registro da auditoria."
    card = Button("Abrir caso", "case", {"case_id": view.case.id})
    arguments = {"contact_id": contact.id, "case_id": view.case.id}
    undo = (Button("↩️ Desfazer", "note_withdraw", arguments),) if view.withdrawable else ()
    binding = Binding(f"noted:{contact.id}", "noted", view.case.id, contact.id)
    lines = [head, f"Caso: {heading(view.case, view.dentist)}", said(shown, op, now)]
    return Screen("\n".join(lines), ((card, *undo),), binding)


async def other_case(update: Update, context: Context) -> None:
    await context.act(noting.other_case)
    await show(context)


async def earlier(update: Update, context: Context) -> None:
    await context.act(noting.other_time)
    await show(context)


async def withdrawn(update: Update, context: Context) -> None:
    await noted(context, await context.act(notes.withdraw, context.arguments["contact_id"], context.op))


async def cancelled(update: Update, context: Context) -> None:
    await context.act(taps.leave)
    await context.show(Screen("Anotação deixada de lado. Nada foi registrado.", ((HOME,),)))


DIALOGUES = {
    noting.STEP: question(
        "Anotar",
        "Espero a anotação: escreva o que aconteceu, ou toque em uma das opções da tela.",
        prompt,
        typed,
        Takes.WORDS,
    ),
    noting.HELD: holding(
        "Há uma anotação por terminar: toque em uma das opções da tela, ou escreva o que ela pergunta.",
        show,
        cancelled,
        typed,
        Takes.WORDS,
    ),
}
ACTIONS = {
    "note": asked,
    "call": call_asked,
    "guidance": guidance_asked,
    "note_answer": answered,
    "note_other": other_case,
    "note_earlier": earlier,
    "note_withdraw": withdrawn,
    "note_cancel": cancelled,
}
