"""What comes in by hand: forwarded messages, exported conversations, notes and calls."""

import io
import zipfile
from typing import Any

from tests.flow.processes import restarted_on
from tests.flow.world import ANALYST, DENTIST, FORMS, World, eventually

HELENA = 5005
TALK = (  # seconds past 10:00 on the 27th, who, what
    (5, ANALYST, {"text": "Bom dia, Dra. Marina! Conseguiu ver a tabela?"}),
    (41, HELENA, {"text": "Bom dia"}),
    (49, HELENA, {"text": "Vi sim"}),
    (55, HELENA, {"kind": "voice"}),
    (58, HELENA, {"text": "Esta parte aqui", "filename": "photo.jpg"}),
)


async def forwards(world: World, *messages: tuple[int, int, dict[str, Any]]) -> None:
    for second, who, content in messages:
        await world.telegram.forwards(ANALYST, user_id=who, date=f"2023-10-27T10:00:{second:02}-03:00", **content)


async def registered(world: World, count: int) -> list[dict[str, Any]]:
    query = "SELECT direction, kind, text, occurred_at FROM contact WHERE channel = 'manual' ORDER BY occurred_at, id"
    await eventually(lambda: len(world.rows(query)) == count, f"{count} contacts", world.chat)
    return world.rows(query)


async def test_a_forwarded_talk_is_one_conversation_recorded_once(world: World) -> None:
    await world.invited()
    await world.opens_case()
    world.telegram.person(HELENA, "Marina", "Prado")
    await forwards(world, *TALK)
    screen = await world.sees("5 mensagens: 5 novas, 0 já registradas")
    assert "Caso da Dra. Marina" in screen["text"]
    shown = [m for m in world.telegram.chat(ANALYST)["messages"] if "5 novas" in m["text"]]
    assert len(shown) == 1
    await world.taps("Registrar")
    rows = await registered(world, 5)
    assert [(r["direction"], r["kind"]) for r in rows] == [
        ("out", "text"),
        ("in", "text"),
        ("in", "text"),
        ("in", "audio"),
        ("in", "image"),
    ]
    await world.sees("[imagem] Esta parte aqui")
    await forwards(world, *TALK, (59, HELENA, {"text": "Até sexta"}))
    await world.sees("6 mensagens: 1 nova, 5 já registradas")
    await world.taps("Registrar")
    await registered(world, 6)


async def test_whose_a_forwarded_talk_is_is_asked_and_a_transcript_in_it_is_a_paste(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.telegram.forwards(ANALYST, "Olá", name="Clínica Sorriso", date="2023-10-27T10:00:00-03:00")
    await world.telegram.forwards(ANALYST, "Oi", name="Ana", date="2023-10-27T10:00:30-03:00")
    asked = await world.sees("Conversa com 2 mensagens. De qual caso é?")
    await world.telegram.writes(ANALYST, "SAD169000763629", reply_to_message_id=asked["message_id"])
    await world.sees("2 mensagens: 2 novas")
    await world.taps("Registrar")
    rows = await registered(world, 2)
    assert [(r["direction"], r["text"]) for r in rows] == [("in", "Olá"), ("out", "Oi")]
    pasted = "[09:01, 28/10/2023] MARINA 90485: Bom dia\n[09:02, 28/10/2023] Ana: Tudo bem?"
    await world.telegram.forwards(ANALYST, pasted, name="Colega", date="2023-10-30T10:00:00-03:00")
    await world.sees("De sáb., 28/10 às 9h01")
    await world.taps("Registrar")
    await registered(world, 4)


async def test_what_is_forwarded_while_an_opening_is_in_hand_is_refused_once(world: World) -> None:
    await world.invited()
    world.telegram.person(HELENA, "Marina", "Prado")
    await world.telegram.sends_document(ANALYST, (FORMS / "real-a-opening.txt").read_bytes(), "real-a-opening.txt")
    await world.sees("Qual o WhatsApp")
    await forwards(world, *TALK)
    await world.sees("O que você encaminhou não foi registrado: termine ou cancele antes a abertura")
    told = [m for m in world.telegram.chat(ANALYST)["messages"] if "não foi registrado" in m["text"]]
    assert len(told) == 1


async def test_a_forwarded_form_is_a_form_and_other_files_are_of_the_talk(world: World) -> None:
    await world.invited()
    form = (FORMS / "real-a-opening.txt").read_bytes()
    world.telegram.person(HELENA, "Marina", "Prado")
    await world.telegram.forwards(
        ANALYST, user_id=HELENA, date="2023-10-27T10:00:00-03:00", filename="real-a-opening.txt", content=form
    )
    await world.sees("Qual o WhatsApp")
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Abertura cancelada")
    await world.telegram.forwards(ANALYST, user_id=HELENA, date="2023-10-27T10:00:00-03:00", filename="recibo.pdf")
    await world.sees("Conversa com 1 mensagem. De qual caso é?")


def exported(text: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("Conversa do WhatsApp com MARINA 90485.txt", text)
        archive.writestr("IMG-20231027-WA0001.jpg", b"\xff\xd8\xff")
    return target.getvalue()


async def test_an_exported_conversation_with_media_is_recorded_with_their_names(world: World) -> None:
    await world.invited()
    await world.opens_case()
    talk = (
        "27/10/2023 09:38 - MARINA 90485: Bom dia\n"
        "27/10/2023 09:39 - MARINA 90485: IMG-20231027-WA0001.jpg (arquivo anexado)\nA tabela que veio\n"
    )
    for new in (2, 0):
        await world.telegram.sends_document(ANALYST, exported(talk), "Conversa.zip")
        await world.sees(f"2 mensagens: {new} nova")
        await world.taps("Registrar" if new else "Cancelar")
        await registered(world, 2)
    (image,) = world.rows("SELECT kind, text, media FROM contact WHERE kind = 'image'")
    assert image["text"] == "A tabela que veio"
    assert "IMG-20231027-WA0001.jpg" in str(image["media"])
    await world.telegram.sends_document(ANALYST, exported(talk)[:90], "cortada.zip")
    await world.sees("danificado")


async def answers(world: World, words: str, text: str) -> None:
    """Type what is asked for, once it is asked."""
    await world.sees(words)
    await world.telegram.writes(ANALYST, text)


async def test_a_call_is_written_down_from_the_card_above_and_stands_on_the_form(database_url: str) -> None:
    async with restarted_on(database_url) as world:
        await world.invited()
        await world.opens_case()
        await world.telegram.writes(ANALYST, "/nota")
        asked = await world.sees("Escreva a anotação, ou toque no que é")
        assert "Caso: Dra. Marina Prado Serra Azul · SAD169000763629" in asked["text"]
        await world.taps("📞 Ligação")
        await world.sees("Ligação de agora há pouco. Quem atendeu?")
        await world.taps("Foi em outra hora")
        await answers(world, "Quando foi a ligação?", "às 25h")
        await world.sees("Não entendi quando foi")
        await world.telegram.writes(ANALYST, "10h20")
        await world.sees("Ligação de hoje às 10h20. Quem atendeu?")
        await world.taps("Atendeu a secretária")
        await answers(world, "O que foi dito na ligação?", "a doutora volta às 14h")
        await world.sees("hoje às 10h20 atendeu a secretária: a doutora volta às 14h")
        await world.taps("Abrir caso")
        await world.sees("Etapa: 1º contato, aguardando")
        (call,) = world.rows("SELECT direction, channel, answered_by FROM contact")
        assert call == {"direction": "call", "channel": "phone", "answered_by": "secretary"}


async def test_a_call_that_nobody_answered_takes_two_taps_on_the_card(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("📞 Ligação")
    await world.taps("Não atendeu")
    await world.sees("📞 hoje às 11h não atendeu.")
    await world.taps("Abrir caso")
    await world.taps("📌 Orientação")
    await answers(world, "De quem veio a orientação?", "Sofia Matos")
    await answers(world, "Qual foi a orientação?", "Aguardar a tabela nova")
    await world.sees("Orientação recebida de Sofia Matos: Aguardar a tabela nova")


async def test_a_note_without_a_case_asks_for_it_and_is_withdrawn(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.telegram.writes(ANALYST, "/inicio")
    await world.telegram.writes(ANALYST, "/nota Credenciada na rede\nconcorrente")
    asked = await world.sees("De qual caso é? Toque nele")
    assert "Credenciada na rede concorrente" in asked["text"]
    await world.taps("Novo caso")
    await eventually(
        lambda: any("Termine ou cancele antes a anotação" in a["text"] for a in world.sandbox.ledger.answers),
        "the refusal",
        world.chat,
    )
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("O que é? Entra no formulário")
    await world.taps("🗒 Anotação")
    await world.sees("✅ Registrado")
    assert [r["text"] for r in world.rows("SELECT text FROM contact")] == ["Credenciada na rede\nconcorrente"]
    await world.telegram.writes(ANALYST, "e o resto do texto " * 10)  # a piece that Telegram cut off
    await world.sees("e o resto do texto e o resto")
    await world.taps("Cancelar")
    await world.sees("Anotação deixada de lado")
    await world.taps("Desfazer")
    await world.sees("Desfeito: não sai no formulário")
    await world.taps("Abrir caso")
    await world.sees("Etapa: sem 1º contato")
    (kept,) = world.rows("SELECT withdrawn_at FROM contact")
    assert kept["withdrawn_at"] is not None


async def test_guidance_is_written_down_as_a_reply_to_the_dentists_card(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.whatsapp.writes(DENTIST, "Alguém aí?")
    card = await world.sees("Responda a esta mensagem")
    await world.telegram.writes(ANALYST, "/nota Manter até dezembro", reply_to_message_id=card["message_id"])
    await world.sees("Caso: Dra. Marina")
    await world.taps("Orientação recebida")
    await answers(world, "De quem veio a orientação?", "Sofia Matos")
    await world.sees("Orientação recebida de Sofia Matos: Manter até dezembro")
    assert world.accepted() == []
