"""Tables to which each change is added as the next version of its key: what holds now, what was, and how much."""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.models import Analyst, OperationSetting, TemplateOverride

Change = TypeVar("Change", OperationSetting, TemplateOverride)


def revision(session: Session) -> tuple[int, int]:
    """Another one after each change, in one small query.

    Counted, since the greatest id may be seen while a smaller one is not committed yet.
    """
    counted = (select(func.count()).select_from(m).scalar_subquery() for m in (OperationSetting, TemplateOverride))
    settings, templates = session.exec(select(*counted)).one()
    return settings, templates


def holding(session: Session, model: type[Change]) -> dict[str, Change]:
    """The last version of each key."""
    last = select(func.max(col(model.id))).group_by(col(model.key))
    return {row.key: row for row in session.exec(select(model).where(col(model.id).in_(last)))}


def last_of(session: Session, model: type[Change], key: str) -> Change | None:
    return session.exec(select(model).where(model.key == key).order_by(col(model.version).desc()).limit(1)).first()


def version_of(session: Session, model: type[Change], key: str, version: int) -> Change | None:
    return session.exec(select(model).where(model.key == key, model.version == version)).first()


def history(
    session: Session, model: type[Change], key: str, before: int | None, limit: int
) -> list[tuple[Change, str]]:
    """Newest first, from the version before ``before`` on, each with the name of who made it."""
    asked = select(model, Analyst.name).join(Analyst, col(Analyst.id) == col(model.analyst_id)).where(model.key == key)
    if before is not None:
        asked = asked.where(model.version < before)
    return list(session.exec(asked.order_by(col(model.version).desc()).limit(limit)))


def add(session: Session, model: type[Change], key: str, analyst: Analyst, *, now: datetime, **values: Any) -> Change:
    """The next version. Of two at once the unique constraint stops the second, which the door then runs again."""
    assert analyst.id is not None
    former = last_of(session, model, key)
    version = former.version + 1 if former else 1
    row = model(key=key, version=version, analyst_id=analyst.id, created_at=now, **values)
    session.add(row)
    session.flush()
    return row
