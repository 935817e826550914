"""When an analyst was asked last about what they sent by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analyst", sa.Column("asked_on", sa.Date(), nullable=True))
