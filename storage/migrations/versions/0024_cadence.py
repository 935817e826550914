"""The cadence of contacts: when a case is looked at next, and what was prepared for which silence."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STEP = sa.Enum("first", "again", "warning", "closing", name="step", native_enum=False, length=32)
KIND = sa.Enum("return", "closing", name="followupkind", native_enum=False, length=32)
PREPARED = "status = 'draft' AND cadence_step IS NOT NULL"


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime()
    op.add_column("case", sa.Column("cadence_at", moment, nullable=True))
    op.create_index(
        "ix_case_cadence",
        "case",
        ["cadence_at"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.add_column("message", sa.Column("cadence_step", STEP, nullable=True))
    op.add_column("message", sa.Column("prepared_for", moment, nullable=True))
    op.create_index(
        "ix_message_prepared",
        "message",
        ["created_at", "id"],
        sqlite_where=sa.text(PREPARED),
        postgresql_where=sa.text(PREPARED),
    )
    op.add_column("follow_up", sa.Column("kind", KIND, server_default="return", nullable=False))
