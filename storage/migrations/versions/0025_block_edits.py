"""How people group and word the blocks of a form before it is issued."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CHANGE = sa.Enum("begins", "goes_on", "worded", name="blockchange", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "block_edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("change", CHANGE, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("instead_of", sa.Text(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_block_edit_case_id_case")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_block_edit_contact_id_contact")),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_block_edit_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_edit")),
    )
    op.create_index("ix_block_edit_case_id", "block_edit", ["case_id"])
