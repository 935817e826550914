"""What an approval has dealt with comes back with it; what was pasted long answered waits for nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("answers", sa.Integer(), nullable=False, server_default="0"))
    contact = sa.table("contact", *map(sa.column, ("channel", "direction", "past")))
    pasted = sa.and_(contact.c.channel == "manual", contact.c.direction == "in")
    op.execute(contact.update().where(pasted).values(past=sa.true()))
