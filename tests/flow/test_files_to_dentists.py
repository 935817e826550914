"""A table as PDF to the dentist: as an answer to the card, or looked at first; by hand it is attached by oneself."""

from tests.flow.test_dialogues import open_window
from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, world_on

TABLE = b"%PDF-1.7\nmoeda 0,37"


async def test_a_file_goes_to_the_dentist_whose_card_it_answers(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Pode mandar a tabela")
    card = await world.sees("Pode mandar a tabela")
    await world.telegram.sends_document(
        ANALYST, TABLE, "tabela.pdf", caption="Segue a tabela nova", reply_to_message_id=card["message_id"]
    )
    screen = await world.sees("📎 tabela.pdf")
    assert "Marina" in screen["text"] and "Segue a tabela nova" in screen["text"]
    await world.taps("Desfazer")
    await world.sees("rascunho")
    await world.approves(2)
    got = world.whatsapp.chat(DENTIST)["messages"][-1]
    assert (got["type"], got["filename"], got["text"]) == ("document", "tabela.pdf", "Segue a tabela nova")
    await world.sees("entregue")
    await world.taps("Abrir caso")
    await world.sees("[documento tabela.pdf] Segue a tabela nova")


async def test_a_file_that_was_asked_for_is_shown_before_it_leaves(world: World) -> None:
    await open_window(world)
    await world.taps("Escrever")
    await world.taps("📎 Arquivo")
    await world.sees("Envie o arquivo para")
    await world.telegram.sends_document(ANALYST, b"MZ\x90", "virus.pdf")
    await world.sees("Para o dentista vão PDF, imagem")
    await world.telegram.sends_photo(ANALYST, b"\xff\xd8\xff\xe0 foto")
    screen = await world.sees("📎 foto.jpg")
    assert "Vai pela API do WhatsApp" in screen["text"]
    await world.approves(2)
    assert world.accepted()[1]["type"] == "image"
    await world.sees_in(screen["message_id"], "entregue")
    await world.taps("Abrir caso")
    await world.sees("[imagem foto.jpg]")
    await world.telegram.sends_photo(ANALYST, b"\xff\xd8\xff\xe0 outra")
    await world.sees("Arquivos que leio")
    assert len(world.rows("SELECT 1 FROM attachment")) == 1


async def test_by_hand_the_file_is_attached_by_the_analyst(sqlite_url: str) -> None:
    async with world_on(sqlite_url, whatsapp_token="") as world:
        await world.invited()
        await world.opens_case()
        await world.taps("Primeiro contato")
        await world.taps("📎 Arquivo")
        await world.sees("Envie o arquivo para")
        await world.telegram.sends_document(ANALYST, TABLE, "tabela.pdf")
        await world.sees("anexe o arquivo você, no WhatsApp")
        await world.taps("✅ Enviei")
        await world.sees("enviada pelo seu WhatsApp")
        await world.taps("Abrir caso")
        await world.sees("[documento tabela.pdf]")
