"""Templates at Meta: asked for, submitted, paused, moved to marketing; only what is approved leaves."""

from messages.statuses import Role
from tests.flow.world import ANALYST, DENTIST, World

SUPERVISOR = 2002
FIRST, AGAIN = "retencao_primeiro_contato", "retencao_retomar"


async def office(world: World) -> None:
    """Sofia supervises, Ana has a case that nobody has written to."""
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.invited()
    await world.opens_case()


async def supervision(world: World) -> None:
    await world.telegram.writes(SUPERVISOR, "/inicio")
    await world.taps("Supervisão", SUPERVISOR)
    await world.taps("📨 Modelos na Meta", SUPERVISOR)


async def test_only_what_meta_has_approved_leaves_and_everybody_knows_why(world: World) -> None:
    await office(world)
    await supervision(world)
    await world.sees("Primeiro contato (inteira: abre a conversa pela API): aprovado, marketing", SUPERVISOR)
    await world.sees("Meta consultada hoje", SUPERVISOR)

    await world.taps("✍️ Primeiro contato")
    await world.taps("📨 Primeiro contato")
    await world.sees(f"Fora da janela de 24 h: vai como modelo {FIRST}")
    await world.sees("A Meta conta este modelo como marketing: custa mais")
    await world.whatsapp.judge_template(FIRST, "PAUSED")
    await world.sees("Novidade da Meta", SUPERVISOR)
    await world.sees("pausado, marketing", SUPERVISOR)
    await world.taps("Aprovar e enviar")
    await world.sees(f"O modelo {FIRST} está pausado na Meta")
    assert world.accepted() == []

    await world.whatsapp.judge_template(FIRST, "APPROVED")
    await world.sees("Na Meta: aprovado, marketing.", SUPERVISOR)
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("📝 rascunho")
    await world.approves(1)
    assert world.accepted()[0]["template"] == FIRST

    await world.whatsapp.writes(DENTIST, "Oi, quem fala?")
    card = await world.sees("Oi, quem fala?")
    world.sandbox.faults.add("whatsapp.messages", "failed", code=131047)
    await world.telegram.writes(ANALYST, "É a Ana, da operadora.", reply_to_message_id=card["message_id"])
    await world.sees("aprovada")
    world.forward(seconds=15)
    await world.sees("A janela de 24 horas está fechada: envie um modelo aprovado.")
    await world.whatsapp.recategorise_template(AGAIN, "MARKETING")
    await world.sees("A Meta passou este modelo para marketing", SUPERVISOR)
    await world.taps("📨 Retomar a conversa")
    await world.sees("A Meta passou este modelo para marketing: custa mais, e não chega a quem recusou divulgação.")
    await world.approves(3)
    assert world.accepted()[2]["template"] == AGAIN


async def test_a_supervisors_own_words_are_submitted_and_leave_once_they_are_approved(world: World) -> None:
    world.sandbox.config.template_review = "PENDING"
    await office(world)
    await world.telegram.writes(SUPERVISOR, "/modelos")
    await world.taps("Mais ▼", SUPERVISOR)
    await world.taps("Primeiro contato", SUPERVISOR)
    await world.sees("Na Meta: aprovado, marketing.", SUPERVISOR)
    await world.taps("✏️ Editar texto", SUPERVISOR)
    await world.sees("Envie o texto inteiro", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "{{ dentist.addressed }}, podemos conversar?")
    await world.sees("não pode começar com uma variável", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "Olá, {{ dentist.addressed }}! Podemos conversar?")
    await world.taps("✅ Publicar", SUPERVISOR)
    await world.sees("O texto da Meta é outro", SUPERVISOR)

    await world.taps("✍️ Primeiro contato")
    await world.sees("A Meta aprovou outro texto")
    await world.offered("inteira: abre a conversa pela API): pelo seu WhatsApp")

    await world.taps("Na Meta", SUPERVISOR)
    await world.taps("Enviar o texto novo para aprovação", SUPERVISOR)
    await world.sees("em análise, marketing", SUPERVISOR)
    await world.whatsapp.judge_template(FIRST, "REJECTED", reason="PROMOTIONAL")
    await world.sees("Motivo da Meta: texto promocional", SUPERVISOR)
    await world.taps("Enviar o texto novo para aprovação", SUPERVISOR)
    await world.sees("em análise, marketing", SUPERVISOR)
    await world.whatsapp.judge_template(FIRST, "APPROVED")
    await world.sees("aprovado, marketing", SUPERVISOR)

    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Etapa: sem 1º contato")
    await world.taps("✍️ Primeiro contato")
    await world.taps("📨 Primeiro contato")
    assert await world.approves(1) == "Olá, Dra. Marina! Podemos conversar?"
