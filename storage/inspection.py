"""What can be told of a database without changing it: its schema, whether it can be written, who leads, its version."""

import re
from dataclasses import dataclass

from sqlalchemy import Engine, text

from storage.engine import is_sqlite, revision_of, revisions
from storage.leader import POLLING

PATIENCE = "5s"  # on PostgreSQL, for one statement and for somebody else's lock


@dataclass(frozen=True, slots=True)
class Schema:
    """``found``: the revision the database is at, None for an empty one. ``behind``: how many migrations it lacks, None
    for a revision that this version does not know."""

    found: str | None
    newest: str
    behind: int | None


def schema(engine: Engine) -> Schema:
    """Raises DBAPIError."""
    found, newest_first = revision_of(engine), revisions()[::-1]
    if found is None:
        return Schema(None, newest_first[0], len(newest_first))
    return Schema(found, newest_first[0], newest_first.index(found) if found in newest_first else None)


def write_and_take_back(engine: Engine) -> None:
    """Change a row that is always there, and undo it. Raises DBAPIError where that cannot be done."""
    with engine.connect() as connection:
        if not is_sqlite(engine):
            for limit in ("statement_timeout", "lock_timeout"):
                connection.execute(text(f"SET LOCAL {limit} = '{PATIENCE}'"))
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        connection.rollback()


def version(engine: Engine) -> tuple[int, ...]:
    """Of SQLite (3, 40, 1), of PostgreSQL (16, 2). Raises DBAPIError."""
    with engine.connect() as connection:
        if is_sqlite(engine):
            told = connection.execute(text("SELECT sqlite_version()")).scalar_one()
        else:
            told = connection.execute(text("SHOW server_version")).scalar_one()  # "16.2 (Debian …)", "18beta1"
    return tuple(int(part) for part in re.findall(r"\d+", told.split()[0]))


def leader(engine: Engine) -> str | None:
    """On PostgreSQL, whose connection holds the lock of the process that polls: the address it comes from."""
    query = text(
        "SELECT coalesce(a.client_addr::text, 'local') FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = :key "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with engine.connect() as connection:
        found: str | None = connection.execute(query, {"key": POLLING}).scalar()
    return found
