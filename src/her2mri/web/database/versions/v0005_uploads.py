"""Tables that were uploaded, and their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False, index=True),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("decimal_comma", sa.Boolean, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("model_id", sa.Integer, sa.ForeignKey("models_in_use.id")),
        sa.Column("uploaded_at", sa.DateTime, nullable=False),
        sa.Column("scoring_since", sa.DateTime),
        sa.Column("scored_at", sa.DateTime),
    )
    op.create_table(
        "uploaded_rows",
        sa.Column("upload_id", sa.Integer, sa.ForeignKey("uploads.id"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("left_out", sa.Boolean, nullable=False),
        sa.Column("typed", sa.Text, nullable=False),
        sa.Column("pseudonym", sa.String(32), nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("lesion_id", sa.Integer, sa.ForeignKey("lesions.id"), unique=True),
        sa.Column("problem", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Remove the tables, with what is in them; lesions and answers stay."""
    op.drop_table("uploaded_rows")
    op.drop_table("uploads")
