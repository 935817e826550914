"""Taps on what stands in the way of a case's end: mended, looked at, explained, overruled; and the form's actions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telegram import Update

from bot.handlers.closing import summary
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, question
from bot.handlers.pending import finding_screen
from bot.handlers.replies import reply_screen
from bot.handlers.screen import Button, Screen, bold, box, h, prompt, short
from bot.handlers.texts import heading, when, who
from bot.services import approvals, cases, closing, followups, gate, proofs, replies
from bot.services.operation import Operation
from bot.services.proofs import Proof
from messages.form import ACTIONS as FORM_ACTIONS
from messages.notes import AnsweredBy
from storage.models import DialogueStep

STEP = "settling"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked in words. ``about``: the argument that names what it is about; ``answered`` the use-case: (session,
    analyst, case_id, about, words), and the operation where it ``judges``."""

    about: str
    asking: str
    answered: Callable[..., Any]
    judges: bool = True
    supervises: bool = False


ASKED = {
    "explain": Asking("key", "Escreva a explicação: ela fica no registro do caso.", gate.explain),
    "overrule": Asking(
        "key",
        "Escreva por que o caso pode encerrar assim: fica no registro, com o seu nome.",
        gate.overrule,
        supervises=True,
    ),
    "ask_overrule": Asking(
        "key",
        "Escreva por que o caso pode encerrar assim: a supervisão decide, e o motivo fica no registro.",
        approvals.ask_overrule,
    ),
    "tick": Asking(
        "action",
        "Escreva como e quando foi ofertado: sem mensagem que prove, a marca precisa de um motivo. Em “Outros”, é a "
        "justificativa que sai no formulário.",
        proofs.tick,
        judges=False,
    ),
}


async def opened(update: Update, context: Context) -> None:
    """One point, with what can be done about it."""
    view = await context.read(gate.view, context.arguments["case_id"], context.op)
    await context.show(finding_screen(view, view.finding(context.arguments["key"])))


async def checked(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(gate.check, case_id, context.arguments["keys"], context.op)
    await summary(context, case_id)


async def promise_kept(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(followups.complete, context.arguments["follow_up_id"])
    await summary(context, case_id)


async def plans_admitted(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(closing.admit_plans, case_id, context.arguments["plans"])
    await summary(context, case_id)


async def words_asked(update: Update, context: Context) -> None:
    """The next text is the explanation, the reason, or how it was offered."""
    assert context.tap is not None
    asks, case_id = context.tap.action, context.arguments["case_id"]
    if ASKED[asks].supervises:
        await context.read(gate.may_overrule)
    about = told = context.arguments[ASKED[asks].about]
    if ASKED[asks].judges:
        told = (await context.read(gate.view, case_id, context.op)).finding(about).text
    await show(context, await context.ask(STEP, case_id, {"asks": asks, "about": about, "told": told}))


async def show(context: Context, step: DialogueStep) -> None:
    asked, view = ASKED[step.data["asks"]], await context.read(cases.view, step.case_id)
    text = f"{bold(who(view.dentist))}\n{h(step.data['told'])}\n\n{h(asked.asking)}"
    await context.show(prompt(step, text), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    asked, case_id = ASKED[step.data["asks"]], case_of(step)
    await context.finish(asked.answered, case_id, step.data["about"], text, *((context.op,) if asked.judges else ()))
    await summary(context, case_id, anew=True)


async def actions(update: Update, context: Context) -> None:
    await _actions(context, context.arguments["case_id"])


async def _actions(context: Context, case_id: int) -> None:
    view = await context.read(gate.view, case_id, context.op)
    await context.show(actions_screen(view, context.op, await context.rt.now()))


def actions_screen(view: gate.View, op: Operation, now: datetime) -> Screen:
    """The form's actions, each with what it rests on."""
    ticked = {proof.action: proof for proof in view.proofs}
    lines = [heading(view.case, view.dentist), "", bold("Ação retenção"), "Marca-se pelo que saiu de verdade."]
    rows: list[tuple[Button, ...]] = []
    for action in FORM_ACTIONS:
        lines.append(f"{box(h(action), action in ticked)}{h(_rests_on(ticked.get(action), op, now))}")
        rows += _action_buttons(view, action, ticked.get(action))
    return Screen("\n".join(lines), (*rows, (Button("Voltar", "closing", {"case_id": view.case.id}),)))


def _rests_on(proof: Proof | None, op: Operation, now: datetime) -> str:
    if proof is None:
        return ""
    if proof.message is not None:
        return f": mensagem de {when(proof.message.sent_at or proof.message.created_at, now, op)}"
    if proof.tick is not None:
        return f": à mão, “{short(proof.tick.reason, 120)}”"
    return ": veio no formulário de abertura, sem prova"


def _action_buttons(view: gate.View, action: str, proof: Proof | None) -> list[tuple[Button, ...]]:
    about, name = {"case_id": view.case.id, "action": action}, action.removeprefix("Ofertado ")
    if proof is None:
        return [(Button(f"Marcar {name}, com motivo", "tick", about),)]
    if proof.message is not None:
        return [(Button(f"Ver a mensagem: {name}", "draft", {"message_id": proof.message.id}),)]
    untick = Button(f"Tirar {name}", "untick", about)
    return [(untick, Button("Manter, com motivo", "tick", about))] if proof.unproven else [(untick,)]


async def unticked(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(proofs.untick, case_id, context.arguments["action"])
    await _actions(context, case_id)


async def answered_by(update: Update, context: Context) -> None:
    """Who wrote from the dentist's number."""
    arguments = context.arguments
    case = await context.act(
        closing.tell_who, arguments["case_id"], arguments["contact_ids"], AnsweredBy(arguments["who"])
    )
    await context.toast("Anotado quem respondeu.")
    assert case.id is not None
    if "reply_id" in arguments:
        view = await context.read(replies.card, case.id, arguments["reply_id"], context.op)
        await context.show(reply_screen(view, context.op, await context.rt.now()))
    else:
        await summary(context, case.id)


DIALOGUES = {
    STEP: question("Encerrar", "Espero o motivo, em palavras: ele fica no registro do caso.", show, typed, Takes.WORDS)
}
ACTIONS = {
    "finding": opened,
    "closing_check": checked,
    "closing_done": promise_kept,
    "closing_plans": plans_admitted,
    **dict.fromkeys(ASKED, words_asked),
    "actions": actions,
    "untick": unticked,
    "answered_by": answered_by,
}
