"""Issued forms: their revisions, the files made of them, and which cases ended when."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from messages.statuses import FormFormat
from storage.models import BlockEdit, Case, FormFile, FormRevision
from storage.upsert import insert_new


def last_revision(session: Session, case_id: int) -> FormRevision | None:
    statement = select(FormRevision).where(FormRevision.case_id == case_id)
    return session.exec(statement.order_by(col(FormRevision.number).desc())).first()


def by_code(session: Session, code: str) -> tuple[FormRevision, Case] | None:
    statement = select(FormRevision, Case).join(Case, col(FormRevision.case_id) == Case.id)
    return session.exec(statement.where(FormRevision.code == code)).first()


def files_of(session: Session, revision_ids: Sequence[int], *, only: FormFormat | None = None) -> list[FormFile]:
    statement = select(FormFile).where(col(FormFile.revision_id).in_(revision_ids))
    return list(session.exec(statement if only is None else statement.where(FormFile.format == only)))


def keep_file(session: Session, revision_id: int, made: FormFormat, content: bytes, digest: str, now: datetime) -> None:
    row = {"revision_id": revision_id, "format": made, "content": content, "digest": digest, "made_at": now}
    insert_new(session, FormFile, [row])


def last_of_closed(
    session: Session, since: datetime, until: datetime, limit: int
) -> list[tuple[Case, FormRevision | None]]:
    """The cases that ended then, each with its last revision, in the order in which they ended."""
    newest = (
        select(FormRevision.case_id, func.max(FormRevision.number).label("number"))
        .group_by(col(FormRevision.case_id))
        .subquery()
    )
    statement = (
        sa_select(Case, FormRevision)
        .join(newest, newest.c.case_id == Case.id, isouter=True)
        .join(
            FormRevision,
            and_(col(FormRevision.case_id) == newest.c.case_id, col(FormRevision.number) == newest.c.number),
            isouter=True,
        )
        .where(col(Case.closed_at) >= since, col(Case.closed_at) < until)
        .order_by(col(Case.closed_at), col(Case.id))
        .limit(limit)
    )
    return [(case, revision) for case, revision in session.execute(statement).all()]


def edits_of(session: Session, case_id: int) -> list[BlockEdit]:
    """In the order they were made."""
    return list(session.exec(select(BlockEdit).where(BlockEdit.case_id == case_id).order_by(col(BlockEdit.id))))
