"""When a channel has answered for each message: what is still on its way may arrive in this very second."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    answered = sa.text("answered_at IS NOT NULL")
    op.create_index("ix_message_answered", "message", ["answered_at"], sqlite_where=answered, postgresql_where=answered)
    op.drop_index("ix_message_left", "message")
