"""Analysts' own Telegram accounts that are connected, and the chats in them that are nobody's business."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "business_connection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("can_reply", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_business_connection_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_connection")),
    )
    op.create_index("ix_business_connection_user_id", "business_connection", ["user_id"])
    op.create_table(
        "ignored_chat",
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("ignored_at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_ignored_chat_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("analyst_id", "chat", name=op.f("pk_ignored_chat")),
    )
