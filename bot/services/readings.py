"""What a dentist's messages are taken to mean: suggested on their card, and true once a person taps.

A burst is read together, the messages of its last day, with what was said before. What a person answers is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlmodel import Session

from bot.services import audit, followups
from bot.services.dentists import stop
from bot.services.operation import Operation
from messages.calendar import at
from messages.errors import Conflict, NotFound
from messages.form.vocabulary import REASONS
from messages.replies import Earlier, Intent, Promise, Reading, Reply, read_reply
from messages.statuses import Direction, ReadingAnswer
from messages.webhook_words import CALL
from storage import queries
from storage import readings as stored
from storage.models import Analyst, Case, Contact, FollowUp, ReadingFeedback

_SAID_BEFORE = 4  # messages that a reply is read with
_LEAST_WORDS = 200  # characters of the dentist's words that a follow-up's reason quotes
_USUAL_HOUR = time(9)
_HOURS = {"manha": time(9), "meio": time(13), "tarde": time(14)}
_BEFORE_CLOSING = timedelta(hours=1)
_UNSAID = (Intent.ACKNOWLEDGES, Intent.OTHER)  # of no use to be told


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is still to be answered. ``contact_id``: the last of the messages that were read.

    ``intent`` is None where there is nothing to tell of it; ``reasons`` are those that the case lacks; ``due_at`` is
    when the promise comes true, with its ``words``.
    """

    contact_id: int
    reading: Reading
    intent: Intent | None
    reasons: tuple[str, ...]
    due_at: datetime | None
    words: str


def suggestion(
    session: Session, case: Case, burst: Sequence[Contact], standing: datetime | None, op: Operation, *, now: datetime
) -> Suggestion | None:
    """What a burst seems to mean; None where that is nothing, or was answered. ``standing``: the follow-up's moment."""
    if not burst or case.closed_at is not None:
        return None
    answers = stored.feedback_on(session, [c.id for c in burst if c.id is not None])
    corrected = max((a.contact_id for a in answers if a.answer is ReadingAnswer.WRONG), default=0)
    last_day = op.local(burst[-1].occurred_at).date()
    written = [c for c in burst if c.text.strip() and c.kind != CALL]
    spoken = [c for c in written if (c.id or 0) > corrected and op.local(c.occurred_at).date() == last_day]
    if not spoken:
        return None
    text = "\n".join(c.text for c in spoken)
    earlier = [
        Earlier(c.direction is Direction.IN, c.text, op.local(c.occurred_at).date())
        for c in stored.said_before(session, spoken[0], _SAID_BEFORE)
    ]
    reading = read_reply(Reply(text, op.local(spoken[-1].occurred_at), earlier), case.uf, op.days_off)
    return _unanswered(reading, text, spoken[-1], case, {a.answer for a in answers}, standing, op, now)


def _unanswered(
    reading: Reading,
    text: str,
    last: Contact,
    case: Case,
    answered: set[ReadingAnswer],
    standing: datetime | None,
    op: Operation,
    now: datetime,
) -> Suggestion | None:
    due_at = _due(reading.promise, op, case.uf, now) if reading.promise else None
    if due_at is not None and (due_at == standing or due_at <= now):
        due_at = None
    reasons = tuple(r.name for r in reading.reasons if r.name not in case.reasons)
    told = reading.intent not in _UNSAID and not (reading.intent is Intent.OPT_OUT and ReadingAnswer.STOP in answered)
    if due_at is None and not reasons and not told:
        return None
    assert last.id is not None
    spans = reading.promise.evidence if reading.promise else ()
    words = " … ".join(text[span.start : span.end] for span in spans)[:_LEAST_WORDS]
    return Suggestion(last.id, reading, reading.intent if told else None, reasons, due_at, words)


def _due(promise: Promise, op: Operation, uf: str | None, now: datetime) -> datetime:
    """When to come back: at the hour that was named, whatever it is; else in working hours of the day, or after it."""
    if promise.time is not None:
        return at(promise.date, promise.time, op.zone)
    usual = _USUAL_HOUR if op.hours.start <= _USUAL_HOUR < op.hours.end else op.hours.start
    moment = at(promise.date, _HOURS.get(promise.part or "", usual), op.zone)
    closing = at(promise.date, op.hours.end, op.zone)
    if promise.part == "noite":
        moment = closing
    elif moment <= now:
        moment = closing - _BEFORE_CLOSING if closing - _BEFORE_CLOSING > now else closing
    return op.next_working_moment(moment, uf)


def corrected(session: Session, talk: Sequence[Contact]) -> dict[int, Intent]:
    """What somebody said that messages mean which had been read otherwise, by the messages' ids: the last of a burst,
    which was corrected, and those of the dentist before it, which were read with it. ``talk``: in the order of time."""
    answers = stored.feedback_on(session, [c.id for c in talk if c.id is not None and c.direction is Direction.IN])
    said = {a.contact_id: Intent(a.said["intent"]) for a in answers if a.answer is ReadingAnswer.WRONG}
    meant: dict[int, Intent] = {}
    told: Intent | None = None
    for contact in reversed(talk):
        told = said.get(contact.id or 0, told) if contact.direction is Direction.IN else None
        if told is not None:
            meant[contact.id or 0] = told
    return meant


def reasons_heard(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> dict[str, str]:
    """Reasons that the dentist's messages give, each with the words that give it first. What somebody said was read
    wrongly gives none. Raises NotFound."""
    queries.case_for(session, case_id, analyst)
    written = [c for c in queries.timeline(session, case_id) if c.direction is Direction.IN and c.text.strip()]
    answers = stored.feedback_on(session, [c.id for c in written if c.id is not None])
    wrong = {answer.contact_id for answer in answers if answer.answer is ReadingAnswer.WRONG}
    heard: dict[str, str] = {}
    for contact in written:
        if contact.id in wrong:
            continue
        for reason in read_reply(Reply(contact.text, op.local(contact.occurred_at))).reasons:
            heard.setdefault(reason.name, contact.text[reason.evidence.start : reason.evidence.end])
    return {reason: heard[reason] for reason in REASONS if reason in heard}


def keep_promise(
    session: Session,
    analyst: Analyst,
    case_id: int,
    contact_id: int,
    due_at: datetime,
    words: str,
    suggested: dict[str, Any],
    *,
    now: datetime,
) -> FollowUp:
    """The promised return stands, with the dentist's words as its reason. Raises as `followups.schedule`, Conflict
    when it was answered already."""
    follow_up = followups.schedule(session, analyst, case_id, due_at, f"Prometido: “{words}”", now=now)
    _answer(session, analyst, case_id, contact_id, ReadingAnswer.PROMISE, suggested, now)
    return follow_up


def note_reasons(
    session: Session, analyst: Analyst, case_id: int, contact_id: int, suggested: dict[str, Any], *, now: datetime
) -> Case:
    """The reasons that were suggested are reasons of the case, beside those it has. Raises Conflict when it is closed,
    or they were answered already."""
    case = _open_case(session, analyst, case_id)
    wanted = {*case.reasons, *suggested["reasons"]}
    case.reasons = [reason for reason in REASONS if reason in wanted]
    session.add(case)
    _answer(session, analyst, case_id, contact_id, ReadingAnswer.REASONS, suggested, now)
    audit.record(session, analyst, "reasons_noted", case, now=now, reasons=suggested["reasons"], contact=contact_id)
    return case


def note_stop(
    session: Session, analyst: Analyst, case_id: int, contact_id: int, suggested: dict[str, Any], *, now: datetime
) -> Case:
    """The dentist wants no more messages: barred on every channel. Raises Conflict as `note_reasons`."""
    case = _open_case(session, analyst, case_id)
    _answer(session, analyst, case_id, contact_id, ReadingAnswer.STOP, suggested, now)
    _stop(session, analyst, case, contact_id, now)
    return case


def correct(
    session: Session,
    analyst: Analyst,
    case_id: int,
    contact_id: int,
    intent: Intent,
    suggested: dict[str, Any],
    *,
    now: datetime,
) -> Case:
    """It was read wrongly: nothing of it is suggested any more, and what it is instead is kept. Raises Conflict as
    `note_reasons`."""
    case = _open_case(session, analyst, case_id)
    _answer(session, analyst, case_id, contact_id, ReadingAnswer.WRONG, suggested, now, {"intent": intent.value})
    if intent is Intent.OPT_OUT:
        _stop(session, analyst, case, contact_id, now)
    return case


def _open_case(session: Session, analyst: Analyst, case_id: int) -> Case:
    case, _ = queries.case_and_unsent(session, case_id, analyst)  # an opt-out holds back what waits
    if case.closed_at is not None:
        raise Conflict("O caso está encerrado: reabra-o para anotar o que o dentista disse.")
    return case


def _answer(
    session: Session,
    analyst: Analyst,
    case_id: int,
    contact_id: int,
    answer: ReadingAnswer,
    suggested: dict[str, Any],
    now: datetime,
    said: dict[str, Any] | None = None,
) -> None:
    """Keep what was said of a reading. The case's lock is held, so two people do not answer at once."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.case_id != case_id:
        raise NotFound("Não encontrei esta mensagem no caso.")
    if answer in {given.answer for given in stored.feedback_on(session, [contact_id])}:
        raise Conflict("Esta sugestão já foi respondida.")
    assert analyst.id is not None
    session.add(
        ReadingFeedback(
            contact_id=contact_id,
            analyst_id=analyst.id,
            answer=answer,
            suggested=suggested,
            said=said or {},
            created_at=now,
        )
    )


def _stop(session: Session, analyst: Analyst, case: Case, contact_id: int, now: datetime) -> None:
    assert case.id is not None
    stop(session, [case.id], session.get_one(Contact, contact_id).occurred_at, now=now)
    audit.record(session, analyst, "opt_out_noted", case, now=now, contact=contact_id)
