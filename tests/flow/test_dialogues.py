"""Dialogues: what is typed goes where the analyst means it, and nowhere else. Never to a dentist by accident."""

from typing import Any

from messages.statuses import Role
from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, FORMS, World, eventually


async def answer_to(world: World, words: str, text: str) -> None:
    """A Telegram reply to the newest screen that holds these words."""
    screen = await world.sees(words)
    await world.telegram.writes(ANALYST, text, reply_to_message_id=screen["message_id"])


async def nothing_more_is_sent(world: World) -> None:
    world.forward(minutes=5)
    assert len(world.accepted()) == 1
    assert len(world.rows("SELECT 1 FROM message")) == 1


async def open_window(world: World) -> None:
    """First touch, a reply, and the case's card drawn anew below it."""
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Oi")
    await world.sees("Responda a esta mensagem")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.offered("Encerrar")


async def test_a_reply_to_an_internal_screen_never_reaches_the_dentist(world: World) -> None:
    await open_window(world)
    await world.taps("Agendar retorno")
    await answer_to(world, "Escolha, ou escreva", "sexta 14h ligar")
    await world.sees("Retorno sex., 03/11 às 14h: ligar")
    await world.taps("Encerrar")
    await world.taps("Desligamento")
    await world.taps("Continuar")
    await answer_to(world, "É necessária abertura", "Dentista muito difícil, melhor sair")
    await world.sees("Obs. Geral: Dentista muito difícil")
    await world.taps("Voltar")
    await answer_to(world, "Retorno sex., 03/11 às 14h", "isto é um comentário meu")
    await world.sees("Para escrever a um dentista, responda à mensagem dele")
    await nothing_more_is_sent(world)


async def test_a_protocol_typed_into_a_question_is_looked_up_not_noted(world: World) -> None:
    await open_window(world)
    await world.taps("Anotar")
    await world.sees("Escreva a anotação")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await eventually(lambda: not world.rows("SELECT 1 FROM dialogue_step"), "the end of the question", world.chat)
    assert world.rows("SELECT 1 FROM contact WHERE direction = 'note'") == []


async def test_going_back_ends_the_question(world: World) -> None:
    await open_window(world)
    await world.taps("Agendar retorno")
    await world.taps("Voltar")
    await world.offered("Anotar")
    await world.telegram.writes(ANALYST, "qualquer coisa")
    await world.sees("Para escrever a um dentista, responda à mensagem dele")


async def test_an_answer_to_a_question_of_before_is_refused(world: World) -> None:
    await open_window(world)
    await world.taps("Anotar")
    before = await world.sees("Escreva a anotação")
    await world.taps("Anotar")
    await eventually(
        lambda: (world.telegram.last(ANALYST, "Escreva a anotação") or before)["message_id"] != before["message_id"],
        "a second question",
        world.chat,
    )
    await world.telegram.writes(ANALYST, "Nota da primeira", reply_to_message_id=before["message_id"])
    await world.sees("Esta pergunta ficou para trás")
    assert world.rows("SELECT 1 FROM contact WHERE direction = 'note'") == []
    await answer_to(world, "Escreva a anotação", "Nota da segunda")
    await world.sees("Nota da segunda")


async def test_a_button_of_an_older_step_does_not_act_on_the_one_open_now(world: World) -> None:
    await open_window(world)
    await world.comes_to_the_end()
    message_id, label = world.button("Encerrar o caso") or (0, "")
    await world.telegram.writes(ANALYST, "Uma observação")
    await world.sees("Obs. Geral: Uma observação")
    await world.telegram.taps(ANALYST, message_id, text=label)
    await eventually(
        lambda: any("ficou para trás" in a["text"] for a in world.sandbox.ledger.answers), "the refusal", world.chat
    )
    assert world.rows('SELECT closed_at FROM "case"') == [{"closed_at": None}]
    await world.sees_in(message_id, "Obs. Geral: Uma observação")


async def test_a_conversation_in_two_pieces_is_recorded_whole(world: World) -> None:
    await first_touch(world)
    world.forward(days=1)
    first = "[16:22, 30/10/2023] Retenção: Boa tarde\n[16:40, 30/10/2023] MARINA 90485: Oi, pode falar"
    second = "[16:45, 30/10/2023] Retenção: Sobre a tabela\n[16:50, 30/10/2023] MARINA 90485: Vou ver"
    await world.telegram.writes(ANALYST, first)
    await world.sees("2 mensagens: 2 novas")
    await world.telegram.writes(ANALYST, second)
    await world.sees("4 mensagens: 4 novas")
    await world.taps("Registrar")
    await world.sees("Vou ver")
    assert len(world.rows("SELECT 1 FROM contact WHERE channel = 'manual'")) == 4


async def test_a_phone_and_a_treatment_that_were_skipped_are_told_on_the_card(world: World) -> None:
    await world.invited()
    await world.telegram.sends_document(ANALYST, (FORMS / "real-a-opening.txt").read_bytes(), "real-a-opening.txt")
    for question in ("Qual o WhatsApp", "Como tratamos", "Por qual nome"):
        await world.sees(question)
        await world.taps("Pular")
    await world.taps("Abrir caso")
    await world.sees("sem telefone")
    await world.taps("Tratamento: Dra.")
    await world.sees("Dra. Marina")
    await world.taps("Primeiro contato")
    await world.taps("▫️ Ação de divulgação")
    await world.taps("Ver a mensagem")
    await world.sees("Sem telefone cadastrado")
    await world.taps("Abrir caso")
    await world.taps("Telefone")
    await answer_to(world, "Qual o WhatsApp do dentista", "não sei")
    refused = await world.sees("Não reconheci esse telefone")
    assert refused["buttons"][0][0]["text"] == "Cancelar"
    await answer_to(world, "Não reconheci esse telefone", "ainda não sei")
    await answer_to(world, "Qual o WhatsApp do dentista", "71 98000-0017")
    await world.sees("· 71 98000-0017")
    assert world.rows("SELECT address FROM message") == [{"address": DENTIST}]
    assert world.rows("SELECT 1 FROM dialogue_step") == []
    assert all("não foi enviada" not in m["text"] for m in world.telegram.chat(ANALYST)["messages"])
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.approves(1)


async def test_only_the_supervision_lifts_a_wish_to_get_no_messages(world: World) -> None:
    supervisor = 2002
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "SAIR")
    await world.sees("SAIR")
    await world.taps("Abrir caso")
    await world.sees("Pediu para não receber mensagens")
    assert world.button("Registrar autorização") is None
    await world.invited(supervisor, "Sofia", Role.SUPERVISOR)
    await world.telegram.writes(supervisor, "SAD169000763629")
    await world.taps("Registrar autorização", supervisor)
    await world.sees("O motivo entra no formulário", supervisor)
    await world.telegram.writes(supervisor, "Autorizou por telefone, falou com Sofia")
    await world.sees("Autorizado voltar a escrever ao dentista: Autorizou por telefone", supervisor)
    assert world.rows("SELECT opted_out_at FROM dentist") == [{"opted_out_at": None}]


async def test_a_conversation_goes_to_another_case_than_the_one_found(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.opens_case("form-101-00.txt", shows="retorno até sexta")
    (other,) = world.rows('SELECT protocol FROM "case" WHERE id = 2')
    await world.telegram.writes(ANALYST, "[09:01, 30/10/2023] MARINA 90485: Oi\n[09:02, 30/10/2023] Ana: Bom dia")
    await world.sees("Caso da Dra. Marina")
    await world.taps("Outro caso")
    await answer_to(world, "De qual caso é?", "não sei o número")
    await world.sees("Responda com o nº do protocolo")
    await answer_to(world, "De qual caso é?", other["protocol"])
    await world.sees("Caso da Dra. Caio")
    await world.taps("Registrar")
    await eventually(lambda: world.rows("SELECT 1 FROM contact WHERE channel = 'manual'"), "the record", world.chat)
    assert world.rows("SELECT DISTINCT case_id FROM contact WHERE channel = 'manual'") == [{"case_id": 2}]


async def test_another_dentists_conversation_does_not_join_one_that_was_not_recorded(world: World) -> None:
    await first_touch(world)
    await world.telegram.writes(ANALYST, "[09:01, 30/10/2023] Ana: Oi\n[09:02, 30/10/2023] MARINA 90485: Bom dia")
    await world.sees("Caso da Dra. Marina")
    await world.telegram.writes(ANALYST, "[10:01, 30/10/2023] Ana: Oi\n[10:02, 30/10/2023] RITA 77777: Bom dia")
    screen = await world.sees("A conversa colada antes (Ana, MARINA 90485) não foi registrada")
    assert "De qual caso é?" in screen["text"]
    assert world.rows("SELECT case_id FROM dialogue_step") == [{"case_id": None}]


async def test_a_long_word_for_the_form_is_kept_whole_and_shown_short(world: World) -> None:
    await open_window(world)
    await world.comes_to_the_end()
    noted = ("Conversamos muito. " * 300)[:4040] + "fim"
    await world.telegram.writes(ANALYST, noted)
    await world.sees("Obs. Geral: Conversamos muito.")
    await world.taps("Encerrar o caso")
    await world.sees("· encerrado")
    (case,) = world.rows('SELECT general_notes FROM "case"')
    assert case["general_notes"] == noted


async def test_two_forms_sent_together_are_opened_one_after_the_other(world: World) -> None:
    await world.invited()
    for file in ("real-a-opening.txt", "form-101-00.txt"):
        await world.telegram.sends_document(ANALYST, (FORMS / file).read_bytes(), file)
    await world.sees("Na fila, depois deste: Caio Queiroga")
    await world.telegram.writes(ANALYST, DENTIST)
    await world.sees("Como tratamos")
    await world.taps("Pular")
    await world.sees("Por qual nome")
    await world.taps("Pular")
    await world.taps("Abrir caso")
    following = await world.sees("Dentista: Caio Queiroga")
    assert "Qual o WhatsApp" in following["text"]
    (case,) = world.rows('SELECT protocol FROM "case"')
    (address,) = world.rows("SELECT address, dentist.name FROM dentist_address JOIN dentist ON dentist.id = dentist_id")
    assert (case["protocol"], address["name"]) == ("SAD169000763629", "MARINA PRADO SERRA AZUL")


def below(world: World, words: str, message: dict[str, Any]) -> bool:
    """Whether a message that holds these words stands below another."""
    return world.telegram.last(ANALYST, words)["message_id"] > message["message_id"]


async def test_an_opening_in_hand_is_shown_again_instead_of_another_question(world: World) -> None:
    await open_window(world)
    await world.telegram.sends_document(ANALYST, (FORMS / "form-101-00.txt").read_bytes(), "outro.txt")
    before = await world.sees("Qual o WhatsApp")
    await world.taps("Anotar")
    await eventually(
        lambda: any("Termine ou cancele antes a abertura de Caio" in a["text"] for a in world.sandbox.ledger.answers),
        "the refusal",
        world.chat,
    )
    await eventually(
        lambda: world.telegram.last(ANALYST, "Qual o WhatsApp")["message_id"] > before["message_id"],
        "the opening again",
        world.chat,
    )
    await world.telegram.writes(ANALYST, "/nota ligou hoje")
    told = await world.sees("a abertura de Caio Queiroga Serra Azul. O que você mandou agora não foi guardado")
    await eventually(lambda: below(world, "Qual o WhatsApp", told), "the opening below it", world.chat)
    await world.telegram.writes(ANALYST, "/novo")
    told = await world.sees("Termine ou cancele antes a abertura de Caio Queiroga Serra Azul.")
    await eventually(lambda: below(world, "Qual o WhatsApp", told), "the opening below that", world.chat)
    form = (FORMS / "real-a-opening.txt").read_bytes()
    await world.telegram.sends_document(ANALYST, form, "real-a-opening.txt")
    told = await world.sees("O protocolo SAD169000763629 já está aberto com você: mostro o caso.")
    await eventually(lambda: below(world, "Etapa: ", told), "its card", world.chat)
    await world.telegram.writes(ANALYST, "71 98000-0042")
    await world.sees("Como tratamos")
    assert world.rows("SELECT 1 FROM contact WHERE direction = 'note' AND imported = false") == []


async def test_what_is_typed_days_after_a_question_is_not_its_answer(world: World) -> None:
    await open_window(world)
    await world.taps("Anotar")
    prompt = await world.sees("Escreva a anotação")
    world.forward(days=5)
    await world.telegram.writes(ANALYST, "Dra. Rita pediu segunda via da tabela")
    await world.sees("A pergunta de “Anotar” ficou para trás, e nada foi registrado")
    assert world.rows("SELECT 1 FROM contact WHERE direction = 'note'") == world.rows("SELECT 1 FROM dialogue_step")
    await world.telegram.writes(ANALYST, "Nota tardia", reply_to_message_id=prompt["message_id"])
    await world.sees("Esta pergunta ficou para trás")
    assert world.rows("SELECT 1 FROM contact WHERE direction = 'note'") == []


async def test_a_telegram_reply_answers_a_question_however_late(world: World) -> None:
    await open_window(world)
    await world.taps("Anotar")
    await world.sees("Escreva a anotação")
    world.forward(days=5)
    await answer_to(world, "Escreva a anotação", "Nota tardia")
    await world.sees("Nota tardia")
    assert [r["text"] for r in world.rows("SELECT text FROM contact WHERE direction = 'note'")] == ["Nota tardia"]


async def test_a_file_sent_long_after_the_question_is_matched_by_itself(world: World) -> None:
    await open_window(world)
    await world.taps("Colar conversa")
    await world.sees("Cole aqui a conversa")
    world.forward(days=1)
    talk = "30/10/2023 10:00 - Ana: Oi\n30/10/2023 10:01 - RITA 77777: Bom dia"
    await world.telegram.sends_document(ANALYST, talk.encode(), "conversa.txt")
    await world.sees("De qual caso é?")


async def test_cancelar_leaves_whatever_is_in_hand(world: World) -> None:
    await world.invited()
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Não há nada em andamento")
    await world.telegram.sends_document(ANALYST, (FORMS / "real-a-opening.txt").read_bytes(), "real-a-opening.txt")
    await world.sees("Qual o WhatsApp")
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Abertura cancelada. Nada foi registrado")
    await world.opens_case()
    await world.taps("Anotar")
    await world.sees("Escreva a anotação")
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Deixado de lado. Nada foi registrado")
    await world.telegram.writes(ANALYST, "[09:01, 30/10/2023] MARINA 90485: Oi")
    await world.sees("1 mensagem: 1 nova")
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Conversa descartada. Nada foi registrado")
    assert world.rows("SELECT 1 FROM dialogue_step") == []
    assert world.rows("SELECT 1 FROM contact") == []
