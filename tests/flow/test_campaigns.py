"""A campaign as a person runs it: whom, what, a look at it, a tap, and one screen that tells how far it has come."""

import io
from collections.abc import Sequence
from datetime import timedelta

import openpyxl

from storage.models import Analyst
from tests.factory import Store, create_case, create_dentist
from tests.flow.world import ANALYST, START, World, eventually, world_on

AGO = START - timedelta(days=30)
SILENT = {"opened_at": AGO, "first_out_at": AGO, "last_out_at": AGO, "last_touch_at": AGO}
PLANNED = START + timedelta(days=30)  # the cadence leaves these alone


def seed(world: World, number: int, places: Sequence[tuple[str, str]] = (("SALVADOR", "BA"),)) -> None:
    """Cases of Ana's whose dentists have not answered, one of whom wants no messages; by turns in these places."""
    store = Store(world.settings.database_url)
    (ana,) = store.all(Analyst)
    for n in range(number):
        opted_out = AGO if n == 0 else None
        dentist = create_dentist(store, f"DENTISTA {n}", f"+5571981{n:06d}", opted_out_at=opted_out)
        city, uf = places[n % len(places)]
        create_case(store, ana, dentist, cadence_at=PLANNED, city=city, uf=uf, **SILENT)
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
    await world.taps("📄 Planilha")
    document = await world.sees_document(".xlsx")
    assert document["filename"] == "campanha-1-2023-10-30.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(world.telegram.file(document["file_id"])))
    rows = list(book["Pessoas"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 26
    (answered,) = (row for row in rows if row[5] == "respondeu")
    assert (answered[1], answered[-1]) == ("Dra. Dentista 7", "Bom dia!")
    assert [row[6] for row in rows if row[5] == "ficou de fora"] == ["pediu para não receber mensagens"]
    contacts = world.rows("SELECT DISTINCT case_id FROM contact WHERE direction = 'out'")
    assert len(contacts) == 25
    await world.sees("✅ A campanha nº 1 terminou: veja acima.")
    await world.taps("💬 Responderam: 1")
    answered = await world.sees("Responderam: 1")
    assert "• Dra. Dentista 7 · hoje às" in answered["text"] and "Bom dia!" in answered["text"]
    await world.taps("Dra. Dentista 7 · ")
    await world.sees("Etapa: ")


async def chosen(world: World) -> None:
    """A new campaign, with its message."""
    await world.telegram.writes(ANALYST, "/campanha")
    await world.taps("➕ Nova campanha")
    await world.taps("✉️ Mensagem: escolha")
    await world.taps("Retomar a conversa")


async def test_a_place_is_typed_or_a_whole_state_is_tapped(world: World) -> None:
    await world.invited()
    places = [("FEIRA DE SANTANA", "BA"), ("Feira de Santana", "BA"), ("FEIRA NOVA", "SE"), ("SALVADOR", "BA")]
    seed(world, 8, places)
    await chosen(world)
    await world.taps("📍 Onde: todas as cidades")
    await world.offered("Bahia inteira · 6")
    await world.offered("Feira de Santana/BA · 4")
    await world.taps("✏️ Digitar a cidade")
    await world.sees("Qual cidade?")
    await world.telegram.writes(ANALYST, "Recife")
    await world.sees("Nenhum caso aberto desta escolha fica em “Recife”.")
    await world.telegram.writes(ANALYST, "feira")
    await world.sees("feira pode ser um destes.")
    await world.offered("Feira Nova/SE · 2")
    await world.telegram.writes(ANALYST, "feira de sant")
    await world.sees("Feira de Santana/BA\n4 casos abertos.")
    await eventually(lambda: not world.rows("SELECT 1 FROM dialogue_step"), "the end of the question", world.chat)
    await world.telegram.writes(ANALYST, "dentista 3")
    await world.sees("Dra. Dentista 3")  # what is typed afterwards is a search again
    await world.taps("📍 Onde: Feira de Santana/BA")
    await world.taps("Bahia inteira · 6")
    await world.sees("Bahia inteira\n6 casos abertos.")
    await world.taps("👁 Conferir 6 casos")
    await world.sees("5 dentistas vão receber.")


async def test_many_states_have_a_screen_of_their_own(world: World) -> None:
    await world.invited()
    seed(world, 4, [("SALVADOR", "BA"), ("ARACAJU", "SE"), ("MACEIO", "AL"), ("RECIFE", "PE")])
    await chosen(world)
    await world.taps("📍 Onde: todas as cidades")
    await world.offered("Maceio/AL · 1")
    assert world.button("Alagoas inteira") is None
    await world.taps("🗺 Um estado inteiro")
    await world.taps("Alagoas inteira · 1")
    await world.sees("Alagoas inteira\n1 caso aberto.")


async def test_who_gets_it_is_looked_at_by_name_and_one_is_taken_out(world: World) -> None:
    await world.invited()
    seed(world, 12)
    await chosen(world)
    await world.taps("👁 Conferir 12 casos")
    told = await world.sees("11 dentistas vão receber.")
    assert "cerca de 1 minuto ao todo" in told["text"]
    await world.taps("👁 Outro exemplo")
    await world.sees("Olá, Dra. Dentista! Retomo o nosso contato")
    await world.sees("Dra. Dentista 4 · SAD")
    await world.taps("Outro exemplo ▶")
    await world.sees("Dra. Dentista 5 · SAD")
    await world.taps("Voltar")
    await world.taps("🚫 Ficam de fora: 1")
    left_out = await world.sees("Ficam de fora: 1 · pediu para não receber mensagens")
    assert "• Dra. Dentista 0" in left_out["text"]
    await world.taps("Voltar")
    await world.taps("👥 Vão receber: 11")
    page = await world.sees("Vão receber: 11\n\n• Dra. Dentista 1")
    assert "Dentista 8" in page["text"] and "Dentista 9" not in page["text"]
    await world.taps("Mais ▼")
    await world.taps("Dra. Dentista 9 · ")
    await world.sees("Dra. Dentista 9 · SAD")
    await world.taps("🚫 Deixar de fora")
    await world.sees("Dra. Dentista 9 ficou de fora da campanha nº 1.")
    await world.taps("↩️ Desfazer")
    await world.sees("11 dentistas vão receber.")
    await world.taps("👥 Vão receber: 11")
    await world.taps("Dra. Dentista 2 · ")
    await world.taps("🚫 Deixar de fora")
    await world.sees("Dra. Dentista 2 ficou de fora")
    await world.taps("Voltar")
    await world.taps("✅ Aprovar 10")
    world.forward(seconds=15)
    await sent(world, 10)
    written_to = {message["to"].removeprefix("+") for message in world.accepted()}
    assert written_to == {f"5571981{n:06d}" for n in range(12) if n not in (0, 2)}


async def test_a_campaign_begins_at_a_chosen_moment(world: World) -> None:
    await world.invited()
    seed(world, 3)
    await chosen(world)
    await world.taps("👁 Conferir 3 casos")
    await world.taps("🕓 Agendar início")
    await world.sees("Quando a campanha nº 1 começa a sair?")
    await world.taps("Amanhã 8h")
    await world.sees("Começa a sair amanhã às 8h.")
    await world.taps("🕓 Mudar horário")
    await world.offered("Hoje 13h")
    await world.telegram.writes(ANALYST, "quando der")
    await world.sees("Não entendi esse horário.")
    await world.telegram.writes(ANALYST, "hoje 6h")
    await world.sees("Essa hora já passou")
    await world.telegram.writes(ANALYST, "amanhã 6h")
    await world.sees("Fora do horário de trabalho: começa amanhã às 8h.")
    await world.taps("↩️ Desfazer")
    ready = await world.sees("👁 pronta para conferir")
    await world.taps("🕓 Agendar início")
    await world.sees_in(ready["message_id"], "Quando a campanha nº 1 começa a sair?")
    await world.telegram.writes(ANALYST, "hoje 15h")
    await world.sees("Começa a sair hoje às 15h.")
    await world.telegram.writes(ANALYST, "/campanha")
    await world.offered("nº 1 · 🕓 agendada para hoje às 15h")
    assert world.accepted() == []
    world.forward(hours=4)
    await sent(world, 2)


async def test_more_people_than_whatsapp_lets_leave_in_a_day_are_told_before_and_wait(database_url: str) -> None:
    async with world_on(database_url, whatsapp_people_per_day=3) as world:
        await world.invited()
        seed(world, 8)
        await chosen(world)
        await world.taps("👁 Conferir 8 casos")
        told = await world.sees("7 dentistas vão receber.")
        limit = "⚠️ O WhatsApp deixa abrir conversa com 3 pessoas por dia: esta campanha leva cerca de 3 dias úteis."
        assert limit in told["text"]
        await world.taps("✅ Aprovar 7")
        await world.offered("↩️ Desfazer")
        world.forward(seconds=15)
        await sent(world, 3)
        world.forward(hours=24)
        await sent(world, 6)


async def test_stopping_for_good_is_asked_once(world: World) -> None:
    await world.invited()
    seed(world, 25)
    await chosen(world)
    await world.taps("👁 Conferir 25 casos")
    await world.taps("✅ Aprovar 24")
    shown = await world.sees("“Desfazer” a traz de volta")
    world.forward(seconds=15)
    await sent(world, 20)
    await world.sees_in(shown["message_id"], "20 de 24 na fila de envio ou enviadas.")
    await world.taps("⏹ Parar")
    await world.sees_in(shown["message_id"], "4 dentistas ficariam sem receber.")
    await world.taps("Voltar")
    await world.sees_in(shown["message_id"], "▶️ em andamento")
    await world.taps("⏹ Parar")
    await world.taps("Parar de vez")
    await world.sees_in(shown["message_id"], "⏹ parada")
    world.forward(minutes=5)
    await world.taps("🔄 Atualizar")
    await world.taps("🚫 Ficam de fora: 5")
    await world.sees("4: a campanha parou antes")
    assert len(world.accepted()) == 20


async def test_whoever_looks_at_a_list_is_not_shown_the_campaign_again_by_each_lot(world: World) -> None:
    await world.invited()
    seed(world, 45)
    await chosen(world)
    await world.taps("👁 Conferir 45 casos")
    await world.taps("✅ Aprovar 44")
    await world.offered("↩️ Desfazer")
    world.forward(seconds=15)
    await sent(world, 20)
    await world.taps("👥 Vão receber: 24")
    await world.offered("Mais ▼")
    world.forward(minutes=1, seconds=5)
    await sent(world, 40)
    calm = "SELECT 1 FROM notification WHERE sent_at IS NULL AND kind = 'campaign'"
    await eventually(lambda: not world.rows(calm), "calm", world.chat)
    assert world.telegram.last(ANALYST, "Campanha nº 1 · ▶️ em andamento") is None
