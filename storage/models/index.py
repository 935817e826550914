"""The price index month by month, where it is read from, and where sources differ."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel


class IndexRate(SQLModel, table=True):
    """One month of a price index, percent, with where it was read."""

    __tablename__ = "index_rate"

    series: str = Field(primary_key=True)
    month: str = Field(primary_key=True)  # YYYY-MM
    percent: Decimal = Field(sa_type=Numeric(10, 4))
    source: str
    recorded_at: datetime


class IndexDifference(SQLModel, table=True):
    """What a source says of a month that the series holds otherwise: a supervisor decides, the series stands until
    then."""

    __tablename__ = "index_difference"
    __table_args__ = (UniqueConstraint("series", "month", "percent"),)

    id: int | None = Field(default=None, primary_key=True)
    series: str
    month: str
    percent: Decimal = Field(sa_type=Numeric(10, 4))
    source: str
    found_at: datetime
    decided_by: int | None = Field(default=None, foreign_key="analyst.id")
    decided_at: datetime | None = None
    taken: bool | None = None  # it replaced what stood


class IndexReading(SQLModel, table=True):
    """How the reading of a series from its sources stands: one row a series."""

    __tablename__ = "index_reading"

    id: int | None = Field(default=None, primary_key=True)
    series: str = Field(unique=True)
    asked_at: datetime | None = None  # by a supervisor; read as soon as may be
    asked_by: int | None = Field(default=None, foreign_key="analyst.id")
    tried_at: datetime | None = None  # real time: of the last try, which others wait out
    read_at: datetime | None = None
    error: str | None = None  # of the last try, where it failed
