"""When each message was let go, to whom, and how many people a day Meta allows."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("left_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column("meta_account", sa.Column("people_a_day", sa.Integer(), nullable=True))
    left, whole = sa.text("left_at IS NOT NULL"), sa.text("template_name IS NOT NULL")
    for name, columns, where in (
        ("ix_message_left", ["left_at"], left),
        ("ix_message_left_to", ["address", "left_at"], left),
        ("ix_message_reached", ["sent_at", "address"], whole),
    ):
        op.create_index(name, "message", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_contact_address", "contact", ["address", "occurred_at"])
