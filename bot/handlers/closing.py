"""“Encerrar”: outcome, reasons, a word for the form, what stands in the way, and the end of the case.

What is chosen is kept on the case at once: whoever steps aside, to write or to complete something, comes back to it.
"""

from collections.abc import Iterator, Mapping

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, question
from bot.handlers.pending import finding_button, listed
from bot.handlers.screen import Button, Screen, abreast, bold, box, h, prompt, short, toggled
from bot.handlers.texts import heading
from bot.services import approvals, cadence, closing, gate, readings, taps
from messages.errors import Conflict
from messages.form import REASONS, SECTORS
from messages.statuses import Outcome
from storage.models import DialogueStep

STEP, REWRITING = "closing", "closing_rewrite"
NOTE_SHOWN = 700  # characters of the general note on the screen; the form has it whole


async def asked(update: Update, context: Context) -> None:
    """How did it end?"""
    case_id = context.arguments["case_id"]
    view = await context.read(gate.view, case_id, context.op)
    if view.case.closed_at is not None:
        raise Conflict(gate.ENDED)
    rows = [
        (Button(box(o.value, o is view.case.outcome), "outcome", {"case_id": case_id, "outcome": o.value}),)
        for o in Outcome
    ]
    if view.case.outcome is not None:
        rows.append((Button("Continuar ▶", "closing", {"case_id": case_id}),))
    rows.append((Button("Voltar", "case", {"case_id": case_id}),))
    await context.show(Screen(f"{heading(view.case, view.dentist)}\n\nComo o caso terminou?", tuple(rows)))


async def outcome(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(closing.choose, case_id, Outcome(context.arguments["outcome"]))
    await _ask_reasons(context, case_id)


async def lost(update: Update, context: Context) -> None:
    """The cadence's proposal is taken up: nothing is closed before the gate, and a tap there."""
    case = await context.act(cadence.accept, context.arguments["follow_up_id"])
    assert case.id is not None
    await summary(context, case.id)


async def reasons(update: Update, context: Context) -> None:
    await _ask_reasons(context, context.arguments["case_id"])


async def reasons_given(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(closing.give_reasons, case_id, context.arguments["reasons"])
    await _ask_reasons(context, case_id)


async def _ask_reasons(context: Context, case_id: int) -> None:
    """Why? As on the form, several may hold; what the protocol says and what was noted is ticked beforehand, what the
    dentist's messages seem to say is told first."""
    view = await context.read(gate.view, case_id, context.op)
    heard = await context.read(readings.reasons_heard, case_id, context.op)
    await context.show(reasons_screen(view, heard))


def reasons_screen(view: gate.View, heard: Mapping[str, str]) -> Screen:
    """``heard``: suggested reasons, each with the dentist's words."""
    lines = [heading(view.case, view.dentist), bold(view.case.outcome or ""), ""]
    if heard:
        lines.append("O dentista parece dizer:")
        lines += [f"💡 {h(reason)}: “{h(short(words, 80))}”" for reason, words in heard.items()]
        lines.append("")
    ticked = view.case.reasons
    order = [*heard, *(reason for reason in REASONS if reason not in heard)]
    buttons = [
        Button(
            f"{box(r, r in ticked)}{' 💡' if r in heard else ''}",
            "reasons_given",
            {"case_id": view.case.id, "reasons": toggled(list(ticked), r)},
        )
        for r in order
    ]
    onward = (Button("Continuar", "closing", {"case_id": view.case.id}),)
    return Screen("\n".join([*lines, "Motivos (um ou mais):"]), (*abreast(buttons), onward))


async def opened(update: Update, context: Context) -> None:
    await summary(context, context.arguments["case_id"])


async def protocol(update: Update, context: Context) -> None:
    """Whether another protocol must be opened, as the form asks."""
    case_id = context.arguments["case_id"]
    await context.act(closing.require_protocol, case_id, context.arguments["protocol_required"])
    await summary(context, case_id)


async def sectors(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(closing.assign, case_id, context.arguments["sectors"])
    await summary(context, case_id)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    """One more line of the general note. Raises InvalidInput when it is too long."""
    case_id = case_of(step)
    await context.act(closing.note, case_id, text)
    await summary(context, case_id)


async def rewriting(update: Update, context: Context) -> None:
    """The next text is the whole general note."""
    await ask_words(context, await context.ask(REWRITING, context.arguments["case_id"]))


async def ask_words(context: Context, step: DialogueStep) -> None:
    view = await context.read(gate.view, case_of(step), context.op)
    asking = "Escreva a Obs. Geral inteira. A de agora, para copiar:"
    text = f"{heading(view.case, view.dentist)}\n{asking}\n<pre>{h(view.case.general_notes or '')}</pre>"
    await context.show(prompt(step, text), anew=True)


async def rewritten(context: Context, step: DialogueStep, text: str) -> None:
    case_id = case_of(step)
    await context.act(closing.rewrite_note, case_id, text)
    await summary(context, case_id, anew=True)


async def summary(context: Context, case_id: int, *, anew: bool = False) -> None:
    """All that closes the case, before it does; what is typed meanwhile joins the general note."""
    await context.rt.write(taps.ask, context.analyst, STEP, case_id)  # beside the act that led here
    step = await context.step()
    await _draw(context, case_id, step.key, anew=anew)


async def show(context: Context, step: DialogueStep) -> None:
    """The same after a tap that came too late."""
    await _draw(context, case_of(step), step.key, anew=False)


async def _draw(context: Context, case_id: int, step_key: str, *, anew: bool) -> None:
    view = await context.read(gate.view, case_id, context.op)
    await context.show(summary_screen(view, step_key), anew=anew)


def summary_screen(view: gate.View, step_key: str) -> Screen:
    """``step_key``: the end is made from the newest of these screens only, the one with all that was typed."""
    case = view.case
    noted = short(case.general_notes or "nada ainda", NOTE_SHOWN)
    lines = [
        heading(case, view.dentist),
        f"Desfecho: {bold(case.outcome or 'a escolher')}",
        f"Motivos: {bold(', '.join(case.reasons) or 'nenhum marcado')}",
        f"Ações: {h(', '.join(p.action.removeprefix('Ofertado ') for p in view.proofs) or 'nenhuma marcada')}",
        f"Obs. Geral: {h(noted)}",
        "O que você escrever agora entra na Obs. Geral, abaixo do que já está; a conversa de confirmação final entra "
        "sozinha.",
        *listed(view),
        *(("", "📨 O encerramento está com a supervisão.") if view.awaited else ()),
        "",
        bold("É necessária abertura de protocolo?"),
    ]
    return Screen("\n".join(lines), tuple(_rows(view, step_key)))


def _rows(view: gate.View, step_key: str) -> Iterator[tuple[Button, ...]]:
    case, case_id = view.case, {"case_id": view.case.id}
    yield tuple(
        Button(
            box(word, case.protocol_required is choice),
            "closing_protocol",
            {**case_id, "protocol_required": choice},
        )
        for word, choice in (("SIM", True), ("NÃO", False))
    )
    if case.protocol_required:
        buttons = [
            Button(box(s, s in case.sectors), "closing_sectors", {**case_id, "sectors": toggled(list(case.sectors), s)})
            for s in SECTORS
        ]
        yield from abreast(buttons)
    yield from ((finding_button(view, n, finding),) for n, finding in enumerate(view.pending, 1))
    if len(view.to_check) > 1:
        keys = [finding.key for finding in view.to_check]
        yield (Button(f"✔️ Conferi os {len(keys)} pontos a conferir", "closing_check", {**case_id, "keys": keys}),)
    if not view.pending and case.outcome is not None:
        end = {**case_id, "outcome": case.outcome.value, taps.STEP_KEY: step_key}
        if not view.signed_off or view.supervises:
            yield (Button("✅ Encerrar o caso", "closing_confirm", end),)
        elif not view.awaited:
            yield (Button("📨 Pedir o encerramento", "closing_ask", end),)
    yield (Button("Desfecho", "close", case_id), Button("Motivos", "reasons", case_id))
    yield (Button("Ações", "actions", case_id), Button("Blocos", "blocks", case_id))
    if case.general_notes:
        yield (Button("✏️ Refazer a Obs. Geral", "closing_rewrite", case_id),)
    yield (Button("Voltar", "case", case_id),)


async def confirmed(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.finish(closing.close, case_id, Outcome(context.arguments["outcome"]), context.op)
    await context.toast("Caso encerrado.")
    await card(context, case_id)


async def sign_off_asked(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.finish(approvals.ask_closing, case_id, Outcome(context.arguments["outcome"]), context.op)
    await context.toast("Pedido à supervisão.")
    await card(context, case_id)


async def reopened(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(closing.reopen, case_id)
    await card(context, case_id)


DIALOGUES = {
    STEP: question(
        "Encerrar",
        "Espero a Obs. Geral do encerramento: escreva-a, ou toque em um dos botões.",
        show,
        typed,
        Takes.WORDS,
    ),
    REWRITING: question(
        "Refazer a Obs. Geral",
        "Espero a Obs. Geral inteira: ela toma o lugar da que está no encerramento.",
        ask_words,
        rewritten,
    ),
}
ACTIONS = {
    "close": asked,
    "outcome": outcome,
    "close_lost": lost,
    "reasons": reasons,
    "closing": opened,
    "reasons_given": reasons_given,
    "closing_rewrite": rewriting,
    "closing_protocol": protocol,
    "closing_sectors": sectors,
    "closing_confirm": confirmed,
    "closing_ask": sign_off_asked,
    "reopen": reopened,
}
