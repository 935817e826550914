"""Readjustments as they were worked out, and what came of them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric, Text
from sqlmodel import Field, SQLModel

from storage.models.base import json_column, partial_index


class Readjustment(SQLModel, table=True):
    """One calculation for a case. Its figures never change: another calculation is another row, which voids this one.
    Only what happens to it afterwards is added."""

    __table_args__ = (
        Index("ix_readjustment_case_id", "case_id", "id"),
        partial_index("uq_readjustment_standing", "case_id", where="voided_at IS NULL", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime

    first_month: str | None = None  # YYYY-MM; None: a percentage that somebody gave
    last_month: str | None = None
    percent: Decimal = Field(sa_type=Numeric(10, 4))
    factor: str = Field(sa_type=Text)  # exact
    rates: list[dict[str, str]] = Field(
        default_factory=list, sa_column=json_column()
    )  # month, percent, source, stored_on
    series_version: str | None = None
    informed_by: str | None = None  # of a given percentage: who gave it, and why
    reason: str | None = Field(default=None, sa_type=Text)
    base_old: Decimal = Field(sa_type=Numeric(12, 4))
    base_new: Decimal = Field(sa_type=Numeric(12, 4))
    ortho_old: Decimal | None = Field(default=None, sa_type=Numeric(12, 4))
    ortho_new: Decimal | None = Field(default=None, sa_type=Numeric(12, 4))  # None: it stays as it is

    granted: list[str] = Field(default_factory=list, sa_column=json_column())  # the items a supervisor has authorised
    applied_on: date | None = None  # from when the new values hold
    applied_at: datetime | None = None  # when that was said
    applied_by: int | None = Field(default=None, foreign_key="analyst.id")
    voided_at: datetime | None = None
    voided_by: int | None = Field(default=None, foreign_key="analyst.id")


class ReadjustmentAnswer(SQLModel, table=True):
    """What the dentist says of the values that were presented, and where; the last one holds. Only ever added to."""

    __tablename__ = "readjustment_answer"

    id: int | None = Field(default=None, primary_key=True)
    readjustment_id: int = Field(foreign_key="readjustment.id", index=True)
    accepted: bool
    contact_id: int = Field(foreign_key="contact.id")
    analyst_id: int = Field(foreign_key="analyst.id")  # who says so
    created_at: datetime
