"""Follow-ups in the chat: scheduled by a tap or by words, told when due, moved, ticked off."""

from datetime import datetime

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, question
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, column, h, short
from bot.handlers.texts import heading, when, who, who_after
from bot.services import cases, followups, noting
from bot.services.operation import Operation
from messages.cadence import LOST
from messages.dates import read_plan
from messages.errors import NotFound
from messages.statuses import FollowUpKind
from storage.models import DialogueStep, FollowUp

ALONE = "⚠️ Último aviso: não há mais ninguém na supervisão para avisar. Ele continua com você, em “Retornos sem ação”."
WHOSE = "⏰ Retorno de qual caso? Toque nele, ou abra o caso e mande /retorno de novo."


async def command(update: Update, context: Context) -> None:
    """/retorno, with the day and what it is for or without: of the screen that was replied to, or of the card just
    above; else whose it is is asked."""
    message = update.effective_message
    assert message is not None and message.text is not None
    _, *words = message.text.split(maxsplit=1)
    replied_to = message.reply_to_message.message_id if message.reply_to_message is not None else None
    case_id = await context.read(noting.case_meant, replied_to)
    if case_id is not None:
        await _of_case(context, case_id, "".join(words))
        return
    recent = await context.read(cases.recent)
    if not recent:
        raise NotFound("Você não tem casos abertos: abra um com /novo.")
    rows = column(
        *(
            Button(
                f"{short(who(d), 40)} · {c.protocol[-4:]}", "schedule_for", {"case_id": c.id, "words": "".join(words)}
            )
            for c, d in recent
        ),
        HOME,
    )
    await context.show(Screen(WHOSE, rows))


async def named(update: Update, context: Context) -> None:
    """Whose it is, of those that were offered."""
    await _of_case(context, context.arguments["case_id"], context.arguments["words"])


async def _of_case(context: Context, case_id: int, words: str) -> None:
    if words:
        await _told(context, case_id, None, words)
    else:
        await show_choices(context, await context.ask("schedule", case_id))


async def asked(update: Update, context: Context) -> None:
    """When to come back: sensible choices, or words."""
    await show_choices(context, await context.ask("schedule", context.arguments["case_id"]))


async def move_asked(update: Update, context: Context) -> None:
    """To when: the same choices as for a new one."""
    follow_up_id = context.arguments["follow_up_id"]
    view = await context.read(followups.view, follow_up_id)
    await show_choices(context, await context.ask("schedule", view.case.id, {"follow_up_id": follow_up_id}))


async def show_choices(context: Context, step: DialogueStep) -> None:
    """Of a new follow-up, or of one to be moved."""
    view = await context.read(cases.view, step.case_id)
    follow_up_id = step.data.get("follow_up_id")
    if follow_up_id is None:
        asking = f"Retorno {who_after('para', view.dentist)}"
        action, arguments = "at", {"case_id": view.case.id}
    else:
        asking = f"Adiar o retorno {who_after('de', view.dentist)}"
        action, arguments = "moved", {"follow_up_id": follow_up_id}
    now = await context.rt.now()
    rows = _choices(now, view.case.uf, context.op, action, arguments)
    standing = next(iter(view.follow_ups), None) if follow_up_id is None else None
    if standing is not None:
        reason = f", “{short(standing.reason, 60)}”" if standing.reason else ""
        asking += f"\nJá há um, {when(standing.due_at, now, context.op)}{reason}: outro fica no lugar dele."
    text = f"⏰ {asking}\nEscolha, ou escreva o dia e o motivo (“sexta 14h ligar”)."
    back = (Button("Voltar", "case", {"case_id": view.case.id}),)
    await context.show(Screen(text, (*rows, back), step=step.key))


def _choices(
    now: datetime, uf: str | None, op: Operation, action: str, arguments: dict[str, int | None]
) -> tuple[tuple[Button, ...], ...]:
    return tuple(
        (Button(label, action, {**arguments, "due_at": moment.isoformat()}),)
        for label, moment in op.suggestions(now, uf)
    )


async def chosen(update: Update, context: Context) -> None:
    due_at = datetime.fromisoformat(context.arguments["due_at"])
    follow_up = await context.finish(followups.schedule, context.arguments["case_id"], due_at, "")
    await _confirmed(context, follow_up)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    await _told(context, case_of(step), step.data.get("follow_up_id"), text)


async def _told(context: Context, case_id: int, follow_up_id: int | None, text: str) -> None:
    """A day in words, and after it what it is for."""
    view = await context.read(cases.view, case_id)
    now = await context.rt.now()
    due_at, reason = read_when(text, context.op.local(now), context.op, view.case.uf)
    if follow_up_id is None:
        follow_up = await context.finish(followups.schedule, case_id, due_at, reason)
    else:
        follow_up = await context.finish(followups.snooze, follow_up_id, due_at, reason)
    await _confirmed(context, follow_up)


def read_when(text: str, now_local: datetime, op: Operation, uf: str | None) -> tuple[datetime, str]:
    """A moment in words and, after it, what it is for. Raises InvalidInput (see `messages.dates.planned`)."""
    return read_plan(text, now_local, op.hours, uf, op.days_off)


async def _confirmed(context: Context, follow_up: FollowUp) -> None:
    await context.toast(f"Retorno marcado: {when(follow_up.due_at, await context.rt.now(), context.op)}.")
    await card(context, follow_up.case_id)


def nudge_screen(view: followups.View, op: Operation, now: datetime) -> Screen:
    """It is due: what it is about, and what can be done at once."""
    due, arguments = view.follow_up, {"follow_up_id": view.follow_up.id}
    lines = [f"⏰ <b>Retorno</b> · {heading(view.case, view.dentist)}", f"Marcado para {h(when(due.due_at, now, op))}."]
    if due.reason:
        lines.append(h(due.reason))
    if due.done_at:
        lines.append(
            "✅ Feito." if due.kind is FollowUpKind.RETURN else "Decidido, ou o caso mudou: nada a fazer aqui."
        )
        rows: tuple[tuple[Button, ...], ...] = ((Button("Abrir caso", "case", {"case_id": due.case_id}),),)
    else:
        if view.alone:
            lines.append(ALONE)
        elif due.escalated_at:
            lines.append("⚠️ A supervisão foi avisada.")
        elif due.nudges > 1:
            lines.append(f"Ainda em aberto: {due.nudges}º aviso.")
        rows = (
            *_of_proposal(due, arguments),
            (
                Button("✅ Feito" if due.kind is FollowUpKind.RETURN else "Não encerrar", "done", arguments),
                Button("Adiar", "move", arguments),
            ),
            (
                Button("✍️ Próxima mensagem", "write", {"case_id": due.case_id}),
                Button("Abrir caso", "case", {"case_id": due.case_id}),
            ),
        )
    return Screen("\n".join(lines), rows, Binding(followups.key_of(due), "follow_up", due.case_id, due.id))


def _of_proposal(due: FollowUp, arguments: dict[str, int | None]) -> tuple[tuple[Button, ...], ...]:
    if due.kind is not FollowUpKind.CLOSING:
        return ()
    return ((Button(f"Encerrar por {LOST} ▶", "close_lost", arguments),),)


async def due(update: Update, context: Context) -> None:
    """One of the list, beside it: the list stays."""
    await show(context, context.arguments["follow_up_id"], anew=True)


async def show(context: Context, follow_up_id: int, *, anew: bool = False) -> None:
    view = await context.read(followups.view, follow_up_id)
    await context.show(nudge_screen(view, context.op, await context.rt.now()), anew=anew)


async def done(update: Update, context: Context) -> None:
    await context.act(followups.complete, context.arguments["follow_up_id"])
    await context.toast("Retorno concluído.")
    await show(context, context.arguments["follow_up_id"])


async def moved(update: Update, context: Context) -> None:
    due_at = datetime.fromisoformat(context.arguments["due_at"])
    await _confirmed(context, await context.finish(followups.snooze, context.arguments["follow_up_id"], due_at))


async def into_hours(update: Update, context: Context) -> None:
    """Marked for a moment when nobody works: on to the next one when people do."""
    stood, due_at = (datetime.fromisoformat(context.arguments[name]) for name in ("stood", "due_at"))
    moved = await context.act(followups.into_hours, context.arguments["follow_up_id"], stood, due_at)
    await _confirmed(context, moved)


DIALOGUES = {
    "schedule": question(
        "Agendar retorno",
        "Espero o dia do retorno: toque em um, ou escreva o dia e o motivo, “sexta 14h ligar”.",
        show_choices,
        typed,
        Takes.WORDS,
    )
}
ACTIONS = {
    "schedule": asked,
    "schedule_for": named,
    "at": chosen,
    "due": due,
    "done": done,
    "move": move_asked,
    "moved": moved,
    "into_hours": into_hours,
}
