"""Meta blocks the account: nothing fails, those who supervise know, and what was approved leaves once it is well."""

from typing import Any

from messages.statuses import Role
from tests.flow.world import World, eventually

SUPERVISOR = 2002


def buttons(world: World) -> Any:
    """Those of the supervisor's last screen: each drawing has new ones."""
    return world.telegram.chat(SUPERVISOR)["messages"][-1]["buttons"]


async def test_a_blocked_account_stops_all_sends_and_one_tap_brings_them_back(world: World) -> None:
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    await world.invited()
    await world.opens_case()
    await world.taps("Primeiro contato")
    await world.taps("Primeiro contato (inteira")
    await world.sees("retencao_primeiro_contato")
    world.sandbox.config.can_send = "BLOCKED"
    await world.taps("Aprovar e enviar")
    draft = await world.sees("aprovada")
    world.forward(seconds=15)
    told = await world.sees("Os envios pelo WhatsApp estão parados", SUPERVISOR)
    assert "1 mensagem aprovada espera" in told["text"] and "peça a revisão" in told["text"]
    await world.sees_in(draft["message_id"], "sai sozinha quando voltarem")

    asked, before = len(world.sandbox.whatsapp.cloud.refusals), buttons(world)
    await world.taps("Tentar de novo", SUPERVISOR)
    refusals = world.sandbox.whatsapp.cloud.refusals
    await eventually(lambda: len(refusals) == asked + 1, "one more try", world.chat)
    assert {code for code, _ in refusals} == {131031} and not world.accepted()
    queued = "SELECT 1 FROM message WHERE status = 'queued'"
    await eventually(lambda: world.rows(queued), "it waits again", world.chat)
    await eventually(lambda: buttons(world) != before, "the button for another try", world.chat)

    world.sandbox.config.can_send = "AVAILABLE"
    await world.taps("Tentar de novo", SUPERVISOR)
    await world.sees_in(draft["message_id"], "entregue")
    await world.sees_in(told["message_id"], "Os envios pelo WhatsApp voltaram", SUPERVISOR)
    assert len(world.accepted()) == 1
    assert world.telegram.chat(SUPERVISOR)["messages"][-1]["message_id"] == told["message_id"]  # one notice in all
    refusals.clear()
