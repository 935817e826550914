"""How a case came to its end: what was let stand, and what was ticked by hand."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import Settled
from storage.models.base import enum_column


class ClosingAnswer(SQLModel, table=True):
    """Why something that the closing gate found may stand. Holds for a finding of the very same words."""

    __tablename__ = "closing_answer"
    __table_args__ = (UniqueConstraint("case_id", "finding", "how"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    finding: str  # its key
    text: str = Field(sa_type=Text)  # as it was read
    how: Settled = Field(sa_column=enum_column(Settled))
    words: str = Field(default="", sa_type=Text)
    analyst_id: int = Field(foreign_key="analyst.id")
    given_at: datetime


class ActionTick(SQLModel, table=True):
    """An action of the form that a person ticked or took away, with the reason; the last row of an action holds. Only
    ever added to."""

    __tablename__ = "action_tick"
    __table_args__ = (Index("ix_action_tick_case_id", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    action: str  # in the form's words
    ticked: bool
    reason: str = Field(default="", sa_type=Text)
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime
