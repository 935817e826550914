"""Manners: who waits sees it, who is lost is told the way, whatever is in hand can be left."""

import functools
from itertools import cycle

from bot.services import taps
from messages.statuses import Role
from storage.models import Analyst, DialogueStep
from tests.factory import Store
from tests.flow.world import ANALYST, START, World, eventually

SOFIA = 2002


async def says(world: World, text: str, words: str, chat_id: int = ANALYST) -> str:
    """What the assistant answers to a typed text."""
    await world.telegram.writes(chat_id, text)
    shown: str = (await world.sees(words, chat_id))["text"]
    return shown


async def test_help_tells_what_is_waited_for_and_how_to_leave(world: World) -> None:
    await world.invited()
    assert "/equipe" not in await says(world, "/ajuda", "Para abrir um caso, envie")
    await world.invited(SOFIA, "Sofia", Role.SUPERVISOR)
    assert "/equipe convida" in await says(world, "/ajuda", "Da supervisão", SOFIA)
    await world.opens_case()
    await world.taps("Telefone")
    left = await world.sees("Qual o WhatsApp do dentista, com DDD? Caso")
    await world.taps("Cancelar")
    await world.sees_in(left["message_id"], "Deixado de lado. Nada foi registrado.")
    await world.taps("Telefone")
    await world.sees("Qual o WhatsApp do dentista, com DDD? Caso")
    assert "/cancelar" in await says(world, "/ajuda", "Espero o WhatsApp do dentista")
    await world.telegram.writes(ANALYST, "71 98000-0018")  # asking for help was no step aside
    await world.sees("· 71 98000-0018")


async def test_what_cannot_be_read_and_what_is_no_command_are_told_so(world: World) -> None:
    await world.invited()
    await says(world, "/notas ligou", "Você quis dizer /nota?")
    await says(world, "/xyz", "Uso estes: /inicio, /proximo")
    for kind, told in (("voice", "Áudio eu não ouço"), ("sticker", "Figurinha"), ("location", "Localização")):
        await world.telegram.sends_media(ANALYST, kind)
        assert "Nada foi enviado nem registrado" in (await world.sees(told))["text"]
    await says(world, "palavra " * 20, "longo demais para uma busca")
    await world.opens_case()
    await world.taps("Anotar")
    await world.sees("Escreva a anotação")
    await world.telegram.sends_media(ANALYST, "voice")
    await world.sees("Nada foi enviado nem registrado.\nEspero a anotação")


async def test_who_waits_sees_that_something_is_being_done(world: World) -> None:
    await world.invited()
    await world.opens_case()
    actions = world.sandbox.ledger.actions
    actions.clear()
    world.sandbox.faults.add("telegram.sendMessage", "delay", times=1, seconds=1.2)
    await world.telegram.writes(ANALYST, "/inicio")
    await eventually(lambda: actions, "typing", world.chat)
    assert [(a["chat_id"], a["action"]) for a in actions] == [(ANALYST, "typing")]
    await world.telegram.writes(ANALYST, "SAD169000763629")
    world.sandbox.faults.add("telegram.sendDocument", "delay", times=2, seconds=2)
    await world.taps("Formulário")
    progress = await world.sees("Preparando o formulário…")
    await world.sees_in(progress["message_id"], "Formulário de Marina Prado Serra Azul: PDF, Word")
    assert actions[-1]["action"] == "upload_document"
    await world.sees_document(".md")
    assert all("Preparando" not in m["text"] for m in world.telegram.chat(ANALYST)["messages"])


async def test_every_dialogue_is_left_by_cancelar(world: World) -> None:
    await world.invited()
    store = Store(world.settings.database_url)
    (analyst,) = store.all(Analyst)
    for name, words in zip(sorted(taps.PASSING | {"pasted", "noting"}), cycle(["/cancelar", "Cancelar."])):
        before = told(world)
        store.add(DialogueStep(analyst_id=analyst.id, key="k", name=name, data={}, updated_at=START))
        await world.telegram.writes(ANALYST, words)
        await eventually(functools.partial(more_is_told, world, before), f"the end of {name}", world.chat)
        assert store.all(DialogueStep) == [], name
    store.close()
    await world.telegram.writes(ANALYST, "início")
    await world.sees("Hoje é seg., 30/10")


def more_is_told(world: World, before: int) -> bool:
    return told(world) > before


def told(world: World) -> int:
    return sum("Nada foi registrado" in m["text"] for m in world.telegram.chat(ANALYST)["messages"])
