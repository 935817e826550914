"""What a dentist's messages are taken to mean: suggested on their card, and true once a person taps.

A burst is read together, the messages of its last day, with what was said before. Intent, reasons and promise are
answered each by itself: of each, only what came after its last answer is read. What a person answers is kept.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlmodel import Session

from bot.services import audit, followups, holding
from bot.services.dentists import stop
from bot.services.operation import Operation
from messages.calendar import at
from messages.errors import Conflict, NotFound
from messages.form.vocabulary import REASONS
from messages.replies import Earlier, Intent, Promise, Reading, Reply, Span, read_reply
from messages.statuses import Direction, ReadingPart
from messages.webhook_words import CALL
from storage import queries
from storage import readings as stored
from storage.models import Analyst, Case, Contact, Dentist, FollowUp, ReadingFeedback

_SAID_BEFORE = 4  # messages that a reply is read with
_LEAST_WORDS = 200  # characters of the dentist's words that are quoted
_USUAL_HOUR = time(9)
_HOURS = {"manha": time(9), "meio": time(13), "tarde": time(14)}
_BEFORE_CLOSING = timedelta(hours=1)
_A_TICK = timedelta(seconds=1)  # the later of two wishes holds
_UNSAID = (Intent.ACKNOWLEDGES, Intent.OTHER)  # of no use to be told
LEAVING = (Intent.DECLINES, Intent.WRONG_NUMBER, Intent.OPT_OUT)  # nobody is to be asked again by a machine


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is still to be answered, each with its words. ``contact_id``: the last of the messages that were read.

    ``intent`` is None where there is nothing to tell of it; ``reasons`` are those that the case lacks; ``due_at`` is
    when the promise comes true. ``read``: all of it, as `messages.replies.Reading.as_json`. ``meant``: what a person
    has said that these messages mean.
    """

    contact_id: int
    intent: Intent | None
    intent_words: str
    reasons: dict[str, str]
    due_at: datetime | None
    words: str
    read: dict[str, Any]
    meant: Intent | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    text: str
    reading: Reading

    def words(self, spans: Collection[Span]) -> str:
        """Those of some stretches; without any, all of them."""
        stretches = [self.text[span.start : span.end] for span in spans] or [self.text]
        return " … ".join(stretches)[:_LEAST_WORDS]


def suggestion(
    session: Session, case: Case, burst: Sequence[Contact], standing: datetime | None, op: Operation, *, now: datetime
) -> Suggestion | None:
    """What a burst seems to mean; None where that is nothing, or was answered. ``standing``: the follow-up's moment."""
    if not burst or case.closed_at is not None:
        return None
    written = [c for c in burst if _is_read(c) and _day(c, op) == _day(burst[-1], op)]
    if not written:
        return None
    before = stored.said_before(session, written[0], _SAID_BEFORE)
    answers = stored.feedback_on(session, [c.id for c in written if c.id is not None])
    told = next((a for a in answers if a.part is ReadingPart.INTENT and a.contact_id == written[-1].id), None)
    return _unanswered(_parts(case, written, before, answers, op), told, written[-1], case, standing, op, now)


def _is_read(contact: Contact) -> bool:
    return bool(contact.text.strip()) and contact.kind != CALL


def _day(contact: Contact, op: Operation) -> date:
    return op.local(contact.occurred_at).date()


def _parts(
    case: Case, written: Sequence[Contact], before: Sequence[Contact], answers: Sequence[ReadingFeedback], op: Operation
) -> dict[ReadingPart, _Heard]:
    """Each part as it is read from what came after its last answer; none where nothing did."""
    answered = {(a.contact_id, a.part) for a in answers}
    read: dict[int, _Heard] = {}
    found = {}
    for part in ReadingPart:
        start = max((n for n, c in enumerate(written, 1) if (c.id, part) in answered), default=0)
        if start == len(written):
            continue
        if start not in read:
            read[start] = _heard(case, written[start:], [*before, *written[:start]], op)
        found[part] = read[start]
    return found


def _heard(case: Case, spoken: Sequence[Contact], before: Sequence[Contact], op: Operation) -> _Heard:
    text = "\n".join(c.text for c in spoken)
    earlier = [Earlier(c.direction is Direction.IN, c.text, _day(c, op)) for c in before[-_SAID_BEFORE:]]
    reply = Reply(text, op.local(spoken[-1].occurred_at), earlier)
    return _Heard(text, read_reply(reply, case.uf, op.days_off))


def _unanswered(
    parts: dict[ReadingPart, _Heard],
    told_before: ReadingFeedback | None,
    last: Contact,
    case: Case,
    standing: datetime | None,
    op: Operation,
    now: datetime,
) -> Suggestion | None:
    intent, intent_words, reasons, due_at, words = None, "", dict[str, str](), None, ""
    read: dict[str, Any] = {"intent": Intent.OTHER.value, "reasons": [], "promise": None}
    meant = _meant(told_before) if told_before is not None else None
    if told_before is not None:
        read["intent"] = told_before.suggested.get("intent", Intent.OTHER.value)
    if heard := parts.get(ReadingPart.INTENT):
        told = heard.reading.intent
        said_by_promise = told is Intent.WILL_CHECK and heard.reading.promise is not None
        intent = None if told in _UNSAID or said_by_promise else told
        intent_words = heard.words(heard.reading.intent_rests_on)
        read["intent"] = told.value
    if heard := parts.get(ReadingPart.REASONS):
        lacking = [reason for reason in heard.reading.reasons if reason.name not in case.reasons]
        reasons = {reason.name: heard.words([reason.evidence]) for reason in lacking}
        read["reasons"] = list(reasons)
    if (heard := parts.get(ReadingPart.PROMISE)) and (promise := heard.reading.promise):
        moment = _due(promise, op, case.uf, now)
        due_at = moment if moment != standing and moment > now else None
        words = heard.words(promise.evidence)
        read["promise"] = heard.reading.as_json()["promise"]
    if due_at is None and not reasons and intent is None and meant is None:
        return None
    assert last.id is not None
    return Suggestion(last.id, intent, intent_words, reasons, due_at, words, read, meant)


def _meant(answer: ReadingFeedback) -> Intent | None:
    intent = (answer.said or answer.suggested).get("intent")
    return Intent(intent) if intent else None


def _due(promise: Promise, op: Operation, uf: str | None, now: datetime) -> datetime:
    """When to come back: at the hour that was named, whatever it is; else in working hours of the day, or after it."""
    if promise.time is not None:
        return at(promise.date, promise.time, op.zone)
    usual = _USUAL_HOUR if op.hours.start <= _USUAL_HOUR < op.hours.end else op.hours.start
    moment = at(promise.date, _HOURS.get(promise.part or "", usual), op.zone)
    closing = at(promise.date, op.hours.end, op.zone)
    if promise.part == "noite":
        moment = closing
    elif promise.part == "fim" and now < closing - _BEFORE_CLOSING:
        moment = max(closing - _BEFORE_CLOSING, at(promise.date, op.hours.start, op.zone))
    elif moment <= now:
        moment = closing - _BEFORE_CLOSING if closing - _BEFORE_CLOSING > now else closing
    return op.next_working_moment(moment, uf)


def told(session: Session, talk: Sequence[Contact], op: Operation) -> dict[int, Intent]:
    """What somebody said that messages mean, by the messages' ids. ``talk``: in the order of time."""
    answers = _answers_along(session, talk, ReadingPart.INTENT, op)
    meant = {number: _meant(answer) for number, answer in answers.items()}
    return {number: intent for number, intent in meant.items() if intent is not None}


def _answers_along(
    session: Session, talk: Sequence[Contact], part: ReadingPart, op: Operation
) -> dict[int, ReadingFeedback]:
    """What was said of a part, by the messages it is about: the last of a burst, which was answered, and those of the
    dentist before it on that day, which were read with it."""
    answers = stored.feedback_on(session, [c.id for c in talk if c.id is not None and c.direction is Direction.IN])
    given = {a.contact_id: a for a in answers if a.part is part}
    found: dict[int, ReadingFeedback] = {}
    for spoken, _ in _bursts(talk, op):
        answer: ReadingFeedback | None = None
        for contact in reversed(spoken):
            answer = given.get(contact.id or 0, answer)
            if answer is not None:
                found[contact.id or 0] = answer
    return found


def reasons_heard(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> dict[str, str]:
    """Reasons that the dentist's messages give, each with the words that give it first. What somebody said is none of
    them is none. Raises NotFound."""
    queries.case_for(session, case_id, analyst)
    talk = queries.timeline(session, case_id)
    answers = _answers_along(session, talk, ReadingPart.REASONS, op)
    heard: dict[str, str] = {}
    for contact in talk:
        if contact.direction is not Direction.IN or not contact.text.strip():
            continue
        answer = answers.get(contact.id or 0)
        denied = set(answer.suggested["reasons"]) - set(answer.said["reasons"]) if answer and answer.said else set()
        for reason in read_reply(Reply(contact.text, op.local(contact.occurred_at))).reasons:
            if reason.name not in denied:
                heard.setdefault(reason.name, contact.text[reason.evidence.start : reason.evidence.end])
    return {reason: heard[reason] for reason in REASONS if reason in heard}


def wants_out(session: Session, case: Case, op: Operation) -> bool:
    """Whether what the dentist said last, "ok" and thanks aside, is as far as can be told that they leave, want no more
    messages, or are somebody else."""
    talk = stored.talks(session, [case.id or 0]).get(case.id or 0, [])
    meant = told(session, talk, op)
    for spoken, before in _bursts(talk, op):
        intent = meant.get(spoken[-1].id or 0) or _heard(case, spoken, before, op).reading.intent
        if intent not in _UNSAID:
            return intent in LEAVING
    return False


def _bursts(talk: Sequence[Contact], op: Operation) -> Iterator[tuple[Sequence[Contact], Sequence[Contact]]]:
    """The dentist's messages between two of ours, a day at a time, with what was said before; the last first."""
    end = len(talk)
    for (by_dentist, _), run in groupby(reversed(talk), lambda c: (c.direction is Direction.IN, _day(c, op))):
        start = end - len(list(run))
        spoken = [c for c in talk[start:end] if _is_read(c)]
        if by_dentist and spoken:
            yield spoken, talk[max(0, start - _SAID_BEFORE) : start]
        end = start


def keep_promise(
    session: Session,
    analyst: Analyst,
    case_id: int,
    contact_id: int,
    due_at: datetime,
    words: str,
    suggested: dict[str, Any],
    said: dict[str, Any],
    *,
    now: datetime,
) -> FollowUp:
    """The promised return stands, with the dentist's words as its reason. ``said``: the promise as it is instead of how
    it was read. Raises as `followups.schedule`, Conflict when it was answered already."""
    follow_up = followups.schedule(session, analyst, case_id, due_at, f"Prometido: “{words}”", now=now)
    _answer(session, analyst, case_id, contact_id, ReadingPart.PROMISE, suggested, said, now)
    return follow_up


def no_promise(
    session: Session, analyst: Analyst, case_id: int, contact_id: int, suggested: dict[str, Any], *, now: datetime
) -> Case:
    """Nothing was promised. Raises Conflict when the case is closed, or it was answered already."""
    case = _open_case(session, analyst, case_id)
    _answer(session, analyst, case_id, contact_id, ReadingPart.PROMISE, suggested, {"promise": None}, now)
    return case


def give_reasons(
    session: Session,
    analyst: Analyst,
    case_id: int,
    contact_id: int,
    reasons: Sequence[str],
    suggested: dict[str, Any],
    *,
    now: datetime,
) -> Case:
    """These are reasons of the case, beside those it has; what else was suggested is none. Raises Conflict as
    `no_promise`."""
    case = _open_case(session, analyst, case_id)
    said = {} if set(reasons) == set(suggested["reasons"]) else {"reasons": [r for r in REASONS if r in reasons]}
    _answer(session, analyst, case_id, contact_id, ReadingPart.REASONS, suggested, said, now)
    wanted = {*case.reasons, *reasons}
    case.reasons = [reason for reason in REASONS if reason in wanted]
    session.add(case)
    audit.record(session, analyst, "reasons_noted", case, now=now, reasons=list(reasons), contact=contact_id)
    return case


def mean(
    session: Session,
    analyst: Analyst,
    case_id: int,
    contact_id: int,
    intent: Intent,
    suggested: dict[str, Any],
    *,
    now: datetime,
) -> Case:
    """This is what the dentist means, whatever was said before. Who wants no more messages is barred on every channel;
    of who leaves, or is somebody else, the cadence asks nothing more until a person has it go on, or says that they do
    not leave after all. Raises Conflict as `no_promise`."""
    case = _open_case(session, analyst, case_id)
    said = {} if suggested.get("intent") == intent.value else {"intent": intent.value}
    before = _answer(session, analyst, case_id, contact_id, ReadingPart.INTENT, suggested, said, now)
    if intent is Intent.OPT_OUT:
        said_at = session.get_one(Contact, contact_id).occurred_at
        stop(session, [case_id], _wished_at(queries.dentist_of(session, case), said_at, now), now=now)
        audit.record(session, analyst, "opt_out_noted", case, now=now, contact=contact_id)
    elif intent in LEAVING:
        holding.hold(session, analyst, case, now=now)
    elif before in LEAVING:
        holding.release(session, analyst, case, now=now)
    return case


def _wished_at(dentist: Dentist, said_at: datetime, now: datetime) -> datetime:
    """Since when they want no more: since they said so, or, where they were allowed again after that, since a person
    says now that they did."""
    allowed = dentist.opted_in_at
    return said_at if allowed is None or allowed < said_at else max(now, allowed + _A_TICK)


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
    part: ReadingPart,
    suggested: dict[str, Any],
    said: dict[str, Any],
    now: datetime,
) -> Intent | None:
    """Keep what was said of a part of a reading; of what it means, the last that was said, and what was before is
    returned. The case's lock is held, so two people do not answer at once."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.case_id != case_id:
        raise NotFound("Não encontrei esta mensagem no caso.")
    assert analyst.id is not None
    given = next((a for a in stored.feedback_on(session, [contact_id]) if a.part is part), None)
    if given is not None and (part is not ReadingPart.INTENT or given.said == said):
        raise Conflict("Esta sugestão já foi respondida.")
    if given is None:
        kept = ReadingFeedback(
            contact_id=contact_id, analyst_id=analyst.id, part=part, suggested=suggested, said=said, created_at=now
        )
        session.add(kept)
        return None
    before = _meant(given)
    given.said, given.analyst_id, given.created_at = said, analyst.id, now
    session.add(given)
    audit.record(session, analyst, "reading_changed", given, now=now, before=before, said=said)
    return before
