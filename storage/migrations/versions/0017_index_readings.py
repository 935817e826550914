"""How the index is read from its sources, and where they differ from what is stored."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "index_difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("percent", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("found_at", moment(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("taken", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["analyst.id"], name=op.f("fk_index_difference_decided_by_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_difference")),
        sa.UniqueConstraint("series", "month", "percent", name=op.f("uq_index_difference_series_month_percent")),
    )
    op.create_table(
        "index_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("asked_at", moment(), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("tried_at", moment(), nullable=True),
        sa.Column("read_at", moment(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["analyst.id"], name=op.f("fk_index_reading_asked_by_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_reading")),
        sa.UniqueConstraint("series", name=op.f("uq_index_reading_series")),
    )
