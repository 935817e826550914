"""What the panel counts is found by its period, and what few contacts tell of it without reading all."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_protocol_opened_on", "case", ["protocol_opened_on"])
    _partial("ix_case_protocol_undated", "case", "opened_at", "protocol_opened_on IS NULL")
    _partial("ix_contact_answered_by", "contact", "case_id", "answered_by IS NOT NULL")
    _partial("ix_contact_imported", "contact", "case_id", "imported", on_sqlite="imported = 1")


def _partial(name: str, table: str, column: str, where: str, *, on_sqlite: str | None = None) -> None:
    there = sa.text(on_sqlite or where)
    op.create_index(name, table, [column], sqlite_where=there, postgresql_where=sa.text(where))
