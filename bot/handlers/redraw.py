"""How things stand, drawn anew: after a tap that came too late, or an act whose screen was lost with its process."""

from typing import Any

from bot.handlers import (
    approvals,
    attaching,
    blocks,
    bulk,
    byhand,
    cases,
    closing,
    completing,
    digests,
    drafting,
    followups,
    importing,
    index,
    invitations,
    library,
    meta_templates,
    noting,
    opening,
    operation,
    pasting,
    preferences,
    questions,
    readjusting,
    readjustment_card,
    rules,
    sending_later,
    settling,
    team,
)
from bot.handlers.context import Context
from bot.services import bulk as bulk_service
from bot.services import byhand as byhand_service
from bot.services import digests as digest_service
from bot.services import noting as noting_service
from bot.services import rules as rule_service
from bot.services import settings, taps, topics, wording
from storage.models import (
    Absence,
    Analyst,
    Approval,
    AuditEntry,
    Case,
    Contact,
    DentistInvitation,
    FollowUp,
    FormRevision,
    InboxEvent,
    IndexDifference,
    IndexReading,
    Message,
    MetaTemplate,
    OperationSetting,
    Readjustment,
    Rule,
    TemplateOverride,
)

DIALOGUES = {
    "opening": opening.show,
    "pasted": pasting.show,
    "import": importing.show,
    closing.STEP: closing.show,
    noting_service.HELD: noting.show,
}
PROMPTS = {
    **dict.fromkeys(questions.QUESTIONS, questions.show),
    "edit": drafting.edit_prompt,
    attaching.STEP: attaching.show,
    sending_later.STEP: sending_later.show,
    completing.STEP: completing.show,
    readjusting.STEP: readjusting.prompt_again,
    team.STEP: team.absence_prompt,
    rule_service.STEP: rules.show_draft,
    settings.STEP: operation.prompt_again,
    settling.STEP: settling.show,
    blocks.STEP: blocks.show,
    wording.STEP: library.show_step,
    noting_service.STEP: noting.prompt,
    "paste": pasting.paste_prompt,
    "schedule": followups.show_choices,
}

TOLD = {
    "imported": importing.done,
    bulk_service.APPROVED: bulk.done,
    bulk_service.UNDONE: bulk.done,
    byhand_service.TOLD: byhand.done,
    digest_service.SET: digests.done,
    topics.ON: preferences.turned,
    topics.OFF: preferences.turned,
}  # by what an act recorded


async def after_act(context: Context, event: InboxEvent) -> None:
    """Draw the result of an update that was acted on already; nothing is done."""
    row = await context.rt.read(taps.recall, event.outcome)
    if isinstance(row, Message):
        await drafting.show(context, row)
    elif isinstance(row, Case) and row.id is not None:
        await cases.card(context, row.id)
        await opening.show_next(context)
    elif isinstance(row, Analyst):
        await team.changed(context, row)
    elif isinstance(row, DentistInvitation):
        await invitations.show(context, row.case_id)
    elif isinstance(row, Absence):
        await team.show_person(context, row.analyst_id)
    elif isinstance(row, Readjustment):
        await readjustment_card.show(context, row.id or 0)
    elif isinstance(row, Approval):
        await approvals.show(context, row.id or 0)
    elif isinstance(row, Rule):
        await rules.show(context, row.id or 0)
    elif isinstance(row, OperationSetting):
        await operation.show_setting(context, row.key)
    elif isinstance(row, MetaTemplate):
        await meta_templates.show_row(context, row)
    elif isinstance(row, TemplateOverride):
        await library.show_text(context, row.key)
    elif isinstance(row, IndexReading):
        await index.show(context)
    elif isinstance(row, IndexDifference):
        await index.show_difference(context, row.id or 0)
    elif isinstance(row, AuditEntry):
        await TOLD[row.action](context, row)
    elif isinstance(row, Contact):
        await noting.noted(context, row)
    elif isinstance(row, FollowUp | FormRevision):
        await cases.card(context, row.case_id)
    else:
        await dialogue(context)


async def dialogue(context: Context, *, anew: bool = False) -> None:
    """The dialogue that is open now, if one is."""
    step = await context.read(taps.step_of)
    if step is None:
        return
    if step.name in PROMPTS:
        await PROMPTS[step.name](context, step)
    else:
        await DIALOGUES[step.name](context, anew=anew)


async def subject(context: Context, arguments: dict[str, Any]) -> None:
    """What a button was about, as it stands now."""
    if taps.STEP_KEY in arguments:
        await dialogue(context)
    elif "message_id" in arguments:
        await drafting.show_draft(context, arguments["message_id"])
    elif "follow_up_id" in arguments:
        await followups.show(context, arguments["follow_up_id"])
    elif "part" in arguments:
        await digests.show(context)
    elif "told" in arguments:
        await byhand.show(context)
    elif "ticked" in arguments:
        await bulk.show(context, [])
    elif "person_id" in arguments:
        await team.show_person(context, arguments["person_id"])
    elif "setting" in arguments:
        await operation.show_setting(context, arguments["setting"])
    elif "template" in arguments:
        await library.show_text(context, arguments["template"])
    elif "difference_id" in arguments:
        await index.show_difference(context, arguments["difference_id"])
    elif "approval_id" in arguments:
        await approvals.show(context, arguments["approval_id"])
    elif "readjustment_id" in arguments:
        await readjustment_card.show(context, arguments["readjustment_id"])
    elif "of" in arguments:
        await readjusting.show(context, arguments["case_id"])
    elif "case_id" in arguments:
        await cases.card(context, arguments["case_id"])
