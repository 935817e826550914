"""“Convite para o Telegram”: a link that brings a case's dentist there, and who has come in by one."""

from datetime import datetime
from urllib.parse import quote as url_quote

from telegram import Update

from bot.handlers import drafting, menu
from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, h, quote
from bot.handlers.texts import heading, when, who_after
from bot.services import cases, codes, invitations
from bot.services.operation import Operation
from storage.models import DentistAddress

ABOUT = (
    "O convite é um link: quem o abre conversa com você pelo Telegram do assistente, e tudo entra neste caso. Vale uma "
    "vez, por 7 dias, e um convite novo cancela o anterior."
)


async def asked(update: Update, context: Context) -> None:
    await show(context, context.arguments["case_id"])


async def show(context: Context, case_id: int) -> None:
    view = await context.read(invitations.view, case_id)
    await context.show(invitation_screen(view, context.op, await context.rt.now()))


def invitation_screen(view: invitations.View, op: Operation, now: datetime) -> Screen:
    """Who is bound, which invitation waits, and what can be done."""
    case_id = {"case_id": view.case.id}
    lines = [f"✈️ <b>Telegram</b> · {heading(view.case, view.dentist)}", ""]
    lines += [_bound(chat, op, now) for chat in view.chats] or ["Ainda não está no Telegram."]
    if view.waiting is not None:
        invitation, by = view.waiting
        until = when(invitation.expires_at, now, op)
        lines.append(f"Há um convite em aberto, de {h(by)}, até {h(until)}. O link dele só apareceu uma vez.")
    rows: list[tuple[Button, ...]] = [
        (Button(f"Desligar {chat.name or 'este Telegram'}", "telegram_off", case_id | {"address_id": chat.id}),)
        for chat in view.chats
    ]
    if view.case.closed_at is None:
        lines += ["", ABOUT]
        rows.append((Button("✍️ Mensagem com o convite", "telegram_draft", case_id),))
        rows.append((Button("🔗 Só o link", "telegram_link", case_id),))
    return Screen("\n".join(lines), (*rows, (Button("Voltar", "case", case_id),)))


def _bound(chat: DentistAddress, op: Operation, now: datetime) -> str:
    since = when(chat.stated_at or chat.created_at, now, op)
    if chat.blocked_at is not None:
        return f"⛔ {bold(chat.name or 'Telegram')} bloqueou a conversa {h(when(chat.blocked_at, now, op))}."
    return f"✓ {bold(chat.name or 'Telegram')}, desde {h(since)}."


def _link(context: Context, code: str) -> str:
    return f"https://t.me/{context.bot.username}?start={code}"


async def linked(update: Update, context: Context) -> None:
    """The link is shown once, with the words around it; of the code only a hash is kept."""
    case_id, code = context.arguments["case_id"], codes.new_code()
    await context.act(invitations.invite, case_id, code)
    link, view = _link(context, code), await context.read(invitations.view, case_id)
    text = await context.read(invitations.text, case_id, link, context.op)
    lines = [
        f"🔗 Convite {who_after('para', view.dentist)}",
        "Toque no link para copiar; quem o abrir fica ligado a este dentista. Não abra você:",
        f"<code>{h(link)}</code>",
        "Ou envie com estas palavras:",
        quote(text),
    ]
    number = view.phone.removeprefix("+") if view.phone and view.phone.startswith("+") else ""
    rows = (
        (Button("Abrir no WhatsApp", url=f"https://wa.me/{number}?text={url_quote(text)}"),),
        (Button("Voltar", "case", {"case_id": case_id}),),
    )
    await context.show(Screen("\n".join(lines), rows), anew=True)


async def drafted(update: Update, context: Context) -> None:
    """A message with the link, to be looked at as any other."""
    code = codes.new_code()
    arguments = (context.arguments["case_id"], code, _link(context, code), context.op)
    await drafting.show(context, await context.act(invitations.draft, *arguments))


async def off_asked(update: Update, context: Context) -> None:
    """What it means, before it is done."""
    arguments = context.arguments
    view = await context.read(invitations.view, arguments["case_id"])
    chat = next((one for one in view.chats if one.id == arguments["address_id"]), None)
    if chat is None:
        await show(context, arguments["case_id"])
        return
    text = (
        f"Desligar {bold(chat.name or 'este Telegram')} {who_after('de', view.dentist)}?\n"
        "Nada mais vai para essa conversa, e o que se escreve nela não chega mais aqui. O que já foi dito fica no caso."
    )
    back = Button("Voltar", "telegram", {"case_id": view.case.id})
    await context.show(Screen(text, ((Button("Desligar agora", "telegram_off_now", arguments),), (back,))))


async def off(update: Update, context: Context) -> None:
    arguments = context.arguments
    view = await context.read(invitations.view, arguments["case_id"])
    chats = [one.address for one in view.chats if one.id == arguments["address_id"]]
    await context.act(invitations.unbind, arguments["case_id"], arguments["address_id"])
    await context.toast("Telegram desligado deste dentista.")
    await card(context, arguments["case_id"])
    for chat in chats:
        await menu.register_dentist(context.bot, int(chat), await context.rt.read(invitations.is_bound, chat))


def blocked_screen(view: cases.View) -> Screen:
    """For whoever has the case: nothing goes to that chat any more."""
    text = (
        f"⛔ {heading(view.case, view.dentist)}\n"
        "O dentista bloqueou a conversa no Telegram. O que você escrever vai por outro meio."
    )
    return Screen(text, ((Button("Abrir caso", "case", {"case_id": view.case.id}),),))


ACTIONS = {
    "telegram": asked,
    "telegram_link": linked,
    "telegram_draft": drafted,
    "telegram_off": off_asked,
    "telegram_off_now": off,
}
