"""Files that go to dentists with a message."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("filename", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mime_type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_attachment_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    # A plain ALTER, which both databases take: SQLite's batch mode would copy the table.
    op.execute(
        "ALTER TABLE message ADD COLUMN attachment_id INTEGER "
        "CONSTRAINT fk_message_attachment_id_attachment REFERENCES attachment (id)"
    )
