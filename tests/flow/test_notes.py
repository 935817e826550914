"""Notes, calls and guidance in the chat."""

from tests.flow.world import ANALYST, World


async def test_a_call_is_recorded_in_two_taps_and_a_note_by_a_command(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("📞 Ligação")
    await world.sees("Quem atendeu?")
    await world.taps("Não atendeu")
    await world.sees("📞 hoje às 11h não atendeu")
    await world.sees("Etapa: 1º contato")
    await world.taps("📞 Ligação")
    await world.taps("Atendeu a Dra. Marina")
    await world.sees("O que foi dito na ligação?")
    await world.telegram.writes(ANALYST, "pediu para ligar na sexta")
    await world.sees("atendeu a Dra. Marina: pediu para ligar na sexta")

    await world.telegram.writes(ANALYST, "/nota rede concorrente: outra operadora")
    await world.sees("Em qual caso?")
    await world.taps("Dra. Marina")
    card = await world.sees("🗒 hoje às 11h rede concorrente: outra operadora")
    await world.telegram.writes(ANALYST, "/nota", reply_to_message_id=card["message_id"])
    await world.sees("O que registrar?")
    await world.taps("📌 Orientação recebida")
    await world.sees("Escreva a orientação e de quem veio")
    await world.telegram.writes(ANALYST, "aguardar a tabela nova, disse a Sofia")
    await world.sees("Orientação recebida: aguardar a tabela nova, disse a Sofia")
    kinds = world.rows("SELECT direction FROM contact ORDER BY id")
    assert [k["direction"] for k in kinds] == ["call", "call", "note", "note"]
