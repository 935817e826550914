"""What the dentist promises becomes a follow-up by one tap, on the card and in “Próximo”."""

import json

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World


async def test_a_promise_is_a_tap_away_from_its_follow_up(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "a guia demora muito, vou ver e te falo até sexta")
    card = await world.sees("Entendi: “te falo até sexta” → sex., 03/11 às 9h")
    await world.sees_in(card["message_id"], "Parece: ainda vai decidir · prazo liberação de guias")
    await world.taps("⏰ Marcar sex., 03/11 às 9h")
    await world.sees_in(card["message_id"], "⏰ Retorno sex., 03/11 às 9h marcado")
    assert world.rows("SELECT reason FROM follow_up WHERE done_at IS NULL") == [
        {"reason": "Prometido: “te falo até sexta”"}
    ]
    await world.taps("✅ Guardar motivos")
    await world.sees_in(card["message_id"], "Parece: ainda vai decidir\n")
    (noted,) = world.rows('SELECT CAST(reasons AS TEXT) AS reasons FROM "case"')
    assert json.loads(noted["reasons"]) == ["Prazo Liberação de Guias"]

    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "melhor na segunda às 10h, te ligo")
    await world.sees("Entendi: “na segunda às 10h … te ligo”")
    await world.telegram.writes(ANALYST, "/proximo")
    await world.sees("Resposta nova")
    await world.taps("⏰ Mudar retorno para seg., 06/11 às 10h")
    await world.sees("⏰ Retorno seg., 06/11 às 10h marcado")
    await world.taps("Não é isso")
    await world.sees("O que a mensagem quer dizer?")
    await world.taps("Tem uma pergunta")
    await world.sees("Resposta nova")
    feedback = world.rows("SELECT answer, said FROM reading_feedback ORDER BY id")
    assert [row["answer"] for row in feedback] == ["promise", "reasons", "promise", "wrong"]
    assert len(world.rows("SELECT id FROM follow_up WHERE done_at IS NULL")) == 1
