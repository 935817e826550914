"""What supervisors set for the operation: what holds, where it comes from, what it was before. Each change is a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import audit
from bot.services.operation import Operation, Operations, set_values
from bot.services.permission import only_supervisors
from messages.errors import Conflict, NotFound
from messages.operation import NONE, SETTINGS, Setting
from storage import changes, queries
from storage.models import Analyst, OperationSetting

STEP = "setting"


@dataclass(frozen=True, slots=True)
class Value:
    """``base`` is what the server gives; ``changed`` the row that holds instead of it, and ``by`` who made it."""

    key: str
    shown: str
    base: str
    changed: OperationSetting | None
    by: str

    @property
    def setting(self) -> Setting:
        return SETTINGS[self.key]


def overview(session: Session, analyst: Analyst, operations: Operations, *, now: datetime) -> list[Value]:
    """All values, in the order of their screens. Raises NotAllowed."""
    only_supervisors(analyst)
    rows = changes.holding(session, OperationSetting)
    usable = set_values(rows)
    by = _by(session, rows.values())
    return [_value(operations.base, key, rows[key] if key in usable else None, by) for key in SETTINGS]


def value(session: Session, analyst: Analyst, key: str, operations: Operations, *, now: datetime) -> Value:
    """One of them. Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    _known(key)
    row = changes.last_of(session, OperationSetting, key)
    usable = row is not None and key in set_values({key: row})
    return _value(operations.base, key, row if usable else None, _by(session, [row] if row else []))


def _value(base: Operation, key: str, row: OperationSetting | None, by: dict[int, str]) -> Value:
    setting = SETTINGS[key]
    ours = setting.show(getattr(base, key)) or NONE
    if row is None or row.value is None:
        return Value(key, ours, ours, None, "")
    return Value(key, row.value or NONE, ours, row, by[row.analyst_id])


def _by(session: Session, rows: Iterable[OperationSetting]) -> dict[int, str]:
    return queries.names_of(session, {row.analyst_id for row in rows})


def change(session: Session, analyst: Analyst, key: str, text: str, *, now: datetime) -> OperationSetting:
    """Set it to what was typed. Raises NotAllowed, InvalidInput with what is wrong, Conflict when it holds already."""
    only_supervisors(analyst)
    setting = _known(key)
    return _set(session, analyst, key, setting.show(setting.read(text)), now)


def reset(session: Session, analyst: Analyst, key: str, *, now: datetime) -> OperationSetting:
    """The server's value holds again. Raises NotAllowed, Conflict when it does already."""
    only_supervisors(analyst)
    _known(key)
    return _set(session, analyst, key, None, now)


def _set(session: Session, analyst: Analyst, key: str, kept: str | None, now: datetime) -> OperationSetting:
    former = changes.last_of(session, OperationSetting, key)
    if kept == (former.value if former else None):
        raise Conflict("Este valor já está valendo: nada mudou.")
    row = changes.add(session, OperationSetting, key, analyst, value=kept, now=now)
    audit.record(session, analyst, "setting_changed" if kept is not None else "setting_reset", row, now=now, key=key)
    return row


def history(
    session: Session, analyst: Analyst, key: str, before: int | None, limit: int, *, now: datetime
) -> Sequence[tuple[OperationSetting, str]]:
    """Every change of it with who made it, newest first. Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    _known(key)
    return changes.history(session, OperationSetting, key, before, limit)


def _known(key: str) -> Setting:
    if key not in SETTINGS:
        raise NotFound("Não encontrei esta configuração.")
    return SETTINGS[key]
