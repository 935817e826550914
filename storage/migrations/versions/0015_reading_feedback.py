"""What people say of how replies are read."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ANSWERS = sa.Enum("promise", "reasons", "stop", "wrong", name="readinganswer", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "reading_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("answer", ANSWERS, nullable=False),
        sa.Column("suggested", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_reading_feedback_contact_id_contact")),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_reading_feedback_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_feedback")),
        sa.UniqueConstraint("contact_id", "answer", name=op.f("uq_reading_feedback_contact_id_answer")),
    )
