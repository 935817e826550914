"""Drafts that wait: scheduled, approved in one go, answered quickly, asked about at the day's end."""

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, world_on


async def test_a_quick_reply_is_scheduled_taken_back_and_sent(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "A liberação sai no mesmo dia?")
    await world.sees("no mesmo dia?")
    await world.taps("💬 Resposta rápida")
    await world.taps("Resposta: a liberação sai no mesmo dia?")
    await world.sees("Vai pela API do WhatsApp")
    await world.taps("🕓 Agendar envio")
    await world.sees("quando a janela de 24 horas fecha")
    await world.telegram.writes(ANALYST, "depois de amanhã 10h")
    await world.sees("a janela de 24 horas terá fechado")
    await world.telegram.writes(ANALYST, "hoje 16h")
    await world.sees("aprovada, sai hoje às 16h")
    await world.telegram.writes(ANALYST, "/inicio")
    await world.taps("🕓 1 envio agendado")
    await world.taps("Dra. Marina")
    await world.taps("Desfazer")
    await world.sees("rascunho")
    await world.approves(2)
    assert "guias" in world.accepted()[1]["text"]


async def test_prepared_drafts_are_approved_in_one_go(world: World) -> None:
    await world.invited()
    for number in (1, 2):
        line = f"/novo SAD16900076362{number} Dra. Marina Prado 9048{number}/BA 71 98000-001{number}"
        await world.telegram.writes(ANALYST, line)
        await world.sees(f"71 98000-001{number}")
        await world.taps("Pular")
        await world.taps("✅ Abrir caso")
        await world.sees(f"CRO 9048{number}/BA · BA")
        await world.taps("Primeiro contato")
        await world.taps("Primeiro contato (inteira")
        await world.sees(f"protocolo SAD16900076362{number}")
        await world.taps("Guardar rascunho")
        await world.sees("📝")
    await world.telegram.writes(ANALYST, "/inicio")
    await world.taps("📝 2 rascunhos")
    await world.taps("Aprovar vários")
    await world.taps("Marcar todos")
    await world.taps("👁 Ver marcados (2)")
    await world.sees("2/2 · Para Dra. Marina Prado")
    await world.taps("✅ Aprovar 2")
    await world.sees("2 mensagens aprovadas.")
    await world.offered("↩️ Desfazer todas")
    world.forward(seconds=15)
    await world.sent(2)


async def test_at_the_days_end_what_was_left_open_is_asked_in_one_list(sqlite_url: str) -> None:
    async with world_on(sqlite_url, whatsapp_token="") as world:
        await world.invited()
        await world.opens_case()
        await world.taps("Primeiro contato")
        await world.taps("▫️ Ação de divulgação")
        await world.taps("👁 Ver a mensagem")
        await world.sees("Vai pelo seu WhatsApp")
        world.forward(hours=7)
        await world.sees("Foram enviadas pelo seu WhatsApp?")
        await world.taps("1. ✅ Enviei")
        await world.sees("Nada mais em aberto pelo seu WhatsApp.")
        assert len(world.rows("SELECT 1 FROM contact WHERE direction = 'out'")) == 1
