"""“Próximo ▶”: the most urgent case, with what can be said at once; sent, put aside or put off, the next one comes."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import cases, choices, day, drafts, followups
from bot.services.cases import seen
from bot.services.facts import facts_of
from bot.services.operation import Operation
from messages.errors import Conflict
from messages.statuses import ChannelName, MessageStatus, Worklist
from messages.templates import Template
from storage import lists, queries
from storage.models import Analyst, Case, FollowUp, Message

# What is most urgent comes first: who wrote waits for an answer, then what was promised, who never heard of us, and
# where nobody has said anything for days.
ORDER = (Worklist.REPLIES, Worklist.OVERDUE, Worklist.PREPARED, Worklist.UNTOUCHED, Worklist.STILL)


@dataclass(frozen=True, slots=True)
class Next:
    """The case that comes, and why.

    ``ready`` is a whole message that the case's facts allow, ``text`` how the dentist will read it. There is none where
    words of one's own are due, where something bars it, or where it would go by hand.
    """

    why: Worklist
    view: cases.View
    waiting: int  # how many wait in these lists, this one among them
    reply_id: int | None  # the first of the dentist's messages that wait
    ready: Template | None
    text: str
    barred: str | None
    telegram: bool = False  # the dentist wrote last there: it goes there


def next_up(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> Next | None:
    """Whose turn it is among the analyst's cases (a supervisor's: all); None when nobody waits."""
    whose, moments = queries.whose_cases(session, analyst), day.moments(op, now)
    for why in ORDER:
        found = lists.most_urgent(session, why, whose, moments)
        if found is not None:
            waiting = lists.count_free(session, whose, moments, ORDER)
            return _ready(session, analyst, why, found.case, waiting, op, now)
    return None


def _ready(
    session: Session, analyst: Analyst, why: Worklist, case: Case, waiting: int, op: Operation, now: datetime
) -> Next:
    assert case.id is not None
    view = cases.view(session, analyst, case.id, now=now)
    if why is Worklist.REPLIES:
        return Next(why, view, waiting, queries.first_unread(session, case), None, "", None)
    choice = choices.choice_of(session, analyst, case.id, op, now=now)
    prepared = _prepared(session, case.id) if choice.barred is None else None
    if prepared is not None and (made_of := op.library.get(prepared.blocks[0])) is not None:
        return Next(why, view, waiting, None, made_of, prepared.text, None, prepared.channel is ChannelName.TELEGRAM)
    template = choices.fitting(choice, [])
    if template is None or choice.barred is not None:
        return Next(why, view, waiting, None, None, "", choice.barred, choice.telegram)
    text = template.render(facts_of(session, case, analyst, op, now=now))
    return Next(why, view, waiting, None, template, text, None, choice.telegram)


def send(
    session: Session, analyst: Analyst, case_id: int, key: str, text: str, op: Operation, *, now: datetime
) -> Message:
    """Draft and approve in one tap what the screen showed, and tick off what was due. Raises Conflict when the words
    would be others by now."""
    message = _prepared(session, case_id) or drafts.whole_draft(session, analyst, case_id, key, op, now=now)
    if message.text != text:
        raise Conflict("O texto mudou desde que esta tela apareceu: confira a nova antes de enviar.")
    assert message.id is not None
    for due in _due(session, case_id, now):
        followups.complete(session, analyst, due.id or 0, now=now)
    return drafts.approve(session, analyst, message.id, message.version, op, now=now)


def _prepared(session: Session, case_id: int) -> Message | None:
    """What the cadence has ready to leave over the API."""
    ready = queries.messages_of(session, case_id, [MessageStatus.DRAFT])
    return next((m for m in ready if m.cadence_step is not None and m.template_name and m.blocks), None)


def put_aside(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """Not now: it does not come again today, unless the dentist writes. It stays in its list."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    case.put_aside_at = now
    session.add(case)
    return case


def put_off(session: Session, analyst: Analyst, case_id: int, until: datetime, *, now: datetime) -> FollowUp:
    """A follow-up for it, and until then it does not come. Raises as `followups.schedule`."""
    put_aside(session, analyst, case_id, now=now)
    standing = next(iter(queries.open_follow_ups(session, case_id)), None)
    reason = standing.reason if standing is not None else ""
    return followups.schedule(session, analyst, case_id, until, reason, now=now)


def dealt_with(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """The dentist's words need no answer."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    seen(session, case)
    return case


def _due(session: Session, case_id: int, now: datetime) -> list[FollowUp]:
    return [f for f in queries.open_follow_ups(session, case_id) if f.due_at <= now]
