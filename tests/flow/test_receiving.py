"""What a dentist sends besides words, what is changed afterwards, and what WhatsApp itself tells: as an analyst lives
it."""

from datetime import timedelta

from messages.statuses import Role
from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, START, World, eventually

SUPERVISOR = 2002
TABLE = b"%PDF-1.7 a tabela da clinica"
PLACE = {"name": "Clínica Prado", "latitude": -12.97, "longitude": -38.5}


async def test_whatever_a_dentist_sends_is_read_and_files_are_handed_out(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.sends_document(DENTIST, TABLE, "minha tabela.pdf", caption="segue a tabela")
    await world.sees("[documento minha tabela.pdf] segue a tabela")
    await eventually(lambda: world.rows("SELECT 1 FROM received_file WHERE fetched_at IS NOT NULL"), "file", world.chat)
    await world.taps("📎 Ver arquivo")
    shown = await world.sees_document(".pdf")
    assert shown["filename"] == "minha tabela.pdf"
    assert world.telegram.file(shown["file_id"]) == TABLE

    await world.whatsapp.sends(DENTIST, "location", PLACE)
    await world.sees("Clínica Prado, https://maps.google.com/?q=-12.97,-38.5")
    await world.whatsapp.calls(DENTIST)
    await world.sees("Ligação perdida")
    await world.whatsapp.sends(DENTIST, "poll", {"question": "Qual dia?"})
    await world.sees("Mensagem do tipo “poll”: Qual dia?")

    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("📎 1 arquivo")
    await world.sees("minha tabela.pdf (1 KB)")
    await world.taps("1 · Ver documento")
    opened = "SELECT count(*) AS n FROM audit_entry WHERE action = 'file_opened'"
    await eventually(lambda: world.rows(opened)[0]["n"] == 2, "a second look", world.chat)


async def test_what_is_changed_afterwards_is_told_and_what_was_said_stays(world: World) -> None:
    await first_touch(world)
    ours = world.accepted()[0]["id"]
    await world.whatsapp.reacts(DENTIST, ours, "👍")
    await world.sees("Reagiu com 👍 a “Olá, Dra. Marina!")
    said = await world.whatsapp.writes(DENTIST, "aceito a 0,40")
    await world.whatsapp.edits(DENTIST, said, "aceito a 0,50")
    card = await world.sees("[mensagem editada] aceito a 0,50 (antes: “aceito a 0,40”)")
    assert "aceito a 0,40 (editada depois)" in card["text"]
    await world.whatsapp.deletes(DENTIST, said)
    await world.sees("[mensagem apagada]: “aceito a 0,40”")
    texts = [r["text"] for r in world.rows("SELECT text FROM contact WHERE direction = 'in' ORDER BY id")]
    assert texts == ["Reagiu com 👍", "aceito a 0,40", "aceito a 0,50", ""]


async def test_the_phone_that_stays_in_use_and_whatsapps_own_news_reach_who_must_know(world: World) -> None:
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await first_touch(world)
    before = len(world.telegram.chat(ANALYST)["messages"])
    typed = await world.whatsapp.typed_on_phone(DENTIST, "Bom dia, doutora, aqui é a Ana")
    await world.whatsapp.edited_on_phone(DENTIST, typed, "Bom dia, doutora!")
    past = int((START + timedelta(minutes=1)).timestamp())
    talk = [{"ours": False, "text": "Vou pensar", "at": past}, {"ours": True, "text": "Combinado", "at": past + 60}]
    await world.whatsapp.shares_past(DENTIST, talk)
    rows = "SELECT direction, kind, text FROM contact WHERE kind <> 'template' AND message_id IS NULL ORDER BY id"
    await eventually(lambda: len(world.rows(rows)) == 4, "four touches", world.chat)
    assert [(r["direction"], r["kind"], r["text"]) for r in world.rows(rows)] == [
        ("out", "text", "Bom dia, doutora, aqui é a Ana"),
        ("out", "edit", "Bom dia, doutora!"),
        ("in", "text", "Vou pensar"),
        ("out", "text", "Combinado"),
    ]
    assert len(world.telegram.chat(ANALYST)["messages"]) == before  # nobody was disturbed
    assert world.rows('SELECT window_since FROM "case"') == [{"window_since": None}]

    await world.whatsapp.moves(DENTIST, "+5571991110000")
    told = await world.sees("mudou de número")
    assert "71 99111-0000" in told["text"]
    await world.whatsapp.writes("+5571991110000", "este é o meu número novo")
    await world.sees("este é o meu número novo")

    await world.whatsapp.account_news("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_1K"})
    await world.sees("A qualidade do número caiu", SUPERVISOR)
    await world.sees("O que fazer:", SUPERVISOR)
    assert world.telegram.last(ANALYST, "qualidade") is None
