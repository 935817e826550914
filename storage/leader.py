"""Who of several processes does what only one may do: a lock that the database frees with its holder's death."""

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from storage.engine import is_sqlite

POLLING = 4_184_210_077  # any number that nobody else locks


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
