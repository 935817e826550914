"""Where an analyst's chat ends: whether a screen has scrolled away."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analyst", sa.Column("chat_bottom", sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name != "sqlite":  # every row has its value; SQLite cannot take a default away in place
        op.alter_column("analyst", "chat_bottom", server_default=None)
