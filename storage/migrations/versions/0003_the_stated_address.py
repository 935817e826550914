"""Which of a dentist's addresses an analyst has stated."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dentist_address", sa.Column("stated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    stated = sa.text("stated_at IS NOT NULL")
    columns = ["dentist_id", "channel"]
    name = "uq_dentist_address_stated"
    op.create_index(name, "dentist_address", columns, unique=True, sqlite_where=stated, postgresql_where=stated)
