"""Templates as Meta has them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "meta_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("language", TEXT(), nullable=False),
        sa.Column("meta_id", TEXT(), nullable=True),
        sa.Column("category", TEXT(), nullable=True),
        sa.Column("status", TEXT(), nullable=True),
        sa.Column("reason", TEXT(), nullable=True),
        sa.Column("quality", TEXT(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("checked_at", MOMENT(), nullable=True),
        sa.Column("news", sa.Integer(), nullable=False),
        sa.Column("wanted_at", MOMENT(), nullable=True),
        sa.Column("wanted_by", sa.Integer(), nullable=True),
        sa.Column("lease_until", MOMENT(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", TEXT(), nullable=True),
        sa.ForeignKeyConstraint(["wanted_by"], ["analyst.id"], name=op.f("fk_meta_template_wanted_by_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meta_template")),
        sa.UniqueConstraint("name", "language", name=op.f("uq_meta_template_name_language")),
    )
    wanted = sa.text("wanted_at IS NOT NULL")
    columns = ["wanted_at", "id"]
    op.create_index("ix_meta_template_wanted", "meta_template", columns, sqlite_where=wanted, postgresql_where=wanted)
    op.create_table(
        "meta_account",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pull_due_at", MOMENT(), nullable=False),
        sa.Column("pulled_at", MOMENT(), nullable=True),
        sa.Column("lease_until", MOMENT(), nullable=True),
        sa.Column("error", TEXT(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meta_account")),
    )
