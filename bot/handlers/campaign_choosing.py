"""A new campaign: whom and what, a tap at a time. Where, also by a typed name. Nothing is kept before “Conferir”."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from telegram import Update

from bot.handlers import campaigns as screens
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, question
from bot.handlers.screen import Button, Screen, abreast, bold, column, h, prompt, short
from bot.handlers.texts import count
from bot.services import campaigns
from messages.campaigns import DAYS, STAGES, Wanted
from messages.errors import InvalidInput
from messages.form import REASONS
from messages.form.values import show_count
from messages.places import Place, meant
from storage.models import DialogueStep

STEP = "campaign_city"
CITIES = 12  # that are offered; any other is typed
STATES = 3  # that stand beside them; of more, all have a screen of their own
MEANT = 12  # places that one typed name may mean
ASK = "Qual cidade? Basta o começo do nome; com a UF fica mais preciso, por exemplo Feira/BA. Um estado também serve."
NOWHERE = "Nenhum caso aberto desta escolha fica em “{text}”. Digite outra cidade, ou só o começo do nome."

Choice = dict[str, Any]  # {"wanted": …, "key": of the message, once it is chosen}


async def choosing(update: Update, context: Context) -> None:
    await _show(context, context.arguments)


async def _show(context: Context, about: Choice) -> None:
    wanted, key = Wanted.of(about["wanted"]), about.get("key")
    number = await context.read(campaigns.count, wanted, context.op)
    titles = {t.key: t.title for t in await context.read(campaigns.templates, context.op)}
    values = {
        "city": ("📍 Onde", wanted.place or "todas as cidades"),
        "reason": ("🏷 Motivo", wanted.reason or "todos"),
        "stage": ("🚦 Etapa", str(wanted.stage or "qualquer")),
        "days": ("⏸ Sem contato há", f"{wanted.days} dias úteis ou mais" if wanted.days else "qualquer tempo"),
        "key": ("✉️ Mensagem", short(titles.get(key or "", "escolha"), 40)),
    }
    buttons = [
        Button(f"{name}: {value}", "campaign_pick", {**about, "choosing": of}) for of, (name, value) in values.items()
    ]
    go = Button(f"👁 Conferir {count(number, 'caso', 'casos')}", "campaign_begin", about) if key and number else None
    lines = ["📣 <b>Nova campanha</b>", h(wanted.told()), f"{count(number, 'caso aberto', 'casos abertos')}.", ""]
    lines.append("Nada sai antes de você conferir e aprovar.")
    back = Button("Voltar", "campaigns")
    await context.show(Screen("\n".join(lines), column(*buttons, go, back)))


async def picking(update: Update, context: Context) -> None:
    """One of the choices."""
    about = dict(context.arguments)
    of = about.pop("choosing")
    if of in ("city", "uf"):
        await _where(context, about, only_states=of == "uf")
        return
    options = [o async for o in _options(context, of)]
    buttons = [
        Button(label, "campaign_new", about | change if of == "key" else _with(about, change))
        for label, change in options
    ]
    rows = abreast(buttons) if of == "reason" else column(*buttons)
    await context.show(Screen("📣 Escolha:", (*rows, _back(about))))


async def _options(context: Context, of: str) -> AsyncIterator[tuple[str, dict[str, object]]]:
    """(label, what it changes) for each."""
    match of:
        case "reason":
            yield "Todos", {"reason": None}
            for reason in REASONS:
                yield reason, {"reason": reason}
        case "stage":
            yield "Qualquer etapa", {"stage": None}
            for stage in STAGES:
                yield stage.value.capitalize(), {"stage": stage.value}
        case "days":
            yield "Qualquer tempo", {"days": None}
            for days in DAYS:
                yield f"{days} dias úteis ou mais", {"days": days}
        case _:
            for template in await context.read(campaigns.templates, context.op):
                yield template.title, {"key": template.key}


async def _where(context: Context, about: Choice, *, only_states: bool) -> None:
    """The places with most cases; what is not among them is typed."""
    places = await context.read(campaigns.places, Wanted.of(about["wanted"]), context.op)
    states, cities = [p for p in places if p.city is None], [p for p in places if p.city is not None][:CITIES]
    text = "📍 <b>Onde?</b>\nAo lado, quantos casos abertos há com o resto da sua escolha."
    if only_states:
        back = Button("Voltar", "campaign_pick", about | {"choosing": "city"})
        await context.show(Screen(text, (*_places(about, states), (back,))))
        return
    more = Button("🗺 Um estado inteiro", "campaign_pick", about | {"choosing": "uf"}) if len(states) > STATES else None
    rows = (
        *column(
            Button("Todas as cidades", "campaign_new", _with(about, {"city": None, "uf": None})),
            Button("✏️ Digitar a cidade", "campaign_where", about),
            more,
        ),
        *_places(about, [*(() if more else states), *cities]),
        _back(about),
    )
    await context.show(Screen(text, rows))


def _places(about: Choice, places: Iterable[Place]) -> tuple[tuple[Button, ...], ...]:
    labels = ((f"{short(place.told, 40)} · {show_count(place.many)}", place) for place in places)
    return column(*(Button(label, "campaign_new", _at(about, place)) for label, place in labels))


def _at(about: Choice, place: Place) -> Choice:
    return _with(about, {"city": place.city, "uf": place.uf})


def _with(about: Choice, change: dict[str, object]) -> Choice:
    return about | {"wanted": {**about["wanted"], **change}}


def _back(about: Choice) -> tuple[Button, ...]:
    return (Button("Voltar", "campaign_new", about),)


async def where_asked(update: Update, context: Context) -> None:
    """The next text is a place."""
    await prompt_again(context, await context.ask(STEP, None, dict(context.arguments)))


async def prompt_again(context: Context, step: DialogueStep) -> None:
    await context.show(prompt(step, f"📍 {h(ASK)}"), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    """One place is chosen; of several one by a tap, or by more of its name. Raises InvalidInput for none."""
    found = meant(text, await context.read(campaigns.places, Wanted.of(step.data["wanted"]), context.op))
    if not found:
        raise InvalidInput(NOWHERE.format(text=short(text, 60)))
    if len(found) == 1:
        await _show(context, _at(step.data, found[0]))
        await context.leave()  # afterwards: the same text again, after a restart, shows the same
        return
    lines = [f"📍 {bold(short(text, 60))} pode ser um destes. Toque em um, ou digite mais do nome."]
    if len(found) > MEANT:
        lines.append(f"Mostro {MEANT} de {show_count(len(found))}, os que têm mais casos.")
    await context.show(Screen("\n".join(lines), (*_places(step.data, found[:MEANT]), _back(step.data))))


async def begun(update: Update, context: Context) -> None:
    wanted = Wanted.of(context.arguments["wanted"])
    await screens.acted(context, await context.act(campaigns.begin, wanted, context.arguments["key"], context.op))


DIALOGUES = {
    STEP: question(
        "Digitar a cidade", "Espero a cidade da campanha, ou o começo do nome dela.", prompt_again, typed, Takes.WORDS
    )
}
ACTIONS = {
    "campaign_new": choosing,
    "campaign_pick": picking,
    "campaign_where": where_asked,
    "campaign_begin": begun,
}
