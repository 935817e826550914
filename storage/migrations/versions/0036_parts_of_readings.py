"""Each part of a reading is confirmed or corrected by itself, and the cadence of one case can be held up."""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ANSWERS = sa.Enum("promise", "reasons", "stop", "wrong", name="readinganswer", native_enum=False, length=32)
PARTS = sa.Enum("intent", "reasons", "promise", name="readingpart", native_enum=False, length=32)
NOTHING: dict[str, dict[str, Any]] = {"promise": {"promise": None}, "reasons": {"reasons": []}}  # what "wrong" meant

FEEDBACK = sa.table(
    "reading_feedback",
    sa.column("id", sa.Integer),
    sa.column("contact_id", sa.Integer),
    sa.column("analyst_id", sa.Integer),
    sa.column("answer", sa.String),
    sa.column("suggested", sa.JSON),
    sa.column("said", sa.JSON),
    sa.column("created_at", sqlmodel.sql.sqltypes.UTCDateTime),
)


def upgrade() -> None:
    op.add_column("case", sa.Column("cadence_held_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    _tell_parts_apart()
    with op.batch_alter_table("reading_feedback") as table:
        table.drop_constraint(op.f("uq_reading_feedback_contact_id_answer"), type_="unique")
        table.alter_column("answer", new_column_name="part", existing_type=ANSWERS, type_=PARTS, nullable=False)
    with op.batch_alter_table("reading_feedback") as table:  # SQLite: the copy knows the new name
        table.create_unique_constraint(op.f("uq_reading_feedback_contact_id_part"), ["contact_id", "part"])


def _tell_parts_apart() -> None:
    """ "Wrong" was said of a whole reading, and "stop" was what it means."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(FEEDBACK)).mappings().all()
    answered = {(row["contact_id"], row["answer"]) for row in rows}
    for row in rows:
        here = FEEDBACK.c.id == row["id"]
        if row["answer"] == "wrong":
            connection.execute(sa.update(FEEDBACK).where(here).values(answer="intent"))
            more = [part for part in NOTHING if (row["contact_id"], part) not in answered]
            kept = {key: row[key] for key in ("contact_id", "analyst_id", "suggested", "created_at")}
            for part in more:
                connection.execute(sa.insert(FEEDBACK).values(**kept, answer=part, said=NOTHING[part]))
        elif row["answer"] == "stop" and (row["contact_id"], "wrong") in answered:
            connection.execute(sa.delete(FEEDBACK).where(here))
        elif row["answer"] == "stop":
            connection.execute(sa.update(FEEDBACK).where(here).values(answer="intent"))
