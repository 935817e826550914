"""What the dentist promises becomes a follow-up by one tap, on the card and in “Próximo”."""

import json

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, eventually


async def test_a_promise_is_a_tap_away_from_its_follow_up(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "a guia demora muito, vou ver e te falo até sexta")
    card = await world.sees("• “te falo até sexta” → retorno sex., 03/11 às 9h")
    await world.sees_in(card["message_id"], "• “guia demora” → motivo: Prazo Liberação de Guias")
    await world.taps("⏰ Marcar sex., 03/11 às 9h")
    await world.sees_in(card["message_id"], "⏰ Retorno sex., 03/11 às 9h marcado")
    assert world.rows("SELECT reason FROM follow_up WHERE done_at IS NULL") == [
        {"reason": "Prometido: “te falo até sexta”"}
    ]
    await world.taps("✅ Guardar motivos")
    await eventually(lambda: not world.button("✅ Guardar motivos"), "the answer", world.chat)
    (noted,) = world.rows('SELECT CAST(reasons AS TEXT) AS reasons FROM "case"')
    assert json.loads(noted["reasons"]) == ["Prazo Liberação de Guias"]

    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "melhor na segunda às 10h, te ligo")
    await world.sees("• “na segunda às 10h … te ligo” → retorno seg., 06/11 às 10h")
    await world.telegram.writes(ANALYST, "/proximo")
    await world.sees("Resposta nova")
    await world.taps("⏰ Mudar retorno para seg., 06/11 às 10h")
    await world.sees("⏰ Retorno seg., 06/11 às 10h marcado")
    assert len(world.rows("SELECT id FROM follow_up WHERE done_at IS NULL")) == 1


def answered(world: World) -> int:
    return len(world.rows("SELECT 1 FROM reading_feedback"))


async def test_another_day_is_typed_right_after_what_was_understood(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "na sexta te falo")
    await world.sees("→ retorno sex., 03/11 às 9h")
    await world.taps("✖️ Data")
    asked = await world.sees("“na sexta te falo”: para quando é o retorno?")
    await world.telegram.writes(ANALYST, "segunda 25h")
    await world.sees("Não entendi esse dia.")
    await world.telegram.writes(ANALYST, "segunda 10h ligar")
    await world.sees("Aqui vão só o dia e a hora")
    await world.telegram.writes(ANALYST, "segunda 10h", reply_to_message_id=asked["message_id"])  # not for the dentist
    await world.sees("⏰ Retorno seg., 06/11 às 10h marcado")
    (kept,) = world.rows("SELECT reason FROM follow_up WHERE done_at IS NULL")
    assert kept == {"reason": "Prometido: “na sexta te falo”"}
    (feedback,) = world.rows("SELECT CAST(said AS TEXT) AS said FROM reading_feedback")
    assert json.loads(feedback["said"]) == {"promise": {"date": "2023-11-06", "time": "10:00"}}
    await world.telegram.writes(ANALYST, "terça 10h")  # the question is over: this one is looked up
    await world.sees("🔎 Não encontrei")


async def test_the_way_back_from_the_question_ends_it(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "na sexta te falo")
    await world.sees("→ retorno sex., 03/11 às 9h")
    await world.taps("✖️ Data")
    await world.offered("Não prometeu retorno")
    await world.taps("Voltar")
    await world.offered("✖️ Data")
    assert world.rows("SELECT name FROM dialogue_step") == []


async def test_each_part_of_what_was_understood_is_corrected_or_confirmed_in_its_place(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "glosa demais e valor baixo, na sexta te falo")
    await world.sees("• “glosa” → motivo: Glosas")
    await world.taps("✖️ Data")
    await world.sees("“na sexta te falo”: para quando é o retorno?")
    await world.offered("Não prometeu retorno")
    await world.taps("Voltar")
    await world.taps("✖️ Data")
    await world.taps("Amanhã 9h")
    await world.sees("⏰ Retorno amanhã às 9h marcado")

    await world.taps("✖️ Motivos")
    await world.sees("Que motivos o dentista deu?")
    await world.taps("☑️ Glosas")
    await world.offered("▫️ Glosas")
    await world.taps("Outro motivo…")
    await world.taps("▫️ Estudos")
    await world.offered("☑️ Estudos")
    await world.taps("Guardar")
    await eventually(lambda: answered(world) == 2, "the answer", world.chat)
    (noted,) = world.rows('SELECT CAST(reasons AS TEXT) AS reasons FROM "case"')
    assert json.loads(noted["reasons"]) == ["Valores", "Estudos"]

    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "qual o valor novo? já decidi, quero sair")
    await world.sees("→ quer sair")
    await world.taps("✅ Quer sair")
    await eventually(lambda: answered(world) == 3, "the answer", world.chat)
    await world.taps("Abrir caso")
    await world.sees("⏸ Cadência parada desde 30/10")
    await world.taps("▶️ Retomar cadência")
    await eventually(lambda: not world.button("▶️ Retomar cadência"), "the cadence", world.chat)
    await world.taps("🪪 Dados")
    await world.taps("⏸ Parar cadência deste caso")
    await world.offered("▶️ Retomar cadência")

    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "quero ficar")
    await world.sees("→ quer ficar")
    await world.taps("✖️ Sentido")
    await world.sees("O que a mensagem quer dizer?")
    await world.taps("Tem uma pergunta")
    await eventually(lambda: answered(world) == 4, "the correction", world.chat)
    feedback = world.rows("SELECT part, CAST(said AS TEXT) AS said FROM reading_feedback ORDER BY id")
    assert [(row["part"], json.loads(row["said"])) for row in feedback] == [
        ("promise", {"promise": {"date": "2023-10-31", "time": "09:00"}}),
        ("reasons", {"reasons": ["Valores", "Estudos"]}),
        ("intent", {}),
        ("intent", {"intent": "question"}),
    ]
