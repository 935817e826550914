"""Files that dentists send, notices of the account, and what is known of a message's sender and place in time."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    _extend_contacts()
    op.create_table(
        "received_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("media_id", TEXT(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT(), nullable=True),
        sa.Column("stored", TEXT(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", TEXT(), nullable=True),
        sa.Column("fetched_at", MOMENT(), nullable=True),
        sa.Column("given_up_at", MOMENT(), nullable=True),
        sa.Column("error", TEXT(), nullable=True),
        sa.Column("created_at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_received_file_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_file")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_received_file_contact_id")),
    )
    waiting = sa.text("fetched_at IS NULL AND given_up_at IS NULL")
    op.create_index("ix_received_file_due", "received_file", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "account_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("occurred_at", MOMENT(), nullable=False),
        sa.Column("recorded_at", MOMENT(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_account_notice_key")),
    )


def _extend_contacts() -> None:
    op.add_column("contact", sa.Column("bsuid", TEXT(), nullable=True))
    op.add_column("contact", sa.Column("past", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contact", sa.Column("opens_window", sa.Boolean(), nullable=False, server_default=sa.true()))
    if op.get_bind().dialect.name != "sqlite":  # every row has its value; SQLite cannot take a default away in place
        op.alter_column("contact", "past", server_default=None)
        op.alter_column("contact", "opens_window", server_default=None)
    answers = sa.text("reply_to IS NOT NULL")
    op.create_index("ix_contact_reply_to", "contact", ["reply_to"], sqlite_where=answers, postgresql_where=answers)
