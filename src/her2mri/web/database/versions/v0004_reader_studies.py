"""Reader studies: drafts and their images, what was opened, shown, read and closed."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from her2mri.web.database.append_only import let_change, let_only_grow

revision = "0004"
down_revision: str | None = "0003"
_ONLY_GROW = ("reader_studies", "opened_studies", "closed_studies", "case_showings", "case_reads")


def upgrade() -> None:
    """Make the tables."""
    dialect = op.get_context().dialect.name
    _set_up_tables()
    _reading_tables()
    let_only_grow(_ONLY_GROW)
    for statement in _keep_images(dialect):
        op.execute(statement)


def _study() -> sa.Column[int]:
    return sa.Column("study_id", sa.Integer, sa.ForeignKey("reader_studies.id"), nullable=False)


def _study_key() -> sa.Column[int]:
    return sa.Column("study_id", sa.Integer, sa.ForeignKey("reader_studies.id"), primary_key=True)


def _who(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("accounts.id"), nullable=False)


def _set_up_tables() -> None:
    op.create_table(
        "reader_studies",
        sa.Column("id", sa.Integer, primary_key=True),
        _who("created_by"),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table("study_drafts", _study_key(), sa.Column("content", sa.Text, nullable=False))
    op.create_table(
        "study_images",
        sa.Column("id", sa.Integer, primary_key=True),
        _study(),
        sa.Column("case", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("media", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("study_id", "case", "place"),
    )
    op.create_table(
        "opened_studies",
        _study_key(),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        _who("opened_by"),
        sa.Column("opened_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "closed_studies",
        _study_key(),
        _who("closed_by"),
        sa.Column("closed_at", sa.DateTime, nullable=False),
    )


def _reading_tables() -> None:
    op.create_table(
        "case_showings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("reader_studies.id"), nullable=False, index=True),
        _who("reader_id"),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("shown_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "case_reads",
        sa.Column("id", sa.Integer, primary_key=True),
        _study(),
        _who("reader_id"),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("call", sa.String(32), nullable=False),
        sa.Column("confidence", sa.Integer, nullable=False),
        sa.Column("answered_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("study_id", "reader_id", "session", "place"),
    )


def _keep_images(dialect: str) -> Iterator[str]:
    """The images of a study that was opened neither change nor go. One that came later would be in no set-up."""
    said = "the images of an open study stay"
    opened = "EXISTS (SELECT 1 FROM opened_studies WHERE study_id = OLD.study_id)"
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER study_images_no_{verb.lower()} BEFORE {verb} ON study_images "
                f"WHEN {opened} BEGIN SELECT RAISE(ABORT, '{said}'); END"
            )
        return
    yield (
        "CREATE FUNCTION study_images_stay() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {opened} THEN RAISE EXCEPTION '{said}'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    yield (
        "CREATE TRIGGER study_images_no_change BEFORE UPDATE OR DELETE ON study_images "
        "FOR EACH ROW EXECUTE FUNCTION study_images_stay()"
    )


def downgrade() -> None:
    """Remove the tables, with what is in them."""
    dialect = op.get_context().dialect.name
    if dialect == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER study_images_no_{verb}")
    else:
        op.execute("DROP TRIGGER study_images_no_change ON study_images")
        op.execute("DROP FUNCTION study_images_stay()")
    let_change(_ONLY_GROW)
    for table in (
        "case_reads", "case_showings", "closed_studies", "opened_studies", "study_images", "study_drafts",
        "reader_studies",
    ):  # fmt: skip
        op.drop_table(table)
