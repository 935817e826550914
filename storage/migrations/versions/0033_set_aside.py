"""A message of nobody's case that was set aside: no longer asked about, still on record."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WAITS = sa.text("case_id IS NULL AND set_aside_at IS NULL")


def upgrade() -> None:
    op.add_column("contact", sa.Column("set_aside_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.drop_index("ix_contact_quarantine", "contact")
    op.create_index("ix_contact_quarantine", "contact", ["id"], sqlite_where=WAITS, postgresql_where=WAITS)
