"""What pathology found, the examination, and the scanners there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from her2mri.web.database.append_only import let_change, let_only_grow

revision = "0003"
down_revision: str | None = "0002"
_ONLY_GROW = ("pathology", "examinations")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "scanners",
        sa.Column("code", sa.String(32), primary_key=True),
        sa.Column("is_open", sa.Boolean, nullable=False),
    )
    op.create_table(
        "pathology",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lesion_id", sa.Integer, sa.ForeignKey("lesions.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("answer_id", sa.Integer, sa.ForeignKey("answers.id"), nullable=False),
        sa.Column("her2_ihc", sa.String(32)),
        sa.Column("her2_ish", sa.String(32)),
        sa.Column("status", sa.String(32)),
        sa.Column("label_rule", sa.String(32), nullable=False),
        sa.Column("entered_by", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("entered_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("lesion_id", "revision"),
    )
    op.create_table(
        "examinations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lesion_id", sa.Integer, sa.ForeignKey("lesions.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("scanner", sa.String(32)),
        sa.Column("month", sa.String(7)),
        sa.Column("patient", sa.String(32)),
        sa.Column("entered_by", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("entered_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("lesion_id", "revision"),
    )
    let_only_grow(_ONLY_GROW)


def downgrade() -> None:
    """Remove the tables, with what is in them."""
    let_change(_ONLY_GROW)
    for table in ("examinations", "pathology", "scanners"):
        op.drop_table(table)
