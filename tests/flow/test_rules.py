"""A rule bars a case, the analyst asks for an exception, the supervision grants it, the message goes."""

from messages.statuses import Role
from tests.flow.world import ANALYST, World

SUPERVISOR = 2002


async def test_a_rule_bars_until_an_exception_is_granted(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)

    await world.telegram.writes(SUPERVISOR, "/regras")
    await world.sees("Nenhuma regra em vigor.", SUPERVISOR)
    await world.taps("➕ Nova regra", SUPERVISOR)
    await world.taps("Uma cidade", SUPERVISOR)
    await world.sees("Qual cidade?", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "salvador/BA")
    await world.taps("Não contatar nem descredenciar", SUPERVISOR)
    await world.sees("Qual o motivo?", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "rede em auditoria")
    await world.sees("Quem orientou?", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "Diretoria")
    await world.sees("Alcança 1 caso aberto agora.", SUPERVISOR)
    await world.taps("✅ Criar regra", SUPERVISOR)
    await world.sees("Orientação de Diretoria, desde 30/10/2023.", SUPERVISOR)

    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Não contatar nem descredenciar: rede em auditoria (orientação de Diretoria)")
    await world.taps("Encerrar")
    await world.taps("Desligamento")
    await world.taps("Continuar")
    await world.taps("· Não descredenciar")
    await world.sees("Há uma orientação para não descredenciar: rede em auditoria")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("Pedir exceção")
    await world.sees("Escreva por que fazer uma exceção")
    await world.telegram.writes(ANALYST, "a clínica não chegou a ser divulgada")
    await world.sees("Aguarda a decisão da supervisão.")

    await world.sees("Pedido de Ana", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "/inicio")
    await world.taps("✅ 1 aprovação", SUPERVISOR)
    await world.sees("1 pedido espera por decisão", SUPERVISOR)
    await world.taps("Dra. Marina", SUPERVISOR)
    await world.taps("Autorizar", SUPERVISOR)
    await world.sees("Autorizado por Sofia, hoje às 11h", SUPERVISOR)
    await world.sees("✅ Pedido autorizado")
    await world.sees("Autorizado por Sofia, hoje às 11h")

    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Exceção à regra “rede em auditoria")
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.approves(1)
