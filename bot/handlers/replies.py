"""The dentist's replies: a card a burst, answered by replying to it; and what waits in quarantine."""

from collections.abc import Sequence
from datetime import datetime

from telegram import Update

from bot.handlers import received
from bot.handlers.answering import who_answered
from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.drafting import show
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, h, shares
from bot.handlers.suggesting import suggested, suggested_rows
from bot.handlers.texts import OTHER_CASE, heading, off_work, phone, spoken_to, told, when, who
from bot.services import drafts, notices, quarantine, replies
from bot.services.operation import Operation
from bot.services.threads import Around
from messages.statuses import ChannelName
from storage.models import AuditEntry, Contact

CLOSED = (
    "Este caso está encerrado. A mensagem ficou registrada como depois do encerramento, e o formulário não muda. Para "
    "responder, reabra."
)
SET_ASIDE = (
    "🗂 <b>Deixada de fora</b>: não é de nenhum caso. Fica no registro; se a mesma pessoa escrever de novo, eu pergunto "
    "outra vez."
)
ROOM = 3000  # characters of a screen that the dentist's words may take


def reply_screen(view: replies.ReplyView, op: Operation, now: datetime, *, onward: bool = False) -> Screen:
    """What the dentist wrote, what it seems to mean, and what to do about it. ``onward``: it is shown by “Próximo”."""
    case = view.case
    lines = [f"💬 {heading(case, view.dentist)}", ""]
    lines += _said(view.burst, view.around, view.earlier, "abra o caso", op, now)
    lines += received.lost(view.files)
    lines += suggested(view.suggestion, op, now)
    if view.whose and not case.closed_at:
        lines += ["", "Quem respondeu? O desligamento depende da palavra do próprio dentista."]
    if view.follow_up is not None:
        kept = bool(view.burst) and view.follow_up.created_at < view.burst[0].recorded_at
        due_at = view.follow_up.due_at
        due = h(when(due_at, now, op) + off_work(due_at, case.uf, op))
        lines += ["", f"⏰ Retorno {due} {'mantido' if kept else 'marcado'}"]
    if case.closed_at:
        lines += ["", CLOSED]
        rows: tuple[tuple[Button, ...], ...] = ((Button("Reabrir", "reopen", {"case_id": case.id}),),)
    else:
        lines += ["", _way_to_answer(view)]
        rows = (*suggested_rows(view, op, now, onward=onward), *_rows(view))
    first = view.burst[0].id if view.burst else None
    if view.files:
        rows = ((received.of_burst(case.id, first, len(view.files)),), *rows)
    return Screen("\n".join(lines), rows, Binding(f"reply:{case.id}:{first}", "reply", case.id, first))


def _way_to_answer(view: replies.ReplyView) -> str:
    if view.barred is not None:
        return f"⛔ {h(view.barred)}"
    by = " pelo Telegram" if view.telegram else ""
    return f"Responda a esta mensagem para escrever {h(spoken_to(view.dentist))}{by}."


def _said(burst: Sequence[Contact], around: Around, earlier: int, see: str, op: Operation, now: datetime) -> list[str]:
    """Messages of one burst, a line each; together they fit into a screen, and what does not is told."""
    more = [f"… e mais {earlier} mensage{'m' if earlier == 1 else 'ns'} antes, {see}"] if earlier else []
    texts = shares([told(c, around) for c in burst], ROOM)
    spoken = zip(burst, texts, strict=True)
    return more + [f"<i>{h(when(c.occurred_at, now, op))}</i>  {h(text)}" for c, text in spoken]


def _rows(view: replies.ReplyView) -> tuple[tuple[Button, ...], ...]:
    case_id = {"case_id": view.case.id}
    rows: list[tuple[Button, ...]] = [(Button("⏰ Agendar retorno", "schedule", case_id),)]
    if view.barred is None:
        offer = Button("✍️ Oferecer", notices.OF_REPLY_CARD, case_id)
        rows.insert(0, (offer, Button("💬 Resposta rápida", "quick", case_id)))
    if view.whose:
        rows.append(tuple(who_answered(case_id, view.whose, {"reply_id": view.burst[0].id})))
    if view.follow_up is not None:
        follow_up = {"follow_up_id": view.follow_up.id}
        rows.append((Button("Mover retorno", "move", follow_up), Button("Concluir retorno", "done", follow_up)))
    rows.append((Button("Abrir caso", "case", case_id),))
    return tuple(rows)


async def answered(context: Context, case_id: int, text: str) -> None:
    """A Telegram reply to a dentist's card goes to that dentist, with undo and no further confirmation."""
    message = await context.act(drafts.answer, case_id, text, None, context.op)
    await show(context, message)


def quarantine_screen(view: quarantine.Quarantined, op: Operation, now: datetime) -> Screen:
    """“De quem é?”: never guessed."""
    contact = view.contact
    name = f" ({h(contact.author)})" if contact.author else ""
    sender = "um Telegram" if contact.channel is ChannelName.TELEGRAM else phone(contact.address)
    lines = [f"❓ <b>Mensagem de {h(sender)}</b>{name}", ""]
    shown = view.waiting[-replies.SHOWN :]
    lines += _said(shown, view.around, len(view.waiting) - len(shown), "arquive para ver", op, now)
    private = contact.analyst_id is not None
    asking = (
        "De quem é? A conversa está na sua conta do Telegram: se não for de dentista, toque abaixo, e eu a esqueço."
        if private
        else "De quem é? A mensagem fica guardada até você dizer."
    )
    lines += ["", asking, OTHER_CASE]
    rows = tuple(
        (Button(f"{who(d)} · {c.protocol[-4:]}", "file", {"contact_id": contact.id, "case_id": c.id}),)
        for c, d in view.candidates
    )
    none = ("Não é dentista", "not_dentist") if private else ("🗂 Não é de nenhum caso", "set_aside")
    if private or view.may_set_aside:
        rows = (*rows, (Button(*none, {"contact_id": contact.id}),))
    key = f"quarantine:{contact.address}:{contact.id}"
    return Screen("\n".join(lines), rows, Binding(key, "quarantine", None, contact.id))


async def asked(update: Update, context: Context) -> None:
    """For supervisors: whose message waits longest."""
    contact = await context.read(quarantine.unfiled)
    assert contact.id is not None
    await _ask(context, contact.id, anew=True)


async def _ask(context: Context, contact_id: int, *, anew: bool = False) -> None:
    view = await context.read(quarantine.quarantined, contact_id)
    await context.show(quarantine_screen(view, context.op, await context.rt.now()), anew=anew)


async def set_aside(update: Update, context: Context) -> None:
    await put(context, await context.act(quarantine.set_aside, context.arguments["contact_id"]))


async def asked_again(update: Update, context: Context) -> None:
    await put(context, await context.act(quarantine.ask_again, context.arguments["contact_id"]))


async def put(context: Context, entry: AuditEntry) -> None:
    """What became of messages that are of no case, as it was recorded."""
    contact_id = entry.detail["contacts"][0]
    if entry.action == quarantine.ASKED_AGAIN:
        await _ask(context, contact_id)
        return
    undo = Button("↩️ Desfazer", "ask_again", {"contact_id": contact_id})
    await context.show(Screen(SET_ASIDE, ((undo, HOME),)))


async def filed(update: Update, context: Context) -> None:
    case = await context.act(quarantine.file_by_hand, context.arguments["contact_id"], context.arguments["case_id"])
    await context.toast("Arquivada no caso.")
    assert case.id is not None
    await card(context, case.id)


async def named(context: Context, contact_id: int, text: str) -> None:
    """A Telegram reply to “De quem é?” names the case."""
    case = await context.act(quarantine.file_by_name, contact_id, text)
    assert case.id is not None
    await card(context, case.id)


ACTIONS = {"unfiled": asked, "file": filed, "set_aside": set_aside, "ask_again": asked_again}
