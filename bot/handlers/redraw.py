"""How things stand, drawn anew: after a tap that came too late, or an act whose screen was lost with its process."""

from typing import Any

from bot.handlers import cases, closing, drafting, followups, opening, pasting
from bot.handlers.context import Context
from bot.services import inbox, taps
from storage.models import Case, Contact, FollowUp, Message

STEPS = {"opening": opening.show, "pasted": pasting.show, "closing": closing.show}


async def after_act(context: Context) -> bool:
    """Whether this update was acted on already; then its result is drawn, and nothing is done."""
    event = await context.rt.read(inbox.update_event, context.incoming.update_id)
    if event is None or event.acted_at is None:
        return False
    row = await context.rt.read(taps.recall, event.outcome)
    if isinstance(row, Message):
        await drafting.show(context, row)
    elif isinstance(row, Case) and row.id is not None:
        await cases.card(context, row.id)
    elif isinstance(row, Contact | FollowUp) and row.case_id is not None:
        await cases.card(context, row.case_id)
    else:
        await _step(context)
    return True


async def _step(context: Context) -> None:
    """The dialogue that the act led to."""
    step = await context.read(taps.step_of)
    if step is not None and step.name in STEPS:
        await STEPS[step.name](context)


async def subject(context: Context, arguments: dict[str, Any]) -> None:
    """What a button was about, as it stands now."""
    if "message_id" in arguments:
        await drafting.show_draft(context, arguments["message_id"])
    elif "follow_up_id" in arguments:
        await followups.show(context, arguments["follow_up_id"])
    elif "case_id" in arguments:
        await cases.card(context, arguments["case_id"])
