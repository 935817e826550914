"""Who invited whom, and who stands in for whom."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PEOPLE = ("analyst_id", "substitute_id", "set_by")


def upgrade() -> None:
    # Plain ALTERs, which both databases take: SQLite's batch mode would copy the table.
    for column in ("invited_by", "substitute_id"):
        reference = f"CONSTRAINT fk_analyst_{column}_analyst REFERENCES analyst (id)"
        op.execute(f"ALTER TABLE analyst ADD COLUMN {column} INTEGER {reference}")
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=False) for column in PEOPLE),
        *(sa.Column(column, moment(), nullable=False) for column in ("starts_at", "ends_at", "created_at")),
        *(sa.Column(column, moment(), nullable=True) for column in ("begun_at", "ended_at")),
        *(
            sa.ForeignKeyConstraint([column], ["analyst.id"], name=op.f(f"fk_absence_{column}_analyst"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    for name, column, where in (
        ("ix_absence_to_begin", "starts_at", "begun_at IS NULL AND ended_at IS NULL"),
        ("ix_absence_to_end", "ends_at", "ended_at IS NULL"),
    ):
        op.create_index(name, "absence", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_absence_analyst_id", "absence", ["analyst_id"])
