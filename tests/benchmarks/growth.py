"""How what the product does all day grows with what is on record: 10,000, 100,000 and a million touches.

    python -m tests.benchmarks.growth [--touches 10000,100000,1000000] [--runs 30] [--only sqlite|postgresql]
                                      [--write docs/performance.md]

Medians in milliseconds, through the door that chat and webhooks use; behind the last one, how many times the first it
is. A case has five touches, and one in five is open, as in `tests.benchmarks`.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from bot.runtime import Runtime
from bot.services import cases, day, inbox, notices, searching
from bot.services.inbox import Raw
from messages.statuses import ChannelName, Worklist
from storage.models import Analyst
from tests.benchmarks import years
from tests.benchmarks.__main__ import StoppedClock, databases, filled
from tests.benchmarks.capture import put
from tests.factory import create_operation, wa_message, webhook

TOUCHES_OF_A_CASE, OPEN_SHARE = 5, 0.2
BEGIN, END = "<!-- measured: growth -->", "<!-- /measured: growth -->"
LEASE = timedelta(seconds=30)

Act = Callable[[int], Awaitable[object]]  # gets the number of its run


def _first(session: Session, *, now: datetime) -> Analyst:
    return session.get_one(Analyst, 1)


async def acts(rt: Runtime, size: years.Size) -> dict[str, Act]:
    """What is measured, by the name under which it stands in the table."""
    op, person = create_operation(), await rt.read(_first)
    own = size.cases - size.cases % years.ANALYSTS - years.ANALYSTS  # of the first analyst

    async def reply(run: int) -> None:
        said = wa_message(f"wamid.new.{run}", "Pode mandar a tabela?", years.phone(own)[1:], years.NOW)
        await rt.write(inbox.receive, [Raw(ChannelName.WHATSAPP, json.dumps(webhook({"messages": [said]})).encode())])
        await rt.write_many(inbox.file_whatsapp, await rt.read(inbox.read_waiting, (), 200, wall=rt.wall()))

    def claim(_: int) -> Awaitable[object]:
        return rt.write(notices.claim, 16, nudges=False, wall=rt.wall(), lease=LEASE)

    def search(words: str) -> Act:
        return lambda _: rt.read(searching.find, person, words)

    return {
        "respostas novas (lista)": lambda _: rt.read(day.page, person, Worklist.REPLIES, op),
        "cartão do caso": lambda _: rt.read(cases.view, person, own),
        "resposta: guardar e arquivar": reply,
        "avisos que vencem: procurar": claim,
        "busca: palavra comum": search("tabela"),
        "busca: palavra rara": search(years.RARE),
        "busca: palavra que ninguém disse": search("hipopótamo"),
    }


async def measured(url: str, size: years.Size, runs: int) -> dict[str, float]:
    rt, took = Runtime(url, StoppedClock()), dict[str, float]()
    for name, act in (await acts(rt, size)).items():
        times = []
        for run in range(runs):
            began = time.perf_counter()
            await act(run)
            times.append((time.perf_counter() - began) * 1000)
        took[name] = statistics.median(times)
    await rt.close()
    return took


def table(results: dict[str, dict[int, dict[str, float]]]) -> Iterator[str]:
    """Markdown: one line for each act and database."""
    sizes = list(next(iter(results.values())))
    yield "| | | " + " | ".join(f"{size:,}" for size in sizes) + " | × |"
    yield "|---|---|" + "--:|" * (len(sizes) + 1)
    for database, by_size in results.items():
        for name in by_size[sizes[0]]:
            times = [by_size[size][name] for size in sizes]
            yield (
                f"| {database} | {name} | " + " | ".join(f"{t:.1f}" for t in times) + f" | {times[-1] / times[0]:.1f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth")
    parser.add_argument("--touches", default="10000,100000,1000000")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--write", type=Path, metavar="FILE")
    given = parser.parse_args()
    results: dict[str, dict[int, dict[str, float]]] = {}
    for touches in map(int, given.touches.split(",")):
        size = years.Size(touches // TOUCHES_OF_A_CASE, touches, OPEN_SHARE)
        with databases(given.only) as found:
            for name, url in found.items():
                filled(url, size)
                results.setdefault(name, {})[touches] = asyncio.run(measured(url, size, given.runs))
    where = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load average {os.getloadavg()[2]:.0f}; medians of {given.runs} runs, "
        "milliseconds."
    )
    told = "\n".join([where, "", *table(results)])
    sys.stdout.write(told + "\n")
    if given.write:
        put(given.write, told, BEGIN, END)


if __name__ == "__main__":
    main()
