"""Issued forms as revisions, with the files made of them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FORMAT = sa.Enum("pdf", "docx", "md", name="formformat", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "form_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("analyst_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_form_revision_case_id_case")),
        sa.ForeignKeyConstraint(["analyst_id"], ["analyst.id"], name=op.f("fk_form_revision_analyst_id_analyst")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_revision")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_form_revision_case_id_number")),
        sa.UniqueConstraint("code", name=op.f("uq_form_revision_code")),
    )
    op.create_table(
        "form_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("format", FORMAT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["form_revision.id"], name=op.f("fk_form_file_revision_id_form_revision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_file")),
        sa.UniqueConstraint("revision_id", "format", name=op.f("uq_form_file_revision_id_format")),
    )
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index("ix_case_closed", "case", ["closed_at", "id"], sqlite_where=closed, postgresql_where=closed)
