"""A campaign as a person runs it: whom, what, a look at it, a tap, and one screen that tells how far it has come."""

from datetime import timedelta

from storage.models import Analyst
from tests.factory import Store, create_case, create_dentist
from tests.flow.world import ANALYST, START, World

AGO = START - timedelta(days=30)
SILENT = {"opened_at": AGO, "first_out_at": AGO, "last_out_at": AGO, "last_touch_at": AGO}
PLANNED = START + timedelta(days=30)  # the cadence leaves these alone


def seed(world: World, number: int) -> None:
    """Cases of Ana's whose dentists have not answered; one of them wants no messages."""
    store = Store(world.settings.database_url)
    (ana,) = store.all(Analyst)
    for n in range(number):
        opted_out = AGO if n == 0 else None
        dentist = create_dentist(store, f"DENTISTA {n}", f"+5571981{n:06d}", opted_out_at=opted_out)
        create_case(store, ana, dentist, cadence_at=PLANNED, **SILENT)
    store.close()


async def sent(world: World, number: int) -> None:
    await world.sent(number)
    assert len(world.accepted()) == number


async def test_a_campaign_is_chosen_looked_at_paused_and_followed_to_its_end(world: World) -> None:
    await world.invited()
    seed(world, 26)
    await world.telegram.writes(ANALYST, "/campanha")
    await world.sees("📣 Campanhas")
    await world.taps("➕ Nova campanha")
    await world.sees("26 casos abertos")
    await world.taps("📍 Onde: todas as cidades")
    await world.taps("Salvador/BA · 26")
    await world.sees("Salvador/BA")
    await world.taps("✉️ Mensagem: escolha")
    await world.taps("Retomar a conversa")
    await world.taps("👁 Conferir 26 casos")
    told = await world.sees("25 dentistas vão receber.")
    assert "Ficam de fora: 1\n• 1: pediu para não receber mensagens" in told["text"]
    assert "Retomo o nosso contato do dia 30/09/2023" in told["text"]
    assert world.accepted() == []

    await world.taps("✅ Aprovar 25")
    await world.sees_in(told["message_id"], "“Desfazer” a traz de volta")
    await world.taps("↩️ Desfazer")
    await world.taps("✅ Aprovar 25")
    await world.sees_in(told["message_id"], "“Desfazer” a traz de volta")
    world.forward(seconds=15)
    await sent(world, 20)
    await world.sees_in(told["message_id"], "20 de 25 na fila de envio ou enviadas.")
    await world.taps("⏸ Pausar")
    await world.sees_in(told["message_id"], "⏸ pausada")
    world.forward(minutes=10)
    await world.taps("▶️ Continuar")
    await sent(world, 25)
    world.forward(minutes=1)
    await world.sees_in(told["message_id"], "✅ concluída")
    await world.whatsapp.writes("+5571981000007", "Bom dia!")
    await world.sees("Responda a esta mensagem")
    await world.taps("🔄 Atualizar")
    await world.sees_in(told["message_id"], "💬 responderam: 1")
    contacts = world.rows("SELECT DISTINCT case_id FROM contact WHERE direction = 'out'")
    assert len(contacts) == 25
