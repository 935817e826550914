"""The operation's values and its messages' words, set in the chat and used from the next message on.

On PostgreSQL by two processes that take turns: what one was told, the other says.
"""

from collections.abc import AsyncIterator

import pytest

from messages.statuses import Role
from tests.flow.processes import taking_turns_on
from tests.flow.world import ANALYST, World, eventually, world_on

SUPERVISOR = 2002


@pytest.fixture(params=["one process on sqlite", "two processes on postgresql"])
async def office(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if "sqlite" in request.param:
        async with world_on(request.getfixturevalue("sqlite_url")) as world:
            yield world
        return
    async with taking_turns_on(request.getfixturevalue("postgresql_url")) as (world, turns):
        yield world
    assert min(turns.given.count(turn) for turn in (0, 1)) > 5


async def fresh_card(world: World) -> int:
    """The case's card as the last message of Ana's chat; its id."""
    before = world.telegram.chat(ANALYST)["messages"][-1]["message_id"]
    await world.telegram.writes(ANALYST, "SAD169000763629")

    def came() -> int | None:
        card = world.telegram.last(ANALYST, "Etapa")
        return card["message_id"] if card and card["message_id"] > before else None

    number: int = await eventually(came, "the card", world.chat)
    return number


async def support_told(world: World, title: str = "Canal exclusivo de suporte") -> str:
    """What a fresh draft of Ana's says of the support line."""
    card = await fresh_card(world)
    await world.taps("✍️ Primeiro contato")
    await world.taps(f"▫️ {title}")
    await world.taps("Ver a mensagem")
    await world.sees_in(card, "rascunho")
    text: str = (await world.sees("rascunho"))["text"]
    await world.taps("Não enviei")
    await world.sees_in(card, "Etapa")
    return text


async def test_what_supervisors_set_holds_for_the_next_message(office: World) -> None:
    await office.invited()
    await office.opens_case()
    await office.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    assert "71 98000-0001, de segunda a sexta, das 8h às 18h" in await support_told(office)

    await office.telegram.writes(SUPERVISOR, "/inicio")
    await office.taps("Supervisão", SUPERVISOR)
    await office.taps("⚙️ Operação", SUPERVISOR)
    await office.sees("Horário de envio: 8h às 18h", SUPERVISOR)
    await office.taps("Telefone do suporte", SUPERVISOR)
    await office.sees("Padrão do servidor.", SUPERVISOR)
    await office.taps("✏️ Mudar", SUPERVISOR)
    await office.sees("Escreva o novo valor", SUPERVISOR)
    await office.telegram.writes(SUPERVISOR, "3333")
    await office.sees("Este telefone não está completo", SUPERVISOR)
    await office.telegram.writes(SUPERVISOR, "0800 000 0000")
    await office.sees("0800 000 0000\nAlterado por Sofia, hoje às 11h", SUPERVISOR)
    for _ in range(2):  # by each of the two processes
        assert "0800 000 0000, de segunda a sexta" in await support_told(office)
        await office.telegram.writes(SUPERVISOR, "/operacao")
        await office.sees("Telefone do suporte: 0800 000 0000 (alterado)", SUPERVISOR)

    await office.taps("Telefone do suporte", SUPERVISOR)
    await office.taps("Voltar ao padrão: 71 98000-0001", SUPERVISOR)
    await office.sees("Padrão do servidor.", SUPERVISOR)
    await office.taps("Histórico", SUPERVISOR)
    told = await office.sees("Telefone do suporte: histórico", SUPERVISOR)
    assert "Sofia: voltou ao padrão do servidor" in told["text"]
    assert "Sofia: 0800 000 0000" in told["text"]
    assert "71 98000-0001" in await support_told(office)

    await office.telegram.writes(ANALYST, "/operacao")
    await office.sees("Só a supervisão pode fazer isto.")


async def test_a_message_is_worded_anew_checked_published_and_taken_back(office: World) -> None:
    await office.invited()
    await office.opens_case()
    await office.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)

    await office.telegram.writes(SUPERVISOR, "/modelos")
    await office.sees("Modelos: 24 textos, 0 alterados", SUPERVISOR)
    await office.taps("Mais ▼", SUPERVISOR)
    await office.sees("• Reciclagem: bloco", SUPERVISOR)
    await office.taps("Mais ▼", SUPERVISOR)
    await office.taps("Canal exclusivo de suporte", SUPERVISOR)
    await office.sees("No formulário marca: Ofertado Suporte.", SUPERVISOR)
    await office.taps("✏️ Editar texto", SUPERVISOR)
    await office.sees("Temos um WhatsApp exclusivo de suporte ao dentista: {{ support.phone }}", SUPERVISOR)
    await office.telegram.writes(SUPERVISOR, "O nosso suporte\natende {{ dentist.nome }}.")
    await office.sees("linha 2: variável desconhecida: dentist.nome", SUPERVISOR)
    assert "WhatsApp exclusivo" in await support_told(office)
    await office.telegram.writes(SUPERVISOR, "O nosso suporte atende em {{ support.phone }}.")
    await office.sees("O nosso suporte atende em 71 98000-0001.\nNada mudou ainda.", SUPERVISOR)
    assert "WhatsApp exclusivo" in await support_told(office)
    await office.taps("✅ Publicar", SUPERVISOR)
    await office.sees("Versão 1, de Sofia, hoje às 11h", SUPERVISOR)
    for _ in range(2):
        assert "O nosso suporte atende em 71 98000-0001." in await support_told(office)

    await office.taps("Editar título", SUPERVISOR)
    await office.sees("Título de agora: Canal exclusivo de suporte", SUPERVISOR)
    await office.telegram.writes(SUPERVISOR, "Suporte do dentista")
    await office.taps("✅ Publicar", SUPERVISOR)
    await office.sees("Versão 2, de Sofia", SUPERVISOR)
    assert "O nosso suporte atende" in await support_told(office, "Suporte do dentista")
    await office.taps("Ver versões", SUPERVISOR)
    await office.taps("Ver 0", SUPERVISOR)
    await office.sees("Canal exclusivo de suporte: o original", SUPERVISOR)
    await office.taps("Usar este texto", SUPERVISOR)
    await office.sees("Versão 3, de Sofia", SUPERVISOR)
    assert "WhatsApp exclusivo" in await support_told(office)


async def test_a_whole_message_in_words_that_meta_does_not_know_goes_by_hand(office: World) -> None:
    await office.invited()
    await office.opens_case()
    await office.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await office.telegram.writes(SUPERVISOR, "/modelos")
    await office.taps("Mais ▼", SUPERVISOR)
    await office.taps("Primeiro contato", SUPERVISOR)
    await office.sees("Na Meta: aprovado, marketing.", SUPERVISOR)
    await office.taps("✏️ Editar texto", SUPERVISOR)
    await office.sees("Envie o texto inteiro, já mudado.", SUPERVISOR)
    await office.telegram.writes(SUPERVISOR, "Olá, {{ dentist.addressed }}! Podemos conversar?")
    await office.sees("A Meta aprova este texto palavra por palavra.", SUPERVISOR)
    await office.taps("✅ Publicar", SUPERVISOR)
    await office.sees("Versão 1, de Sofia", SUPERVISOR)

    await fresh_card(office)
    await office.taps("✍️ Primeiro contato")
    await office.taps("Primeiro contato (inteira: abre a conversa pela API): pelo seu WhatsApp")
    told = await office.sees("Olá, Dra. Marina! Podemos conversar?")
    assert "Vai pelo seu WhatsApp" in told["text"]
    await office.taps("✅ Enviei")
    await office.sees_in(told["message_id"], "enviada pelo seu WhatsApp")
    assert office.accepted() == []
