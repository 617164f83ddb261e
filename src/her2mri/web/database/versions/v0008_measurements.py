"""What was measured from images, and which answers it went into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from her2mri.web.database.append_only import let_change, let_only_grow

revision = "0008"
down_revision: str | None = "0007"
_ONLY_GROW = ("measurements", "measured_answers")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reader_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("measured_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "measured_answers",
        sa.Column("answer_id", sa.Integer, sa.ForeignKey("answers.id"), primary_key=True),
        sa.Column("measurement_id", sa.Integer, sa.ForeignKey("measurements.id"), nullable=False),
    )
    let_only_grow(_ONLY_GROW)


def downgrade() -> None:
    """Remove the tables, with what is in them."""
    let_change(_ONLY_GROW)
    for table in ("measured_answers", "measurements"):
        op.drop_table(table)
