"""Writing to a dentist: choose, preview, edit, approve, take back; or send by hand and say so."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import quote as url_quote

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import question
from bot.handlers.lists import NEXT
from bot.handlers.screen import Binding, Button, Screen, bold, box, h, prompt, quote, short, toggled
from bot.handlers.texts import cost_told, figures_told, heading, size, status_line, way, when, where, who, who_after
from bot.services import byhand, choices, drafts, notices, turning
from bot.services.operation import Operation
from messages.offers import noun
from messages.operation import UNNAMED
from messages.policy import Whole
from messages.statuses import ChannelName, MessageStatus
from messages.templates import Template
from storage.models import DialogueStep, Message

UNNAMED_TOLD = (
    f"⚠️ O nome da operadora não está definido, e o dentista lê “{UNNAMED}”: a supervisão o define em /operacao."
)
LINK_LIMIT = 2000  # characters of a button's link that every Telegram client opens
CLOSINGS = (choices.CLOSING, "agradecimento")  # put by the composer, not ticked


async def choose(update: Update, context: Context) -> None:
    """What to say: whole templates for the API, or blocks to compose."""
    ticked = list(context.arguments.get("ticked", []))
    choice = await context.read(choices.choice_of, context.arguments["case_id"], context.op)
    await context.show(choice_screen(choice, ticked, context.op, await context.rt.now()))


def choice_screen(choice: choices.Choice, ticked: list[str], op: Operation, now: datetime) -> Screen:
    case_id = choice.case.id
    lines = [heading(choice.case, choice.dentist), ""]
    if choice.barred:
        lines.append(f"⛔ {h(choice.barred)}")
        return Screen("\n".join(lines), ((Button("Voltar", "case", {"case_id": case_id}),),))
    if choice.telegram:
        lines.append("O dentista escreveu por último pelo Telegram: o que compuser vai por lá.")
    elif choice.api and choice.window:
        lines.append("A janela de 24 horas está aberta: o que compuser vai pela API do WhatsApp.")
    elif choice.api:
        lines.append(
            "Fora da janela de 24 horas: pela API só vai um modelo inteiro. "
            "O que compuser, você envia pelo seu WhatsApp."
        )
        lines += _not_taken(choice)
    else:
        lines.append("Você compõe aqui e envia pelo seu WhatsApp.")
    if choice.scheduled is not None and choice.scheduled.due_at is not None:
        lines.append(f"🕓 Já há um envio agendado: sai {h(when(choice.scheduled.due_at, now, op))}.")
    rows: list[tuple[Button, ...]] = []
    if choice.api and not choice.window and not choice.telegram:
        rows += [
            (Button(_whole_label(t, choice.at_meta[t.key]), "whole", {"case_id": case_id, "key": t.key}),)
            for t in choice.wholes
        ]
    rows += [
        (
            Button(
                f"{box(t.title, t.key in ticked)}{_offered(choice, t.key, op)}",
                "write",
                {"case_id": case_id, "ticked": toggled(ticked, t.key)},
            ),
        )
        for t in choice.offers
        if t.key not in CLOSINGS
    ]
    if ticked:
        rows.append((Button("👁 Ver a mensagem", "compose", {"case_id": case_id, "keys": ticked}),))
    if (choice.telegram or (choice.api and choice.window)) and choice.answers:
        rows.append((Button("💬 Resposta rápida", "quick", {"case_id": case_id}),))
    rows.append((Button("📎 Arquivo", "attach", {"case_id": case_id}), Button("Voltar", "case", {"case_id": case_id})))
    return Screen("\n".join(lines), tuple(rows))


def _whole_label(template: Template, at_meta: Whole) -> str:
    return f"📨 {template.title}" if at_meta.problem is None else f"{template.title}: pelo seu WhatsApp"


def _not_taken(choice: choices.Choice) -> list[str]:
    """Why whole texts go by hand, each reason once."""
    reasons = dict.fromkeys(choice.at_meta[t.key].problem for t in choice.wholes)
    return [f"⚠️ {h(reason)}" for reason in reasons if reason]


def _offered(choice: choices.Choice, key: str, op: Operation) -> str:
    at = choice.offered.get(key)
    return f" · já ofertado em {op.local(at):%d/%m}" if at else ""


async def composed(update: Update, context: Context) -> None:
    message = await context.act(
        drafts.compose_draft, context.arguments["case_id"], context.arguments["keys"], context.op
    )
    await show(context, message)


async def whole(update: Update, context: Context) -> None:
    message = await context.act(drafts.whole_draft, context.arguments["case_id"], context.arguments["key"], context.op)
    await show(context, message)


async def opened(update: Update, context: Context) -> None:
    """A draft by hand is before somebody again, with its link."""
    message_id = context.arguments["message_id"]
    await context.rt.write(byhand.opened, context.analyst, message_id)
    await show_draft(context, message_id)


async def kept(update: Update, context: Context) -> None:
    """The draft stays as it is: it stands in the case, and in the list of drafts."""
    view = await context.read(drafts.view, context.arguments["message_id"], context.op)
    await context.toast("Guardado: está no caso e em “Rascunhos”, no Início.")
    await card(context, view.message.case_id)


async def show(context: Context, message: Message, *, anew: bool = False) -> None:
    assert message.id is not None
    await show_draft(context, message.id, anew=anew)


async def show_draft(context: Context, message_id: int, *, anew: bool = False) -> None:
    """A message as it stands: preview, on its way, or what became of it."""
    view = await context.read(drafts.view, message_id, context.op)
    await context.show(message_screen(view, context.op, await context.rt.now()), anew=anew)


def message_screen(view: drafts.View, op: Operation, now: datetime) -> Screen:
    message = view.message
    to = f"Para {bold(who(view.dentist))} · {h(where(message, in_full=view.own))}"
    lines = [to, *([f"📎 {h(view.file.filename)} ({size(view.file.size)})"] if view.file else [])]
    lines += [quote(message.text)] if message.text else []
    if message.status is MessageStatus.DRAFT:
        lines.append(h(way(message, outside=not view.window)))
        cost = cost_told(view.whole, view.submitted_as)
        lines += [h(cost)] if cost else []
        lines += [f"⚠️ {h(view.not_api)}"] if view.not_api else []
        lines += [h(_instead_told(view))] if view.instead is not None else []
        if view.file is not None and message.channel is ChannelName.MANUAL:
            lines.append("O link leva só o texto: anexe o arquivo você, no WhatsApp.")
        if message.channel is ChannelName.MANUAL and _link(message) is None:
            lines.append("Sem telefone cadastrado: copie o texto e envie como preferir.")
        lines += [UNNAMED_TOLD] if view.unnamed else []
        lines += figures_told(view.figures)
        lines += [f"⛔ {h(short(view.barred, 150))}"] if view.barred else []
    lines.append(h(status_line(message, op, now)))
    binding = Binding(f"message:{message.id}", "message", message.case_id, message.id)
    return Screen("\n".join(lines), _message_rows(view), binding)


def _message_rows(view: drafts.View) -> tuple[tuple[Button, ...], ...]:
    rows = _own_rows(view)
    if view.instead is None:
        return rows
    arguments = {"message_id": view.message.id, "key": view.instead.key}
    return ((Button(f"📨 {view.instead.short_title}", "as_template", arguments),), *rows)


def _instead_told(view: drafts.View) -> str:
    assert view.instead is not None
    return f"Fora da janela de 24 h: pela API vai só um modelo. O que serve aqui é “{view.instead.short_title}”."


def _own_rows(view: drafts.View) -> tuple[tuple[Button, ...], ...]:
    message, arguments = view.message, {"message_id": view.message.id}
    exact = arguments | {"version": message.version}
    to_case = Button("Abrir caso", "case", {"case_id": message.case_id})
    match message.status:
        case MessageStatus.DRAFT if view.barred:
            drop = Button("🗑 Descartar", "discard", arguments)
            return (*_other_ways(view), *_sent_already(message), (drop, to_case))
        case MessageStatus.DISCARDED:
            return (*_sent_already(message), (to_case,))
        case MessageStatus.DRAFT if message.channel is ChannelName.MANUAL:
            link = _link(message)
            opening = ((Button("Abrir no WhatsApp", url=link),),) if link else ()
            hand = (Button("✅ Enviei", "handed", exact), Button("Não enviei", "not_sent", arguments))
            drop = Button("🗑 Descartar", "discard", arguments)
            return (*opening, hand, *_other_ways(view), (Button("✏️ Editar", "edit", arguments), drop), (to_case,))
        case MessageStatus.DRAFT:
            edit = () if message.template_name else (Button("✏️ Editar", "edit", arguments),)
            answers = bool(message.blocks) and not message.offers and not message.template_name
            return (
                (Button("✅ Enviar" if answers else "✅ Aprovar e enviar", "approve", exact),),
                (Button("🕓 Agendar envio", "send_later", exact), Button("Guardar rascunho", "keep", arguments)),
                *_other_ways(view),
                (*edit, Button("🗑 Descartar", "discard", arguments)),
            )
        case MessageStatus.QUEUED if message.put_off:
            moment = (Button("▶️ Enviar agora", "send_now", exact), Button("🕓 Mudar horário", "send_later", exact))
            return (moment, (Button("↩️ Desfazer", "undo", arguments), to_case), (NEXT,))
        case MessageStatus.QUEUED:
            return ((Button("↩️ Desfazer", "undo", arguments), NEXT),)
        case MessageStatus.UNKNOWN:
            settled = (Button("Chegou", "arrived", arguments), Button("Não chegou", "lost", arguments))
            return (settled, (Button("Enviar de novo", "again", arguments), to_case))
        case MessageStatus.FAILED:
            drop = Button("🗑 Descartar", "discard", arguments)
            return ((Button("Enviar de novo", "again", arguments), drop), (to_case,))
        case _:
            return ((to_case, NEXT),)


def _other_ways(view: drafts.View) -> tuple[tuple[Button, ...], ...]:
    """By which channel it may go instead."""
    arguments = {"message_id": view.message.id}
    if view.message.channel is ChannelName.TELEGRAM:
        return ((Button("Enviar pelo WhatsApp", "by_whatsapp", arguments),),) if view.by_hand or not view.barred else ()
    ways = [Button("✈️ Enviar pelo Telegram", "by_telegram", arguments)] if view.by_telegram else []
    if view.by_hand and view.message.channel is ChannelName.WHATSAPP:
        ways.append(Button("Enviar pelo meu WhatsApp", "by_hand", arguments))
    return tuple((button,) for button in ways)


def _sent_already(message: Message) -> tuple[tuple[Button, ...], ...]:
    """Sent by hand before it was barred, or before the case was closed: then it belongs into the record."""
    if message.channel is not ChannelName.MANUAL:
        return ()
    return ((Button("✅ Já enviei", "handed", {"message_id": message.id, "version": message.version}),),)


def _link(message: Message) -> str | None:
    """A wa.me link with the text in it; where that grows too long, without it."""
    if not message.address or not message.address.startswith("+"):
        return None
    link = f"https://wa.me/{message.address.removeprefix('+')}"
    full = f"{link}?text={url_quote(message.text)}"
    return full if len(full) <= LINK_LIMIT else link


async def approved(update: Update, context: Context) -> None:
    message = await context.act(
        drafts.approve, context.arguments["message_id"], context.arguments["version"], context.op
    )
    await show(context, message)


async def as_template(update: Update, context: Context) -> None:
    """The template that fits, instead of what WhatsApp takes no more."""
    arguments = context.arguments
    message = await context.act(drafts.as_template, arguments["message_id"], arguments["key"], context.op)
    await show(context, message)


async def undone(update: Update, context: Context) -> None:
    await context.act(drafts.undo, context.arguments["message_id"])
    await context.toast("Desfeito: nada foi enviado.")
    await show_draft(context, context.arguments["message_id"])


async def discarded(update: Update, context: Context) -> None:
    message = await context.act(drafts.discard, context.arguments["message_id"])
    await context.toast("Descartada.")
    await card(context, message.case_id)


async def turned_to_hand(update: Update, context: Context) -> None:
    """What the API does not take now: by the analyst's own WhatsApp."""
    await show(context, await context.act(turning.by_hand, context.arguments["message_id"]))


async def turned_to_telegram(update: Update, context: Context) -> None:
    await show(context, await context.act(turning.by_telegram, context.arguments["message_id"]))


async def turned_to_whatsapp(update: Update, context: Context) -> None:
    await show(context, await context.act(turning.by_whatsapp, context.arguments["message_id"], context.op))


async def handed(update: Update, context: Context) -> None:
    message = await context.act(drafts.hand_over, context.arguments["message_id"], context.arguments["version"])
    await context.toast("Registrada como contato.")
    await show(context, message)


async def not_sent(update: Update, context: Context) -> None:
    message = await context.act(byhand.not_sent, context.arguments["message_id"])
    await context.toast("Nada foi registrado; o rascunho continua guardado.")
    await card(context, message.case_id)


async def arrived(update: Update, context: Context) -> None:
    await show(context, await context.act(drafts.settle, context.arguments["message_id"], arrived=True))


async def lost(update: Update, context: Context) -> None:
    await show(context, await context.act(drafts.settle, context.arguments["message_id"], arrived=False))


async def again(update: Update, context: Context) -> None:
    message = await context.act(drafts.again, context.arguments["message_id"], context.op)
    await show(context, message, anew=True)


async def edit_asked(update: Update, context: Context) -> None:
    """The next text replaces the draft's."""
    message_id = context.arguments["message_id"]
    view = await context.read(drafts.view, message_id, context.op)
    await edit_prompt(context, await context.ask("edit", view.case.id, {"message_id": message_id}))


async def edit_prompt(context: Context, step: DialogueStep) -> None:
    view = await context.read(drafts.view, step.data["message_id"], context.op)
    asking = f"Envie o novo texto da mensagem {who_after('para', view.dentist)}. O texto atual, para copiar:"
    text = f"{asking}\n<pre>{h(view.message.text)}</pre>"
    await context.show(prompt(step, text), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    await edited(context, step.data["message_id"], text)


async def edited(context: Context, message_id: int, text: str) -> None:
    """A draft's new text: by the step, or as a Telegram reply to its preview."""
    before = await context.read(drafts.view, message_id, context.op)
    message = await context.finish(drafts.edit, message_id, text, context.op)
    view = await context.read(drafts.view, message_id, context.op)
    screen = message_screen(view, context.op, await context.rt.now())
    if lost := _unsaid(before.message, message, context.op):
        screen = replace(screen, text="\n".join([screen.text, "", *(f"⚠️ Saiu do texto: {h(what)}." for what in lost)]))
    await context.show(screen)


def _unsaid(before: Message, after: Message, op: Operation) -> list[str]:
    """What an edit took out, and what that means for the record."""
    offers = [f"{noun(offer)} (não conta mais como oferta)" for offer in before.offers if offer not in after.offers]
    gone = [op.library[key] for key in before.blocks if key not in after.blocks and key in op.library]
    told = [f"{t.title} (não entra mais no formulário)" for t in gone if t.records and not t.offers]
    return list(dict.fromkeys([*offers, *told]))


DIALOGUES = {
    "edit": question(
        "Editar",
        "Espero o novo texto da mensagem: escreva-o inteiro, como o dentista vai ler.",
        edit_prompt,
        typed,
    )
}
ACTIONS = {
    "write": choose,
    notices.OF_REPLY_CARD: choose,
    "compose": composed,
    "whole": whole,
    "draft": opened,
    "keep": kept,
    "not_sent": not_sent,
    "approve": approved,
    "undo": undone,
    "discard": discarded,
    "by_hand": turned_to_hand,
    "as_template": as_template,
    "by_telegram": turned_to_telegram,
    "by_whatsapp": turned_to_whatsapp,
    "handed": handed,
    "arrived": arrived,
    "lost": lost,
    "again": again,
    "edit": edit_asked,
}
