"""``her2mri room``: what is done to a reading room from its own machine: accounts, checks, migrations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from her2mri.web.room import Room
    from her2mri.web.soundness import Soundness

DATA = Annotated[Path, typer.Option("--data", envvar="HER2MRI_DATA", help="Folder of the embedded database")]
DATABASE = Annotated[
    str | None, typer.Option("--database", envvar="HER2MRI_DATABASE", help="Instead of SQLite in --data")
]
GENERATE = Annotated[
    bool,
    typer.Option("--generate", help="Make a password, print it once; it must be changed when first used"),
]
_FOLDER = Path("her2mri-room")
DATABASE_FILE = "HER2MRI_DATABASE_FILE"
"""The variable that names a file with the address of the database, where HER2MRI_DATABASE is not set."""


def register(app: typer.Typer) -> None:
    """Hang the verbs on the application."""
    room = typer.Typer(no_args_is_help=True, help="A reading room's accounts, checks and tables.")
    room.command("open")(open_account)
    room.command("password")(password)
    room.command("check")(check)
    room.command("migrate")(migrate)
    room.command("backup")(backup)
    room.command("restore")(restore)
    app.add_typer(room, name="room")


def open_account(
    name: Annotated[str, typer.Argument(help="Who signs in with it: 2 to 31 of a-z, 0-9, . _ -")],
    role: Annotated[str, typer.Option("--role", help="reader, researcher or administrator")],
    data: DATA = _FOLDER,
    database: DATABASE = None,
    generate: GENERATE = False,
) -> None:
    """Open an account. The password is typed, or made by --generate: never part of the command."""
    from her2mri.web.people.accounts import COMMAND_LINE
    from her2mri.web.people.accounts import open_account as open_it

    room = _prepared(data, database)
    chosen = _password(name, generate=generate)
    with room.database.writing() as session:
        hashed = room.passwords.hashed(chosen)
        open_it(
            session,
            room.now(),
            COMMAND_LINE,
            name=name,
            role=role,
            kept_password=hashed,
            must_change=generate,
        )
    typer.echo(f"password: {chosen}" if generate else f"{name} may sign in")


def password(
    name: Annotated[str, typer.Argument(help="Whose password")],
    data: DATA = _FOLDER,
    database: DATABASE = None,
    generate: GENERATE = False,
) -> None:
    """Set another password and unlock the account; its sessions end."""
    from her2mri.errors import Fault, InputError
    from her2mri.web.people.accounts import COMMAND_LINE, account_named, set_password

    room = _prepared(data, database)
    chosen = _password(name, generate=generate)
    with room.database.writing() as session:
        account = account_named(session, name)
        if account is None:
            raise InputError([Fault("name", "there is no such account", value=name)])
        hashed = room.passwords.hashed(chosen)
        set_password(session, room.now(), COMMAND_LINE, account, hashed, must_change=generate)
    typer.echo(f"password: {chosen}" if generate else f"{name} may sign in")


def check(
    data: DATA = _FOLDER,
    database: DATABASE = None,
    last: Annotated[
        str, typer.Option("--last", help="Hash of an entry noted earlier: it must be there")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON")] = False,
) -> None:
    """Check audit log and measurements against their hashes, compute every answer again; exit 1 where one fails."""
    from her2mri.bundle.wording import as_json
    from her2mri.web.audit_log import holds
    from her2mri.web.soundness import soundness

    room = _existing(data, database)
    with room.database.reading() as session:
        found = soundness(room, session)
        is_there = not last or holds(session, last)
    if json:
        typer.echo(as_json({**_as_data(found), "noted_entry_is_there": is_there}))
    else:
        _say(found)
        if not is_there:
            typer.echo("the entry noted earlier is not in the log: its end was cut off")
    if not (found.is_sound and is_there):
        raise typer.Exit(1)


def migrate(
    to: Annotated[str | None, typer.Argument(help="Version; none: the newest")] = None,
    data: DATA = _FOLDER,
    database: DATABASE = None,
) -> None:
    """Bring the tables to a version, up or down; make a backup before going down."""
    from her2mri.web.database.migrate import current
    from her2mri.web.database.migrate import migrate as migrate_to

    room = room_at(data, database)
    before = current(room.database)
    migrate_to(room.database, to)
    typer.echo(f"tables: from {before or 'none'} to {current(room.database) or 'none'}")


def backup(
    file: Annotated[
        Path, typer.Argument(help="A new file; it holds all there is, so keep it as the room is kept")
    ],
    data: DATA = _FOLDER,
    database: DATABASE = None,
) -> None:
    """Write the whole room to one file, while it is used; either database takes it back."""
    from her2mri.web.backup.making import back_up

    made = back_up(room_at(data, database), file)
    typer.echo(f"{file}: {sum(made.rows.values())} rows, tables {made.tables}, sha256 {made.sha256}")


def restore(
    file: Annotated[Path, typer.Argument(help="What her2mri room backup wrote", exists=True, dir_okay=False)],
    data: DATA = _FOLDER,
    database: DATABASE = None,
    replace: Annotated[bool, typer.Option("--replace", help="Remove the room that is here")] = False,
    force: Annotated[bool, typer.Option("--force", help="Although the checks of what it holds fail")] = False,
) -> None:
    """Take a backup back: checked, brought up to date, all of it or nothing. Stop the server before."""
    from her2mri.web.backup.restoring import restore as take_back

    done = take_back(room_at(data, database), file, is_replacing=replace, is_forced=force)
    typer.echo(f"restored: {sum(done.contents.rows.values())} rows of {done.contents.made_at} UTC")
    _say(done.found)
    if not done.found.is_sound:
        raise typer.Exit(1)


def _say(found: Soundness) -> None:
    chain, again, measured = found.chain, found.again, found.measured
    said = f"whole, {chain.entries} entries, the last {chain.last_sha256}"
    typer.echo(f"audit log: {said if chain.is_whole else chain.problem}")
    typer.echo(f"answers: {again.same} same, {again.near} within 1e-9, {len(again.other)} other")
    typer.echo(f"measurements: {measured.same} as they were kept, {len(measured.other)} other")


def _as_data(found: Soundness) -> dict[str, dict[str, object]]:
    chain, again, measured = found.chain, found.again, found.measured
    return {
        "audit_log": {"entries": chain.entries, "last_sha256": chain.last_sha256, "problem": chain.problem},
        "answers": {"same": again.same, "near": again.near, "other": list(again.other)},
        "measurements": {"same": measured.same, "other": list(measured.other)},
    }


def room_at(data: Path, database: str | None, *, behind_tls: bool = False, names: Sequence[str] = ()) -> Room:
    """The room whose data are there; the folder of an embedded database is made, for its owner alone."""
    from her2mri.web.database.connection import check_address, sqlite_address
    from her2mri.web.room import Room
    from her2mri.web.settings import LOOPBACK, Settings

    database = database or _database_of_file()
    if database is None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = data / "room.sqlite"
        file.touch(mode=0o600)
        database = sqlite_address(file)
    check_address(database)
    room = Room.of(Settings(database=database, behind_tls=behind_tls, hosts=(*LOOPBACK, *names)))
    room.database.reach()
    return room


def _database_of_file() -> str | None:
    """The address that stands in a file, as containers hand over what is secret."""
    from her2mri.errors import Fault, InputError

    named = os.environ.get(DATABASE_FILE)
    if not named:
        return None
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Fault(DATABASE_FILE, "names a file that cannot be read", value=named)]) from error


def announce(room: Room, data: Path, host: str, port: int) -> None:
    """Where the room is, on stderr, and what is to do first."""
    from her2mri.web.people.accounts import has_administrator

    with room.database.reading() as session:
        first = not has_administrator(session)
    typer.echo(f"reading room at http://{host}:{port} (Ctrl-C ends it)", err=True)
    if first:
        place = "" if data == _FOLDER or room.database.is_postgresql else f" --data {data}"
        said = f"nobody can sign in yet: her2mri room open NAME --role administrator{place}"
        typer.echo(said, err=True)


def _prepared(data: Path, database: str | None) -> Room:
    from her2mri.web.start import prepare

    room = room_at(data, database)
    prepare(room, ())
    return room


def _existing(data: Path, database: str | None) -> Room:
    from her2mri.errors import Fault, InputError
    from her2mri.web.database.migrate import current, newest

    room = room_at(data, database)
    if current(room.database) != newest():
        raise InputError([Fault("database", "holds no room of this version", remedy="her2mri room migrate")])
    return room


def _password(name: str, *, generate: bool) -> str:
    from getpass import getpass

    from her2mri.errors import Fault, InputError
    from her2mri.web.people.passwords import check_password, generated_password

    if generate:
        return generated_password()
    chosen = getpass(f"Password of {name}: ")
    check_password(chosen, name)
    if getpass("Again: ") != chosen:
        raise InputError([Fault("password", "was not repeated as it was typed")])
    return chosen
