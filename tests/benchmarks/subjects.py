"""What is measured: the product and two baselines, each a server process of its own over a database of its own.

All three write the same rows of the same schema, to cases that `retencao case import` has opened.
"""

import contextlib
import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Engine, text
from sqlmodel import Session

from messages.statuses import Role
from storage.engine import connect, migrate
from storage.models import Analyst
from tests.benchmarks.load import SECRET
from tests.servers import Databases, PostgresServer, local_binaries, wheel_binaries

ANALYST = "Ana Lima"
START_SECONDS, REST_SECONDS = 60, 120
TICKS = os.sysconf("SC_CLK_TCK")  # of processor time, a second

PRODUCT, NAIVE, LIMIT = "retencao", "naive", "limit"
COMMANDS = {
    PRODUCT: ("-m", "bot", "serve"),
    NAIVE: ("-m", "tests.benchmarks.naive"),
    LIMIT: ("-m", "tests.benchmarks.limit"),
}
FILED = text("SELECT count(*) FROM contact WHERE direction = 'in' AND case_id IS NOT NULL")
LOOKS = text('SELECT count(*) FROM "case" WHERE closed_at IS NULL AND cadence_at IS NULL')


class Copies(Protocol):
    """Gives out copies of one prepared database."""

    name: str  # with its version

    def fresh(self) -> str: ...


class SQLiteFiles:
    def __init__(self, folder: Path, dentists: int) -> None:
        import sqlite3

        self.name, self._folder = f"SQLite {sqlite3.sqlite_version}", folder
        self._master = folder / "master.db"
        prepare(f"sqlite:///{self._master}", dentists, folder)
        with contextlib.closing(sqlite3.connect(self._master)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fresh(self) -> str:
        for old in self._folder.glob("copy.db*"):
            old.unlink()
        return f"sqlite:///{shutil.copy(self._master, self._folder / 'copy.db')}"


class PostgreSQLDatabases:
    def __init__(self, server: PostgresServer, dentists: int, folder: Path) -> None:
        self._databases = Databases(server.url)
        self._master = self._databases.create()
        self._copy: str | None = None
        prepare(self._master, dentists, folder)
        engine = connect(self._master, pool_size=1)
        with engine.connect() as connection:
            self.name = f"PostgreSQL {connection.scalar(text('SHOW server_version')).split()[0]}"
        engine.dispose()  # nobody may be connected to what is copied

    def fresh(self) -> str:
        if self._copy is not None:
            self._databases.drop(self._copy)
        self._copy = self._databases.create(template=self._master)
        return self._copy


@contextlib.contextmanager
def databases(only: str | None, dentists: int) -> Iterator[list[Copies]]:
    """Prepared ones, that keep what they are told to keep."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="retencao-capture-")))
        found: list[Copies] = []
        if only != "postgresql":
            found.append(SQLiteFiles(folder, dentists))
        if only != "sqlite":
            server = stack.enter_context(PostgresServer(local_binaries() or wheel_binaries(), durable=True))
            found.append(PostgreSQLDatabases(server, dentists, folder))
        yield found


def prepare(url: str, dentists: int, folder: Path) -> None:
    """A person, and a case of theirs for each dentist: by the command line, as an operator does it."""
    migrate(url)
    engine = connect(url)
    with Session(engine) as session:
        session.add(Analyst(name=ANALYST, role=Role.ANALYST, telegram_user_id=1, created_at=datetime.now(UTC)))
        session.commit()
    engine.dispose()
    sheet = folder / "cases.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(("protocolo", "nome", "cro", "uf", "telefone"))
        for n in range(dentists):
            name = "".join(chr(65 + n // 26**place % 26) for place in range(3))
            rows.writerow((f"SAD{n + 1:012d}", f"DENTISTA {name} SILVA", n + 1, "BA", f"7198{n:07d}"))
    command = (sys.executable, "-m", "bot", "case", "import", str(sheet), "--analyst", ANALYST)
    done = subprocess.run(command, env=_environment(url, 0), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["opened"] == dentists, done.stderr


def _environment(url: str, port: int) -> dict[str, str]:
    """Nothing but what the product needs to take webhooks in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM", "WHATSAPP"))}
    return kept | {"DATABASE_URL": url, "HTTP_PORT": str(port), "WHATSAPP_APP_SECRET": SECRET, "LOG_LEVEL": "ERROR"}


@dataclass
class Running:
    """A subject that takes requests."""

    port: int
    ready: float  # seconds from its start until it answered
    _process: subprocess.Popen[bytes]
    _engine: Engine

    @classmethod
    @contextlib.contextmanager
    def started(cls, subject: str, url: str) -> Iterator[Self]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        began = time.perf_counter()
        process = subprocess.Popen((sys.executable, *COMMANDS[subject]), env=_environment(url, port))
        engine = connect(url, readonly=True, pool_size=1)
        try:
            while not _answers(port):
                assert process.poll() is None, f"{subject} ended by itself"
                assert time.perf_counter() - began < START_SECONDS, f"{subject} did not come up"
                time.sleep(0.02)
            yield cls(port, time.perf_counter() - began, process, engine)
        finally:
            engine.dispose()
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def rest(self, subject: str) -> None:
        """Wait until what an import leaves to do is done: the first look at each case."""
        deadline = time.perf_counter() + REST_SECONDS
        while subject == PRODUCT and self._asked(LOOKS) and time.perf_counter() < deadline:
            time.sleep(0.2)

    def filed(self) -> int:
        """How many replies stand in their case."""
        return self._asked(FILED)

    def _asked(self, statement: object) -> int:
        with self._engine.connect() as connection:
            number: int = connection.execute(statement).scalar_one()  # type: ignore[call-overload]
            return number

    def cpu(self) -> float:
        """Seconds of processor time so far, of the process itself."""
        told = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / TICKS

    def memory(self) -> float:
        """Resident MB now."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except OSError:
        return False
