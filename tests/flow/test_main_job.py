"""The main job, as an analyst lives it: a case, a first touch, replies, answers, a conversation of the own phone, a
follow-up, the form."""

from datetime import timedelta

from messages.form import read_form
from tests.flow.world import ANALYST, DENTIST, START, World, eventually, free_port, world_on


async def first_touch(world: World) -> None:
    """A case is open and its first message, a whole template, is with the dentist."""
    await world.invited()
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.sees("retencao_primeiro_contato")
    await world.approves(1)
    await world.sees("entregue")


async def test_a_stranger_gets_a_polite_nothing(world: World) -> None:
    world.telegram.person(7, first_name="Estranho")
    await world.telegram.starts(7)
    await world.telegram.writes(7, "SAD169000763629")
    await world.telegram.starts(7, "codigo-inventado")
    await world.sees("convite não vale", 7)
    waiting = "SELECT 1 FROM inbox_event WHERE filed_at IS NULL"
    await eventually(lambda: not world.rows(waiting), "the end of what was said", lambda: world.chat(7))
    assert world.rows("SELECT 1 FROM inbox_event WHERE attempts > 0") == []
    told = [m["text"] for m in world.telegram.chat(7)["messages"] if m["from"] == "bot"]
    assert len(told) == 2
    assert "uso interno" in told[0]
    assert world.rows("SELECT 1 FROM analyst") == []


async def test_a_form_opens_a_case_and_the_first_touch_goes_out(world: World) -> None:
    await first_touch(world)
    (sent,) = world.accepted()
    assert sent["template"] == "retencao_primeiro_contato"
    assert sent["text"].startswith("Olá, Dra. Marina! Aqui é Ana, do setor de Retenção da Sorriso Pleno.")
    (contact,) = world.rows("SELECT * FROM contact")
    assert (contact["direction"], contact["text"], contact["channel"]) == ("out", sent["text"], "whatsapp")


async def test_the_status_is_shown_as_it_changes(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.opens(DENTIST)
    await world.sees("lida")
    shown = [m["text"] for m in world.telegram.chat(ANALYST)["messages"] if "Podemos conversar por aqui?" in m["text"]]
    assert len(shown) == 1  # one screen, drawn anew


async def test_an_approved_message_can_be_taken_back(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.taps("Aprovar e enviar")
    await world.taps("Desfazer")
    await world.sees("rascunho")
    world.forward(hours=1)
    await world.taps("Descartar")
    await world.sees("Etapa: sem 1º contato")
    assert world.accepted() == []
    assert world.rows("SELECT 1 FROM contact") == []


async def test_a_burst_is_one_card_and_a_reply_to_it_goes_to_the_dentist_with_undo(world: World) -> None:
    await first_touch(world)
    world.forward(hours=1)
    await world.whatsapp.writes(DENTIST, "Bom dia!")
    await world.sees("Bom dia!")
    await world.whatsapp.writes(DENTIST, "Vou verificar")
    card = await world.sees("Vou verificar")
    assert "Bom dia!" in card["text"]
    await world.telegram.writes(ANALYST, "Obrigada, doutora! Fico no aguardo.", reply_to_message_id=card["message_id"])
    await world.sees("Fico no aguardo.")
    await world.taps("Desfazer")
    await world.sees("rascunho")
    assert await world.approves(2) == "Obrigada, doutora! Fico no aguardo."
    world.forward(hours=2)
    await world.whatsapp.writes(DENTIST, "Uma dúvida")
    later = await world.sees("Uma dúvida")
    assert later["message_id"] != card["message_id"]


async def test_offers_are_composed_into_one_message_inside_the_window(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Oi")
    await world.sees("Oi")
    await world.taps("Oferecer")
    for offer in ("Ação de divulgação", "Prazo de liberação de guias", "Canal exclusivo de suporte"):
        await world.taps(f"▫️ {offer}")
        await world.offered(f"☑️ {offer}")
    await world.taps("Ver a mensagem")
    await world.sees("Vai pela API do WhatsApp.")
    text = await world.approves(2)
    assert "de 24 a 48 horas" in text
    assert "ação de divulgação" in text
    assert "71 98000-0001" in text
    assert text.count("?") == 1
    assert "Bom dia" not in text  # greeted already today


async def test_without_the_api_everything_goes_by_hand(database_url: str) -> None:
    async with world_on(database_url, whatsapp_token="", whatsapp_phone_number_id="") as world:
        await world.invited()
        await world.opens_case()
        await world.taps("Primeiro contato")
        await world.taps("▫️ Ação de divulgação")
        await world.taps("Ver a mensagem")
        await world.sees("Vai pelo seu WhatsApp")
        link = await world.taps("Abrir no WhatsApp")
        assert link["url"].startswith("https://wa.me/5571980000017?text=Bom%20dia%2C%20Dra.%20Marina%21")
        await world.taps("Enviei")
        await world.sees("enviada pelo seu WhatsApp")
        (contact,) = world.rows("SELECT * FROM contact")
        assert (contact["direction"], contact["channel"]) == ("out", "manual")
        assert world.accepted() == []


async def test_a_pasted_conversation_is_recorded_once_with_its_true_times(world: World) -> None:
    await first_touch(world)
    world.forward(days=10)
    pasted = (
        "[16:22, 09/11/2023] Retenção - Sorriso Pleno: O motivo do meu contato é o protocolo\n"
        "[16:40, 09/11/2023] MARINA 90485 SALVADOR BA: Boa tarde!\n"
        "[16:41, 09/11/2023] MARINA 90485 SALVADOR BA: Vou verificar"
    )
    await world.telegram.writes(ANALYST, pasted)
    await world.sees("3 mensagens: 3 novas, 0 já registradas")
    await world.taps("Registrar")
    await world.sees("Vou verificar")
    longer = pasted + "\n[16:45, 09/11/2023] MARINA 90485 SALVADOR BA: Até sexta retorno"
    await world.telegram.writes(ANALYST, longer)
    await world.sees("4 mensagens: 1 nova, 3 já registradas")
    await world.taps("Registrar")
    await world.sees("Até sexta retorno")
    rows = world.rows(
        "SELECT direction, text, occurred_at FROM contact WHERE channel = 'manual' ORDER BY occurred_at, id"
    )
    assert [(r["direction"], str(r["occurred_at"])[:16]) for r in rows] == [
        ("out", "2023-11-09 19:22"),
        ("in", "2023-11-09 19:40"),
        ("in", "2023-11-09 19:41"),
        ("in", "2023-11-09 19:45"),
    ]


async def test_a_follow_up_falls_due_and_nudges(world: World) -> None:
    await first_touch(world)
    await world.taps("Abrir caso")
    await world.taps("Agendar retorno")
    await world.sees("Escolha, ou escreva")
    await world.telegram.writes(ANALYST, "sexta 14h ligar sobre a tabela")
    await world.sees("Retorno sex., 03/11 às 14h: ligar sobre a tabela")
    await world.whatsapp.writes(DENTIST, "Ok, obrigada")
    await world.sees("Retorno sex., 03/11 às 14h mantido")
    world.sandbox.clock.set(START + timedelta(days=4, hours=3, minutes=1))
    nudge = await world.sees("Marcado para hoje às 14h")
    assert "ligar sobre a tabela" in nudge["text"]
    await world.taps("Adiar")
    await world.taps("Segunda")
    await world.sees("Retorno seg., 06/11 às 9h")
    world.forward(days=4)
    await world.sees("Marcado para ontem às 9h")
    await world.taps("Feito")
    await world.sees("✅ Feito")
    assert world.rows("SELECT 1 FROM follow_up WHERE done_at IS NULL") == []


async def leaves_for_good(world: World) -> None:
    """“Encerrar” as Desligamento: what is missing is asked for, the dentist confirms, and the end is one tap away."""
    await world.taps("Encerrar")
    await world.taps("Desligamento")
    await world.taps("▫️ Valores")
    await world.offered("☑️ Valores")
    await world.taps("Continuar")
    await world.taps("▫️ NÃO")
    await world.offered("☑️ NÃO")
    await world.explains("Vários CROs", "Sai só o CRO 90485.")
    await world.taps("· Confirmação do dentista")
    await world.taps("Enviar a confirmação final")
    await world.taps("✅ Enviar")
    await world.sees("aprovada")
    world.forward(seconds=15)
    assert "deseja seguir com o desligamento?" in await world.sent(2)
    world.forward(minutes=2)
    await world.whatsapp.writes(DENTIST, "Sim")
    await world.sees("Quem respondeu?")
    await world.taps("Dentista")
    await world.taps("Abrir caso")
    await world.taps("Encerrar")
    await world.taps("Continuar ▶")
    await world.offered("Encerrar o caso")


async def test_closing_and_the_form(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Vamos sair mesmo, por valores")
    await world.sees("por valores")
    await world.taps("Abrir caso")
    await world.taps("Anotar")
    await world.sees("Escreva a anotação")
    await world.telegram.writes(ANALYST, "Credenciada na rede concorrente.")
    await world.sees("Credenciada na rede")
    await leaves_for_good(world)
    await world.telegram.writes(ANALYST, "Insiste no desligamento por valores.")
    await world.sees("Insiste no desligamento")
    await world.taps("Encerrar o caso")
    await world.sees("encerrado")
    await world.taps("Formulário")
    document = await world.sees_document(".md")
    form = read_form(world.telegram.file(document["file_id"]).decode()).form
    assert form.outcome == "Desligamento"
    assert form.reasons == ("Valores",)
    assert form.protocol_required is False
    assert "Ofertado Divulgação" in form.actions
    assert form.other_justification == "informada a redução do prazo de liberação de guias"
    assert form.general_notes is not None and form.general_notes.startswith("Insiste no desligamento por valores.")
    assert [b.date.isoformat() for b in form.contacts if b.date] == ["2023-10-30"]
    pdf = await world.sees_document(".pdf")
    assert world.telegram.file(pdf["file_id"]).startswith(b"%PDF")


async def test_telegram_by_webhook_does_the_same(database_url: str) -> None:
    port = free_port()
    by_webhook = {
        "telegram_mode": "webhook",
        "telegram_webhook_secret": "segredo-de-teste",
        "public_url": f"http://127.0.0.1:{port}",
        "http_port": port,
    }
    async with world_on(database_url, **by_webhook) as world:
        await first_touch(world)
        world.whatsapp.person(DENTIST, name="Marina")
        await world.whatsapp.writes(DENTIST, "Oi")
        await world.sees("Responda a esta mensagem")
