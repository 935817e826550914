"""A dentist on Telegram: invited by a link, greeted as by the operation, heard and answered there as on WhatsApp."""

import re
from typing import Any

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, eventually

MARINA, TEO = 7001, 7002  # their accounts on Telegram


def code_in(screen: dict[str, Any]) -> str:
    found = re.search(r"https://t\.me/\w+\?start=([\w-]{8,64})", screen["text"])
    assert found is not None, screen["text"]
    return found[1]


async def invitation(world: World) -> str:
    """The analyst asks for a link; its code."""
    asked = await world.telegram.writes(ANALYST, "SAD169000763629")
    for label in ("✈️", "🔗 Só o link"):
        below = await eventually(lambda label=label: below_it(world, label, asked), label, world.chat)
        await world.telegram.taps(ANALYST, below[0], text=below[1])
    link = await eventually(lambda: shown_below(world, "Não abra você", asked), "the link", world.chat)
    return code_in(link)


def below_it(world: World, label: str, message_id: int) -> tuple[int, str] | None:
    found = world.button(label)
    return found if found is not None and found[0] > message_id else None


def shown_below(world: World, words: str, message_id: int) -> dict[str, Any] | None:
    found = world.telegram.last(ANALYST, words)
    return found if found is not None and found["message_id"] > message_id else None


async def bound(world: World) -> None:
    """The case's dentist is on Telegram, and the analyst has been told."""
    await world.invited()
    await world.opens_case()
    code = await invitation(world)
    world.telegram.person(MARINA, first_name="Marina", last_name="Serra", username="marina")
    await world.telegram.starts(MARINA, code)
    await world.sees("Olá, Dra. Marina!", MARINA)
    await world.sees("[abriu o convite do Telegram]")


def told(world: World, chat_id: int = MARINA) -> list[str]:
    """What the dentist has got."""
    return [m["text"] for m in world.telegram.chat(chat_id)["messages"] if m["from"] == "bot"]


async def sent_to(world: World, text: str, chat_id: int = MARINA) -> dict[str, Any]:
    """Wait until the dentist's chat holds exactly this."""

    def there() -> dict[str, Any] | None:
        messages = world.telegram.chat(chat_id)["messages"]
        return next((m for m in messages if m["from"] == "bot" and m["text"] == text), None)

    return await eventually(there, text, lambda: world.chat(chat_id))  # type: ignore[no-any-return]


async def test_a_dentist_comes_by_the_link_and_both_sides_talk(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.taps("Convite para o Telegram")
    await world.sees("Ainda não está no Telegram")
    await world.taps("✍️ Mensagem com o convite")
    draft = await world.sees("podemos conversar pelo Telegram")
    assert "Vai pelo seu WhatsApp" in draft["text"]
    await world.taps("✅ Enviei")
    code = code_in(draft)

    await world.telegram.starts(ANALYST, code)
    await world.sees("Este convite é para o dentista")
    world.telegram.person(MARINA, first_name="Marina", last_name="Serra", username="marina")
    await world.telegram.writes(MARINA, "SAD169000763629")  # before the link, a stranger
    await world.telegram.starts(MARINA, code)
    hello = await world.sees("Olá, Dra. Marina!", MARINA)
    assert "setor de Retenção da Sorriso Pleno" in hello["text"] and "Ana" in hello["text"]
    card = await world.sees("[abriu o convite do Telegram]")
    assert "Marina" in card["text"] and "pelo Telegram" in card["text"]
    await eventually(lambda: world.telegram.menu(MARINA) == ["parar"], "her menu", world.chat)

    asked = await world.telegram.writes(MARINA, "Bom dia! Quanto fica a moeda?")
    card = await world.sees("Quanto fica a moeda?")
    await world.telegram.writes(ANALYST, "Doutora, fica em R$ 0,37.", reply_to_message_id=card["message_id"])
    preview = await world.sees("sai em")
    assert "Para Dra. Marina" in preview["text"] and "· Telegram" in preview["text"]
    await world.taps("Desfazer")
    await world.sees("rascunho")
    await world.taps("Aprovar e enviar")
    await world.sees("aprovada")
    world.forward(seconds=15)
    answer = await sent_to(world, "Doutora, fica em R$ 0,37.")
    await world.sees_in(preview["message_id"], "aceita pelo Telegram")
    assert "entregue" not in world.chat()

    await world.telegram.edits(MARINA, asked, "Bom dia! Quanto fica a moeda da ortodontia?")
    await world.sees("[mensagem editada] Bom dia! Quanto fica a moeda da ortodontia?")
    await world.telegram.writes(MARINA, "Vou ver e te falo até sexta", reply_to_message_id=answer["message_id"])
    card = await world.sees("te falo até sexta")
    assert "Entendi" in card["text"]
    await world.telegram.sends_photo(MARINA, b"\xff\xd8 consultorio", caption="Olha o consultório")
    await world.sees("[imagem] Olha o consultório")
    await world.telegram.sends_media(MARINA, "voice")
    await world.sees("[áudio]")
    await world.telegram.sends_document(MARINA, b"%PDF-1.7", "extrato.pdf")
    await world.sees("[documento extrato.pdf]")
    fetched = "SELECT 1 FROM received_file WHERE fetched_at IS NOT NULL"
    await eventually(lambda: len(world.rows(fetched)) == 3, "three files", world.chat)
    await world.taps("📎 Ver")
    shown = await world.sees_document(".pdf")
    assert (shown["filename"], world.telegram.file(shown["file_id"])) == ("extrato.pdf", b"%PDF-1.7")
    await world.telegram.sends_document(MARINA, b"x" * (20 * 1024**2 + 1), "raio-x.zip")
    card = await world.sees("raio-x.zip: O Telegram só entrega ao assistente arquivos de até 20 MB")
    assert "[documento raio-x.zip]" in card["text"]  # the message is on record
    for words in ("/casos", "SAD169000763629", "/start"):
        await world.telegram.writes(MARINA, words)
    await world.sees("Escreva por aqui", MARINA)
    assert len(told(world)) == 3  # hello, the answer, hello again
    assert len(world.rows("SELECT 1 FROM analyst")) == 1
    kinds = [r["kind"] for r in world.rows("SELECT kind FROM contact WHERE channel = 'telegram' ORDER BY id")]
    assert kinds == ["start", "text", "text", "edit", "text", "image", "audio", "document", "document", "text", "text"]
    assert world.rows("SELECT DISTINCT case_id FROM contact") == [{"case_id": 1}]


async def test_what_is_written_goes_where_the_dentist_wrote_last_and_another_way_is_one_tap(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Oi")
    await world.sees("Responda a esta mensagem para escrever à Dra. Marina.")
    code = await invitation(world)
    await world.telegram.starts(MARINA, code)
    await world.sees("[abriu o convite do Telegram]")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("Escrever")
    await world.sees("escreveu por último pelo Telegram")
    await world.taps("▫️ Canal exclusivo de suporte")
    await world.taps("Ver a mensagem")
    draft = await world.sees("Vai pelo Telegram do dentista")
    await world.taps("Enviar pelo WhatsApp")
    await world.sees_in(draft["message_id"], "Vai pela API do WhatsApp")
    await world.taps("Enviar pelo Telegram")
    await world.sees_in(draft["message_id"], "Vai pelo Telegram do dentista")
    await world.taps("Agendar envio")
    await world.telegram.writes(ANALYST, "amanhã 9h")
    await world.sees("sai amanhã às 9h")
    world.forward(hours=22)
    await world.sees("aceita pelo Telegram")
    assert "suporte" in told(world)[-1]
    assert len(world.accepted()) == 1

    table = b"%PDF-1.7\nmoeda 0,37"
    await world.telegram.writes(MARINA, "Pode mandar a tabela")
    card = await world.sees("Pode mandar a tabela")
    await world.telegram.sends_document(
        ANALYST, table, "tabela.pdf", caption="Segue", reply_to_message_id=card["message_id"]
    )
    await world.sees("📎 tabela.pdf")
    world.forward(seconds=15)
    got = await sent_to(world, "Segue")
    assert got["document"]["filename"] == "tabela.pdf"

    await world.whatsapp.writes(DENTIST, "Agora por aqui")
    card = await world.sees("Agora por aqui")
    assert "pelo Telegram" not in card["text"]
    await world.telegram.writes(ANALYST, "Claro!", reply_to_message_id=card["message_id"])
    world.forward(seconds=15)
    assert await world.sent(2) == "Claro!"


async def test_an_answer_that_says_nothing_sure_is_not_sent_again_and_a_block_is_told(world: World) -> None:
    await bound(world)
    await world.telegram.writes(MARINA, "Oi")
    card = await world.sees("Responda a esta mensagem para escrever à Dra. Marina pelo Telegram.")
    await world.telegram.sends_document(
        ANALYST, b"%PDF-1.7", "tabela.pdf", caption="Tudo bem?", reply_to_message_id=card["message_id"]
    )
    preview = await world.sees("sai em")
    world.sandbox.faults.add("telegram.sendDocument", "500_after")  # texts go to the analyst too: it must be hers
    world.forward(seconds=15)
    await world.sees_in(preview["message_id"], "não sei se chegou")
    await sent_to(world, "Tudo bem?")
    world.forward(hours=1)
    await world.taps("Chegou")
    await world.sees_in(preview["message_id"], "aceita pelo Telegram")
    assert told(world).count("Tudo bem?") == 1

    await world.telegram.writes(ANALYST, "Mais uma coisa", reply_to_message_id=card["message_id"])
    preview = await world.sees("sai em")
    world.telegram.blocks(MARINA)
    await world.sees("O dentista bloqueou a conversa no Telegram")
    world.forward(seconds=15)
    await world.sees_in(preview["message_id"], "não recebe mais por este Telegram")
    await world.taps("Enviar pelo WhatsApp")
    await world.sees_in(preview["message_id"], "Vai pelo seu WhatsApp")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Telegram bloqueado")
    await world.telegram.starts(MARINA)
    await world.sees("Escreva por aqui", MARINA)
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await eventually(lambda: "· Telegram ·" in world.telegram.last(ANALYST)["text"], "reached again", world.chat)  # type: ignore[index]


async def test_who_asks_to_stop_is_heard_at_once_and_a_link_serves_once(world: World) -> None:
    await world.invited()
    await world.opens_case()
    first = await invitation(world)
    second = await invitation(world)
    await world.telegram.starts(MARINA, first)
    await world.sees("não vale mais", MARINA)
    await world.telegram.starts(MARINA, second)
    await world.sees("Olá, Dra. Marina!", MARINA)
    await world.telegram.starts(TEO, second)
    await world.sees("não vale mais", TEO)
    await world.telegram.writes(TEO, "Oi?")
    await world.telegram.starts(MARINA, second)
    await eventually(lambda: sum("Olá, Dra. Marina!" in t for t in told(world)) == 2, "greeted again", world.chat)

    await world.telegram.writes(MARINA, "/parar")
    await world.sees("não enviaremos mais mensagens", MARINA)
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Pediu para não receber mensagens")
    assert len(world.rows("SELECT 1 FROM dentist WHERE opted_out_at IS NOT NULL")) == 1

    await world.taps("✈️ Telegram")
    await world.taps("Desligar")
    await world.taps("Desligar agora")
    known = "SELECT 1 FROM dentist_address WHERE channel = 'telegram'"
    await eventually(lambda: not world.rows(known), "nobody there", world.chat)
    heard = len(world.rows("SELECT 1 FROM contact"))
    await world.telegram.writes(MARINA, "Ainda aí?")
    await world.telegram.starts(MARINA)
    await world.sees("uso interno", MARINA)
    assert len(world.rows("SELECT 1 FROM contact")) == heard
    assert world.rows("SELECT 1 FROM contact WHERE address = '7002'") == []


async def test_in_an_analysts_own_account_dentists_are_heard_and_everybody_else_is_forgotten(world: World) -> None:
    await bound(world)
    business, known = world.telegram.business, "SELECT text, direction FROM contact WHERE channel = 'telegram'"
    for chat_id, name in ((TEO, "Teo"), (7003, "Irmã da Ana"), (7009, "Estranho")):
        world.telegram.person(chat_id, first_name=name)
    business.connect(7009)  # no analyst: nobody's business
    business.connect(ANALYST)
    await world.sees("A sua conta do Telegram está conectada")
    business.writes(7009, TEO, "segredo de outro")
    business.writes(ANALYST, 7003, "Mãe chega domingo", by_owner=True)
    business.writes(ANALYST, 7003, "Que bom!")
    business.sends_document(ANALYST, 7003, b"segredo", "exame.pdf")
    private = await world.sees("Que bom!")
    assert "Irmã da Ana" in private["text"] and "domingo" not in private["text"]
    await world.sees("exame.pdf")
    await world.taps("Não é dentista")
    await world.sees("esqueci esta conversa")
    business.writes(ANALYST, 7003, "E o presente?")

    first = business.writes(ANALYST, MARINA, "Aqui é o meu pessoal")  # known by the bot's own chat
    card = await world.sees("Aqui é o meu pessoal")
    assert "pelo Telegram" in card["text"]
    business.writes(ANALYST, MARINA, "Certo, doutora", by_owner=True)
    business.edits(ANALYST, MARINA, first, "Aqui é o meu número pessoal")
    await world.sees("[mensagem editada] Aqui é o meu número pessoal")
    await world.telegram.writes(ANALYST, "Respondo por aqui", reply_to_message_id=card["message_id"])
    preview = await world.sees("sai em")
    world.forward(seconds=15)
    await world.sees_in(preview["message_id"], "aceita pelo Telegram")
    assert [m["text"] for m in business.chat(ANALYST, MARINA)][-1] == "Respondo por aqui"
    business.deletes(ANALYST, MARINA, [first])
    await world.sees("[mensagem apagada]")

    business.sends_document(ANALYST, TEO, b"%PDF-1.7 teo", "tabela do teo.pdf")
    business.writes(ANALYST, TEO, "Sou o Teo, da clínica")
    await world.sees("Sou o Teo, da clínica")
    await world.taps("Dra. Marina Prado Serra Azul · 3629")
    await world.sees("Etapa")
    files = (
        "SELECT contact.media FROM received_file JOIN contact ON contact.id = contact_id WHERE fetched_at IS NOT NULL"
    )
    await eventually(lambda: world.rows(files), "his file", world.chat)
    business.writes(ANALYST, TEO, "Combinado")
    await world.sees("Combinado")
    business.disconnect(ANALYST)
    await world.sees("foi desconectada")

    texts = [(r["text"], r["direction"]) for r in world.rows(f"{known} ORDER BY id")]
    assert ("Certo, doutora", "out") in texts and ("Combinado", "in") in texts
    raw = b"".join(bytes(r["body"]) for r in world.rows("SELECT body FROM inbox_event")).decode()
    assert len(world.rows("SELECT 1 FROM received_file")) == 1  # the sister's was never asked for
    for secret in ("segredo", "domingo", "Que bom", "presente"):
        assert secret not in raw and not any(secret in text for text, _ in texts)
