"""The analyst's day in the chat: what waits on the first screen, and the way from there to a case and back."""

from bot.handlers import menu
from messages.statuses import Role
from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, eventually

SUPERVISOR, STRANGER = 2002, 7


async def test_the_first_screen_leads_to_what_waits_and_back(world: World) -> None:
    await first_touch(world)
    await world.telegram.writes(ANALYST, "/inicio")
    await world.sees("Bom dia, Ana! Hoje é seg., 30/10.")
    await world.taps("1 à espera do dentista")
    await world.taps("Dra. Marina")
    await world.offered("Agendar retorno")
    await world.whatsapp.writes(DENTIST, "Bom dia! Pode falar")
    await world.sees("Responda a esta mensagem")
    await world.telegram.writes(ANALYST, "/start")
    await world.taps("1 resposta nova")
    await world.sees("hoje às 11h: Bom dia! Pode falar")
    await world.taps("Início")
    await world.taps("1 caso aberto")
    await world.offered("Dra. Marina Prado Serra Azul · 3629")


async def test_a_supervisor_sees_the_team_and_an_analyst_their_own(world: World) -> None:
    await first_touch(world)
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.sees("Casos de toda a equipe", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "/casos")
    await world.sees("· com Ana", SUPERVISOR)
    await world.invited(3003, "Bruno")
    await world.sees("Você ainda não tem casos abertos", 3003)
    await world.telegram.writes(3003, "/casos")
    await world.sees("Nenhum caso aberto", 3003)


async def test_whose_message_it_is_can_be_asked_for_from_the_first_screen(world: World) -> None:
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    world.whatsapp.person("+5571980000099", name="Alguém")
    await world.whatsapp.writes("+5571980000099", "Quem fala?")
    first = await world.sees("De quem é?", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "/inicio")
    await world.taps("De quem é? 1 remetente", SUPERVISOR)
    await eventually(
        lambda: world.telegram.last(SUPERVISOR, "Quem fala?")["message_id"] > first["message_id"],
        "the question again",
        lambda: world.chat(SUPERVISOR),
    )
    await world.taps("Não é de nenhum caso", SUPERVISOR)
    await world.sees("Deixada de fora", SUPERVISOR)
    await world.taps("Início", SUPERVISOR)
    await eventually(
        lambda: "remetente" not in str(world.telegram.last(SUPERVISOR, "Hoje é")["buttons"]),
        "a first screen without it",
        lambda: world.chat(SUPERVISOR),
    )


async def test_the_menu_is_each_persons_own_and_a_strangers_tells_nothing(world: World) -> None:
    await world.invited()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)

    await eventually(lambda: "casos" in world.telegram.menu(SUPERVISOR), "the supervisor's menu", world.chat)
    for person, role in ((ANALYST, Role.ANALYST), (SUPERVISOR, Role.SUPERVISOR)):
        assert world.telegram.menu(person) == [c.command for c in menu.COMMANDS[role]]
    assert world.telegram.menu(STRANGER) == ["start"]


async def test_a_case_is_found_by_what_is_typed_and_nothing_typed_reaches_a_dentist(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Bom dia! Só falo depois da reunião sobre a tabela")
    await world.sees("Responda a esta mensagem")
    for words in ("marina prado", "90485", "71 98000-0017", "3629"):
        await world.telegram.writes(ANALYST, words)
        await world.sees("dias úteis de protocolo")
        await world.telegram.writes(ANALYST, "/inicio")
        await world.offered("1 resposta nova")
    await world.telegram.writes(ANALYST, "/buscar reuniao tabela")
    await world.sees("hoje às 11h: Bom dia! Só falo depois da reunião sobre a tabela")
    await world.taps("Dra. Marina Prado Serra Azul · 3629")
    await world.sees("dias úteis de protocolo")
    await world.telegram.writes(ANALYST, "/buscar")
    await world.sees("Digite o que procura")
    await world.telegram.writes(ANALYST, "Dra. Helena, segue a proposta")
    await world.sees("Não encontrei Dra. Helena, segue a proposta nos seus casos")
    assert len(world.accepted()) == 1


async def test_one_tap_sends_and_the_next_case_comes(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.opens_case("form-101-00.txt", shows="retorno até sexta")
    await world.telegram.writes(ANALYST, "/proximo")
    first = await world.sees("Sem 1º contato · 1 depois deste")
    assert "Pronta para sair pela API do WhatsApp" in first["text"] and "Aqui é Ana" in first["text"]
    await world.taps("Enviar e próximo")
    await world.sees_in(first["message_id"], "aprovada")
    await world.sees("Sem 1º contato · é o último")
    world.forward(seconds=15)
    await world.sent(1)
    await world.taps("Pular")
    await world.sees("Ninguém espera por você agora")
    await world.whatsapp.writes(DENTIST, "Qual dos dois casos?")
    await world.taps("Dra. Marina")
    await world.telegram.writes(ANALYST, "/proximo")
    card = await world.sees("Resposta nova")
    await world.telegram.writes(ANALYST, "O do protocolo SAD, Dra.", reply_to_message_id=card["message_id"])
    await world.sees("aprovada")
    world.forward(seconds=15)
    assert await world.sent(2) == "O do protocolo SAD, Dra."
