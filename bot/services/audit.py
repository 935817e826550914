"""The audit trail: who did what to what. Detail names fields and ids, never a text or an identity number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel

from storage.models import Analyst, AuditEntry
from storage.upsert import table_of


def record(
    session: Session, analyst: Analyst | None, action: str, row: SQLModel, *, now: datetime, **detail: Any
) -> None:
    session.add(
        AuditEntry(
            at=now, analyst_id=analyst.id if analyst else None, action=action, subject=subject(row), detail=detail
        )
    )


def record_many(session: Session, analyst: Analyst, action: str, rows: Sequence[SQLModel], *, now: datetime) -> None:
    """The same of each row, in one statement."""
    told = {"at": now, "analyst_id": analyst.id, "action": action}
    if rows:
        entries = [told | {"subject": subject(row), "detail": {}} for row in rows]
        session.connection().execute(table_of(AuditEntry).insert(), entries)


def subject(row: SQLModel) -> str:
    """How a row is named outside its table: ``case:12``."""
    return f"{row.__tablename__}:{getattr(row, 'id')}"  # noqa: B009  the base class has no id
