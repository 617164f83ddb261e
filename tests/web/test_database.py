"""Tables go up and down, and are those that the software thinks they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError
from visits import ON_SQLITE

from her2mri.errors import InputError
from her2mri.web.database.connection import Database, check_address
from her2mri.web.database.migrate import current, migrate, newest
from her2mri.web.database.tables import APPEND_ONLY, Base


def tables(database):
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_the_tables_are_those_that_the_software_describes(room):
    with room.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_step_by_step_and_up_again(room):
    database = room.database
    assert current(database) == newest() == "0008"
    migrate(database, "0001")
    assert current(database) == "0001"
    assert tables(database) == {"accounts", "sign_ins", "failed_sign_ins", "audit_entries"}
    migrate(database, "base")
    assert tables(database) == set()
    migrate(database)
    assert tables(database) == set(Base.metadata.tables)
    migrate(database)  # nothing to do is no error
    for table in APPEND_ONLY:
        with database.reading() as session:
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_migration_that_fails_leaves_the_tables_as_they_were(room, monkeypatch):
    from her2mri.web.database.versions import v0002_lesions

    database = room.database
    migrate(database, "0001")
    with database.writing() as session:
        session.execute(
            text("CREATE TABLE answers (id INTEGER)")
        )  # stands in the way of the second step's last
    before = tables(database)
    with pytest.raises(DatabaseError, match="answers"):
        migrate(database)
    assert tables(database) == before
    assert current(database) == "0001"
    assert v0002_lesions.down_revision == "0001"


def test_servers_that_start_together_migrate_once(room):
    migrate(room.database, "base")

    def start():
        with closing(Database(room.settings.database)) as own:
            migrate(own)

    with ThreadPoolExecutor(4) as servers:
        for started in [servers.submit(start) for _ in range(4)]:
            started.result()
    assert current(room.database) == newest()


def test_health_says_what_does_not_work(visit, room):
    assert visit().get("/health").json() == {"status": "ok", "database": True, "tables": True, "model": True}
    migrate(room.database, "0001")
    response = visit().get("/health")
    assert response.status_code == 503
    assert response.json()["tables"] is False


@pytest.mark.parametrize(
    "address", ["", "room.sqlite", "sqlite://", "mysql://u:secret@host/db", "postgresql://h/db"]
)
def test_an_address_that_cannot_be_is_refused_without_repeating_it(address):
    with pytest.raises(InputError) as caught:
        check_address(address)
    assert "secret" not in str(caught.value)


@ON_SQLITE
def test_a_sqlite_file_keeps_what_was_acknowledged(room):
    with room.database.reading() as session:
        found = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
