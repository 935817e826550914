"""Drafts that wait: scheduled, edited, answered quickly, approved in one go, asked about at the day's end."""

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, eventually, world_on


async def opens(world: World, number: int, name: str) -> None:
    """A case without a form; its card is on the screen."""
    line = f"/novo SAD16900076362{number} Dra. {name} 9048{number}/BA 71 98000-001{number}"
    await world.telegram.writes(ANALYST, line)
    await world.sees(f"71 98000-001{number}")
    await world.taps("Pular")
    await world.taps("✅ Abrir caso")
    await world.sees(f"CRO 9048{number}/BA · BA")


async def from_home(world: World, *labels: str) -> None:
    """A new Início, and taps from there on: buttons of the screens above are not meant."""
    above = world.telegram.chat(ANALYST)["messages"][-1]["message_id"]
    await world.telegram.writes(ANALYST, "/inicio")
    for label in labels:

        def below(label: str = label) -> tuple[int, str] | None:
            found = world.button(label)
            return found if found is not None and found[0] > above else None

        message_id, exact = await eventually(below, f"button {label!r}", world.chat)
        await world.telegram.taps(ANALYST, message_id, text=exact)


async def keeps_a_first_contact(world: World, number: int, name: str) -> None:
    await opens(world, number, name)
    await world.taps("Primeiro contato")
    await world.taps("📨 Primeiro contato")
    await world.sees(f"protocolo SAD16900076362{number}")
    await world.taps("Guardar rascunho")
    await world.offered("📝 rascunho")


async def test_a_quick_reply_is_scheduled_moved_and_leaves_on_time(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "A liberação sai no mesmo dia?")
    await world.sees("sai no mesmo dia?")
    await world.taps("💬 Resposta rápida")
    screen = await world.sees("Qual resposta?")
    assert "Marina" in screen["text"]
    await world.taps("Resposta: a liberação sai no mesmo dia?")
    preview = await world.sees("Vai pela API do WhatsApp")
    assert "Para Dra. Marina" in preview["text"] and "à disposição" not in preview["text"]
    await world.taps("🕓 Agendar envio")
    asking = await world.sees("texto livre só sai antes disso")
    await world.telegram.writes(ANALYST, "depois de amanhã 10h", reply_to_message_id=asking["message_id"])
    await world.sees("a janela de 24 horas terá fechado")
    await world.telegram.writes(ANALYST, "hoje 16h")
    await world.sees("aprovada, sai hoje às 16h")
    await from_home(world, "🕓 1 envio agendado")
    await world.sees("hoje às 16h: O prazo é de")
    await from_home(world, "🕓 1 envio agendado", "Dra. Marina", "🕓 Mudar horário", "Amanhã 9h")
    await world.sees("aprovada, sai amanhã às 9h")
    await world.taps("Abrir caso")
    await world.offered("🕓 sai amanhã às 9h")
    world.forward(hours=21)
    assert len(world.accepted()) == 1
    world.forward(hours=1, minutes=1)
    assert (await world.sent(2)).startswith("O prazo é de 24 a 48 horas")
    await world.sees("entregue")


async def test_a_scheduled_send_stays_back_when_the_dentist_answers(world: World) -> None:
    await first_touch(world)
    await world.taps("Abrir caso")
    await world.taps("Escrever")
    await world.taps("📨 Retomar")
    await world.taps("🕓 Agendar envio")
    await world.taps("Amanhã 9h")
    await world.sees("aprovada, sai amanhã às 9h")
    await world.whatsapp.writes(DENTIST, "Pensei melhor, quero ficar")
    await world.sees("quero ficar")
    world.forward(days=1)
    await world.sees("Esta mensagem não foi enviada")
    await world.sees("O dentista respondeu depois da aprovação.")
    assert len(world.accepted()) == 1
    await world.telegram.writes(ANALYST, "/proximo")
    await world.sees("Resposta nova")


async def test_an_edit_tells_what_it_takes_out_and_which_figures_it_brings_in(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Oi")
    await world.sees("Oi")
    await world.taps("Oferecer")
    for offer in ("Ação de divulgação", "Canal exclusivo de suporte"):
        await world.taps(f"▫️ {offer} · já ofertado em 30/10")
        await world.offered(f"☑️ {offer}")
    await world.taps("Ver a mensagem")
    preview = await world.sees("Vai pela API do WhatsApp.")
    kept = next(p for p in preview["text"].split("\n") if "71 98000-0001" in p)
    reply = {"reply_to_message_id": preview["message_id"]}
    await world.telegram.writes(ANALYST, f"{kept} Olá, [nome da secretária], tudo bem?", **reply)
    await world.sees("Falta preencher: “")
    await world.telegram.writes(ANALYST, f"{kept} E o reajuste fica em 6%.", **reply)
    await world.sees("A calculadora de reajuste não deu 6%; nada foi autorizado neste caso.")
    await world.telegram.writes(ANALYST, f"{kept} E a procura sobe 6%.", **reply)
    edited = await world.sees("Saiu do texto: ação de divulgação (não conta mais como oferta).")
    assert "Confira os valores: 6%, que não estava no texto composto." in edited["text"]
    assert "canal de suporte" not in edited["text"].partition("Saiu do texto")[2]
    await world.taps("Guardar rascunho")
    await world.taps("📝 rascunho")
    await world.sees("Confira os valores: 6%")
    assert (await world.approves(2)).endswith("6%.")


async def test_prepared_drafts_are_approved_in_one_go_and_the_barred_one_is_told(world: World) -> None:
    await world.invited()
    people = {1: "Marina Prado", 2: "Helena Reis", 3: "Lia Moura"}
    for number, name in people.items():
        await keeps_a_first_contact(world, number, name)
    await from_home(world, "📝 3 rascunhos", "✅ Aprovar vários", "▫️ Dra. Marina Prado: Olá", "👁 Ver 1 marcado")
    await world.sees("1/1 · Para Dra. Marina Prado · 71 98000-0011")
    await world.taps("Voltar")
    await world.taps("Marcar todos")
    await world.taps("👁 Ver todos")
    await world.sees("3/3 · Para Dra. Lia Moura")
    await world.sees("Enviar estas 3 mensagens?")
    await world.whatsapp.writes("+5571980000012", "SAIR")
    await world.sees("SAIR")
    await world.taps("✅ Aprovar 3")
    told = await world.sees("2 mensagens aprovadas; saem em")
    assert "• Dra. Helena Reis: O dentista pediu para não receber mensagens" in told["text"]
    await world.taps("↩️ Desfazer todas")
    await world.sees("2 mensagens voltaram a rascunho")
    world.forward(minutes=1)
    await from_home(world, "📝 3 rascunhos", "✅ Aprovar vários", "Marcar todos", "👁 Ver todos", "✅ Aprovar 3")
    await world.offered("↩️ Desfazer todas")
    world.forward(seconds=15)
    await world.sent(2)
    assert {m["to"] for m in world.accepted()} == {"+5571980000011", "+5571980000013"}


async def test_at_the_days_end_what_was_left_open_by_hand_is_asked_in_one_list(database_url: str) -> None:
    async with world_on(database_url, whatsapp_token="") as world:
        await world.invited()
        for number, name in {1: "Marina Prado", 2: "Helena Reis", 3: "Lia Moura", 4: "Rita Sales"}.items():
            await opens(world, number, name)
            await world.taps("Primeiro contato")
            await world.taps("▫️ Canal exclusivo")
            await world.taps("👁 Ver a mensagem")
            await world.sees(f"Para Dra. {name}")
        await world.taps("Não enviei")
        await world.offered("📝 rascunho")  # it stays, and is not asked about
        world.forward(hours=7)
        asked = await world.sees("Foram enviadas pelo seu WhatsApp?")
        assert [n in asked["text"] for n in ("Marina", "Helena", "Lia", "Rita")] == [True, True, True, False]
        await world.taps("1 · Não enviei")
        await world.sees("2 ficaram sem resposta")
        await world.taps("✅ Enviei todas")
        await world.sees("Nada em aberto pelo seu WhatsApp.")
        assert len(world.rows("SELECT 1 FROM contact WHERE direction = 'out'")) == 2
        await from_home(world, "📝 2 rascunhos", "Dra. Marina Prado")
        await world.offered("Abrir no WhatsApp")  # offered again: asked about again
        await from_home(world, "📝 2 rascunhos", "📱 O que enviei pelo meu WhatsApp")
        await world.sees("1 ficou sem resposta")
