"""When nobody answers: each next contact is ready, one tap sends it, a reply ends it, and closing is proposed."""

from datetime import UTC, datetime

from messages.statuses import Role
from tests.flow.world import ANALYST, DENTIST, World, eventually

SOFIA = 2002


async def until(world: World, month: int, day: int, hour: int = 9) -> None:
    """A moment of São Paulo's in 2023."""
    world.sandbox.clock.forward(datetime(2023, month, day, hour + 3, tzinfo=UTC) - world.sandbox.clock.now())


async def drafts(world: World, number: int) -> None:
    def ready() -> bool:
        return len(world.rows("SELECT 1 FROM message WHERE status = 'draft'")) == number

    await eventually(ready, f"{number} drafts", world.chat)


async def test_each_next_contact_is_ready_until_closing_is_proposed(world: World) -> None:
    await world.invited()
    await world.opens_case()
    days = [(10, 31), (11, 3), (11, 10), (11, 27), (12, 4)]  # +1, +2, +5, +10 and +5 working days
    for number, (month, day) in enumerate(days, 1):
        await until(world, month, day)
        await drafts(world, 1)
        await world.telegram.writes(ANALYST, "/proximo")
        screen = await world.sees("📝 Próximo contato pronto · é o último")
        await world.taps("✅ Enviar e próximo ▶")
        await drafts(world, 0)
        await world.sees_in(screen["message_id"], "Para Dra. Marina")
        world.forward(seconds=15)
        text = await world.sent(number)
        await eventually(lambda n=number: len(world.rows("SELECT 1 FROM contact")) == n, "the contact", world.chat)
    assert "Aguardo a sua resposta até 11/12/2023" in text

    await until(world, 12, 11)
    told = await world.sees("5 contatos sem resposta, o último em 04/12: encerrar por Perda de Contato?")
    assert [b["text"] for row in told["buttons"] for b in row][:3] == [
        "Encerrar por Perda de Contato ▶",
        "Não encerrar",
        "Adiar",
    ]
    await world.taps("Encerrar por Perda de Contato ▶")
    chosen = "SELECT 1 FROM \"case\" WHERE outcome = 'Desligamento' AND closed_at IS NULL"
    await eventually(lambda: world.rows(chosen), "the choice", world.chat)
    assert len(world.accepted()) == 5


async def test_a_reply_ends_what_was_ready_and_a_supervisor_lets_a_step_leave_by_itself(world: World) -> None:
    await world.invited()
    await world.opens_case()
    await world.invited(SOFIA, "Sofia", Role.SUPERVISOR)
    await world.telegram.writes(SOFIA, "/operacao")
    await world.taps("Passos que saem sozinhos", SOFIA)
    await world.taps("✏️ Mudar", SOFIA)
    await world.sees("Escreva o novo valor", SOFIA)
    await world.telegram.writes(SOFIA, "tudo")
    await world.sees("Escreva os passos separados por vírgula", SOFIA)
    await world.telegram.writes(SOFIA, "primeiro contato")
    await world.sees("primeiro contato\nAlterado por Sofia", SOFIA)

    await until(world, 10, 31, 7)
    await eventually(lambda: world.rows("SELECT 1 FROM message WHERE status = 'queued'"), "the approval", world.chat)
    assert world.accepted() == []
    await until(world, 10, 31, 8)
    assert "pedido de desligamento" in await world.sent(1)
    await eventually(lambda: world.rows("SELECT 1 FROM contact"), "the contact", world.chat)

    await until(world, 11, 3)
    await drafts(world, 1)
    await world.whatsapp.writes(DENTIST, "Bom dia, vou ver")
    await world.sees("Responda a esta mensagem")
    await drafts(world, 0)
    await world.telegram.writes(ANALYST, "/proximo")
    await world.sees("💬 Resposta nova")
    assert len(world.accepted()) == 1
