"""What each block of a message said when it was composed; which failed send a message repeats; notices by their key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ALTERs, which both databases take: SQLite's batch mode would copy the table.
    op.execute("ALTER TABLE message ADD COLUMN said JSON DEFAULT '{}' NOT NULL")
    op.execute(
        "ALTER TABLE message ADD COLUMN again_of INTEGER CONSTRAINT fk_message_again_of_message REFERENCES message (id)"
    )
    op.create_index("ix_notification_key", "notification", ["key"])
    _keep_what_was_said()


def _keep_what_was_said() -> None:
    """What may still be edited: nobody knows any more what each block said, so each said the text as it stands."""
    message = sa.table(
        "message",
        sa.column("id", sa.Integer),
        sa.column("text", sa.Text),
        sa.column("blocks", sa.JSON),
        sa.column("status", sa.String),
        sa.column("said", sa.JSON),
    )
    gone = ("accepted", "delivered", "read", "handed_over")
    connection = op.get_bind()
    rows = connection.execute(sa.select(message.c["id", "text", "blocks"]).where(message.c.status.not_in(gone))).all()
    for number, words, blocks in rows:
        connection.execute(message.update().where(message.c.id == number).values(said=dict.fromkeys(blocks, words)))
