"""The team in the chat: invited by link, cases passed on, somebody away, somebody suspended."""

import re

from messages.statuses import Role
from tests.flow.world import ANALYST, DENTIST, World, eventually

SUPERVISOR, BRUNO = 2002, 1002


async def opens_person(world: World, name: str) -> None:
    """Through a list of the team as it is now; the person comes in its place."""
    before = world.telegram.chat(SUPERVISOR)["messages"][-1]["message_id"]
    await world.telegram.writes(SUPERVISOR, "/equipe")

    def shown(beginning: str) -> bool:
        newest = world.telegram.chat(SUPERVISOR)["messages"][-1]
        return newest["message_id"] > before and newest["text"].startswith(beginning)

    await eventually(lambda: shown("👥"), "the team", lambda: world.chat(SUPERVISOR))
    await world.taps(name, SUPERVISOR)
    await eventually(lambda: shown(name), name, lambda: world.chat(SUPERVISOR))


async def test_a_supervisor_runs_the_team(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)

    await world.telegram.writes(SUPERVISOR, "/inicio")
    await world.taps("Supervisão", SUPERVISOR)
    await world.taps("👥 Equipe", SUPERVISOR)
    await world.sees("Ana, analista · 1 caso aberto", SUPERVISOR)
    await world.taps("➕ Convidar analista", SUPERVISOR)
    told = await world.sees("https://t.me/", SUPERVISOR)
    code = re.findall(r"start=([A-Za-z0-9_-]+)", told["text"])[0]
    world.telegram.person(BRUNO, first_name="Bruno")
    await world.telegram.starts(BRUNO, code)
    await world.sees("Acesso liberado", BRUNO)

    await opens_person(world, "Bruno")
    await world.sees("Bruno, analista · 0 casos abertos", SUPERVISOR)
    await opens_person(world, "Ana")
    await world.taps("🏖 Ausência e substituto", SUPERVISOR)
    await world.sees("Quem fica no lugar de Ana?", SUPERVISOR)
    await world.taps("Bruno", SUPERVISOR)
    await world.sees("De que dia a que dia", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "semana passada")
    await world.sees("Não entendi os dias", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "hoje até sexta")
    await world.sees("ausente seg., 30/10 a sex., 03/11, com Bruno no lugar", SUPERVISOR)
    await world.sees("Você fica no lugar de Ana até sex., 03/11", BRUNO)
    await world.whatsapp.writes(DENTIST, "Bom dia, quem fala?")
    await world.sees("quem fala?", BRUNO)
    world.forward(days=5)
    await world.sees("os casos e avisos voltam para lá", BRUNO)
    await world.sees("os seus casos e avisos voltam para você")
    await world.telegram.writes(BRUNO, "/casos")
    await world.sees("Nenhum caso aberto.", BRUNO)

    await opens_person(world, "Ana")
    await world.taps("↔️ Passar os casos para…", SUPERVISOR)
    await world.sees("Passar 1 caso aberto de Ana para quem?", SUPERVISOR)
    await world.taps("Bruno", SUPERVISOR)
    await world.sees("Retornos e rascunhos vão junto", SUPERVISOR)
    await world.taps("Passar 1 caso aberto", SUPERVISOR)
    await world.sees("1 caso passou para você, por Sofia.", BRUNO)
    await world.taps("Ver os casos abertos", BRUNO)
    await world.sees("1 caso aberto", BRUNO)

    await opens_person(world, "Ana")
    await world.taps("Suspender o acesso", SUPERVISOR)
    await world.taps("Suspender agora", SUPERVISOR)
    await world.sees("acesso suspenso", SUPERVISOR)
    before = len(world.telegram.chat(ANALYST)["messages"])
    await world.telegram.writes(ANALYST, "/inicio")
    await world.telegram.taps(ANALYST, text="➕ Novo caso")
    await world.taps("Reativar", SUPERVISOR)
    await eventually(lambda: world.telegram.menu(ANALYST)[:2] == ["inicio", "proximo"], "her menu again", world.chat)
    assert [m["from"] for m in world.telegram.chat(ANALYST)["messages"][before:]] == ["user"]


async def test_the_cases_of_somebody_suspended_are_nobodys_secret(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.taps("Primeiro contato")
    await world.taps("📨 Primeiro contato")
    await world.taps("Aprovar e enviar")
    await world.sees("aprovada")
    await opens_person(world, "Ana")
    await world.taps("Suspender o acesso", SUPERVISOR)
    await world.sees("Sem responsável ativo, até você passar a alguém: 1 caso aberto", SUPERVISOR)
    await world.taps("Suspender agora", SUPERVISOR)
    await eventually(lambda: world.telegram.menu(ANALYST) == ["start"], "a stranger's menu", world.chat)

    world.forward(seconds=15)
    await world.sent(1)  # what she approved leaves
    before = len(world.telegram.chat(ANALYST)["messages"])
    await world.taps("Desfazer")
    await world.telegram.writes(ANALYST, "/casos")
    await world.whatsapp.writes(DENTIST, "Bom dia, recebi a mensagem")
    await world.sees("Bom dia, recebi a mensagem", SUPERVISOR)
    assert [m["from"] for m in world.telegram.chat(ANALYST)["messages"][before:]] == ["user"]
    await world.telegram.writes(SUPERVISOR, "/inicio")
    await world.taps("⚠️ 1 caso sem responsável ativo", SUPERVISOR)
    await world.sees("· com Ana", SUPERVISOR)
