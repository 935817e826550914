"""The panel in the chat: a picture that a tap draws anew, told in words too, and a spreadsheet of the same figures."""

import io
from typing import Any

import openpyxl

from messages.statuses import Role
from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, World, eventually

SUPERVISOR, BRUNO = 2002, 3003


def picture(world: World, message: dict[str, Any], chat_id: int) -> bytes:
    """What stands above a text now."""
    (now,) = (m for m in world.telegram.chat(chat_id)["messages"] if m["message_id"] == message["message_id"])
    assert now["is_photo"] and now["document"]["filename"].endswith(".png")
    return world.telegram.file(now["document"]["file_id"])


async def test_the_panel_is_drawn_into_one_picture_and_handed_out_as_a_sheet(world: World) -> None:
    await first_touch(world)
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.invited(BRUNO, "Bruno")
    await world.telegram.writes(ANALYST, "/painel")
    shown = await world.sees("Funil de retenção")
    assert "Ana · Este mês: 01/10/2023 a 30/10/2023" in shown["text"]
    first = picture(world, shown, ANALYST)
    assert first.startswith(b"\x89PNG") and world.button("Pessoas") is None

    await world.taps("Tudo")
    await world.sees_in(shown["message_id"], "Contatados: 1")
    await world.taps("Cidades")
    await world.sees_in(shown["message_id"], "casos 1, em aberto 1")
    assert picture(world, shown, ANALYST) != first and "• Tudo" in world.chat()
    await world.taps("Planilha")
    document = await world.sees_document(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(world.telegram.file(document["file_id"])))
    assert [cell.value for cell in book["Funil"]["B"]][:3] == ["Casos", 1, 1] and "Pessoas" not in book.sheetnames

    await world.telegram.writes(BRUNO, "/painel")
    await world.sees("Nenhum caso com protocolo aberto neste período.", BRUNO)
    await world.telegram.writes(SUPERVISOR, "/inicio")
    await world.taps("Supervisão", SUPERVISOR)
    await world.taps("📊 Painel", SUPERVISOR)
    shown = await world.sees("Toda a equipe · Este mês", SUPERVISOR)
    await world.taps("Tudo", SUPERVISOR)
    await world.sees_in(shown["message_id"], "Tudo: desde o primeiro caso", SUPERVISOR)
    await world.taps("Pessoas", SUPERVISOR)
    await world.sees_in(shown["message_id"], "Ana: casos 1", SUPERVISOR)

    await world.telegram.taps(SUPERVISOR, shown["message_id"], text="Início")
    await eventually(
        lambda: world.telegram.last(SUPERVISOR, "Casos de toda a equipe")["message_id"] > shown["message_id"],
        "the first screen below the picture, which stays",
        lambda: world.chat(SUPERVISOR),
    )
    assert picture(world, shown, SUPERVISOR).startswith(b"\x89PNG")
