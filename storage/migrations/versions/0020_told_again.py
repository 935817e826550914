"""Follow-ups that are told again while nobody acts; the summaries of the day."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UNTOLD = "done_at IS NULL AND nudge_at IS NOT NULL"
ESCALATED = "done_at IS NULL AND escalated_at IS NOT NULL"


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime()
    op.add_column("follow_up", sa.Column("nudge_at", moment, nullable=True))
    op.add_column("follow_up", sa.Column("nudges", sa.Integer(), server_default="0", nullable=False))
    op.add_column("follow_up", sa.Column("escalated_at", moment, nullable=True))
    op.drop_index("ix_follow_up_due", table_name="follow_up")
    for name, first, where in (
        ("ix_follow_up_nudge", "nudge_at", UNTOLD),
        ("ix_follow_up_escalated", "due_at", ESCALATED),
    ):
        op.create_index(name, "follow_up", [first, "id"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.execute("UPDATE follow_up SET nudge_at = due_at WHERE done_at IS NULL AND nudged_at IS NULL")
    op.execute("UPDATE follow_up SET nudges = 1 WHERE nudged_at IS NOT NULL")
    for name in ("morning", "evening"):
        op.add_column("analyst", sa.Column(f"{name}_digest", sa.Boolean(), server_default=sa.true(), nullable=False))
        op.add_column("analyst", sa.Column(f"{name}_told_on", sa.Date(), nullable=True))
