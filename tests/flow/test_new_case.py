"""A new case without a form: asked for a thing at a time, or told in one line, corrected, opened."""

from tests.flow.world import ANALYST, World


async def test_a_case_is_opened_by_answering(world: World) -> None:
    await world.invited()
    await world.telegram.writes(ANALYST, "/inicio")
    await world.taps("Novo caso")
    await world.sees("Qual o nº do protocolo")
    await world.telegram.writes(ANALYST, "SAD1234")
    await world.sees("este tem 4")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Qual o nome do dentista?")
    await world.telegram.writes(ANALYST, "Marina Prado")
    await world.sees("Qual o CRO, com a UF?")
    await world.telegram.writes(ANALYST, "90485/BA")
    await world.sees("Qual o WhatsApp")
    await world.taps("Pular")
    await world.taps("Dra.")
    await world.sees("Por qual nome")
    await world.taps("Pular")
    await world.taps("✏️ Corrigir")
    await world.taps("WhatsApp")
    await world.sees("Qual o WhatsApp")
    await world.telegram.writes(ANALYST, "71 98000-0017")
    await world.sees("WhatsApp: 71 98000-0017")
    await world.taps("✅ Abrir caso")
    card = await world.sees("Etapa: sem 1º contato")
    assert card["text"].startswith("Dra. Marina Prado · SAD169000763629\nCRO 90485/BA · BA · 71 98000-0017")


async def test_one_line_is_enough(world: World) -> None:
    await world.invited()
    await world.telegram.writes(ANALYST, "/novo SAD169000763629 Dra. Marina Prado 90485/BA 71 98000-0017")
    await world.sees("Por qual nome")
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Abertura cancelada. Nada foi registrado.")
    await world.telegram.writes(ANALYST, "/novo SAD169000763629 Dra. Marina Prado 90485/BA 71 98000-0018")
    await world.sees("WhatsApp: 71 98000-0018")
    await world.taps("Pular")
    await world.taps("✅ Abrir caso")
    await world.sees("Etapa: sem 1º contato")
    await world.telegram.writes(ANALYST, "/novo SAD169000763629")
    await world.sees("já está aberto com você")
    assert world.rows("SELECT 1 FROM dialogue_step") == []
