"""Frozen models, lesions, and the answers that were stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from her2mri.web.database.append_only import let_change, let_only_grow

revision = "0002"
down_revision: str | None = "0001"
_ONLY_GROW = ("frozen_models", "models_in_use", "answers")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "frozen_models",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("stored_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "models_in_use",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("first_sha256", sa.String(64), sa.ForeignKey("frozen_models.sha256"), nullable=False),
        sa.Column("second_sha256", sa.String(64), sa.ForeignKey("frozen_models.sha256")),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("put_by", sa.String(32), nullable=False),
    )
    op.create_table(
        "lesions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("pseudonym", sa.String(32), nullable=False, index=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("owner_id", "pseudonym"),
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lesion_id", sa.Integer, sa.ForeignKey("lesions.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("model_id", sa.Integer, sa.ForeignKey("models_in_use.id"), nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("prevalence", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("software", sa.String(32), nullable=False),
        sa.Column("answered_by", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("answered_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("lesion_id", "revision"),
    )
    let_only_grow(_ONLY_GROW)


def downgrade() -> None:
    """Remove the tables, with what is in them."""
    let_change(_ONLY_GROW)
    for table in ("answers", "lesions", "models_in_use", "frozen_models"):
        op.drop_table(table)
