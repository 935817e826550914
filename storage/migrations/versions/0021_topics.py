"""One topic a case, for whoever wants it."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analyst", sa.Column("topics_on", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "topic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("bottom", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_topic_analyst_id_analyst")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_topic_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("analyst_id", "case_id", name=op.f("uq_topic_analyst_id_case_id")),
        sa.UniqueConstraint("analyst_id", "thread_id", name=op.f("uq_topic_analyst_id_thread_id")),
    )
