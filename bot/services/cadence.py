"""The cadence: when nobody answers, the next contact is prepared, up to the closing warning; then closing is proposed.

Nothing is planned ahead. A case is looked at when something was said in it, when its next step falls due, and each
working day; what holds is told from the rows as they are at that moment, so that a step cannot outlive its reason. What
was prepared for a silence dies with it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from bot.services import audit, closing, drafts, followups, leaving, meta_templates, notices, readings
from bot.services.facts import facts_of
from bot.services.operation import Operation
from bot.services.standing import standings
from messages.blocks import count_conversations
from messages.cadence import LOST, WARNINGS, Silence, Step
from messages.errors import Conflict, InvalidInput
from messages.form import REASONS
from messages.policy import Standing
from messages.statuses import ChannelName, FollowUpKind, MessageStatus, Outcome
from storage import claims, people, queries, silences
from storage.models import Analyst, Case, Message
from storage.silences import Known

OVER = "A cadência preparou esta mensagem, e o caso mudou depois."
PASSED_OVER = 500  # cases in one look
SOON = timedelta(minutes=1)  # somebody has a message of the case in hand
UNDER_WAY = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)


def is_due(session: Session, op: Operation, *, now: datetime) -> bool:
    """Whether there is a case to look at."""
    return bool(claims.cases_to_look_at(session, 1, now, lock=False))


class Looked(NamedTuple):
    """How many cases: ``at``, each by itself; ``passed`` over, as there was nothing to do."""

    at: int = 0
    passed: int = 0


def look(session: Session, limit: int, op: Operation, *, now: datetime) -> Looked:
    """Take some of the cases that are to be looked at, and do what is due in each."""
    passed = _pass_over(session, op, now)
    cases = claims.cases_to_look_at(session, limit, now)
    if not cases:
        return Looked(0, passed)
    known, standing = silences.of(session, cases), standings(session, [c.id or 0 for c in cases])
    actors = people.acting(session, {c.analyst_id for c in cases})
    for case in cases:
        number = case.id or 0
        case.cadence_at = _Look(session, op, now, case, known[number], actors.get(case.analyst_id)).at(standing[number])
        session.add(case)
    return Looked(len(cases), passed)


def _pass_over(session: Session, op: Operation, now: datetime) -> int:
    """Where the dentist has just written there is nothing to do, as after most messages: seen to without a look at each
    case. How many."""
    by_uf = defaultdict[str | None, list[int]](list)
    for number, uf in claims.cases_that_wait_for_us(session, PASSED_OVER, now):
        by_uf[uf].append(number)
    today = op.local(now).date()
    for uf, numbers in by_uf.items():
        claims.look_again_at(session, numbers, op.day_after(today, 1, uf))
    return sum(map(len, by_uf.values()))


class _Look:
    """One case, looked at once."""

    def __init__(
        self, session: Session, op: Operation, now: datetime, case: Case, known: Known, actor: Analyst | None
    ) -> None:
        self.session, self.op, self.now = session, op, now
        self.case, self.known, self.actor = case, known, actor
        self.today = op.local(now).date()
        self.next_day = op.day_after(self.today, 1, case.uf)
        self.prepared = [m for m in known.messages if m.status is MessageStatus.DRAFT and m.prepared_for is not None]

    def at(self, standing: Standing) -> datetime:
        """Do what is due; when to look again."""
        held = silences.hold(self.session, self.prepared)
        if len(held) < len(self.prepared):
            return self.now + SOON
        if not self.op.cadence_on or self.case.cadence_held_at or self._stopped(standing) or self.actor is None:
            self._let_go(self.prepared)
            self._withdraw_proposals()
            return self.next_day
        self._let_go([m for m in self.prepared if m.prepared_for != self.case.spoke_at])
        self._withdraw_proposals(before=self.case.spoke_at)
        if self._waits_for_a_person():
            return self.next_day
        silence = self._silence()
        step, days = self.op.plan.after(silence)
        due = self.op.day_after(self.op.local(self.case.spoke_at).date(), days, self.case.uf)
        if due > self.now:
            return min(due, self.next_day)
        self._take(step, silence, self.actor)
        return self.next_day

    def _stopped(self, standing: Standing) -> bool:
        """The dentist waits for us, or nothing may be said; or somebody has promised something."""
        barred = standing.opted_out_at is not None or standing.rule is not None
        return barred or bool(self.case.unread) or bool(self.known.follow_ups)

    def _waits_for_a_person(self) -> bool:
        """Something is on its way or in doubt, a person is writing, or has let go of this very step."""
        spoke_at = self.case.spoke_at
        for message in self.known.messages:
            own = message.prepared_for is None
            if message.status in UNDER_WAY or (own and message.status is MessageStatus.DRAFT):
                return True
            if message.status is MessageStatus.FAILED and message.created_at >= spoke_at:
                return True
            if message.status is MessageStatus.DISCARDED and message.prepared_for == spoke_at and not message.error:
                return True
        return any(p.created_at >= spoke_at for p in self.known.proposals)

    def _silence(self) -> Silence:
        unanswered = count_conversations(self.known.unanswered)
        return Silence(self.case.first_out_at is None, unanswered, bool(self.known.sent & WARNINGS))

    def _take(self, step: Step, silence: Silence, actor: Analyst) -> None:
        if step is Step.CLOSING:
            self._propose()
        elif standing := next((m for m in self.prepared if m.status is MessageStatus.DRAFT), None):
            self._refresh(standing, actor)
        else:
            self._prepare(step, self._text(self.op.plan.texts(step, silence, self.known.said), actor), actor)

    def _text(self, keys: Sequence[str], actor: Analyst) -> str:
        """The first of these that can leave over the API, else the first that lacks no fact; where none can be said,
        the last."""
        if len(keys) == 1:
            return keys[0]
        facts = facts_of(self.session, self.case, actor, self.op, now=self.now)
        known = [self.op.library[key] for key in keys if key in self.op.library]
        sayable = [template for template in known if not template.missing(facts)]
        calls = [(t.whatsapp_name, t.render(facts), t.parameters(facts)) for t in sayable]
        judged = meta_templates.judge(self.session, calls)
        approved = [t for t, at_meta in zip(sayable, judged, strict=True) if at_meta.problem is None]
        return next((template.key for template in (*approved, *sayable)), keys[-1])

    def _prepare(self, step: Step, key: str, actor: Analyst) -> None:
        assert self.case.id is not None
        try:
            message = drafts.whole_draft(self.session, actor, self.case.id, key, self.op, now=self.now)
        except (InvalidInput, Conflict) as error:  # a fact is missing: a person must look
            self._remind(FollowUpKind.RETURN, f"Próximo contato não pôde ser preparado: {error.text}")
            return
        message.offered_at = None  # nobody has seen it yet
        over_the_api = message.channel is ChannelName.WHATSAPP and message.template_name
        if over_the_api and step in self.op.by_itself and not self._wants_out():
            leaving.queue(message, self.case, self.op, None, self.now)
            audit.record(self.session, None, "approved_by_cadence", message, now=self.now, case=self.case.id)
        message.cadence_step, message.prepared_for = step, self.case.spoke_at
        self.session.add(message)
        audit.record(self.session, None, "prepared", message, now=self.now, case=self.case.id, step=step.value)

    def _wants_out(self) -> bool:
        """Whether a person should look first: nobody who has said that they leave is written to by a machine."""
        return self.case.last_in_at is not None and readings.wants_out(self.session, self.case, self.op)

    def _refresh(self, message: Message, actor: Analyst) -> None:
        """What it says of days is said of today; what a person has changed stays."""
        if message.edited or len(message.blocks) != 1 or message.blocks[0] not in self.op.library:
            return
        template = self.op.library[message.blocks[0]]
        facts = facts_of(self.session, self.case, actor, self.op, now=self.now)
        if template.missing(facts) or (text := template.render(facts)) == message.text:
            return
        message.text, message.said = text, {template.key: template.words(facts)}
        message.template_parameters = template.parameters(facts) if message.template_name else {}
        message.version += 1
        self.session.add(message)
        notices.message_changed(self.session, [message], now=self.now)

    def _propose(self) -> None:
        contacts = count_conversations(self.known.unanswered)
        times = "1 contato" if contacts == 1 else f"{contacts} contatos"
        last = f"{self.op.local(self.case.spoke_at):%d/%m}"
        self._remind(FollowUpKind.CLOSING, f"{times} sem resposta, o último em {last}: encerrar por {LOST}?")

    def _remind(self, kind: FollowUpKind, reason: str) -> None:
        due_at = self.op.next_working_moment(self.now, self.case.uf)
        kept = followups.remember(self.session, self.case, kind, due_at, reason, now=self.now)
        audit.record(self.session, None, "proposed", kept, now=self.now, case=self.case.id, kind=kind.value)

    def _let_go(self, messages: Sequence[Message]) -> None:
        """Drafts whose silence is over; what a person has written into stays with them."""
        if not messages:
            return
        for message in messages:
            if message.edited:
                message.cadence_step = message.prepared_for = None
            else:
                message.status, message.status_at, message.error = MessageStatus.DISCARDED, self.now, OVER
                message.version += 1
        self.session.add_all(messages)
        self.session.flush()
        notices.message_changed(self.session, messages, now=self.now)

    def _withdraw_proposals(self, before: datetime | None = None) -> None:
        """Closing is no longer proposed, where the silence that it was proposed for is over."""
        gone = [p for p in self.known.proposals if p.done_at is None and (before is None or p.created_at < before)]
        if not gone:
            return
        for proposal in gone:
            proposal.done_at = self.now
        self.session.add_all(gone)
        self.session.flush()
        followups.redraw(self.session, gone, now=self.now)


def accept(session: Session, analyst: Analyst, follow_up_id: int, *, now: datetime) -> Case:
    """The proposal is taken up: outcome and reason stand on the case, which a person then closes through the gate.

    Raises NotFound, Conflict when it was decided already, or the case has ended.
    """
    proposal = queries.follow_up_for(session, follow_up_id, analyst)
    if proposal.kind is not FollowUpKind.CLOSING:
        raise Conflict("Este retorno não propõe encerrar o caso.")
    followups.complete(session, analyst, follow_up_id, now=now)
    case = closing.choose(session, analyst, proposal.case_id, Outcome.LEFT, now=now)
    reasons = [reason for reason in REASONS if reason == LOST or reason in case.reasons]
    return closing.give_reasons(session, analyst, proposal.case_id, reasons, now=now)
