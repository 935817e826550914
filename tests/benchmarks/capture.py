"""How many replies a second are captured and filed, beside the limit and beside what a user would build instead.

    python -m tests.benchmarks.capture [--seconds 3] [--rounds 3] [--connections 1,16,64] [--only sqlite|postgresql]
                                       [--write docs/performance.md]

Each round runs all three one after the other (A B C A B C), each over a fresh copy of one database, and is judged by
its own ratios; the table holds their medians. A reply counts once it stands in its case; its answer's time runs from
the moment at which it was posted. ``--rate``: instead of a closed loop, so many webhooks a second at fixed moments,
three statuses with each reply. ``--write`` puts the table between that file's markers.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.load import Load, requests
from tests.benchmarks.subjects import LIMIT, NAIVE, PRODUCT, Copies, Running, databases

DENTISTS = 2000
FASTEST = 12_000  # bodies a second that a closed loop is given
STATUSES = 3  # with each reply, in an open loop
PATIENCE = 120  # seconds until what was answered must be filed
BEGIN, END = "<!-- measured: capture -->", "<!-- /measured: capture -->"


@dataclass(frozen=True)
class Asked:
    seconds: float
    rounds: int
    connections: tuple[int, ...]
    rate: float | None


@dataclass(frozen=True)
class Measured:
    """One subject at one number of connections. Rates a second, times in milliseconds."""

    rate: float  # captured and filed
    p50: float
    p99: float
    refused: int  # answered otherwise than with 200
    lost: int  # answered with 200, and in no case
    cpu: float  # microseconds of the server's processor time for each webhook
    grown: float  # MB of memory


Round = dict[tuple[str, int], Measured]  # by subject and connections


async def measure(subject: Running, bodies: Iterator[bytes], connections: int, asked: Asked) -> Measured:
    load = Load(bodies, int(asked.seconds * (asked.rate or FASTEST)), rate=asked.rate)
    before, cpu, memory, began = subject.filed(), subject.cpu(), subject.memory(), time.perf_counter()
    told = await load.run(subject.port, connections, asked.seconds)
    while (filed := subject.filed() - before) < load.replies and time.perf_counter() - began < PATIENCE:
        await asyncio.sleep(0.05)
    took = time.perf_counter() - began
    return Measured(
        filed / took,
        told.quantile(0.5) * 1000,
        told.quantile(0.99) * 1000,
        told.refused,
        load.replies - filed,
        (subject.cpu() - cpu) / max(1, len(told.latencies)) * 1e6,
        subject.memory() - memory,
    )


def one_round(copies: Copies, asked: Asked, number: int) -> Round:
    found: Round = {}
    statuses = STATUSES if asked.rate else 0
    for name in (NAIVE, LIMIT, PRODUCT):
        with Running.started(name, copies.fresh()) as subject:
            sys.stderr.write(f"{copies.name}, round {number}, {name}: ready in {subject.ready:.1f} s")
            sys.stderr.write(f" ({subject.cpu():.1f} s of CPU), {subject.memory():.0f} MB")
            subject.rest(name)
            for lot, connections in enumerate(asked.connections):
                bodies = requests(DENTISTS, first=lot * 10**6, statuses=statuses)
                found[name, connections] = told = asyncio.run(measure(subject, bodies, connections, asked))
                sys.stderr.write(f" | {connections}: {told.rate:.0f}/s, p99 {told.p99:.0f} ms, {told.cpu:.0f} µs")
                sys.stderr.write(f", {told.refused} refused, {told.lost} lost, {told.grown:+.0f} MB")
                sys.stderr.flush()
            sys.stderr.write("\n")
    return found


Value = Callable[[Round, int], float]  # of a round, at so many connections


def _rate(name: str) -> Value:
    return lambda found, n: found[name, n].rate


def _ratio(other: str) -> Value:
    return lambda found, n: found[PRODUCT, n].rate / (found[other, n].rate or float("nan"))


COLUMNS: dict[str, tuple[Value, str]] = {
    "retencao /s": (_rate(PRODUCT), "{:.0f}"),
    "naive /s": (_rate(NAIVE), "{:.0f}"),
    "limit /s": (_rate(LIMIT), "{:.0f}"),
    "× naive": (_ratio(NAIVE), "{:.1f}"),
    "of limit": (_ratio(LIMIT), "{:.2f}"),
    "p50 ms": (lambda found, n: found[PRODUCT, n].p50, "{:.1f}"),
    "p99 ms": (lambda found, n: found[PRODUCT, n].p99, "{:.0f}"),
    "naive p50": (lambda found, n: found[NAIVE, n].p50, "{:.0f}"),
    "limit p99": (lambda found, n: found[LIMIT, n].p99, "{:.0f}"),
    "µs CPU": (lambda found, n: found[PRODUCT, n].cpu, "{:.0f}"),
    "limit µs CPU": (lambda found, n: found[LIMIT, n].cpu, "{:.0f}"),
    "lost": (lambda found, n: found[PRODUCT, n].lost, "{:.0f}"),
}


def table(results: dict[str, list[Round]], connections: tuple[int, ...]) -> Iterator[str]:
    """Markdown; each cell is the median of the rounds."""
    yield "| | connections | " + " | ".join(COLUMNS) + " |"
    yield "|---|--:|" + "--:|" * len(COLUMNS)
    for database, rounds in results.items():
        for n in connections:
            cells = [shown.format(statistics.median(of(one, n) for one in rounds)) for of, shown in COLUMNS.values()]
            yield f"| {database} | {n} | " + " | ".join(cells) + " |"


def machine(asked: Asked, busy: tuple[float, float]) -> str:
    """What it was measured on, for whoever reads the table."""
    loop = f"{asked.rate:.0f} webhooks/s, {STATUSES} statuses with each reply" if asked.rate else "closed loop"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load average {busy[0]:.0f} before and {busy[1]:.0f} after; {loop}, "
        f"{asked.rounds} rounds of {asked.seconds:.0f} s, {DENTISTS} dentists; the sender runs on the same cores."
    )


def put(file: Path, told: str, begin: str, end: str) -> None:
    """Between the file's markers."""
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    file.write_text(f"{before}{begin}\n{told}\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.capture")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", default="1,16,64", help="how many at once, as 1,16,64")
    parser.add_argument("--rate", type=float, help="webhooks a second, open loop")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--write", type=Path, metavar="FILE")
    given = parser.parse_args()
    connections = tuple(int(n) for n in given.connections.split(","))
    asked = Asked(given.seconds, given.rounds, connections, given.rate)
    before = os.getloadavg()[0]
    with databases(given.only, DENTISTS) as found:
        results = {d.name: [one_round(d, asked, n) for n in range(1, asked.rounds + 1)] for d in found}
    told = "\n".join([machine(asked, (before, os.getloadavg()[0])), "", *table(results, connections)])
    sys.stdout.write(told + "\n")
    if given.write:
        put(given.write, told, BEGIN, END)


if __name__ == "__main__":
    main()
