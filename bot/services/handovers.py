"""Cases that change hands, with what is promised and drafted in them. Only supervisors hand over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from bot.services import audit, notices
from bot.services.permission import changing_the_team
from messages.errors import Conflict, NotFound
from messages.statuses import MessageStatus
from storage import queries
from storage.models import Analyst, AuditEntry, Case, FollowUp, Message
from storage.upsert import table_of

UNSETTLED = (MessageStatus.DRAFT, MessageStatus.QUEUED, MessageStatus.UNKNOWN, MessageStatus.FAILED)


def hand_over_case(session: Session, analyst: Analyst, case_id: int, to_id: int, *, now: datetime) -> Case:
    """One case, open or closed. Raises NotAllowed, NotFound, Conflict where it is theirs already."""
    changing_the_team(session, analyst)
    case = queries.case_for(session, case_id, analyst)
    if case.analyst_id == to_id:
        raise Conflict("O caso já é desta pessoa.")
    _move(session, analyst, col(Case.id) == case_id, _active(session, to_id), now)
    session.refresh(case)
    return case


def hand_over_all(session: Session, analyst: Analyst, from_id: int, to_id: int, *, now: datetime) -> Analyst:
    """All open cases of a person. Raises NotAllowed, NotFound, Conflict where there is nothing to hand over."""
    changing_the_team(session, analyst)
    to = _active(session, to_id)
    if from_id == to_id:
        raise Conflict("Os casos já são desta pessoa.")
    if not _move(session, analyst, (col(Case.analyst_id) == from_id) & col(Case.closed_at).is_(None), to, now):
        raise Conflict("Esta pessoa não tem casos abertos para passar.")
    return to


def _active(session: Session, analyst_id: int) -> Analyst:
    to = session.get(Analyst, analyst_id)
    if to is None or not to.active or to.telegram_user_id is None:
        raise NotFound("Esta pessoa não está ativa: escolha outra.")
    return to


def _move(session: Session, by: Analyst, which: ColumnElement[bool], to: Analyst, now: datetime) -> Sequence[int]:
    """The cases that moved; whoever gets them is told once."""
    theirs = select(Case.id).where(which)
    unsettled = col(Message.case_id).in_(theirs), col(Message.status).in_(UNSETTLED)
    queries.hold_messages(session, *unsettled)
    held = select(Case).where(which).order_by(col(Case.id)).with_for_update()
    rows = session.exec(held.execution_options(populate_existing=True)).all()
    moved = {row.id or 0: row.analyst_id for row in rows if row.analyst_id != to.id}
    if not moved:
        return []
    _tell_anew(session, which, now)
    for statement in (
        update(FollowUp).where(col(FollowUp.case_id).in_(theirs), col(FollowUp.done_at).is_(None)),
        update(Message).where(*unsettled),
        update(Case).where(which),
    ):
        session.execute(statement.values(analyst_id=to.id), execution_options={"synchronize_session": False})
    session.connection().execute(
        table_of(AuditEntry).insert(),
        [
            {"at": now, "analyst_id": by.id, "action": "handed_over_to", "subject": f"case:{case}", "detail": detail}
            for case, before in moved.items()
            for detail in [{"from": before, "to": to.id}]
        ],
    )
    tell(session, by, to, len(moved), now=now)
    return list(moved)


def _tell_anew(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    """What was due and told to somebody else is told to whoever has it now."""
    session.execute(
        update(FollowUp)
        .where(
            col(FollowUp.case_id).in_(select(Case.id).where(which)),
            col(FollowUp.done_at).is_(None),
            col(FollowUp.nudges) > 0,
        )
        .values(nudge_at=now, nudges=0, escalated_at=None),
        execution_options={"synchronize_session": False},
    )


def tell(session: Session, by: Analyst, to: Analyst, number: int, *, now: datetime) -> None:
    """Somebody gets so many cases: recorded, and shown to whoever gets them."""
    assert to.id is not None
    told = AuditEntry(
        at=now, analyst_id=by.id, action="cases_given", subject=audit.subject(to), detail={"cases": number}
    )
    session.add(told)
    session.flush()
    notices.touch(session, [notices.Touch(to.id, f"given:{told.id}", "given", None, told.id)], now=now)


def given(session: Session, analyst: Analyst, entry_id: int, *, now: datetime) -> tuple[int, str]:
    """Of a notice: how many cases, and who gave them. Raises NotFound for what was given to somebody else."""
    entry = session.get(AuditEntry, entry_id)
    if entry is None or entry.subject != audit.subject(analyst) or entry.action != "cases_given":
        raise NotFound("Não encontrei esta passagem de casos.")
    names = queries.names_of(session, {entry.analyst_id or 0})
    return int(entry.detail["cases"]), names.get(entry.analyst_id or 0, "")
