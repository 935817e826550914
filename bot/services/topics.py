"""One topic a case in the chat, for whoever wants it: what a case's dentist writes comes there."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from bot.services import audit
from messages.people import treated_name
from storage import queries
from storage.models import Analyst, AuditEntry, Topic
from storage.upsert import insert_new

ON, OFF = "topics_on", "topics_off"  # as the audit trail names them
NAME_LIMIT = 128  # characters of a topic's name at Telegram


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case's notices go: into the topic that stands, or into a new one of this name; both None: the chat."""

    thread_id: int | None = None
    name: str | None = None


def turn(session: Session, analyst: Analyst, on: bool, *, now: datetime) -> AuditEntry:
    """From now on, or no longer. The topics that there are stay."""
    row = session.get_one(Analyst, analyst.id)
    row.topics_on = on
    session.add(row)
    entry = AuditEntry(at=now, analyst_id=analyst.id, action=ON if on else OFF, subject=audit.subject(analyst))
    session.add(entry)
    return entry


def place(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Place:
    """Raises NotFound."""
    if not analyst.topics_on:
        return Place()
    case = queries.case_for(session, case_id, analyst)
    topic = _of_case(session, analyst, case_id)
    if topic is not None:
        return Place(topic.thread_id)
    dentist = queries.dentist_of(session, case)
    end = f" · {case.protocol[-4:]}"
    return Place(name=treated_name(dentist.name, dentist.treatment)[: NAME_LIMIT - len(end)] + end)


def keep(session: Session, analyst: Analyst, case_id: int, thread_id: int, *, now: datetime) -> int:
    """The case's topic; where another process has made one in the meantime, that one."""
    row = {"analyst_id": analyst.id, "case_id": case_id, "thread_id": thread_id, "bottom": thread_id, "created_at": now}
    insert_new(session, Topic, [row])
    topic = _of_case(session, analyst, case_id)
    assert topic is not None
    return topic.thread_id


def forget(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> None:
    """Its owner has deleted it in Telegram."""
    session.execute(delete(Topic).where(col(Topic.analyst_id) == analyst.id, col(Topic.case_id) == case_id))


def at(session: Session, analyst: Analyst, thread_id: int) -> Topic | None:
    """The topic that something was said in."""
    return session.exec(select(Topic).where(Topic.analyst_id == analyst.id, Topic.thread_id == thread_id)).first()


def _of_case(session: Session, analyst: Analyst, case_id: int) -> Topic | None:
    return session.exec(select(Topic).where(Topic.analyst_id == analyst.id, Topic.case_id == case_id)).first()
