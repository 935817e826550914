"""Opening a case: a form is sent, or everything is asked for; what was read and what is doubtful is shown."""

from collections.abc import Mapping
from dataclasses import replace

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import holding
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, abreast, bold, h, short
from bot.services import openings
from messages.form import Form
from messages.identity import mask_cnpj, mask_cpf, show_phone
from messages.people import city_title, may_be_one, title_name
from storage.models import DialogueStep

DOUBTS_SHOWN = 12
ASK = {
    "protocol": "Qual o nº do protocolo (SAD e 12 algarismos)?",
    "dentist_name": "Qual o nome do dentista?",
    "cro": "Qual o CRO, com a UF? Por exemplo 90485/BA",
    "phone": "Qual o WhatsApp do dentista, com DDD?",
    "treatment": "Como tratamos: Dra. ou Dr.?",
    "called": "Por qual nome o dentista é chamado? “Pular” usa o primeiro nome.",
}


FIELDS = {  # what may be corrected, as it is named
    "protocol": "Protocolo",
    "dentist_name": "Nome",
    "cro": "CRO",
    "phone": "WhatsApp",
    "treatment": "Tratamento",
    "called": "Chamado de",
}
ALL_AT_ONCE = "Pode mandar tudo de uma vez: protocolo, nome, CRO/UF e telefone."


async def command(update: Update, context: Context) -> None:
    """/novo, with what is known of the case or without."""
    await context.leave()
    await context.act(openings.begin_without_form, " ".join(context.args or []))
    await show(context)


async def new(update: Update, context: Context) -> None:
    """The button for the same."""
    await context.act(openings.begin_without_form, context.arguments.get("line", ""))
    await show(context, anew=True)


async def came(context: Context, text: str) -> None:
    """A form's text, whatever file it was in."""
    await context.act(openings.begin, text)
    await show(context)


async def show(context: Context, *, anew: bool = False) -> None:
    """What was read, what is doubtful, and the next question, if one is left."""
    opening = await context.read(openings.current)
    if opening is None:
        await context.show(Screen("Não há abertura de caso em andamento. Envie o formulário para começar."))
        return
    await context.show(replace(_screen(opening), step=opening.key), anew=anew)


async def show_next(context: Context) -> None:
    """The form whose turn it is now, below the one that is done."""
    if await context.read(openings.current) is not None:
        await show(context, anew=True)


def _screen(opening: openings.Opening) -> Screen:
    title = "📥 <b>Formulário lido</b>" if opening.sent else "➕ <b>Caso novo</b>"
    lines = [title, "", *_summary(opening.form, opening.answers)]
    if opening.known:
        lines.append(_on_record(opening.known, opening.form.dentist_name or opening.known))
    if opening.doubts:
        lines += ["", "<b>A conferir</b>", *(f"• {h(d.text)}" for d in opening.doubts[:DOUBTS_SHOWN])]
        if len(opening.doubts) > DOUBTS_SHOWN:
            lines.append(f"• e mais {len(opening.doubts) - DOUBTS_SHOWN}; todas ficam no caso.")
    if opening.waiting:
        lines += ["", f"📥 Na fila, depois deste: {h(short(', '.join(opening.waiting), 200))}"]
    cancel = Button("Cancelar", "opening_cancel")
    if opening.asking is None:
        correct = Button("✏️ Corrigir", "opening_fields")
        return Screen("\n".join(lines), ((Button("✅ Abrir caso", "opening_confirm"),), (correct, cancel)))
    lines += ["", *(f"⚠️ {h(problem)}" for problem in opening.problems), bold(ASK[opening.asking])]
    if opening.asking == "protocol" and not opening.answers:
        lines.append(ALL_AT_ONCE)
    return Screen("\n".join(lines), (*_answers(opening), (cancel,)))


def _on_record(known: str, name: str) -> str:
    if may_be_one(known, name):
        return f"Este CRO já está cadastrado: {bold(title_name(known))}"
    return (
        f"⚠️ Este CRO já está cadastrado com outro nome: {bold(title_name(known))}. O caso abre nesse cadastro; se não "
        "for a mesma pessoa, corrija o CRO antes."
    )


def _answers(opening: openings.Opening) -> tuple[tuple[Button, ...], ...]:
    def answer(label: str, text: str) -> Button:
        return Button(label, "opening_answer", {"question": opening.asking, "text": text})

    if opening.asking in openings.NEEDED:
        return ()
    skip = answer("Pular", "")
    if opening.asking == "treatment":
        return ((answer("Dra.", "Dra."), answer("Dr.", "Dr."), skip),)
    if opening.asking == "phone" and opening.form.phone:
        return ((answer(f"Usar {show_phone(opening.form.phone)}", opening.form.phone), skip),)
    return ((skip,),)


def _summary(form: Form, answers: Mapping[str, str]) -> list[str]:
    phone = answers.get("phone")
    facts = (
        ("Protocolo", form.protocol),
        ("Aberto em", form.protocol_opened_on and f"{form.protocol_opened_on:%d/%m/%Y}"),
        ("Dentista", form.dentist_name and title_name(form.dentist_name)),
        ("Tratamento", answers.get("treatment")),
        ("Chamado de", answers.get("called")),
        ("WhatsApp", show_phone(phone) if phone else None),
        ("CRO", f"{form.cro}/{form.cro_uf}" if form.cro else None),
        ("CPF", mask_cpf(form.cpf) if form.cpf else None),
        ("CNPJ", mask_cnpj(form.cnpj) if form.cnpj else None),
        ("Cidade", f"{city_title(form.city)}/{form.uf}" if form.city else None),
        ("Operadora", form.operator and title_name(form.operator)),
        ("Contatos já registrados", len(form.contacts) or None),
    )
    return [f"{name}: {bold(value)}" for name, value in facts if value]


async def answered(update: Update, context: Context) -> None:
    """A tapped answer."""
    await context.act(openings.reply, context.arguments["question"], context.arguments["text"])
    await show(context)


async def asks_for_protocol(context: Context) -> bool:
    """Whether a protocol that is typed now is the new case's, not one to be looked up."""
    opening = await context.read(openings.current)
    return opening is not None and opening.asking == "protocol"


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    """A typed answer to what is being asked."""
    await context.act(openings.write, text)
    await show(context)


async def fields(update: Update, context: Context) -> None:
    """What may be corrected."""
    opening = await context.read(openings.current)
    if opening is None:
        await show(context)
        return
    buttons = [Button(name, "opening_correct", {"question": field}) for field, name in FIELDS.items()]
    rows = (*abreast(buttons), (Button("Voltar", "opening_back"),))
    await context.show(Screen("O que corrigir?", rows, step=opening.key))


async def corrected(update: Update, context: Context) -> None:
    await context.act(openings.correct, context.arguments["question"])
    await show(context)


async def back(update: Update, context: Context) -> None:
    await show(context)


async def confirmed(update: Update, context: Context) -> None:
    case = await context.act(openings.confirm, context.op.zone)
    await context.toast("Caso aberto.")
    assert case.id is not None
    await card(context, case.id)
    await show_next(context)


async def cancelled(update: Update, context: Context) -> None:
    await context.act(openings.cancel)
    await context.show(Screen("Abertura cancelada. Nada foi registrado.", ((HOME,),)))
    await show_next(context)


DIALOGUES = {
    openings.STEP: holding(
        "Há um caso por abrir: responda à pergunta da tela, ou toque em “Pular”; no fim, “Abrir caso” o abre.",
        show,
        cancelled,
        typed,
    )
}
ACTIONS = {
    "opening_new": new,
    "opening_answer": answered,
    "opening_fields": fields,
    "opening_correct": corrected,
    "opening_back": back,
    "opening_confirm": confirmed,
    "opening_cancel": cancelled,
}
