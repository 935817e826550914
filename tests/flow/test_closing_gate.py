"""The end of a case, as analyst and supervisor live it: what is in the way is told, mended, or let stand."""

from messages.statuses import Role
from tests.flow.world import ANALYST, DENTIST, World

SUPERVISOR = 2002


async def test_a_case_ends_once_nothing_is_in_the_way(world: World) -> None:
    await world.invited()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.approves(1)
    await world.taps("Abrir caso")
    await world.taps("Anotar")
    await world.sees("Escreva a anotação")
    await world.telegram.writes(
        ANALYST, "Credenciada na rede concorrente BRADESCO. Foi ofertado treinamento; sem reajuste desde 20/10/2021."
    )
    await world.taps("Abrir caso")
    await world.taps("Agendar retorno")
    await world.sees("Escolha, ou escreva")
    await world.telegram.writes(ANALYST, "sexta 14h verificar a tabela")
    await world.sees("Retorno sex., 03/11 às 14h")

    await world.taps("Encerrar")
    await world.taps("Desligamento")
    await world.taps("▫️ Valores")
    await world.offered("☑️ Valores")
    await world.taps("Encerrar")  # not by “Continuar”: what is ticked is kept at once
    await world.taps("Continuar ▶")
    screen = await world.sees("Antes de encerrar")
    for told in (
        "Motivos: Valores",
        "Falta dizer se é necessária a abertura de protocolo. Toque em SIM ou NÃO.",
        "O dentista ainda não confirmou o desligamento. Envie a confirmação final e espere a resposta.",
        "Há um retorno em aberto: sex., 03/11 às 14h (verificar a tabela).",
        "Está marcado NÃO para outros convênios, mas um contato cita BRADESCO.",
        "O registro fala de “Ofertado Treinamento”, e nenhuma mensagem que saiu o ofertou",
        "São 6 CROs e o formulário só traz um: quais saem?",
    ):
        assert told in screen["text"], told
    assert world.button("Encerrar o caso") is None

    # mended with a tap
    await world.taps("▫️ SIM")
    await world.taps("▫️ Análise Técnica")
    await world.offered("☑️ Análise Técnica")
    await world.taps("· Retorno marcado")
    await world.taps("Concluir o retorno")
    await world.taps("· Outros convênios")
    await world.taps("Corrigir para SIM: BRADESCO")
    await world.taps("· Oferta não marcada")
    await world.taps("Rever as ações")
    await world.taps("Marcar Treinamento, com motivo")
    await world.sees("a marca precisa de um motivo")
    await world.telegram.writes(ANALYST, "ofertado por telefone em 30/10")
    await world.sees("Ações: Novos Valores, Suporte, Divulgação, Treinamento, Outros")
    # explained, looked at
    await world.explains("Vários CROs", "Sai só o CRO 90485.")
    await world.taps("· Reajuste antes da inclusão")
    await world.taps("Conferi, está certo")

    # told in other words
    await world.taps("Blocos")
    await world.taps("1º contato, 30/10/2023")
    await world.taps("Reescrever")
    await world.sees("Escreva o texto do bloco")
    await world.telegram.writes(ANALYST, "Primeiro contato e ligação, sem interesse.")
    await world.offered("Voltar ao texto do registro")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("Encerrar")
    await world.taps("Continuar ▶")

    # let stand by a supervisor, who was asked
    await world.explains_to_supervision("Confirmação do dentista", "Faleceu: a família pediu o desligamento.")
    await world.sees("Pendência: O dentista ainda não confirmou o desligamento.", SUPERVISOR)
    await world.taps("Autorizar", SUPERVISOR)
    await world.sees("✅ Pedido autorizado")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("Encerrar")
    await world.taps("Continuar ▶")
    await world.sees("Conferido ou liberado: ")
    await world.telegram.writes(ANALYST, "Encerrado a pedido da família.")
    await world.sees("Obs. Geral: Encerrado a pedido da família.")
    await world.telegram.writes(ANALYST, "Com a filha, por telefone.")
    await world.sees("Obs. Geral: Encerrado a pedido da família. Com a filha, por telefone.")
    await world.taps("Refazer a Obs. Geral")
    await world.sees("Escreva a Obs. Geral inteira")
    await world.telegram.writes(ANALYST, "Encerrado a pedido da filha.")
    await world.sees("Obs. Geral: Encerrado a pedido da filha.")
    await world.taps("Encerrar o caso")
    await world.sees("· encerrado")

    # what comes later changes nothing of it
    await world.whatsapp.writes(DENTIST, "Oi")
    await world.sees("Este caso está encerrado")
    await world.sees("depois do encerramento")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.taps("Formulário")
    for kind in (".pdf", ".docx", ".md"):
        await world.sees_document(kind)
    assert "Revisão 1 · código" in (await world.sees("PDF, Word"))["text"]
    await world.telegram.writes(SUPERVISOR, "/formularios")
    await world.taps("Esta semana", SUPERVISOR)
    await world.sees_document(".zip", SUPERVISOR)
    await world.sees("1 formulário", SUPERVISOR)
    (case,) = world.rows('SELECT outcome, other_plans_detail, sectors FROM "case"')
    assert case["outcome"] == "Desligamento" and case["other_plans_detail"] == "BRADESCO"
    (words,) = world.rows("SELECT words FROM block_edit")
    assert words == {"words": "Primeiro contato e ligação, sem interesse."}
    (tick,) = world.rows("SELECT action, reason FROM action_tick")
    assert tick == {"action": "Ofertado Treinamento", "reason": "ofertado por telefone em 30/10"}
    how = {row["how"] for row in world.rows("SELECT how FROM closing_answer")}
    assert how == {"checked", "explained", "overruled"}


async def test_where_supervisors_sign_off_they_end_the_case(world: World) -> None:
    await world.invited()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "/operacao")
    await world.taps("Conferência do encerramento", SUPERVISOR)
    await world.taps("✏️ Mudar", SUPERVISOR)
    await world.sees("Escreva o novo valor", SUPERVISOR)
    await world.telegram.writes(SUPERVISOR, "sim")
    await world.sees("Alterado por Sofia", SUPERVISOR)

    await world.opens_case()
    await world.taps("Encerrar")
    await world.taps("Retenção Efetiva")
    await world.taps("Continuar")
    await world.taps("▫️ NÃO")
    await world.offered("☑️ NÃO")
    await world.explains("Vários CROs", "Sai só o CRO 90485.")
    await world.offered("Pedir o encerramento")
    assert world.button("Encerrar o caso") is None
    await world.taps("Pedir o encerramento")

    await world.sees("Desfecho: Retenção Efetiva. Motivos: nenhum", SUPERVISOR)
    await world.taps("Autorizar", SUPERVISOR)
    await world.sees("✅ Pedido autorizado")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Encerrado em 30/10/2023: Retenção Efetiva")
    (case,) = world.rows('SELECT signers FROM "case"')
    assert "Sofia" in case["signers"]
