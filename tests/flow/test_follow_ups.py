"""Follow-ups as people meet them: marked in words, kept beside a reply, told again, raised, and summed up."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import running
from messages.statuses import Role
from storage.models import Analyst
from tests.factory import Store, create_case, create_follow_up
from tests.flow.world import ANALYST, DENTIST, START, World, emulators, eventually, settings_for, world_on

SOFIA = 2002


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[World]:
    async with world_on(database_url) as world:
        await world.invited()
        await world.opens_case()
        yield world


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of São Paulo's in November 2023; October's last days are 30 and 31."""
    month = 10 if day >= 30 else 11
    return datetime(2023, month, day, hour + 3, minute, tzinfo=UTC)


async def until(world: World, moment: datetime) -> None:
    world.sandbox.clock.forward(moment - world.sandbox.clock.now())


async def test_a_follow_up_is_kept_beside_a_reply_told_again_and_raised(office: World) -> None:
    await office.invited(SOFIA, "Sofia", Role.SUPERVISOR)
    await office.telegram.writes(ANALYST, "/retorno hoje 14h ligar para a clínica")
    await office.sees("⏰ Retorno hoje às 14h: ligar para a clínica")

    await office.whatsapp.writes(DENTIST, "ok, obrigado")
    card = await office.sees("Responda a esta mensagem")
    assert "⏰ Retorno hoje às 14h mantido" in card["text"]
    assert [b["text"] for row in card["buttons"] for b in row if "retorno" in b["text"]] == [
        "⏰ Agendar retorno", "Mover retorno", "Concluir retorno"
    ]  # fmt: skip

    await until(office, at(30, 14))
    await office.sees("Marcado para hoje às 14h.\nligar para a clínica")
    await until(office, at(30, 16, 1))
    await office.sees("Ainda em aberto: 2º aviso.")
    await office.taps("Adiar")
    await office.sees("Adiar o retorno d")
    offered = [b["text"] for row in office.telegram.chat(ANALYST)["messages"][-1]["buttons"] for b in row]
    assert offered[0] == "Amanhã 9h"  # today is over by the time it would fall due
    await until(office, at(31, 10, 2))
    await office.sees("Ainda em aberto: 3º aviso.")
    await until(office, at(1, 8, 10))
    await office.sees("🚨 1 retorno sem ação", SOFIA)
    await office.taps("Dra. Marina", SOFIA)
    await office.sees("A supervisão foi avisada.", SOFIA)
    await office.taps("✅ Feito", SOFIA)
    await office.sees("✅ Feito.", SOFIA)


async def test_a_follow_up_in_words_asks_whose_it_is_and_says_what_it_does_not_understand(office: World) -> None:
    await office.telegram.writes(ANALYST, "/ajuda")
    await office.sees("Para abrir um caso")
    await office.telegram.writes(ANALYST, "/retorno sexta 14h75 ligar")
    asked = await office.sees("Retorno de qual caso?")
    await office.taps("Dra. Marina")
    answers = office.sandbox.ledger.answers
    await eventually(lambda: any("Não entendi esse dia." in a["text"] for a in answers), "the refusal", office.chat)
    await office.taps("Início")
    await office.sees_in(asked["message_id"], "Hoje é seg., 30/10.")
    await office.telegram.writes(ANALYST, "/retorno sexta 14h ligar")
    await office.sees("Retorno de qual caso?")
    await office.taps("Dra. Marina")
    await office.sees("⏰ Retorno sex., 03/11 às 14h: ligar")
    await office.telegram.writes(ANALYST, "/retorno")
    told = await office.sees("Escolha, ou escreva o dia e o motivo")
    assert "\nJá há um, sex., 03/11 às 14h, “ligar”: outro fica no lugar dele.\n" in told["text"]
    await office.telegram.writes(ANALYST, "01/10 9h")
    await office.sees("Esse dia ou essa hora já passou")
    await office.taps("Amanhã 9h")
    await office.sees("⏰ Retorno amanhã às 9h")
    await office.telegram.writes(ANALYST, "/retorno 02/11 9h ligar")
    await office.sees("⏰ Retorno qui., 02/11 às 9h (feriado): ligar")
    rows = office.rows("SELECT done_at FROM follow_up ORDER BY id")
    assert [row["done_at"] is None for row in rows] == [False, False, True]


async def test_a_follow_up_out_of_hours_is_asked_about_and_one_tap_moves_it_to_the_next_opening(office: World) -> None:
    await office.telegram.writes(ANALYST, "/retorno domingo 3h ligar")
    card = await office.sees("⚠️ Domingo é fora do horário de trabalho: sem toque, o aviso vem assim mesmo.")
    assert "⏰ Retorno dom., 05/11 às 3h (fim de semana): ligar" in card["text"]
    await office.taps("Passar para seg., 06/11 às 8h")
    card = await office.sees("⏰ Retorno seg., 06/11 às 8h: ligar")
    assert "fora do horário" not in card["text"]
    assert not [b for row in card["buttons"] for b in row if b["text"].startswith("Passar para seg.")]


async def test_a_part_of_the_day_in_the_reason_is_the_hour_or_the_card_says_that_it_is_not(office: World) -> None:
    await office.telegram.writes(ANALYST, "/retorno sexta ligar à tarde para confirmar")
    card = await office.sees("⏰ Retorno sex., 03/11 às 14h: ligar à tarde para confirmar")
    assert "O motivo diz" not in card["text"]
    await office.telegram.writes(ANALYST, "/retorno sexta ligar, ele não atende à tarde")
    card = await office.sees("⏰ Retorno sex., 03/11 às 9h: ligar, ele não atende à tarde")
    assert "⚠️ O motivo diz “à tarde”, e o aviso vem às 9h: se for outra hora, marque de novo." in card["text"]


async def test_a_follow_up_that_is_kept_out_of_hours_is_told_then_with_a_sound(office: World) -> None:
    await office.telegram.writes(ANALYST, "/retorno 02/11 9h ligar")
    await office.sees("⚠️ Quinta é feriado: sem toque, o aviso vem assim mesmo.")
    await until(office, at(2, 9, 1))
    assert (await office.sees("Marcado para hoje às 9h.\nligar"))["silent"] is False


async def test_the_day_is_summed_up_as_it_begins_and_ends_for_whoever_wants_it(office: World) -> None:
    await office.telegram.writes(ANALYST, "/retorno amanhã 14h ligar")
    await office.sees("⏰ Retorno amanhã às 14h: ligar")
    await until(office, at(31, 8))
    told = await office.sees("☀️ Bom dia, Ana! Hoje é ter., 31/10.")
    assert "Retornos de hoje:\n• 14h · Dra. Marina Prado Serra Azul: ligar" in told["text"]
    await office.offered("🆕 1 caso sem 1º contato")
    await until(office, at(31, 18))
    told = await office.sees("🌙 Fim do expediente, Ana. Ficou em aberto:")
    assert "Retornos vencidos:\n• 14h · Dra. Marina Prado Serra Azul: ligar" in told["text"]
    await office.taps("🔔 Avisos")
    await office.taps("☑️ O que ficou, no fim do dia (18h)")
    await office.offered("▫️ O que ficou, no fim do dia (18h)")
    await until(office, at(1, 18))
    await until(office, at(2, 9))  # a holiday
    await office.telegram.writes(ANALYST, "/inicio")
    await office.sees("Bom dia, Ana! Hoje é qui., 02/11.")
    rows = office.rows("SELECT kind FROM notification WHERE kind IN ('morning', 'evening')")
    assert sorted(row["kind"] for row in rows) == ["evening", "morning"]


@contextlib.asynccontextmanager
async def down(database_url: str, dues: Sequence[datetime]) -> AsyncIterator[World]:
    """The service has stopped, and Ana has follow-ups that fall due meanwhile."""
    async with contextlib.AsyncExitStack() as stack:
        sandbox, address = await stack.enter_async_context(emulators())
        world = stack.enter_context(World(sandbox, settings_for(sandbox, address, database_url)))
        async with running(world.settings) as sandbox.product_url:
            await world.invited()
        store = Store(database_url)
        (ana,) = store.all(Analyst)
        for due in dues:
            create_follow_up(store, create_case(store, ana), due)
        store.close()
        yield world


SATURDAY_NIGHT = datetime(2023, 11, 4, 23, 0, tzinfo=UTC)  # 20h in São Paulo


@pytest.mark.parametrize(
    ("due", "back", "silent"),
    [
        (START, START + timedelta(days=3), True),  # on a holiday
        (SATURDAY_NIGHT, SATURDAY_NIGHT + timedelta(minutes=30), False),  # they were wanted then
    ],
)
async def test_what_fell_due_while_the_service_was_down_is_told_in_one_notice(
    database_url: str, due: datetime, back: datetime, silent: bool
) -> None:
    async with down(database_url, [due + timedelta(minutes=n) for n in range(3)]) as world:
        await until(world, back)
        async with running(world.settings) as world.sandbox.product_url:
            await world.sees("⏰ 3 retornos vencidos")
        nudges = [m for m in world.telegram.chat(ANALYST)["messages"] if "⏰" in m["text"]]
        assert [m["silent"] for m in nudges] == [silent]


async def test_back_after_the_day_began_its_summary_is_told_once_and_names_what_fell_due(database_url: str) -> None:
    async with down(database_url, [at(31, 8, 20 * n) for n in range(3)]) as world:
        await until(world, at(31, 10))
        for _ in range(2):
            async with running(world.settings) as world.sandbox.product_url:
                await world.sees("☀️ Bom dia, Ana! Hoje é ter., 31/10.")
                await eventually(
                    lambda: not world.rows("SELECT 1 FROM notification WHERE sent_at IS NULL"), "calm", str
                )
        told = [m["text"] for m in world.telegram.chat(ANALYST)["messages"] if "⏰" in m["text"] or "☀️" in m["text"]]
        assert len(told) == 1 and "⏰ 3 retornos vencidos:\n• 8h · Dra. Marina" in told[0]
