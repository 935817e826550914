"""Cases that are put aside for the day, and imported blocks without a date."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("put_aside_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column("contact", sa.Column("undated", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name != "sqlite":  # every row has its value; SQLite cannot take a default away in place
        op.alter_column("contact", "undated", server_default=None)
