"""Campaigns, and the cases of each."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STATUS = sa.Enum(
    "filling", "ready", "running", "paused", "stopped", "done", name="campaignstatus", native_enum=False, length=32
)
AT_WORK = "ended_at IS NULL"
WAITING = "excluded IS NULL AND message_id IS NULL"


def upgrade() -> None:
    moment, words = sqlmodel.sql.sqltypes.UTCDateTime(), sqlmodel.sql.sqltypes.AutoString()
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("template_key", words, nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("filled_to", sa.Integer(), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("approved_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_campaign_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_analyst_id", "campaign", ["analyst_id", "id"])
    op.create_index(
        "ix_campaign_at_work",
        "campaign",
        ["next_at", "id"],
        sqlite_where=sa.text(AT_WORK),
        postgresql_where=sa.text(AT_WORK),
    )
    op.create_table(
        "campaign_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("address", words, nullable=True),
        sa.Column("excluded", words, nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_case_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_campaign_case_case_id_case")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_campaign_case_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_case")),
        sa.UniqueConstraint("campaign_id", "case_id", name=op.f("uq_campaign_case_campaign_id_case_id")),
    )
    op.create_index("ix_campaign_case_case_id", "campaign_case", ["case_id"])
    op.create_index(
        "ix_campaign_case_waiting",
        "campaign_case",
        ["campaign_id", "id"],
        sqlite_where=sa.text(WAITING),
        postgresql_where=sa.text(WAITING),
    )
