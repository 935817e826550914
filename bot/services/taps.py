"""Acts from the chat: the button's token, the update and the act are one transaction, so nothing is done twice.

A screen's buttons are rows; the chat holds only their tokens. When a process dies between the act and its screen, the
same update comes again: the act is not repeated, the row it returned is looked up, and the screen drawn from it.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate, TypeVar

from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, select

from bot.services import audit
from messages.errors import Conflict, NotFound, Repeated, Unfinished
from messages.statuses import ChannelName
from storage import queries
from storage.models import (
    Absence,
    Analyst,
    Approval,
    AuditEntry,
    ButtonToken,
    Campaign,
    Case,
    Contact,
    DentistInvitation,
    DialogueStep,
    FollowUp,
    FormRevision,
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

R = TypeVar("R", bound=SQLModel | None)
Act = Callable[Concatenate[Session, Analyst, ...], R]

ALREADY = "Este botão já foi usado; mostro como está agora."
TWICE = "Este toque veio duas vezes; valeu o primeiro."
A_MOMENT = timedelta(minutes=1)  # so soon after a tap its own screen is there, or on its way
GONE = "Este botão não vale mais. Abra o caso de novo com /casos."
REMEMBERED: dict[str, type[SQLModel]] = {
    str(m.__tablename__): m
    for m in (
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
}
# A step aside ends them; nothing typed is lost.
PASSING = frozenset(
    {
        "note",
        "phone",
        "authorise",
        "edit",
        "attach",
        "send_at",
        "paste",
        "schedule",
        "promise_wrong",
        "closing",
        "closing_rewrite",
        "settling",
        "block",
        "absence",
        "fact",
        "rule",
        "exception",
        "reissue",
        "ask_contact",
        "readjust",
        "setting",
        "wording",
        "campaign_city",
        "campaign_at",
    }
)
PATIENCE = timedelta(minutes=30)  # so long a question waits for its answer: what is typed later is about something else
# They hold what was sent: only their own buttons end them.
HOLDING = frozenset({"opening", "pasted", "import", "noting"})
OUT_OF_DATE = "Esta tela ficou para trás; mostro como está agora."
STEP_KEY = "step"  # the argument that ties a button to a step of a dialogue
TOKEN_LIFE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Tap:
    """What a button stands for. ``arguments`` go to the use-case by name."""

    token: str
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)


def mint(
    session: Session, analyst_id: int, buttons: Sequence[tuple[str, dict[str, Any]]], *, now: datetime
) -> list[str]:
    """A token for each (action, arguments), in order."""
    tokens = [secrets.token_urlsafe(12) for _ in buttons]
    session.add_all(
        ButtonToken(token=token, analyst_id=analyst_id, action=action, arguments=arguments, created_at=now)
        for token, (action, arguments) in zip(tokens, buttons, strict=True)
    )
    return tokens


def read_tap(session: Session, analyst: Analyst, token: str, *, now: datetime) -> Tap:
    """What the button is for. Raises NotFound for a button that is gone or was drawn for somebody else."""
    row = session.get(ButtonToken, token)
    if row is None or row.analyst_id != analyst.id:
        raise NotFound(GONE)
    return Tap(row.token, row.action, row.arguments)


def act(
    session: Session,
    analyst: Analyst,
    update_id: int,
    token: str | None,
    finish: bool,
    use_case: Act[R],
    *args: Any,
    now: datetime,
    **kwargs: Any,
) -> R | SQLModel | None:
    """Do it once: the update is marked as acted on and the token used up together with the act itself.

    ``finish``: the act ends the open question; what was sent and waits for a tap stays.

    The same update again returns the row of the first time. Raises Conflict for a button used by another tap, and
    Repeated where that was a moment ago.
    """
    event = queries.event_of(session, ChannelName.TELEGRAM, str(update_id), lock=True)
    if event is None:
        raise LookupError(f"update {update_id} was not taken in before it was handled")
    if event.acted_at is not None:
        return recall(session, event.outcome, now=now)
    if token is not None:
        _still_in_step(session, analyst, _use_up(session, analyst, token, now))
    result = use_case(session, analyst, *args, now=now, **kwargs)
    if finish and held(session, analyst, now=now) is None:
        leave(session, analyst, now=now)
    session.flush()
    event.acted_at, event.outcome = now, audit.subject(result) if result is not None else None
    session.add(event)
    return result


def recall(session: Session, outcome: str | None, *, now: datetime) -> SQLModel | None:
    """The row that an earlier act returned."""
    if outcome is None:
        return None
    table, _, row_id = outcome.partition(":")
    return session.get(REMEMBERED[table], int(row_id))


def _use_up(session: Session, analyst: Analyst, token: str, now: datetime) -> ButtonToken:
    row = session.exec(select(ButtonToken).where(ButtonToken.token == token).with_for_update()).first()
    if row is None or row.analyst_id != analyst.id:
        raise NotFound(GONE)
    if row.used_at is not None:
        raise Repeated(TWICE) if now - row.used_at < A_MOMENT else Conflict(ALREADY)
    row.used_at = now
    session.add(row)
    return row


def _still_in_step(session: Session, analyst: Analyst, button: ButtonToken) -> None:
    """A button of a dialogue belongs to the step it was drawn for, not to whatever dialogue is open now."""
    drawn_for = button.arguments.get(STEP_KEY)
    if drawn_for is None:
        return
    step = session.get(DialogueStep, analyst.id)
    if step is None or step.key != drawn_for:
        raise Conflict(OUT_OF_DATE)


def step_of(session: Session, analyst: Analyst, *, now: datetime) -> DialogueStep | None:
    """What the analyst's next typed text means, if a dialogue is open."""
    return session.get(DialogueStep, analyst.id)


def is_past(step: DialogueStep, *, now: datetime) -> bool:
    """A question that was asked too long ago for what is typed now to be its answer."""
    return step.name in PASSING and now - step.updated_at > PATIENCE


def held(session: Session, analyst: Analyst, *, now: datetime) -> DialogueStep | None:
    """The open dialogue, if it holds what was sent."""
    step = session.get(DialogueStep, analyst.id)
    return step if step is not None and step.name in HOLDING else None


def go_to(
    session: Session, analyst: Analyst, name: str, case_id: int | None, data: dict[str, Any], *, now: datetime
) -> DialogueStep:
    """Set where the analyst stands; a question before is left behind.

    Raises Unfinished when another dialogue holds what was sent; its ``data["doing"]`` says what it is about.
    """
    assert analyst.id is not None
    before = held(session, analyst, now=now)
    if before is not None and before.name != name:
        raise Unfinished(f"Termine ou cancele antes {before.data.get('doing', 'o que está em andamento')}.")
    key = secrets.token_hex(6)
    step = DialogueStep(analyst_id=analyst.id, key=key, name=name, case_id=case_id, data=data, updated_at=now)
    return session.merge(step)


def ask(
    session: Session,
    analyst: Analyst,
    name: str,
    case_id: int | None,
    data: dict[str, Any] | None = None,
    *,
    now: datetime,
) -> None:
    """The next text that the analyst types is for this step, of this case where it is about one. Raises NotFound."""
    if case_id is not None:
        queries.case_for(session, case_id, analyst)
    go_to(session, analyst, name, case_id, data or {}, now=now)


def leave(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """End the open dialogue, if there is one."""
    session.execute(delete(DialogueStep).where(col(DialogueStep.analyst_id) == analyst.id))


def forget_old_tokens(session: Session, *, now: datetime) -> int:
    """Buttons nobody will tap any more."""
    done = session.execute(delete(ButtonToken).where(col(ButtonToken.created_at) < now - TOKEN_LIFE))
    return int(getattr(done, "rowcount", 0))
