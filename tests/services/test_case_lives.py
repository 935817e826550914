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
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.services import cadence, cases, closing, contacts, followups, notices, outbox, recovery, replies
from messages.cadence import Step
from messages.contracts import SendResult, Verdict
from messages.errors import UserError
from messages.reminding import PAUSES
from messages.statuses import ChannelName, Direction, FollowUpKind, MessageStatus, Outcome
from storage import queries
from storage.models import Case, Dentist, FollowUp, Message, Notification, Rule
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

STEPS = 40
LIVES = int(os.environ.get("RETENCAO_LIVES", "15"))  # a few by default, so that every run of the suite has some
CASES = 3
MOST_TELLINGS = 4  # when it is due, twice more, and to those who supervise
EVENTS = ("nothing", "nothing", "nothing", "writes", "stops", "calls", "rule", "ends", "plans", "puts off")
which = st.integers(0, CASES - 1)


@dataclass
class Life:
    """What is known of one case, as a person would keep it in their head."""

    case_id: int
    dentist_id: int
    phone: str
    spoke_at: datetime
    closed: bool = False
    stopped: bool = False
    rule: int | None = None


class Lives(RuleBasedStateMachine):
    happened: ClassVar[Counter[str]] = Counter()  # in all lives: a model to which nothing happens shows nothing

    def __init__(self, url: str) -> None:
        super().__init__()
        self.store, self.now, self.wall, self.deaths = Store(url), NOW, WALL, 0
        approve_templates(self.store)
        self.op = replace(create_operation(undo=timedelta()), by_itself=(Step.FIRST, Step.AGAIN, Step.WARNING))
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

    def tries(self, use_case: Any, *args: Any) -> None:
        """What a person may ask for in vain."""
        try:
            self.do(use_case, *args)
        except UserError:
            return

    # --- time

    @rule(minutes=st.integers(1, 60 * 24 * 6))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.wall += timedelta(minutes=minutes)

    @rule(seconds=st.integers(1, 3600))
    def the_clock_jumps_back(self, seconds: int) -> None:
        self.now -= timedelta(seconds=seconds)
        self.wall -= timedelta(seconds=seconds)

    @rule(days=st.integers(0, 4), n=which, event=st.sampled_from(EVENTS), hours=st.integers(1, 6))
    def a_working_day_goes_by(self, days: int, n: int, event: str, hours: int) -> None:
        """At midnight the cadence looks, something happens in the night, and as the day begins what is due leaves."""
        opening = self.op.next_working_moment(self.now + timedelta(days=days), "BA")
        midnight = self.op.local(opening).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        if midnight > self.now:
            self.pass_to(midnight)
            self.cases_are_looked_at()
            self.in_the_night(event, n, opening)
        for moment in (opening, opening + timedelta(hours=hours)):
            self.pass_to(moment)
            self.what_is_due_leaves(dies=False)
            self.what_fell_due_is_told(dies=False)
            self.cases_are_looked_at()

    def pass_to(self, moment: datetime) -> None:
        self.wall += moment - self.now
        self.now = moment

    def in_the_night(self, event: str, n: int, opening: datetime) -> None:
        match event:
            case "writes" | "stops":
                self.the_dentist_writes(n, "SAIR" if event == "stops" else "Bom dia")
            case "calls":
                self.the_analyst_calls(n)
            case "rule":
                self.a_supervisor_sets_or_ends_a_rule(n)
            case "ends":
                self.the_case_ends_or_is_taken_up_again(n)
            case "plans":
                due_at = opening + timedelta(minutes=30)
                self.tries(followups.schedule, self.ana, self.lives[n].case_id, due_at, "ligar")
            case "puts off":
                for follow_up in self.standing(n):
                    self.tries(followups.snooze, self.ana, follow_up.id, opening + timedelta(days=2))

    @rule()
    def another_process_takes_over(self) -> None:
        self.do(recovery.take_over)

    # --- people

    @rule(n=which, words=st.sampled_from(["Bom dia", "ok, obrigado", "Oi", "Tudo bem?", "Vou ver", "SAIR"]))
    def the_dentist_writes(self, n: int, words: str) -> None:
        life = self.lives[n]
        self.do(replies.file, [incoming(words, phone=life.phone, occurred_at=self.now)])
        life.spoke_at = max(life.spoke_at, self.now)
        life.stopped = life.stopped or words == "SAIR"

    @rule(n=which)
    def the_analyst_calls(self, n: int) -> None:
        self.do(_call, self.lives[n].case_id)
        self.lives[n].spoke_at = max(self.lives[n].spoke_at, self.now)

    @rule(n=which)
    def the_analyst_answers(self, n: int) -> None:
        self.do(_answer, self.lives[n].case_id)
        self.lives[n].spoke_at = max(self.lives[n].spoke_at, self.now)

    @rule(n=which)
    def a_supervisor_sets_or_ends_a_rule(self, n: int) -> None:
        life = self.lives[n]
        if life.rule is None:
            told = {"reason": "auditoria", "instructed_by": "Sofia", "since": self.now}
            life.rule = self.store.add(Rule(dentist_id=life.dentist_id, no_contact=True, **told)).id
        else:
            self.store.update(self.store.get(Rule, life.rule), ended_at=self.now)
            life.rule = None

    @rule(n=which)
    def the_case_ends_or_is_taken_up_again(self, n: int) -> None:
        life = self.lives[n]
        if life.closed:
            self.do(closing.reopen, self.ana, life.case_id)
        else:
            self.do(_end, self.op, self.ana, life.case_id)
        life.closed = not life.closed

    @rule(n=which, minutes=st.integers(1, 60 * 24 * 4))
    def a_follow_up_is_planned(self, n: int, minutes: int) -> None:
        due_at = self.now + timedelta(minutes=minutes)
        self.tries(followups.schedule, self.ana, self.lives[n].case_id, due_at, "ligar")

    @rule(n=which, minutes=st.integers(1, 60 * 24 * 4))
    def the_follow_up_is_put_off(self, n: int, minutes: int) -> None:
        for follow_up in self.standing(n):
            self.tries(followups.snooze, self.ana, follow_up.id, self.now + timedelta(minutes=minutes))

    @rule(n=which)
    def the_follow_up_is_done(self, n: int) -> None:
        for follow_up in self.standing(n):
            self.tries(followups.complete, self.ana, follow_up.id)

    # --- the loops

    @rule()
    def cases_are_looked_at(self) -> None:
        while self.do(cadence.is_due, self.op):
            assert any(self.do(cadence.look, 2, self.op))

    @rule(dies=st.booleans())
    def what_is_due_leaves(self, dies: bool) -> None:
        for outgoing in self.do(outbox.claim, 16, self.op, wall=self.wall, lease=LEASE):
            (message,) = self.store.all(Message, Message.idempotency_key == outgoing.key)
            life = next(one for one in self.lives if one.case_id == message.case_id)
            assert not (life.closed or life.stopped or life.rule), life
            assert message.prepared_for == life.spoke_at, life
            assert not [f for f in self.standing(self.lives.index(life)) if f.kind is FollowUpKind.RETURN], life
            self.happened["sent"] += 1
            if dies:
                continue
            told = SendResult(Verdict.ACCEPTED, f"wamid.{outgoing.key}")
            sent = self.do(outbox.record, outgoing.key, told, wall=self.wall)
            life.spoke_at = max(life.spoke_at, sent.sent_at)
        if dies:
            self.wall += 2 * LEASE
            self.do(outbox.give_up_on_the_silent, 16, wall=self.wall)

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
    def no_due_time_is_told_endlessly(self) -> None:
        assert all(f.nudges <= MOST_TELLINGS for f in self.store.all(FollowUp))

    @invariant()
    def a_case_has_one_plan(self) -> None:
        for life in self.lives:
            rows = self.store.all(FollowUp, FollowUp.case_id == life.case_id)
            standing = [f for f in rows if f.done_at is None]
            assert len(standing) <= 1 and not (life.closed and standing)

    @invariant()
    def nothing_is_closed_or_sent_twice_by_itself(self) -> None:
        for life in self.lives:
            assert (self.store.get(Case, life.case_id).closed_at is not None) == life.closed
            assert (self.store.get(Dentist, life.dentist_id).opted_out_at is not None) == life.stopped
            sent = self.store.all(Message, Message.case_id == life.case_id, Message.external_id.is_not(None))  # type: ignore[union-attr]
            moments = [m.prepared_for for m in sent]
            assert len(moments) == len(set(moments)), "one silence was written into twice"

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
    assert all(Lives.happened[what] >= LIVES // 5 for what in ("sent", "told", "told again")), Lives.happened
