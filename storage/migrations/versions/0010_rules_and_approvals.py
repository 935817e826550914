"""Rules by contract, and by whom they were set and ended; what supervisors are asked to allow."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPEN = "decided_at IS NULL"
KINDS = sa.Enum("exception", "contact", name="approvalkind", native_enum=False, length=32)


def upgrade() -> None:
    # Plain ALTERs, which both databases take: SQLite's batch mode would copy the table.
    op.execute('ALTER TABLE "case" ADD COLUMN contract VARCHAR')
    op.execute("ALTER TABLE rule ADD COLUMN contract VARCHAR")
    for column in ("set_by", "ended_by"):
        op.execute(
            f"ALTER TABLE rule ADD COLUMN {column} INTEGER CONSTRAINT fk_rule_{column}_analyst REFERENCES analyst (id)"
        )
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    references = {"case_id": "case", "rule_id": "rule", "asked_by": "analyst", "decided_by": "analyst"}
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", KINDS, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", moment(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_approval_{column}_{table}"))
            for column, table in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    where = {"sqlite_where": sa.text(OPEN), "postgresql_where": sa.text(OPEN)}
    op.create_index("ix_approval_open", "approval", ["asked_at", "id"], **where)
    op.create_index("uq_approval_open", "approval", ["kind", "case_id", "rule_id"], unique=True, **where)
    op.create_index("ix_approval_case_id", "approval", ["case_id"])
