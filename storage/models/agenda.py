"""What is due, and what analysts must see."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import FollowUpKind
from storage.models.base import enum_column, partial_index


class FollowUp(SQLModel, table=True):
    """Something due at a time. Only a tap ends it: a reply leaves it standing."""

    __tablename__ = "follow_up"
    __table_args__ = (
        partial_index("ix_follow_up_nudge", "nudge_at", "id", where="done_at IS NULL AND nudge_at IS NOT NULL"),
        partial_index("ix_follow_up_escalated", "due_at", "id", where="done_at IS NULL AND escalated_at IS NOT NULL"),
        partial_index("ix_follow_up_open", "case_id", "due_at", where="done_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    due_at: datetime
    reason: str = ""
    kind: FollowUpKind = Field(
        default=FollowUpKind.RETURN, sa_column=enum_column(FollowUpKind, server_default=FollowUpKind.RETURN)
    )
    nudge_at: datetime | None = None  # when it is told next; None: it has been told often enough
    nudges: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # how often it was told for this due time
    nudged_at: datetime | None = None  # when last
    escalated_at: datetime | None = None  # when it was told for the last time: to those who supervise
    done_at: datetime | None = None
    created_at: datetime


class Notification(SQLModel, table=True):
    """A screen the analyst must see, kept current: touched again, it is drawn anew in place."""

    __table_args__ = (
        UniqueConstraint("analyst_id", "key"),
        partial_index("ix_notification_due", "due_at", "id", where="sent_at IS NULL"),
        Index("ix_notification_screen", "analyst_id", "screen"),
        Index("ix_notification_key", "key"),  # everybody who has a screen about the same
    )

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    key: str  # what it is about; the same key is the same screen
    kind: str
    case_id: int | None = Field(default=None, foreign_key="case.id")
    subject_id: int | None = None
    screen: int | None = Field(default=None, sa_type=BigInteger)  # message id in the analyst's chat
    version: int = 1
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    error: str | None = None
