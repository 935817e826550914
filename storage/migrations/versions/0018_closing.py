"""The closing gate: what was let stand, actions ticked by hand, and what a supervisor is asked to overrule."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HOW = sa.Enum("checked", "explained", "overruled", name="settled", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "closing_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("finding", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("how", HOW, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("given_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_closing_answer_case_id_case")),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_closing_answer_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_answer")),
        sa.UniqueConstraint("case_id", "finding", "how", name=op.f("uq_closing_answer_case_id_finding_how")),
    )
    op.create_table(
        "action_tick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ticked", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_action_tick_case_id_case")),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_action_tick_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_tick")),
    )
    op.create_index("ix_action_tick_case_id", "action_tick", ["case_id"])
    op.add_column("approval", sa.Column("finding", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("approval", sa.Column("found", sa.Text(), nullable=True))
