"""The lives of a few cases against a simple model: whatever happens in whatever order, no follow-up is lost or told
twice for one telling, and nothing leaves by itself that something has overtaken.

The loops are run a step at a time, so that anything may come between two of them; a process may die after any step, and
the server's clock may jump.
"""

import os
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.services import (
    cadence,
    cases,
    closing,
    contacts,
    dentists,
    drafts,
    followups,
    holding,
    notices,
    outbox,
    readings,
    recovery,
    replies,
)
from messages.cadence import Step
from messages.contracts import SendResult, Verdict
from messages.errors import UserError
from messages.reminding import PAUSES
from messages.replies import Intent
from messages.statuses import ChannelName, Direction, FollowUpKind, MessageStatus, Outcome
from storage import queries
from storage.models import Case, Contact, Dentist, FollowUp, Message, MetaTemplate, Notification, Rule
from tests.factory import (
    LEASE,
    NOW,
    WALL,
    Store,
    approve_templates,
    create_analyst,
    create_case,
    create_dentist,
    create_operation,
    incoming,
)

pytestmark = pytest.mark.long

STEPS = 20
LIVES = int(os.environ.get("RETENCAO_LIVES", "15"))  # a few by default, so that every run of the suite has some
CASES = 3
MOST_TELLINGS = 4  # when it is due, twice more, and to those who supervise
STEPS_BY_ITSELF = (Step.FIRST, Step.AGAIN, Step.WARNING)
STOPS, LEAVES, ANYTHING = "SAIR", ("já decidi, quero sair", "número errado"), ("Bom dia", "ok, obrigado", "Vou ver")
MEANT = {
    "they stay": Intent.ACCEPTS,
    "they leave": Intent.DECLINES,
    "no more": Intent.OPT_OUT,
}
A_DAY = 24 * 60  # minutes
# What somebody may do in a case by night, between what the cadence has made ready and the morning; and by day.
BY_NIGHT = ("nothing", "writes", "asks out", "calls", "they leave", "no more", "it is held", "rule", "ends", "plans")
BY_DAY = (*BY_NIGHT[3:], "answers", "they stay", "goes on", "puts off", "done", "approves", "discards")
which = st.integers(0, CASES - 1)


@dataclass(frozen=True)
class Night:
    """So many days on, before a working day: what somebody does in each case, whether nothing more may leave by itself,
    whether Meta takes the texts no more, and whether that ``lasts`` longer than the day."""

    days: int
    acts: tuple[str, ...]
    none: bool
    refused: bool
    hours: int
    lasts: bool


seldom = st.sampled_from((False,) * 5 + (True,))
night = st.builds(
    Night,
    days=st.integers(0, 5),
    acts=st.tuples(*[st.sampled_from(("nothing", "nothing", *BY_NIGHT))] * CASES),
    none=seldom,
    refused=seldom,
    hours=st.integers(1, 6),
    lasts=st.sampled_from((False, False, True)),
)


@dataclass
class Life:
    """What is known of one case, as a person would keep it in their head."""

    case_id: int
    dentist_id: int
    phone: str
    spoke_at: datetime
    wrote_at: datetime | None = None  # the dentist did
    waits: bool = False  # for an answer
    closed: bool = False
    stopped: bool = False
    resumed_at: datetime = NOW  # from when an older wish to stop comes too late
    rule: int | None = None
    held: bool = False  # nothing by itself, until a person has it go on
    leaves: bool = False  # so the dentist's last words sound
    meant: Intent | None = None  # what a person said of them

    def heard(self, words: str, now: datetime) -> None:
        self.leaves = (words in LEAVES and now >= self.spoke_at) or (self.leaves and words in ANYTHING[:2])
        self.stopped |= words == STOPS and now > self.resumed_at
        self.meant, self.spoke_at = None, max(self.spoke_at, now)
        self.wrote_at, self.waits = max(self.wrote_at or now, now), True

    def is_told(self, intent: Intent) -> None:
        """A person says what the last words mean."""
        if intent is Intent.OPT_OUT:
            self.stopped = True
        elif intent in readings.LEAVING:
            self.held = True
        elif self.meant in readings.LEAVING:
            self.held = False
        self.leaves, self.meant = self.leaves and intent in readings.LEAVING, intent


class Lives(RuleBasedStateMachine):
    happened: ClassVar[Counter[str]] = Counter()  # in all lives: a model to which nothing happens shows nothing

    def __init__(self, url: str) -> None:
        super().__init__()
        self.store, self.now, self.wall, self.deaths = Store(url), NOW, WALL, 0
        approve_templates(self.store)
        self.op = replace(create_operation(undo=timedelta()), by_itself=STEPS_BY_ITSELF)
        self.at_meta = True
        self.ana = create_analyst(self.store)
        self.lives = []
        for n in range(CASES):
            dentist = create_dentist(self.store, phone=f"+557198000000{n}")
            case = create_case(self.store, self.ana, dentist)
            self.lives.append(Life(case.id or 0, dentist.id or 0, f"+557198000000{n}", case.opened_at))
        self.shown: Counter[str] = Counter()  # what the analyst's chat was sent, by the notice's key
        self.asked: Counter[str] = Counter()  # how often it was to be sent
        self.told: dict[tuple[int, datetime], datetime] = {}  # follow-up and due time → when it was told last

    def teardown(self) -> None:
        self.store.close()

    def do(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.do(use_case, *args, now=self.now, **kwargs)

    def tries(self, use_case: Any, *args: Any, **kwargs: Any) -> bool:
        """What a person may ask for in vain; whether it was done."""
        try:
            self.do(use_case, *args, **kwargs)
        except UserError:
            return False
        return True

    # --- time

    @rule(minutes=st.integers(1, 60 * 24 * 6))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.wall += timedelta(minutes=minutes)

    @rule(seconds=st.integers(1, 3600))
    def the_clock_jumps_back(self, seconds: int) -> None:
        self.now -= timedelta(seconds=seconds)
        self.wall -= timedelta(seconds=seconds)

    @initialize(nights=st.lists(night, min_size=4, max_size=8))
    def it_begins(self, nights: list[Night]) -> None:
        self.nights_go_by(nights)

    @rule(nights=st.lists(night, min_size=1, max_size=3))
    def nights_go_by(self, nights: list[Night]) -> None:
        """At midnight the cadence looks, then something happens, and as the day begins what is due leaves."""
        for night in nights:
            opening = self.op.next_working_moment(self.now + timedelta(days=night.days), "BA")
            midnight = self.op.local(opening).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
            self.pass_to(max(midnight, self.now))
            self.cases_are_looked_at()
            waits = {m.case_id for m in self.store.all(Message, Message.status == MessageStatus.QUEUED)}
            for n, act in enumerate(night.acts):
                self.happened[act] += self.lives[n].case_id in waits
                self.somebody_acts(n, act)
            self.what_may_leave_changes(night.none, night.refused)
            self.pass_to(opening)
            self.what_is_due_leaves(dies=False)
            self.pass_to(opening + timedelta(hours=night.hours))
            self.what_fell_due_is_told(dies=False)
            if not night.lasts:
                self.all_goes_on()

    def pass_to(self, moment: datetime) -> None:
        self.wall += moment - self.now
        self.now = moment

    @rule()
    def another_process_takes_over(self) -> None:
        self.do(recovery.take_over)

    # --- people

    @rule(n=which, words=st.sampled_from((*ANYTHING, *LEAVES, STOPS)))
    def the_dentist_writes(self, n: int, words: str) -> None:
        life = self.lives[n]
        self.do(replies.file, [incoming(words, phone=life.phone, occurred_at=self.now)])
        life.heard(words, self.now)

    @rule(n=which, what=st.sampled_from(BY_DAY))
    def somebody_acts(self, n: int, what: str) -> None:
        match what:
            case "writes":
                self.the_dentist_writes(n, ANYTHING[0])
            case "asks out":
                self.the_dentist_writes(n, LEAVES[0])
            case "calls":
                self.the_analyst_calls(n)
            case "answers":
                self.the_analyst_answers(n)
            case "they stay" | "they leave" | "no more":
                self.a_person_says_what_was_meant(n, MEANT[what])
            case "it is held":
                self.lives[n].held |= self.tries(holding.hold_up, self.ana, self.lives[n].case_id)
            case "rule":
                self.a_supervisor_sets_a_rule(n)
            case "ends":
                self.the_case_ends(n)
            case "goes on":
                self.it_goes_on(n)
            case "plans":
                self.a_follow_up_is_planned(n, A_DAY)
            case "puts off":
                self.the_follow_up_is_put_off(n, 2 * A_DAY)
            case "done":
                for follow_up in self.standing(n):
                    self.tries(followups.complete, self.ana, follow_up.id)
            case "approves" | "discards":
                self.the_analyst_deals_with_drafts(n, approves=what == "approves")

    def a_person_says_what_was_meant(self, n: int, intent: Intent) -> None:
        life = self.lives[n]
        written = self.store.all(Contact, Contact.case_id == life.case_id, Contact.direction == Direction.IN)
        if written and self.tries(readings.mean, self.ana, life.case_id, written[-1].id, intent, {"intent": "other"}):
            life.is_told(intent)

    def the_analyst_calls(self, n: int) -> None:
        self.do(_call, self.lives[n].case_id)
        self.lives[n].spoke_at = max(self.lives[n].spoke_at, self.now)

    def the_analyst_answers(self, n: int) -> None:
        self.do(_answer, self.lives[n].case_id)
        self.lives[n].spoke_at, self.lives[n].waits = max(self.lives[n].spoke_at, self.now), False

    def the_analyst_deals_with_drafts(self, n: int, *, approves: bool) -> None:
        mine = Message.case_id == self.lives[n].case_id
        for draft in self.store.all(Message, mine, Message.status == MessageStatus.DRAFT):
            if approves:
                approved = self.tries(drafts.approve, self.ana, draft.id, draft.version, self.op)
                self.lives[n].waits &= not approved
            else:
                self.do(drafts.discard, self.ana, draft.id)

    def a_supervisor_sets_a_rule(self, n: int) -> None:
        life = self.lives[n]
        if life.rule is None:
            told = {"reason": "auditoria", "instructed_by": "Sofia", "since": self.now}
            life.rule = self.store.add(Rule(dentist_id=life.dentist_id, no_contact=True, **told)).id

    def the_case_ends(self, n: int) -> None:
        if not self.lives[n].closed:
            self.do(_end, self.op, self.ana, self.lives[n].case_id)
            self.lives[n].closed = True

    def it_goes_on(self, n: int) -> None:
        """Whatever somebody has stopped, and a message that was held back."""
        life = self.lives[n]
        if life.closed:
            self.do(closing.reopen, self.ana, life.case_id)
            life.closed = False
        if life.meant in readings.LEAVING:
            self.a_person_says_what_was_meant(n, Intent.ACCEPTS)
        if life.stopped:
            self.do(dentists.resume, life.dentist_id)
            life.resumed_at = max(life.resumed_at, self.now, life.wrote_at or self.now)
        if life.held:
            self.do(holding.go_on, self.ana, life.case_id)
        if life.rule is not None:
            self.store.update(self.store.get(Rule, life.rule), ended_at=self.now)
        life.stopped, life.held, life.rule = False, False, None
        if life.waits:
            self.the_analyst_answers(n)
        self.the_analyst_deals_with_drafts(n, approves=True)

    @rule(none=seldom, refused=seldom)
    def what_may_leave_changes(self, none: bool, refused: bool) -> None:
        """A supervisor has nothing leave by itself; Meta takes the texts no more."""
        self.op = replace(self.op, by_itself=() if none else STEPS_BY_ITSELF)
        if self.at_meta is refused:
            self.at_meta = not refused
            for row in self.store.all(MetaTemplate):
                self.store.update(row, status="PAUSED" if refused else "APPROVED")

    @rule()
    def all_goes_on(self) -> None:
        self.what_may_leave_changes(none=False, refused=False)
        for n in range(CASES):
            self.it_goes_on(n)

    @rule(n=which, minutes=st.integers(1, 60 * 24 * 4))
    def a_follow_up_is_planned(self, n: int, minutes: int) -> None:
        due_at = self.now + timedelta(minutes=minutes)
        self.tries(followups.schedule, self.ana, self.lives[n].case_id, due_at, "ligar")

    @rule(n=which, minutes=st.integers(1, 60 * 24 * 4))
    def the_follow_up_is_put_off(self, n: int, minutes: int) -> None:
        for follow_up in self.standing(n):
            self.tries(followups.snooze, self.ana, follow_up.id, self.now + timedelta(minutes=minutes))

    # --- the loops

    @rule()
    def cases_are_looked_at(self) -> None:
        before = {m.id for m in self.store.all(Message)}
        while self.do(cadence.is_due, self.op):
            assert any(self.do(cadence.look, 2, self.op))
        for message in self.store.all(Message):
            if message.id not in before:
                self.may_be_by_itself(message)

    @rule(dies=st.booleans())
    def what_is_due_leaves(self, dies: bool) -> None:
        for outgoing in self.do(outbox.claim, 16, self.op, wall=self.wall, lease=LEASE):
            (message,) = self.store.all(Message, Message.idempotency_key == outgoing.key)
            life = next(one for one in self.lives if one.case_id == message.case_id)
            self.may_leave(message, life)
            if dies:
                continue
            told = SendResult(Verdict.ACCEPTED, f"wamid.{outgoing.key}")
            sent = self.do(outbox.record, outgoing.key, told, wall=self.wall)
            life.spoke_at = max(life.spoke_at, sent.sent_at)
        if dies:
            self.wall += 2 * LEASE
            self.do(outbox.give_up_on_the_silent, 16, wall=self.wall)

    def may_leave(self, message: Message, life: Life) -> None:
        assert self.at_meta, "Meta does not take it"
        if message.cadence_step is None:
            assert not (life.closed or life.stopped or life.rule), life
            assert message.approved_at >= (life.wrote_at or NOW), "it talks past what the dentist wrote"
            self.happened["sent by a person"] += 1
            return
        self.may_be_by_itself(message)
        assert not life.leaves, life
        assert message.cadence_step in self.op.by_itself
        self.happened["sent"] += 1

    def may_be_by_itself(self, message: Message) -> None:
        """What the cadence prepares, and again what leaves by itself."""
        n, life = next((n, life) for n, life in enumerate(self.lives) if life.case_id == message.case_id)
        assert not (life.closed or life.stopped or life.rule or life.held or life.waits), life
        assert message.prepared_for == life.spoke_at, life
        assert not [f for f in self.standing(n) if f.kind is FollowUpKind.RETURN], life

    @rule(dies=st.booleans())
    def what_fell_due_is_told(self, dies: bool) -> None:
        before = {f.id: f for f in self.store.all(FollowUp)}
        versions = {n.key: n.version for n in self.store.all(Notification)}
        self.do(followups.nudge, 200, self.op)
        for follow_up in self.store.all(FollowUp):
            if follow_up.nudges > before[follow_up.id].nudges:
                assert follow_up.nudges == before[follow_up.id].nudges + 1
                assert follow_up.done_at is None
                self.is_told(before[follow_up.id])
        for notice in self.store.all(Notification):
            if notice.kind in notices.NUDGES and notice.version != versions.get(notice.key):
                self.asked[notice.key] += 1
        self.deliver(dies)
        for follow_up in self.store.all(FollowUp, FollowUp.done_at.is_(None)):  # type: ignore[union-attr]
            assert follow_up.due_at > self.now or follow_up.nudges >= 1, "a follow-up is lost"

    def is_told(self, follow_up: FollowUp) -> None:
        """Not before it is due, and again only after a pause."""
        assert follow_up.due_at <= self.now, "told before its time"
        key = (follow_up.id or 0, follow_up.due_at)
        if (last := self.told.get(key)) is not None and last <= self.now:
            assert self.now - last >= PAUSES[follow_up.nudges - 1], "told again at once"
            self.happened["told again"] += 1
        self.told[key] = self.now
        self.happened["told"] += 1

    def deliver(self, dies: bool) -> None:
        """One after the other, as the worker does; a process may die when one is sent and not recorded."""
        keys = {n.id: n.key for n in self.store.all(Notification)}
        while claimed := self.do(notices.claim, 1, nudges=True, wall=self.wall, lease=LEASE):
            (item,) = claimed
            self.shown[keys[item.notice.notification_id]] += 1
            if dies:
                self.deaths, dies = self.deaths + 1, False
                self.wall += 2 * LEASE
                continue
            self.do(notices.delivered, item.notice.notification_id, item.version, 7, item.notice.screen)

    def standing(self, n: int) -> list[FollowUp]:
        mine = FollowUp.case_id == self.lives[n].case_id
        return self.store.all(FollowUp, mine, FollowUp.done_at.is_(None))  # type: ignore[union-attr]

    # --- what holds always

    @invariant()
    def nothing_is_told_more_often_than_it_was_to_be(self) -> None:
        assert sum((self.shown - self.asked).values()) <= self.deaths

    @invariant()
    def a_case_has_one_plan_and_no_due_time_is_told_endlessly(self) -> None:
        rows = self.store.all(FollowUp)
        assert all(f.nudges <= MOST_TELLINGS for f in rows)
        standing = Counter(f.case_id for f in rows if f.done_at is None)
        assert all(standing[life.case_id] <= (not life.closed) for life in self.lives)

    @invariant()
    def nothing_is_closed_stopped_or_held_by_itself(self) -> None:
        found = {c.id: c for c in self.store.all(Case)}
        people = {d.id: d for d in self.store.all(Dentist)}
        for life in self.lives:
            case, dentist = found[life.case_id], people[life.dentist_id]
            assert (case.closed_at is not None, case.cadence_held_at is not None) == (life.closed, life.held)
            assert (dentist.opted_out_at is not None) == life.stopped

    @invariant()
    def one_silence_is_written_into_once(self) -> None:
        sent = self.store.all(Message, Message.external_id.is_not(None), Message.prepared_for.is_not(None))  # type: ignore[union-attr]
        assert max(Counter((m.case_id, m.prepared_for) for m in sent).values(), default=1) == 1

    @invariant()
    def only_a_proposal_ends_a_cadence(self) -> None:
        for follow_up in self.store.all(FollowUp, FollowUp.kind == FollowUpKind.CLOSING):
            assert follow_up.reason.endswith("encerrar por Perda de Contato?")
        prepared = self.store.all(Message, Message.status == MessageStatus.DRAFT)
        assert all(m.error or m.prepared_for is None or m.cadence_step for m in prepared)


def _call(session: Any, case_id: int, *, now: datetime) -> None:
    row = contacts.row(case_id=case_id, channel=ChannelName.PHONE, direction=Direction.CALL, occurred_at=now, now=now)
    contacts.record(session, [row])


def _answer(session: Any, case_id: int, *, now: datetime) -> None:
    """By hand, and so outside the outbox."""
    row = contacts.row(case_id=case_id, channel=ChannelName.MANUAL, direction=Direction.OUT, occurred_at=now, now=now)
    contacts.record(session, [row])
    cases.seen(session, session.get_one(Case, case_id))


def _end(session: Any, op: Any, analyst: Any, case_id: int, *, now: datetime) -> None:
    """Past the gate, which has tests of its own."""
    case, unsent = queries.case_and_unsent(session, case_id, analyst)
    case.outcome = Outcome.LEFT
    closing.end(session, analyst, case, unsent, op, now)


def test_no_follow_up_is_lost_and_nothing_leaves_that_was_overtaken(migrated_sqlite: Path, tmp_path: Path) -> None:
    made = iter(range(10**6))

    def begin() -> Lives:
        return Lives(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / f'{next(made)}.db')}")

    chosen = settings(
        max_examples=LIVES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    Lives.happened.clear()
    run_state_machine_as_test(begin, settings=chosen)
    happened = Lives.happened
    assert all(happened[what] >= LIVES // 5 for what in ("sent", "sent by a person", "told", "told again")), happened
    assert all(happened[act] for act in BY_NIGHT), happened
