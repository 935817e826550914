"""Telegram as a channel to dentists: invitations, and what is known of their chats."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
FOREIGN = ("case", "dentist", "analyst")
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("dentist_address", sa.Column("name", sa.String(), nullable=True))
    op.add_column("dentist_address", sa.Column("blocked_at", MOMENT(), nullable=True))
    op.create_table(
        "dentist_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(f"{table}_id", sa.Integer(), nullable=False) for table in FOREIGN),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT(), nullable=False),
        sa.Column("expires_at", MOMENT(), nullable=False),
        sa.Column("ended_at", MOMENT(), nullable=True),
        sa.Column("chat", sa.String(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_dentist_invitation_{table}_id_{table}")
            )
            for table in FOREIGN
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dentist_invitation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_dentist_invitation_code_hash")),
    )
    op.create_index(
        "uq_dentist_invitation_open",
        "dentist_invitation",
        ["dentist_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
