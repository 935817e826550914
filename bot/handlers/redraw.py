"""How things stand, drawn anew: after a tap that came too late, or an act whose screen was lost with its process."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlmodel import SQLModel

from bot.handlers import (
    approvals,
    bulk,
    byhand,
    campaigns,
    cases,
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
    pauses,
    preferences,
    readjusting,
    readjustment_card,
    replies,
    rules,
    team,
)
from bot.handlers.context import Context
from bot.handlers.dialogues import DIALOGUES
from bot.services import bulk as bulk_service
from bot.services import byhand as byhand_service
from bot.services import digests as digest_service
from bot.services import quarantine, taps, topics
from storage.models import (
    Absence,
    Analyst,
    Approval,
    AuditEntry,
    Campaign,
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
    Notification,
    OperationSetting,
    Readjustment,
    Rule,
    SendingPause,
    TemplateOverride,
)

TOLD = {
    "imported": importing.done,
    bulk_service.APPROVED: bulk.done,
    bulk_service.UNDONE: bulk.done,
    byhand_service.TOLD: byhand.done,
    digest_service.SET: digests.done,
    quarantine.SET_ASIDE: replies.put,
    quarantine.ASKED_AGAIN: replies.put,
    topics.ON: preferences.turned,
    topics.OFF: preferences.turned,
}  # by what an act recorded


async def _case(context: Context, case: Case) -> None:
    """The card, and below it the form whose turn it is now."""
    await cases.card(context, case.id or 0)
    await opening.show_next(context)


RESULTS: dict[type[SQLModel], Callable[[Context, Any], Awaitable[None]]] = {
    Message: drafting.show,
    Case: _case,
    Analyst: team.changed,
    Absence: lambda context, row: team.show_person(context, row.analyst_id),
    Approval: lambda context, row: approvals.show(context, row.id),
    Campaign: lambda context, row: campaigns.show(context, row.id),
    Rule: lambda context, row: rules.show(context, row.id),
    OperationSetting: lambda context, row: operation.show_setting(context, row.key),
    MetaTemplate: meta_templates.show_row,
    SendingPause: lambda context, row: pauses.show(context, row.id),
    TemplateOverride: lambda context, row: library.show_text(context, row.key),
    IndexReading: lambda context, _: index.show(context),
    IndexDifference: lambda context, row: index.show_difference(context, row.id),
    AuditEntry: lambda context, row: TOLD[row.action](context, row),
    Contact: noting.noted,
    FollowUp: lambda context, row: cases.card(context, row.case_id),
    Notification: lambda context, _: dialogue(context),  # of a forwarded message: it joined the conversation in hand
    Readjustment: lambda context, row: readjustment_card.show(context, row.id),
    FormRevision: lambda context, row: cases.card(context, row.case_id),
    DentistInvitation: lambda context, row: invitations.show(context, row.case_id),
}  # what an act returned → its screen
SUBJECTS: dict[str, Callable[[Context, Mapping[str, Any]], Awaitable[None]]] = {
    taps.STEP_KEY: lambda context, _: dialogue(context),
    "message_id": lambda context, about: drafting.show_draft(context, about["message_id"]),
    "follow_up_id": lambda context, about: followups.show(context, about["follow_up_id"]),
    "campaign_id": lambda context, about: campaigns.show(context, about["campaign_id"]),
    "part": lambda context, _: digests.show(context),
    "told": lambda context, _: byhand.show(context),
    "ticked": lambda context, _: bulk.show(context, []),
    "person_id": lambda context, about: team.show_person(context, about["person_id"]),
    "setting": lambda context, about: operation.show_setting(context, about["setting"]),
    "pause_id": lambda context, about: pauses.show(context, about["pause_id"]),
    "template": lambda context, about: library.show_text(context, about["template"]),
    "difference_id": lambda context, about: index.show_difference(context, about["difference_id"]),
    "approval_id": lambda context, about: approvals.show(context, about["approval_id"]),
    "readjustment_id": lambda context, about: readjustment_card.show(context, about["readjustment_id"]),
    "of": lambda context, about: readjusting.show(context, about["case_id"]),
    "case_id": lambda context, about: cases.card(context, about["case_id"]),
}  # the first of a button's arguments that is here says what it was about


async def after_act(context: Context, event: InboxEvent) -> None:
    """Draw the result of an update that was acted on already; nothing is done."""
    row = await context.rt.read(taps.recall, event.outcome)
    if row is None:
        await dialogue(context)
    else:
        await RESULTS[type(row)](context, row)


async def dialogue(context: Context, *, anew: bool = False) -> None:
    """The dialogue that is open now, if one is."""
    step = await context.read(taps.step_of)
    if step is not None:
        await DIALOGUES[step.name].draw(context, step, anew)


async def subject(context: Context, arguments: Mapping[str, Any]) -> None:
    """What a button was about, as it stands now."""
    show = next((show for key, show in SUBJECTS.items() if key in arguments), None)
    if show is not None:
        await show(context, arguments)
