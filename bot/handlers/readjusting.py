"""“Reajuste”: from what it is worked out, by the periods that the contract suggests, other months, or a percentage."""

from typing import Any

from telegram import Update

from bot.handlers import readjustment_card
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, question
from bot.handlers.screen import Button, Screen, column, h, prompt
from bot.handlers.texts import heading, who_after
from bot.services import cases, noting, readjustment_stages, readjustments, searching, taps
from bot.services.readjustments import Choices, Option
from messages.errors import Conflict, InvalidInput
from messages.form.values import show_date
from messages.price_index import show_month
from messages.readjustment import (
    Since,
    last_anniversary,
    negotiation_ends,
    read_percent,
    show_percent,
    show_period,
    show_unit,
)
from storage.models import DialogueStep, Readjustment

STEP = "readjust"
SINCE = {
    Since.READJUSTMENT: "Desde o último reajuste",
    Since.ENROLMENT: "Desde a inclusão",
    Since.ANNIVERSARY: "12 meses até o aniversário",
}
ASK = {
    "period": "De que mês a que mês? Os dois contam. Por exemplo, 09/2022 a 10/2023.",
    "percent": "Qual o percentual? Ele fica marcado como informado, fora da calculadora. Por exemplo, 4,7357.",
    "informed_by": "Quem informou o percentual?",
    "reason": "Por que este percentual, e não o IPCA? O motivo vai à supervisão.",
    "applied_on": "Desde quando valem os novos valores? Escreva “hoje” ou a data, como 01/12/2023.",
}
WHICH_CASE = (
    "De qual caso? Abra o caso e toque em “Reajuste”, responda à tela dele com /reajuste, ou escreva /reajuste e o "
    "protocolo ou o nome do dentista."
)


async def command(update: Update, context: Context) -> None:
    """/reajuste, with what names the case, as a reply to a screen, or below a case's card."""
    await context.leave()
    message = update.effective_message
    assert message is not None and message.text is not None
    _, *named = message.text.split(maxsplit=1)
    if named:
        case_id = (await context.read(searching.meant, named[0])).id
    else:
        replied_to = message.reply_to_message.message_id if message.reply_to_message is not None else None
        case_id = await context.read(noting.case_meant, replied_to)
    if case_id is None:
        raise InvalidInput(WHICH_CASE)
    await show(context, case_id)


async def asked(update: Update, context: Context) -> None:
    await show(context, context.arguments["case_id"])


async def show(context: Context, case_id: int, *, anew: bool = False) -> None:
    """What stands, else from what it may be worked out."""
    choices = await context.read(readjustments.choices, case_id, context.op)
    if choices.standing is not None:
        await readjustment_card.show(context, choices.standing.id or 0, anew=anew)
    else:
        await context.show(choices_screen(choices), anew=anew)


async def change(update: Update, context: Context) -> None:
    """Another calculation, though one stands."""
    await context.show(
        choices_screen(await context.read(readjustments.choices, context.arguments["case_id"], context.op))
    )


def choices_screen(view: Choices) -> Screen:
    lines = [f"💰 <b>Reajuste</b>\n{heading(view.case, view.dentist)}", "", *(h(line) for line in _known(view)), ""]
    if view.standing is not None:
        lines += ["⚠️ Outro cálculo anula o atual, com o pedido e a autorização dele.", ""]
    if view.case.currency is None:
        lines.append("Para calcular, informe a moeda base.")
    elif not view.options:
        lines.append("Sem as datas do contrato não há período a propor: informe o último reajuste, ou outros meses.")
    else:
        lines += ["Qual período? Os dois meses contam.", *(f"• {h(_told(option))}" for option in view.options)]
    lines += ["", f"<i>{h(_ans(view))}</i>"]
    return Screen("\n".join(lines), _rows(view))


def _known(view: Choices) -> list[str]:
    case, enrolled = view.case, view.dentist.enrolled_on
    last = case.last_readjusted_on
    ortho = f"R$ {show_unit(case.ortho_currency)}" if case.ortho_currency is not None else "não informada, fica de fora"
    lines = [
        f"Moeda base: R$ {show_unit(case.currency)}" if case.currency is not None else "Moeda base: não informada",
        f"Moeda de ortodontia: {ortho}",
        f"Último reajuste: {show_date(last) if last else 'não informado'}",
        f"Na rede desde: {show_date(enrolled) if enrolled else 'não informado'}",
        f"IPCA publicado até {show_month(view.last_month)}",
    ]
    if last is not None and enrolled is not None and last < enrolled:
        lines.append("⚠️ O último reajuste é de antes da inclusão na rede: confira as datas.")
    newest = max((day for day in (last, enrolled) if day is not None), default=None)
    if newest is not None and last_anniversary(newest, view.today) is None:
        lines.append("⚠️ Faz menos de 12 meses do último reajuste ou da inclusão.")
    return lines


def _told(option: Option) -> str:
    window = option.window
    ortho = f"; ortodontia {show_unit(option.ortho)}" if option.ortho is not None else ""
    percent = show_percent(window.correction.percent)
    return (
        f"{SINCE[window.since]}, {show_period([window.first, window.last])}: {percent}%, moeda "
        f"{show_unit(option.base)}{ortho}"
    )


def _ans(view: Choices) -> str:
    """The regulator's rule, as information: the offer is the operator's own."""
    ends = negotiation_ends(view.today.year)
    term = f"até {show_date(ends)}" if view.today <= ends else f"terminou em {show_date(ends)}"
    index = next((o.window.correction for o in view.options if o.window.since is Since.ANNIVERSARY), None)
    percent = f" ({show_percent(index.percent)}%)" if index is not None else ""
    return (
        f"Informação, ANS: a livre negociação dura 90 dias a partir de 1º de janeiro ({term}). Sem acordo, e só quando "
        f"o contrato não prevê outra forma, vale o IPCA dos 12 meses até o aniversário do contrato{percent}."
    )


def _rows(view: Choices) -> tuple[tuple[Button, ...], ...]:
    case_id, of = view.case.id, view.standing.id if view.standing is not None else None
    about = {"case_id": case_id, "of": of}
    windows = [
        Button(
            f"{SINCE[o.window.since]}: {show_percent(o.window.correction.percent)}%",
            "readjust_window",
            about | {"first": o.window.first, "last": o.window.last},
        )
        for o in view.options
    ]
    other = (
        Button("✏️ Outros meses", "readjust_ask", about | {"asking": "period"}),
        Button("✏️ Outro percentual", "readjust_ask", about | {"asking": "percent"}),
    )
    facts = (
        ("Moeda base", "currency", view.case.currency),
        ("Ortodontia", "ortho_currency", view.case.ortho_currency),
        ("Último reajuste", "last_readjusted_on", view.case.last_readjusted_on),
    )
    told = tuple(
        Button(f"{'➕' if value is None else '✏️'} {label}", "fact", {"case_id": case_id, "field": field, "back": STEP})
        for label, field, value in facts
    )
    back = Button("Voltar", "case", {"case_id": case_id})
    return (*column(*windows), *((other,) if view.case.currency is not None else ()), told[:2], told[2:], (back,))


async def window(update: Update, context: Context) -> None:
    a = context.arguments
    await _shown(
        context, await context.act(readjustments.work_out, a["case_id"], a["first"], a["last"], a["of"], context.op)
    )


async def ask(update: Update, context: Context) -> None:
    """The next text is the months, the percentage, or the day from which the values hold."""
    await prompt_again(context, await context.ask(STEP, context.arguments["case_id"], dict(context.arguments)))


async def prompt_again(context: Context, step: DialogueStep) -> None:
    text = ASK[step.data["asking"]]
    view = await context.read(cases.view, step.case_id)
    told = f"💰 Reajuste {who_after('de', view.dentist)}. {h(text)}"
    await context.show(prompt(step, told), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    """A typed answer. What it is about may have changed since it was asked for: then it is asked for no more."""
    try:
        await _answered(context, case_of(step), step.data, text)
    except Conflict:
        await context.leave()
        raise


async def _answered(context: Context, case_id: int, data: dict[str, Any], text: str) -> None:
    """Of a given percentage it is asked by whom and why before it is worked out with."""
    match data["asking"]:
        case "period":
            found = await context.finish(readjustments.work_out_typed, case_id, text, data["of"], context.op)
        case "percent":
            read_percent(text)
            await _ask_on(context, case_id, data | {"percent": text, "asking": "informed_by"})
            return
        case "informed_by":
            by = readjustments.checked("informed_by", text)
            await _ask_on(context, case_id, data | {"informed_by": by, "asking": "reason"})
            return
        case "reason":
            given = (data["percent"], data["informed_by"], text, data["of"])
            found = await context.finish(readjustments.work_out_given, case_id, *given)
        case _:
            found = await context.finish(readjustment_stages.applied, data["readjustment_id"], text, context.op)
    await _shown(context, found)


async def _ask_on(context: Context, case_id: int, data: dict[str, Any]) -> None:
    await context.act(taps.ask, STEP, case_id, data)
    await prompt_again(context, await context.step())


async def _shown(context: Context, found: Readjustment) -> None:
    await readjustment_card.show(context, found.id or 0)


DIALOGUES = {
    STEP: question(
        "Reajuste",
        "Espero o que a tela do reajuste pergunta: os meses, o percentual, quem o informou e por quê, ou o dia.",
        prompt_again,
        typed,
        Takes.WORDS,
    )
}
ACTIONS = {
    "readjust": asked,
    "readjust_change": change,
    "readjust_window": window,
    "readjust_ask": ask,
}
