"""Who of several processes does what only one may do: locks that are freed with their holder's death."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from messages.errors import Conflict, StorageUnavailable
from storage.engine import is_sqlite, parse_url, reason, sqlite_file

POLLING = 4_184_210_077  # any number that nobody else locks


@contextlib.contextmanager
def sole_server(url: str) -> Iterator[None]:
    """Own the SQLite file among all that serve it, until the block ends; on PostgreSQL there may be many.

    The lock is SQLite's own, on an empty file beside the database: alike on every system, gone with its holder.
    Raises Conflict when another process serves the file.
    """
    database = sqlite_file(parse_url(url))
    if database is None:
        yield
        return
    file = Path(f"{database}.lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = _locked(file)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise Conflict("Outro `retencao serve` já usa este banco de dados: encerre-o antes.") from error
        raise StorageUnavailable(reason(error)) from error
    except OSError as error:
        raise StorageUnavailable(reason(error)) from error
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):  # some systems keep an open file: it does no harm
            file.unlink(missing_ok=True)
        connection.close()


def _locked(file: Path) -> sqlite3.Connection:
    """An open exclusive transaction on the file. Raises sqlite3.OperationalError."""
    while True:
        connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            connection.close()
            raise
        if file.exists():
            return connection
        connection.close()  # its last holder took it away after we had opened it


class Leadership:
    """An advisory lock on a connection of its own. On SQLite, whose file one process serves, it is always held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Take the lock if it is free; whether it is ours now. Raises DBAPIError when the database is gone."""
        if is_sqlite(self._engine):
            return True
        try:
            if self._connection is None:
                return self._take()
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self.release()
            raise
        return True

    def release(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # really closed, not given back to the pool with the lock
            self._connection.close()
            self._connection = None

    def _take(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": POLLING}).scalar():
            self._connection = connection
            return True
        connection.close()
        return False
