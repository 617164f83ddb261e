"""From one version of the tables to another, up and down, each step whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from her2mri.errors import Fault, InputError
from her2mri.web.database.connection import Database
from her2mri.web.database.tables import Base

_FOLDER: Final = Path(__file__).parent
_LOCK: Final = 0x4E61
VERSION_TABLE: Final = "alembic_version"


def newest() -> str:
    """The version that this software works with."""
    return str(_scripts()[1].get_current_head())


def versions() -> list[str]:
    """Every version of the tables, "base" (none) first."""
    return ["base", *reversed([script.revision for script in _scripts()[1].walk_revisions()])]


def current(database: Database) -> str | None:
    """The version of the tables that are there; None where there are none."""
    with database.engine.connect() as connection:
        return version_of(connection)


def version_of(connection: Connection) -> str | None:
    """The version of the tables that this connection sees; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database, to: str | None = None) -> None:
    """Bring the tables to a version (None: the newest; "base": none), all steps in one transaction.

    InputError where there is no such version.

    Several servers may start at once: one of them migrates, the others wait and find it done.
    """
    with database.engine.connect().execution_options(her2mri_writes=True) as connection, connection.begin():
        migrate_within(connection, to or newest())


def migrate_within(connection: Connection, target: str) -> None:
    """The same as a part of a transaction that writes."""
    known = versions()
    if target not in known:
        raise InputError([Fault("version", "there is none of that name", allowed=", ".join(known))])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    here = version_of(connection) or "base"
    if here not in known:
        remedy = "use the software that made them, or migrate them down with it first"
        raise InputError([Fault("database", "its tables are of a newer software", value=here, remedy=remedy)])
    if here != target:
        _run(connection, target, is_upgrade=known.index(target) > known.index(here))


def _run(connection: Connection, target: str, *, is_upgrade: bool) -> None:
    config, scripts = _scripts()

    def steps(revision: Any, _context: Any) -> Any:
        if is_upgrade:
            return scripts._upgrade_revs(target, revision)
        return scripts._downgrade_revs(target, revision)

    with EnvironmentContext(config, scripts, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
        environment.run_migrations()


def _scripts() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("version_locations", str(_FOLDER / "versions"))
    config.set_main_option("path_separator", "newline")
    return config, ScriptDirectory.from_config(config)
