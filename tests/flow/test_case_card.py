"""The case's card in the chat: edited in place while it is the last message, anew once it has scrolled away."""

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World


async def test_the_card_stays_where_it_is_until_something_comes_below_it(world: World) -> None:
    await first_touch(world)
    await world.telegram.writes(ANALYST, "SAD169000763629")
    card = await world.sees("Etapa: 1º contato, aguardando a 1ª resposta do dentista")
    await world.taps("🪪 Dados")
    await world.sees_in(card["message_id"], "CPF: ***.736.819-**")
    await world.taps("Mostrar CPF")
    await world.sees_in(card["message_id"], "CPF: 215.736.819-11")
    await world.taps("Voltar")
    await world.sees_in(card["message_id"], "Etapa: 1º contato")

    await world.taps("🪪 Dados")
    await world.sees_in(card["message_id"], "CPF: ***.736.819-**")
    await world.whatsapp.writes(DENTIST, "Bom dia, pode falar")
    await world.sees("pode falar")
    await world.telegram.taps(ANALYST, card["message_id"], text="Voltar")
    below = await world.sees("Etapa: 1º contato, o dentista espera resposta")
    assert below["message_id"] > card["message_id"]
