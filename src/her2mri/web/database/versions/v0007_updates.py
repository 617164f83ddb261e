"""Updates of models that were proposed and decided on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from her2mri.web.database.append_only import let_change, let_only_grow

revision = "0007"
down_revision: str | None = "0006"
_ONLY_GROW = ("update_proposals", "update_decisions")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "update_proposals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.Integer, sa.ForeignKey("models_in_use.id"), nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("parent_sha256", sa.String(64), sa.ForeignKey("frozen_models.sha256"), nullable=False),
        sa.Column("sha256", sa.String(64), sa.ForeignKey("frozen_models.sha256"), nullable=False),
        sa.Column("comparison", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "update_decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "proposal_id", sa.Integer, sa.ForeignKey("update_proposals.id"), nullable=False, unique=True
        ),
        sa.Column("is_accepted", sa.Boolean, nullable=False),
        sa.Column("decided_by", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("decided_at", sa.DateTime, nullable=False),
    )
    let_only_grow(_ONLY_GROW)


def downgrade() -> None:
    """Remove the tables, with what is in them."""
    let_change(_ONLY_GROW)
    for table in ("update_decisions", "update_proposals"):
        op.drop_table(table)
