"""Readjustments: what a case needs for them, the calculations, and what quotes and allows them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

STANDING = "voided_at IS NULL"
REFERENCES = {
    "case_id": "case",
    "analyst_id": "analyst",
    "applied_by": "analyst",
    "voided_by": "analyst",
}


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.add_column("case", sa.Column("ortho_currency", sa.Numeric(precision=12, scale=4), nullable=True))
    op.add_column("case", sa.Column("last_readjusted_on", sa.Date(), nullable=True))
    op.create_table(
        "readjustment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("first_month", sa.String(), nullable=True),
        sa.Column("last_month", sa.String(), nullable=True),
        sa.Column("percent", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("factor", sa.Text(), nullable=False),
        sa.Column("rates", sa.JSON(), nullable=False),
        sa.Column("series_version", sa.String(), nullable=True),
        sa.Column("informed_by", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        *(
            sa.Column(name, sa.Numeric(precision=12, scale=4), nullable=name.startswith("ortho"))
            for name in ("base_old", "base_new", "ortho_old", "ortho_new")
        ),
        sa.Column("granted", sa.JSON(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("applied_at", moment(), nullable=True),
        sa.Column("applied_by", sa.Integer(), nullable=True),
        sa.Column("voided_at", moment(), nullable=True),
        sa.Column("voided_by", sa.Integer(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_readjustment_{column}_{table}"))
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readjustment")),
    )
    op.create_index("ix_readjustment_case_id", "readjustment", ["case_id", "id"])
    where = {"sqlite_where": sa.text(STANDING), "postgresql_where": sa.text(STANDING)}
    op.create_index("uq_readjustment_standing", "readjustment", ["case_id"], unique=True, **where)
    op.create_table(
        "readjustment_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("readjustment_id", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_readjustment_answer_{table}_id_{table}")
            )
            for table in ("readjustment", "contact", "analyst")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readjustment_answer")),
    )
    op.create_index("ix_readjustment_answer_readjustment_id", "readjustment_answer", ["readjustment_id"])
    for table in ("message", "approval"):  # plain ALTERs, which both databases take
        constraint = f"CONSTRAINT fk_{table}_readjustment_id_readjustment REFERENCES readjustment (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN readjustment_id INTEGER {constraint}")
        op.create_index(f"ix_{table}_readjustment_id", table, ["readjustment_id"])
