"""Tables that the database itself lets nobody change: rows are added, and stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic import op


def guard(dialect: str, table: str) -> Iterator[str]:
    """The statements that let rows of a table neither be changed nor removed."""
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
        return
    yield (
        f"CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} only grows'; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_grows()"
    )


def unguard(dialect: str, table: str) -> Iterator[str]:
    """What undoes ``guard``."""
    if dialect == "sqlite":
        yield f"DROP TRIGGER {table}_no_update"
        yield f"DROP TRIGGER {table}_no_delete"
        return
    yield f"DROP TRIGGER {table}_no_change ON {table}"
    yield f"DROP FUNCTION {table}_only_grows()"


def let_only_grow(tables: Sequence[str]) -> None:
    """In a migration: from now on rows of these tables are only added."""
    for table in tables:
        for statement in guard(op.get_context().dialect.name, table):
            op.execute(statement)


def let_change(tables: Sequence[str]) -> None:
    """In a migration: what undoes ``let_only_grow``."""
    for table in tables:
        for statement in unguard(op.get_context().dialect.name, table):
            op.execute(statement)
