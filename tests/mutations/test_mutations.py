"""Mutated files of every kind are read or refused in one sentence, within 10 seconds and 256 MB; nothing breaks.

RETENCAO_MUTATIONS says how many (10000 for the full run; a few by default, so that every run of the suite has some).
Only what is made to take too much may be ended by the limits, as `bot/apart.py` ends it.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mutations.mutants import KINDS, Mutation
from tests.mutations.reader import receive, send

MUTATIONS = int(os.environ.get("RETENCAO_MUTATIONS", "60"))
ONE_HEAVY_OF = 40
Plan = tuple[int, list[Mutation]]  # the seed of all chance, and what is done one after the other


def plans(kind: str) -> st.SearchStrategy[Plan]:
    _, light, heavy = KINDS[kind]
    few = st.lists(st.sampled_from(light), min_size=1, max_size=3)
    # What unpacks to much takes seconds each: it is a small part.
    steps = (
        few
        if not heavy
        else st.integers(1, ONE_HEAVY_OF).flatmap(
            lambda n: few if n < ONE_HEAVY_OF else st.sampled_from(heavy).map(lambda step: [step])
        )
    )
    return st.tuples(st.integers(0, 2**32 - 1), steps)


@pytest.fixture(scope="module")
def reader() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mutations.reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_is_read_or_refused(
    kind: str, reader: "subprocess.Popen[bytes]", record_property: object
) -> None:
    whole, _, heavy = KINDS[kind]
    seen: Counter[str] = Counter()

    @settings(
        max_examples=max(1, MUTATIONS // len(KINDS)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(plans(kind))
    def read_or_refused(plan: Plan) -> None:
        seed, steps = plan
        draw = random.Random(seed)
        content = draw.choice(whole())
        for step in steps:
            content = step(content, draw)
        assert reader.stdin is not None and reader.stdout is not None
        send(reader.stdin, (b"s" if kind == "sheet" else b"f") + content)
        told = json.loads(receive(reader.stdout) or b"{}")
        (how,) = told
        seen[how] += 1
        named = [step.__name__ for step in steps]
        if how == "refused":
            assert told[how].endswith(".") and "\n" not in told[how], (seed, named, told)
        else:
            assert how == "read" or (how == "ended" and steps[0] in heavy), (seed, named, told)

    read_or_refused()
    print(f"\n{kind}: {seen.total()} mutated, {dict(seen)}")
