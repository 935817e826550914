"""Who answered a call; and what its author has withdrawn."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WHO = sa.Enum("dentist", "secretary", "other", "nobody", "voicemail", name="answeredby", native_enum=False, length=32)


def upgrade() -> None:
    op.add_column("contact", sa.Column("answered_by", WHO, nullable=True))
    op.add_column("contact", sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
