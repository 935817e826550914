"""A campaign may begin at a moment that was chosen."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("starts_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
