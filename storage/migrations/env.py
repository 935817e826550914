"""How Alembic reaches the database: one transaction, foreign keys off meanwhile, and one process at a time.

SQLite cannot alter most of a table, so batch mode copies it; with foreign keys on, dropping the old copy would delete
the children. They are checked once at the end instead.
"""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool, text

from storage.models import metadata

MIGRATION_LOCK = 7_362_410_938  # any number that nobody else locks


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    with connection.begin():
        # Told of a transaction that has begun, Alembic leaves it alone; else it would commit each step on SQLite.
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=sqlite)
        if not sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(f"The migration would leave {len(broken)} rows that point nowhere; nothing was changed.")


engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool, hide_parameters=True)
if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "foreign_keys = OFF", "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


with engine.connect() as connection:
    run(connection)
