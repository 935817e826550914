"""Four processes on PostgreSQL, killed at random: what is due is claimed once, told, and nobody is written to twice.

RETENCAO_DUE says how many follow-ups are due (20,000 for the full run), RETENCAO_KILLS how often a process is killed.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.models import Case, FollowUp, Message, Notification
from storage.upsert import insert_new
from tests.factory import NOW, Store, approve_templates, create_analyst, create_case, create_dentist
from tests.flow.world import eventually

pytestmark = pytest.mark.long

DUE = int(os.environ.get("RETENCAO_DUE", "200"))
KILLS = int(os.environ.get("RETENCAO_KILLS", "3"))
SEED = int(os.environ.get("RETENCAO_KILL_SEED", "1"))
PROCESSES, SILENT, ANALYSTS = 4, 40, 20
QUIET = 60.0 + DUE / 20  # seconds


def start(url: str, told: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tests.kills.due_rows", url, str(told)])


def seed(store: Store) -> None:
    """Follow-ups that have just fallen due, and cases whose first contact leaves by itself."""
    approve_templates(store)
    people = [create_analyst(store, f"Analista {n}") for n in range(ANALYSTS)]
    planned = NOW + timedelta(days=9)
    cases = [create_case(store, one, create_dentist(store, phone=None), cadence_at=planned) for one in people]
    rows = [
        {"case_id": case.id, "analyst_id": case.analyst_id, "due_at": NOW, "nudge_at": NOW, "created_at": NOW}
        | {"reason": "", "kind": "return", "nudges": 0}
        for n in range(DUE)
        for case in [cases[n % ANALYSTS]]
    ]
    store.do(_insert, rows)
    for n in range(SILENT):
        dentist = create_dentist(store, phone=f"+5571980{n:06d}")
        create_case(store, people[n % ANALYSTS], dentist, opened_at=NOW - timedelta(days=5))


def _insert(session: Any, rows: list[dict[str, Any]], *, now: Any) -> None:
    for begin in range(0, len(rows), 1000):
        insert_new(session, FollowUp, rows[begin : begin + 1000])


async def test_due_rows_are_claimed_once_whoever_dies(postgresql_url: str, tmp_path: Path) -> None:
    chance, told = random.Random(SEED), tmp_path / "told"
    store = Store(postgresql_url)
    seed(store)
    processes = [start(postgresql_url, told) for _ in range(PROCESSES)]
    try:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(1, 3))
            n = chance.randrange(PROCESSES)
            processes[n].send_signal(signal.SIGKILL)
            processes[n].wait()
            processes[n] = start(postgresql_url, told)

        def quiet() -> bool:
            untold = store.all(Notification, Notification.kind == "follow_up", Notification.sent_at.is_(None))  # type: ignore[union-attr]
            waiting = store.all(FollowUp, FollowUp.nudges == 0)
            unlooked = store.all(Case, Case.cadence_at.is_(None))  # type: ignore[union-attr]
            under_way = store.all(Message, Message.status.in_(["queued", "sending"]))  # type: ignore[attr-defined]
            return not (untold or waiting or unlooked or under_way)

        await eventually(quiet, "quiet", lambda: f"{len(told.read_text().splitlines())} told", QUIET)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    lines = [line.split() for line in told.read_text().splitlines()]
    assert {f.nudges for f in store.all(FollowUp)} == {1}
    notices = Counter(line[1] for line in lines if line[0] == "notice")
    assert set(notices) == {str(f.id) for f in store.all(FollowUp)}
    assert sum(n - 1 for n in notices.values()) <= KILLS
    sent = Counter(line[2] for line in lines if line[0] == "message")
    assert len(sent) >= SILENT - 4 * KILLS  # of one killed between its claim and its send nobody knows
    assert set(sent.values()) == {1}
    assert len(store.all(Message)) == SILENT
    store.close()
