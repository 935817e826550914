"""The database: connects, is at the newest schema, can be written, has room; and what its version means here."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.doctor.findings import Finding, fails, ok, warns
from bot.doctor.wire import Wire
from bot.services import pauses
from bot.settings import Settings
from messages.statuses import Role
from storage import inspection, queries
from storage.engine import connect, is_sqlite, reason

T = TypeVar("T")
LITTLE, TOO_LITTLE = 1024**3, 100 * 1024**2  # bytes that are free
OLDEST_POSTGRESQL = 12  # the first that can compute a column, as search needs it
# Two connections that write or checkpoint at the same instant may spoil the file: https://sqlite.org/wal.html#walresetbug
MENDED_SQLITE = ((3, 44, 6), (3, 50, 7))  # in these lines of versions, and in all from the last on
MENDED_FOR_GOOD, WAL_SINCE = (3, 51, 3), (3, 7, 0)


def check_database(settings: Settings, _: Wire) -> Iterator[Finding]:
    file = settings.database_file
    if file is not None and not file.exists():
        yield from _not_there_yet(file)
        return
    engine = connect(settings.database_url)
    try:
        yield from _connected(engine)
    except DBAPIError as error:
        yield fails(f"não consegui usá-lo ({reason(error)})", "Confira DATABASE_URL, a permissão e o servidor.")
    finally:
        engine.dispose()


def check_disk(settings: Settings, _: Wire) -> Iterator[Finding]:
    """Room for what is kept on this machine: an SQLite file, and the files that dentists send."""
    file = settings.database_file
    if file is not None:
        yield room(shutil.disk_usage(_nearest(file)).free, "ao lado do banco")
    if not _can_make(settings.files / "file"):
        told = f"a pasta dos arquivos recebidos, {settings.files}, não pode ser gravada"
        yield fails(told, "Confira MEDIA_FOLDER, e a permissão do usuário que roda o serve.")
    else:
        yield room(shutil.disk_usage(_nearest(settings.files / "file")).free, "na pasta dos arquivos recebidos")


def room(free: int, where: str) -> Finding:
    """``free``: bytes."""
    told = f"{free / 1024**3:.1f} GB livres ".replace(".", ",") + where
    remedy = "Libere espaço: sem ele nada é gravado e nada sai."
    if free < TOO_LITTLE:
        return fails(told, remedy)
    return warns(told, remedy) if free < LITTLE else ok(told)


def check_leader(settings: Settings, _: Wire) -> Iterator[Finding]:
    """Whether some process polls Telegram, where several may."""
    if settings.database_file is not None or not settings.telegram_on or settings.telegram_mode != "polling":
        return
    engine = connect(settings.database_url)
    try:
        holder = inspection.leader(engine)
    except DBAPIError:
        return  # told by the database's own check
    finally:
        engine.dispose()
    if holder:
        yield ok(f"um processo busca as mensagens do Telegram (em {holder})")
    else:
        yield warns("nenhum processo busca as mensagens do Telegram", "Inicie o serve, ou confira o log dele.")


def check_sending(settings: Settings, _: Wire) -> Iterator[Finding]:
    """Whether a channel rests, because its account takes nothing."""
    found = _answer(settings, pauses.all_standing)
    if found is None:
        return
    if not found:
        yield ok("nenhum canal de envio está parado")
    for pause in found:
        since = f"{pause.began_at.astimezone(settings.zone):%d/%m/%Y, %H:%M}"
        channel = pauses.NAMES[pause.channel]
        yield fails(f"os envios pelo {channel} estão parados desde {since} (código {pause.code})", pause.reason)


def check_team(settings: Settings, _: Wire) -> Iterator[Finding]:
    """Whether somebody supervises: what nobody acts on goes to them, and only they invite and approve."""
    there = _answer(settings, queries.active_analysts)
    if there is None:
        return
    supervising = sum(a.role is Role.SUPERVISOR for a in there)
    if not there:
        yield ok("ninguém entrou ainda")
    elif supervising:
        yield ok(f"{supervising} {'pessoa' if supervising == 1 else 'pessoas'} na supervisão")
    else:
        yield warns(
            "ninguém na supervisão: o último aviso de um retorno sem ação volta a quem já não reagiu, e pedidos ficam "
            "sem quem os aprove",
            "Convide alguém com retencao invite --role supervisor.",
        )


def _answer(settings: Settings, question: Callable[[Session], T]) -> T | None:
    """None where there is no database yet, or it cannot be used: that is told by its own check."""
    file = settings.database_file
    if file is not None and not file.exists():
        return None
    engine = connect(settings.database_url, readonly=True)
    try:
        with Session(engine) as session:
            return question(session)
    except DBAPIError:
        return None
    finally:
        engine.dispose()


def _nearest(file: Path) -> Path:
    """What there is already of the way to it."""
    return next(one for one in file.absolute().parents if one.exists())


def _can_make(file: Path) -> bool:
    folder = _nearest(file)
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _not_there_yet(file: Path) -> Iterator[Finding]:
    if _can_make(file):
        yield warns(f"{file} ainda não existe", "O serve e o retencao migrate o criam.")
    else:
        yield fails(f"{file} não pode ser criado", "Confira DATABASE_URL, e a permissão do usuário que roda o serve.")


def _connected(engine: Engine) -> Iterator[Finding]:
    version = inspection.version(engine)
    yield _sqlite(version) if is_sqlite(engine) else _postgresql(version)
    schema = inspection.schema(engine)
    if schema.behind is None:
        yield fails(
            f"o esquema ({schema.found}) é de uma versão mais nova do programa",
            "Instale essa versão, ou volte o backup.",
        )
        return
    if schema.behind:
        missing = f"{schema.behind} {'migração' if schema.behind == 1 else 'migrações'}"
        yield warns(
            f"o esquema está atrás: {missing}", "O serve e o retencao migrate o atualizam; faça antes um backup."
        )
        return
    inspection.write_and_take_back(engine)
    yield ok(f"esquema em dia ({schema.newest}), leitura e gravação funcionam")


def spoils(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the WAL-reset bug."""
    if not WAL_SINCE <= version < MENDED_FOR_GOOD:
        return False
    return not any(version[:2] == mended[:2] and version >= mended for mended in MENDED_SQLITE)


def _sqlite(version: tuple[int, ...]) -> Finding:
    told = f"SQLite {'.'.join(map(str, version))}"
    if not spoils(version):
        return ok(told)
    return warns(
        f"{told}, com o defeito em que duas gravações no mesmo instante podem estragar o arquivo (3.7.0 a 3.51.2)",
        "O serve grava por uma conexão só, e o risco é mínimo; pare-o antes de invite, case import e outros comandos "
        "que gravam, e não abra o arquivo com outro programa. Sem o defeito: SQLite 3.51.3, ou PostgreSQL.",
    )


def _postgresql(version: tuple[int, ...]) -> Finding:
    told = f"PostgreSQL {'.'.join(map(str, version))}"
    if version < (OLDEST_POSTGRESQL,):
        return fails(told, f"É preciso a versão {OLDEST_POSTGRESQL} ou mais nova.")
    return ok(told)
