"""What supervisors set: values, wordings, rules, what they allow."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import ApprovalKind
from storage.models.base import enum_column, partial_index


class OperationSetting(SQLModel, table=True):
    """A value that a supervisor set for the operation; the last version of a key holds. Only ever added to."""

    __tablename__ = "operation_setting"
    __table_args__ = (UniqueConstraint("key", "version"),)  # two changes at once: the second is made after the first

    id: int | None = Field(default=None, primary_key=True)
    key: str
    version: int
    value: str | None = Field(default=None, sa_type=Text)  # as `messages.operation` reads it; None: the server's again
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime


class TemplateOverride(SQLModel, table=True):
    """A supervisor's wording of a message of the library; the last version of a key holds. Only ever added to."""

    __tablename__ = "template_override"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str
    version: int
    title: str | None = None  # None: the packaged one, as for the words
    body: str | None = Field(default=None, sa_type=Text)
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime


class Rule(SQLModel, table=True):
    """A supervisor's rule for a city, a UF, a contract or a dentist: don't contact, don't remove from the network, or
    both."""

    __table_args__ = (partial_index("ix_rule_standing", "uf", "city", where="ended_at IS NULL"),)

    id: int | None = Field(default=None, primary_key=True)
    uf: str | None = None
    city: str | None = None
    contract: str | None = None
    dentist_id: int | None = Field(default=None, foreign_key="dentist.id")
    no_contact: bool = False
    no_removal: bool = False
    reason: str
    instructed_by: str
    since: datetime
    set_by: int | None = Field(default=None, foreign_key="analyst.id")
    ended_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="analyst.id")


class Approval(SQLModel, table=True):
    """Something that a supervisor is asked to allow, and what was decided. Granted, it is the record that allows."""

    __table_args__ = (
        partial_index("ix_approval_open", "asked_at", "id", where="decided_at IS NULL"),
        partial_index("uq_approval_open", "kind", "case_id", "rule_id", where="decided_at IS NULL", unique=True),
        Index("ix_approval_case_id", "case_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: ApprovalKind = Field(sa_column=enum_column(ApprovalKind))
    case_id: int = Field(foreign_key="case.id")
    rule_id: int | None = Field(default=None, foreign_key="rule.id")
    readjustment_id: int | None = Field(default=None, foreign_key="readjustment.id", index=True)
    asked_by: int = Field(foreign_key="analyst.id")
    finding: str | None = None  # of the closing gate: its key, and as it was read
    found: str | None = Field(default=None, sa_type=Text)
    reason: str = Field(sa_type=Text)
    asked_at: datetime
    decided_by: int | None = Field(default=None, foreign_key="analyst.id")
    decided_at: datetime | None = None
    granted: bool | None = None  # None though decided: what was asked for is asked no more
