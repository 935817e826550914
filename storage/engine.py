"""Connections to SQLite and PostgreSQL, set so that what is committed stays, and migration to the newest schema."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, inspect, text
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from messages.errors import SchemaUnknown, StorageUnavailable

BUSY_TIMEOUT = timedelta(seconds=2)  # how long a writer waits for somebody else's lock before it gives up
# A PostgreSQL server that has vanished without a word is found out in seconds, unless the address says otherwise.
IMPATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 15_000, "keepalives_idle": 10, "keepalives_interval": 5}
MIGRATIONS = Path(__file__).parent / "migrations"


def _spelt(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat(" ", "microseconds")


class Moment(DATETIME):
    """A moment as SQLAlchemy stores it in SQLite, ``2024-01-17 12:37:00.000000``, but written in C: filing a reply
    binds a dozen of them."""

    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[datetime | None], str | None]:
        return _spelt


def parse_url(url: str) -> URL:
    """The database's address with the driver that this project speaks."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """None on PostgreSQL, and for a database in memory."""
    on_disk = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(url.database or "") if on_disk else None


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def connect(url: str, *, readonly: bool = False, pool_size: int = 8, patience: timedelta = BUSY_TIMEOUT) -> Engine:
    """An engine for use-cases. ``readonly``: on SQLite, readers beside the one writer (WAL); ``patience``: how long it
    waits there for another process to be done writing."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        own = {"check_same_thread": False}
        engine = create_engine(parsed, connect_args=own, pool_size=pool_size, hide_parameters=True)
        engine.dialect.colspecs = {**engine.dialect.colspecs, DateTime: Moment}
        _prepare_sqlite(engine, "BEGIN" if readonly else "BEGIN IMMEDIATE", patience, readonly=readonly)
        return engine
    impatient = {name: value for name, value in IMPATIENCE.items() if name not in parsed.query}
    return create_engine(
        parsed, connect_args=impatient, pool_size=pool_size, max_overflow=0, pool_pre_ping=True, hide_parameters=True
    )


def reason(error: BaseException) -> str:
    """What the driver said, in one line: without the statement and its parameters, which hold what people wrote."""
    told = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return next(iter(str(told).splitlines()), "") or type(told).__name__


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to the newest schema, creating it where it is empty. Several processes may call it at once.

    Raises SchemaUnknown for a database of a newer version, StorageUnavailable for one that is out of reach.
    """
    parsed = parse_url(url)
    if revision == "head" and _is_newest(url):
        return

    from alembic import command  # ten megabytes that a service would keep for as long as it runs
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = parsed
    try:
        _make_file(sqlite_file(parsed))
        command.upgrade(config, revision)
    except CommandError as error:  # "Can't locate revision identified by …"
        raise SchemaUnknown(
            f"O banco de dados foi criado por uma versão mais nova do programa ({error}): instale essa versão."
        ) from error
    except (DBAPIError, OSError) as error:
        raise StorageUnavailable(reason(error)) from error


def revisions() -> list[str]:
    """The schemas that this version knows, the newest last: migrations are files named by their numbers."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def revision_of(engine: Engine) -> str | None:
    """The schema a database is at; None for one without. Raises DBAPIError."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def _is_newest(url: str) -> bool:
    """False also for a database that is not there, or cannot be read: whoever migrates it tells why."""
    file = sqlite_file(parse_url(url))
    if file is not None and not file.is_file():
        return False
    engine = connect(url, readonly=True, pool_size=1)
    try:
        return revision_of(engine) == revisions()[-1]
    except DBAPIError:
        return False
    finally:
        engine.dispose()


def _make_file(file: Path | None) -> None:
    """A new one is for nobody else to read. Raises OSError."""
    if file is not None and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)


def _prepare_sqlite(engine: Engine, begin: str, patience: timedelta, *, readonly: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come too late: updates would be lost silently
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {int(patience.total_seconds() * 1000)}",
            f"query_only = {'ON' if readonly else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)
