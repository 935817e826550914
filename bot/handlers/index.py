"""“IPCA”: the newest months with their source, a reading on demand, and what sources say otherwise."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Binding, Button, Screen, bold, column, h, short
from bot.handlers.texts import when
from bot.services import rates
from bot.services.operation import Operation
from messages.form.values import show_date
from messages.price_index import Rate, show_month
from storage.models import IndexDifference

INDEX = Button("📈 IPCA", "index")
DIFFERENCES_SHOWN = 5


async def asked(update: Update, context: Context) -> None:
    await show(context)


async def show(context: Context) -> None:
    view = await context.read(rates.view)
    await context.show(index_screen(view, context.op, await context.rt.now()))


def index_screen(view: rates.View, op: Operation, now: datetime) -> Screen:
    lines = ["📈 <b>IPCA</b>, o índice dos reajustes", "", *(h(_told(rate)) for rate in view.last), ""]
    lines += [h(line) for line in _how_read(view, op, now)]
    buttons = [
        Button(f"⚠️ {show_month(d.month)}: {_percent(d)}, e não o guardado", "index_difference", {"difference_id": d.id})
        for d in view.differences[:DIFFERENCES_SHOWN]
    ]
    rows = column(*buttons, Button("🔄 Atualizar agora", "index_read"), Button("Voltar", "supervision"))
    binding = Binding(rates.NOTICE, rates.NOTICE, None, view.reading.id if view.reading else None)
    return Screen("\n".join(lines), rows, binding)


def _told(rate: Rate) -> str:
    day = f", em {show_date(rate.read_on)}" if rate.read_on else ""
    return f"{show_month(rate.month)}: {_percent(rate)} ({rate.source}{day})"


def _percent(of: Rate | IndexDifference) -> str:
    return f"{of.percent:.2f}%".replace(".", ",")


def _how_read(view: rates.View, op: Operation, now: datetime) -> list[str]:
    reading = view.reading
    if reading is None:
        return ["Atualizado por si, todo mês, depois da publicação do IBGE."]
    lines = [f"Última leitura: {when(reading.read_at, now, op)}."] if reading.read_at else []
    if reading.asked_at is not None:
        lines.append("Atualização pedida: aviso aqui quando terminar.")
    if reading.error:
        lines.append(f"⚠️ A última tentativa falhou ({short(reading.error, 200)}). Tento de novo mais tarde, sozinho.")
    return lines


async def read(update: Update, context: Context) -> None:
    await context.act(rates.ask)
    context.rt.ring()
    await show(context)


async def opened(update: Update, context: Context) -> None:
    await show_difference(context, context.arguments["difference_id"])


async def show_difference(context: Context, difference_id: int) -> None:
    view = await context.read(rates.difference, difference_id)
    await context.show(difference_screen(view, context.op, await context.rt.now()))


def difference_screen(view: rates.Difference, op: Operation, now: datetime) -> Screen:
    found, arguments = view.found, {"difference_id": view.found.id}
    lines = [f"⚠️ {bold(f'IPCA de {show_month(found.month)}')}: as fontes diferem"]
    if found.decided_at is None:
        lines += [
            h(f"Guardado: {_percent(view.standing)} ({view.standing.source})."),
            h(f"{found.source} informa {_percent(found)}, {when(found.found_at, now, op)}."),
            "Nada foi trocado: os cálculos seguem com o valor guardado até alguém da supervisão decidir.",
        ]
        rows = column(
            Button(f"Manter {_percent(view.standing)}", "index_kept", arguments),
            Button(f"Passar a usar {_percent(found)}", "index_taken", arguments),
            INDEX,
        )
    else:
        done = "passou a valer" if found.taken else "não foi adotado"
        at = when(found.decided_at, now, op)
        lines.append(h(f"{_percent(found)} ({found.source}) {done}, por decisão de {view.decided_by}, {at}."))
        rows = column(INDEX)
    binding = Binding(f"{rates.DIFFERENCE}:{found.id}", rates.DIFFERENCE, None, found.id)
    return Screen("\n".join(lines), rows, binding)


async def kept(update: Update, context: Context) -> None:
    await _decide(context, taken=False)


async def taken(update: Update, context: Context) -> None:
    await _decide(context, taken=True)


async def _decide(context: Context, *, taken: bool) -> None:
    found = await context.act(rates.decide, context.arguments["difference_id"], taken)
    await show_difference(context, found.id or 0)


ACTIONS = {
    "index": asked,
    "index_read": read,
    "index_difference": opened,
    "index_kept": kept,
    "index_taken": taken,
}
