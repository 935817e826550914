"""A case, and what it is opened from."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, LargeBinary, Numeric, Text
from sqlmodel import Field, SQLModel

from messages.statuses import Outcome
from storage.models.base import enum_column, json_column, partial_index


class Case(SQLModel, table=True):
    """One dentist's request to leave, from protocol to outcome, with what the form's header says of it."""

    __tablename__ = "case"
    __table_args__ = (
        partial_index("uq_case_open_protocol", "protocol", where="closed_at IS NULL", unique=True),
        Index("ix_case_protocol", "protocol"),
        Index("ix_case_dentist_id", "dentist_id"),
        Index("ix_case_protocol_opened_on", "protocol_opened_on"),
        partial_index("ix_case_protocol_undated", "opened_at", where="protocol_opened_on IS NULL"),
        partial_index("ix_case_open", "analyst_id", "last_touch_at", "id", where="closed_at IS NULL"),
        partial_index("ix_case_place", "uf", "city", where="closed_at IS NULL"),
        partial_index("ix_case_closed", "closed_at", "id", where="closed_at IS NOT NULL"),
        partial_index("ix_case_cadence", "cadence_at", where="closed_at IS NULL"),
        partial_index("ix_case_unread", "analyst_id", "last_in_at", where="unread > 0"),
        partial_index(
            "ix_case_untouched", "analyst_id", "opened_at", where="closed_at IS NULL AND first_out_at IS NULL"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    dentist_id: int = Field(foreign_key="dentist.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    protocol: str
    contract: str | None = None  # of the clinic with the operator; the form has no field for it
    operator: str | None = None
    cro_count: int | None = None
    requested_by: str | None = None
    protocol_opened_on: date | None = None
    uf: str | None = None
    city: str | None = None
    lives: int | None = None
    published_cros: int | None = None
    other_plans: bool | None = None
    other_plans_detail: str | None = None
    currency: Decimal | None = Field(default=None, sa_type=Numeric(12, 4))
    ortho_currency: Decimal | None = Field(default=None, sa_type=Numeric(12, 4))  # the form has no field for it
    last_readjusted_on: date | None = None  # nor for this
    last_production_on: date | None = None
    last_production_value: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    form_date: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    signers: list[str] = Field(default_factory=list, sa_column=json_column())
    collaborator: str | None = None  # the form's own spelling of the analyst
    doubts: list[dict[str, str]] = Field(default_factory=list, sa_column=json_column())

    reasons_stated: list[str] = Field(default_factory=list, sa_column=json_column())
    reasons: list[str] = Field(default_factory=list, sa_column=json_column())
    actions_imported: list[str] = Field(default_factory=list, sa_column=json_column())
    other_justification: str | None = None
    outcome: Outcome | None = Field(default=None, sa_column=enum_column(Outcome, nullable=True))
    protocol_required: bool | None = None
    general_notes: str | None = Field(default=None, sa_type=Text)
    sectors: list[str] = Field(default_factory=list, sa_column=json_column())

    opened_at: datetime
    closed_at: datetime | None = None
    unread: int = 0
    put_aside_at: datetime | None = None  # “Próximo” does not bring it again that day, unless the dentist writes
    first_out_at: datetime | None = None
    last_out_at: datetime | None = None
    last_in_at: datetime | None = None
    window_since: datetime | None = None  # the last message over the API from any number of the dentist's: for 24 hours
    last_touch_at: datetime
    cadence_at: datetime | None = None  # when the cadence looks at it next; None: at once
    cadence_held_at: datetime | None = None  # since when a person holds it up here

    @property
    def spoke_at(self) -> datetime:
        """When either side said something last; of a case in which nobody has, when it was opened."""
        return max(moment for moment in (self.opened_at, self.last_out_at, self.last_in_at) if moment is not None)


class CaseImport(SQLModel, table=True):
    """A spreadsheet of protocols that waits for its tap: as it was read, so that a restart changes nothing."""

    __tablename__ = "case_import"

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    filename: str
    rows: bytes = Field(sa_type=LargeBinary)  # a list of lists of texts, as JSON
    created_at: datetime
