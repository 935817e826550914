"""The main job, as an analyst lives it."""

from tests.flow.world import DENTIST, World


async def test_a_form_opens_a_case_and_the_first_touch_goes_out(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.sees("retencao_primeiro_contato")
    await world.taps("Aprovar e enviar")
    await world.sees("aprovada")
    world.forward(seconds=15)
    await world.sees("entregue")
    assert [m["template"] for m in world.accepted()] == ["retencao_primeiro_contato"]

    world.forward(hours=1)
    await world.whatsapp.writes(DENTIST, "Bom dia!")
    await world.whatsapp.writes(DENTIST, "Vou verificar")
    card = await world.sees("Vou verificar")
    assert "Bom dia!" in card["text"]
