"""How long the chat's lists, cards and searches take on a database as it is after years.

    python -m tests.benchmarks [--cases 100000] [--touches 500000] [--open 0.2] [--only sqlite|postgresql]

Each line is what one screen asks of the database, through the door that the chat uses: milliseconds, the best, the
median and the worst of ``--runs``. The table for docs/performance.md goes to stdout, what is being done to stderr.
"""

import argparse
import asyncio
import itertools
import platform
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from bot.runtime import Runtime
from bot.services import cases, day, next_up, panel, searching
from bot.services.operation import Operation
from messages.panel.pages import Section
from messages.periods import NAMES, Period
from messages.statuses import Role, Worklist
from storage.engine import connect, migrate
from storage.models import Analyst
from tests.benchmarks import years
from tests.factory import create_operation
from tests.servers import databases

BOUND = 200.0  # milliseconds: what a screen may take


class StoppedClock:
    """The moment at which the database was left."""

    async def now(self) -> datetime:
        return years.NOW

    async def close(self) -> None:
        """Nothing is held."""


Screen = tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]]  # name, use-case, arguments


async def screens(rt: Runtime, size: years.Size, person: Analyst, op: Operation) -> AsyncIterator[Screen]:
    """Everything that is measured for one person."""
    yield "Início", day.glance, (person, op), {}
    yield "Próximo ▶", next_up.next_up, (person, op), {}
    for which in Worklist:
        yield f"lista {which.value}", day.page, (person, which, op), {}
        first = await rt.read(day.page, person, which, op)
        if first.after:
            yield f"lista {which.value}, 2ª página", day.page, (person, which, op), {"after": first.after}
    own = size.cases - size.cases % years.ANALYSTS - years.ANALYSTS  # of the first analyst
    yield "cartão do caso", cases.view, (person, own), {}
    for section, period in itertools.product(Section, (Period.MONTH, Period.YEAR, Period.ALL)):
        if section is not Section.PEOPLE or person.role is Role.SUPERVISOR:
            yield f"painel {section.value}, {NAMES[period].lower()}", panel.page, (person, section, period, op), {}
    for name, words in searches(own).items():
        yield f"busca: {name}", searching.find, (person, words), {}


def searches(case: int) -> dict[str, str]:
    return {
        "palavra comum (tabela)": "tabela",
        "duas palavras comuns": "valores tabela",
        "começo de palavra (val)": "val",
        "palavra rara": years.RARE,
        "palavra que ninguém disse": "hipopótamo",
        "nome comum (Silva)": "silva",
        "nome inteiro": f"Marina Silva {case:06d}",
        "protocolo inteiro": years.protocol(case),
        "fim do protocolo": years.protocol(case)[-4:],
        "CRO": f"CRO {case} BA",
        "telefone": years.phone(case),
        "telefone sem DDD": years.phone(case)[-9:],
    }


async def measured(url: str, size: years.Size, runs: int) -> dict[str, list[float]]:
    """Milliseconds of each run, by screen and person."""
    rt, op, took = Runtime(url, StoppedClock()), create_operation(), {}
    for role in (Role.ANALYST, Role.SUPERVISOR):
        person = await rt.read(_first, role)
        async for name, use_case, arguments, more in screens(rt, size, person, op):
            times = took[f"{name} | {'analista' if role is Role.ANALYST else 'supervisão'}"] = []
            for _ in range(runs):
                began = time.perf_counter()
                await rt.read(use_case, *arguments, **more)
                times.append((time.perf_counter() - began) * 1000)
    await rt.close()
    return took


def _first(session: Session, role: Role, *, now: datetime) -> Analyst:
    return session.exec(select(Analyst).where(Analyst.role == role).order_by(Analyst.id)).first()  # type: ignore[return-value, arg-type]


def filled(url: str, size: years.Size) -> None:
    migrate(url)
    engine = connect(url)
    began = time.perf_counter()
    years.build(engine, size)
    engine.dispose()
    sys.stderr.write(f"{size.cases} cases, {size.touches} touches in {time.perf_counter() - began:.0f} s\n")


def table(results: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    """Markdown: best, median and worst on each database; what is over the bound in bold."""
    names = list(dict.fromkeys(name for took in results.values() for name in took))
    yield "| Tela | Quem | " + " | ".join(f"{database}: melhor | mediana | pior" for database in results) + " |"
    yield "|---|---|" + "--:|" * (3 * len(results))
    for name in names:
        cells = [cell for took in results.values() for cell in _cells(took.get(name))]
        yield f"| {name} | " + " | ".join(cells) + " |"


def _cells(times: list[float] | None) -> tuple[str, ...]:
    return tuple(_shown(one) for one in (min(times), statistics.median(times), max(times))) if times else ("",) * 3


def _shown(milliseconds: float) -> str:
    told = f"{milliseconds:.0f}" if milliseconds >= 10 else f"{milliseconds:.1f}"
    return f"**{told}**" if milliseconds > BOUND else told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--cases", type=int, default=years.Size.cases)
    parser.add_argument("--touches", type=int, default=years.Size.touches)
    parser.add_argument("--open", type=float, default=years.Size.open_share, help="which part of the cases is open")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    size = years.Size(asked.cases, asked.touches, asked.open)
    with databases(asked.only) as found:
        results = {}
        for name, url in found.items():
            filled(url, size)
            results[name] = asyncio.run(measured(url, size, asked.runs))
    sys.stdout.write("\n".join(table(results)) + "\n")
    sys.stderr.write(f"Python {platform.python_version()}, {platform.machine()}\n")


if __name__ == "__main__":
    main()
