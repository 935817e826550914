"""Who a campaign's cases are is told a page at a time; open cases are found by where they are."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _partial("ix_campaign_case_written", "campaign_case", ["campaign_id", "id"], "message_id IS NOT NULL")
    _partial("ix_campaign_case_excluded", "campaign_case", ["campaign_id", "excluded", "id"], "excluded IS NOT NULL")
    _partial("ix_case_place", "case", ["uf", "city"], "closed_at IS NULL")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    there = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=there, postgresql_where=there)
