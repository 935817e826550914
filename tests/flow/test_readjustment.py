"""A readjustment from its months to its application: worked out, authorised by its figures, told, accepted, applied."""

from datetime import datetime
from typing import Any

import httpx
from sqlmodel import Session

from bot.app import once
from messages.statuses import Role
from storage.models import Analyst
from tests.flow.world import ANALYST, DENTIST, World, eventually

SOFIA, RITA = 2002, 2003
PROTOCOL = "SAD169000763629"


async def a_case_in_november(world: World) -> None:
    """Ana's case, two supervisors, and the IPCA of October is out."""
    await world.invited()
    await world.invited(SOFIA, "Sofia", Role.SUPERVISOR)
    await world.opens_case()
    world.forward(days=14)


async def writes(world: World, text: str, sees: str) -> dict[str, Any]:
    await world.telegram.writes(ANALYST, text)
    return await world.sees(sees)


async def told_on_top(world: World, words: str) -> None:
    """Wait until a tap was answered with these words."""
    await eventually(lambda: any(words in a["text"] for a in world.sandbox.ledger.answers), words, world.chat)


async def asks(world: World) -> None:
    """The calculation on Ana's screen goes to the supervisors."""
    await world.taps("📨 Pedir autorização")
    await world.sees("Reajuste: com a supervisão")


async def taps_late(world: World, token: str, chat_id: int) -> None:
    """A button that its screen no longer has: a phone that was offline still shows it."""
    url = f"{world.settings.telegram_api_url}/bot{world.settings.telegram_token.get_secret_value()}/sendMessage"
    markup = {"inline_keyboard": [[{"text": "Autorizar", "callback_data": token}]]}
    async with httpx.AsyncClient(trust_env=False) as client:
        sent = await client.post(url, json={"chat_id": chat_id, "text": "-", "reply_markup": markup})
    await world.telegram.taps(chat_id, sent.json()["result"]["message_id"], data=token)


def token_of(world: World, label: str, chat_id: int) -> tuple[int, str]:
    """A button as it stands now, to be tapped when its screen has changed."""
    for message in reversed(world.telegram.chat(chat_id)["messages"]):
        for row in message["buttons"]:
            for button in row:
                if button["text"] == label:
                    return message["message_id"], button["data"]
    raise AssertionError(f"no {label!r}:\n{world.chat(chat_id)}")


async def test_from_the_months_to_the_application(world: World) -> None:
    await a_case_in_november(world)
    choices = await writes(world, "/reajuste", "IPCA publicado até 10/2023")
    assert "Moeda base: R$ 0,35" in choices["text"] and "a livre negociação dura 90 dias" in choices["text"]
    await world.taps("➕ Ortodontia")
    await world.sees("Escreva a moeda de ortodontia")
    await writes(world, "0,30", "Moeda de ortodontia: R$ 0,30")
    await world.taps("➕ Último reajuste")
    await world.sees("Escreva a data do último reajuste")
    offered = await writes(world, "20/10/2021", "O último reajuste é de antes da inclusão")
    assert "Desde o último reajuste, 11/2021 a 10/2023: 11,6011%, moeda 0,39; ortodontia 0,33" in offered["text"]
    await world.taps("✏️ Outros meses")
    await world.sees("De que mês a que mês?")
    await writes(world, "10/2023 a 09/2022", "O período está invertido")
    await writes(world, "09/2022 a 11/2023", "o último é o de 10/2023")
    memo = await writes(world, "09/2022 a 10/2023", "IPCA de 09/2022 a 10/2023 (14 meses), 5,1319%")
    assert "Moeda base: R$ 0,35 → R$ 0,37" in memo["text"] and "Ortodontia: R$ 0,30 → R$ 0,32" in memo["text"]
    await world.taps("🧮 Memória de cálculo")
    await world.sees("09/2022: -0,29%")
    await world.taps("Voltar")

    # Sofia refuses; then Ana changes the figures under her eyes: the request, and its buttons, hold no more.
    await asks(world)
    await world.sees("Pedido de Ana", SOFIA)
    await world.taps("Recusar", SOFIA)
    await world.sees("Recusado por Sofia")
    await world.taps("🧮 Ver o reajuste")
    await world.sees("Reajuste: recusado pela supervisão")
    await world.taps("✏️ Mudar")
    await world.sees("Outro cálculo anula o atual")
    await world.taps("Desde a inclusão")
    await world.sees("IPCA de 08/2022 a 10/2023 (15 meses), 4,7534%")
    await asks(world)
    await world.sees("4,7534%", SOFIA)
    await world.offered("Autorizar só a base", SOFIA)
    screen, stale = token_of(world, "Autorizar", SOFIA)
    await world.taps("✏️ Mudar")
    await world.sees("Outro cálculo anula o atual")
    await world.taps("✏️ Outros meses")
    await world.sees("De que mês a que mês?")
    former = "Antes houve outros 2; o último: IPCA de 08/2022 a 10/2023 (15 meses), 4,7534%"
    await writes(world, "setembro de 2022 até outubro de 2023", former)
    await world.sees_in(screen, "Sem efeito: os valores mudaram", SOFIA)
    await taps_late(world, stale, SOFIA)
    await told_on_top(world, "Os valores mudaram depois deste pedido, que perdeu o efeito")
    await asks(world)
    await world.sees("Pedido de Ana", SOFIA)
    await world.taps("Autorizar só a base (ortodontia em R$ 0,30)", SOFIA)
    await world.sees("Autorizada só a moeda base por Sofia")
    assert [r["granted"] for r in world.rows("SELECT granted FROM approval ORDER BY id")] == [False, None, True]

    # The message tells what was authorised and nothing else.
    await world.whatsapp.writes(DENTIST, "Bom dia, tem novidade?")
    await world.sees("tem novidade?")
    await writes(world, f"/reajuste {PROTOCOL}", "Reajuste: autorizado, falta apresentar")
    await world.taps("✍️ Escrever ao dentista")
    preview = await world.sees("A moeda de ortodontia continua em R$ 0,30.")
    assert "pelo IPCA de setembro de 2022 a outubro de 2023 (5,1319%, arredondado ao centavo)" in preview["text"]
    reply = {"reply_to_message_id": preview["message_id"]}
    await world.telegram.writes(ANALYST, "O reajuste fica em 6%, com a moeda a R$ 0,37.", **reply)
    await world.sees("A calculadora de reajuste não deu 6%; o autorizado é: IPCA de 09/2022 a 10/2023")
    assert "R$ 0,35 para R$ 0,37" in await world.approves(1)
    await world.sees("entregue")
    (told,) = world.rows("SELECT offers FROM message WHERE readjustment_id IS NOT NULL")
    assert "moeda base de R$ 0,35 para R$ 0,37; ortodontia continua em R$ 0,30" in str(told["offers"])

    # The dentist's own words prove the rest.
    await writes(world, f"/reajuste {PROTOCOL}", "Reajuste: apresentado, tabela em análise")
    await world.taps("✅ O dentista aceitou")
    await told_on_top(world, "Não há resposta do dentista depois da apresentação")
    world.forward(hours=1)
    await world.whatsapp.writes(DENTIST, "Aceito, pode aplicar")
    await world.sees("pode aplicar")
    await writes(world, f"/reajuste {PROTOCOL}", "Reajuste: apresentado, tabela em análise")
    await world.taps("✅ O dentista aceitou")
    await world.sees("Reajuste: aceito, falta aplicar")
    await world.taps("Aplicado em outro dia")
    await world.sees("Desde quando valem os novos valores?")
    await writes(world, "depois", "escreva “hoje” ou uma data")
    done = await writes(world, "01/12/2023", "Aplicado desde 01/12/2023")
    for stage in ("Calculado", "Pedido", "Autorizado, só a moeda base", "Apresentado", "Aceito pelo dentista"):
        assert f"✓ {stage}" in done["text"]
    await world.telegram.writes(ANALYST, PROTOCOL)
    await world.offered("💰 Reajuste: aplicado")


async def test_a_given_percentage_is_told_as_such_and_who_is_suspended_decides_nothing(world: World) -> None:
    await a_case_in_november(world)
    await world.invited(RITA, "Rita", Role.SUPERVISOR)
    await world.taps("💰 Reajuste")
    await world.taps("✏️ Outro percentual")
    await world.sees("Qual o percentual?")
    await writes(world, "-4", "O percentual não pode ser negativo")
    await writes(world, "4,7357", "Quem informou o percentual?")
    await writes(world, "Sofia", "Por que este percentual, e não o IPCA?")
    memo = await writes(world, "acordo de outubro", "percentual informado por Sofia (acordo de outubro)")
    assert "a calculadora não o confirma" in memo["text"] and "Moeda base: R$ 0,35 → R$ 0,37" in memo["text"]
    await asks(world)
    await world.sees("Pedido de Ana", SOFIA)
    await world.sees("Pedido de Ana", RITA)

    def suspend(session: Session, *, now: datetime) -> None:
        sofia = session.get_one(Analyst, world.rows("SELECT id FROM analyst WHERE name = 'Sofia'")[0]["id"])
        sofia.active = False

    await once(world.settings, suspend)
    before = len(world.telegram.chat(SOFIA)["messages"])
    await world.taps("Autorizar", SOFIA)
    await world.taps("Autorizar", RITA)
    await world.sees("Autorizado por Rita")
    assert len(world.telegram.chat(SOFIA)["messages"]) == before
    assert [r["decided_by"] for r in world.rows("SELECT decided_by FROM approval")] == [
        world.rows("SELECT id FROM analyst WHERE name = 'Rita'")[0]["id"]
    ]
    (note,) = world.rows("SELECT text FROM contact WHERE direction = 'note'")
    assert note["text"].startswith("Reajuste autorizado por Rita: 4,7357%, percentual informado por Sofia")
