"""What leaves later, and what was offered to be sent by hand."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OFFERED = "status = 'draft' AND offered_at IS NOT NULL"


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.add_column("message", sa.Column("put_off", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("message", sa.Column("offered_at", moment(), nullable=True))
    op.execute("UPDATE message SET put_off = true WHERE status = 'queued'")
    op.execute("UPDATE message SET offered_at = created_at WHERE status = 'draft' AND channel = 'manual'")
    op.create_index(
        "ix_message_offered",
        "message",
        ["offered_at", "id"],
        sqlite_where=sa.text(OFFERED),
        postgresql_where=sa.text(OFFERED),
    )
