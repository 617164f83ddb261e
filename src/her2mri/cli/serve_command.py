"""``her2mri serve``: the reading room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from her2mri.web.settings import Settings


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("serve")(serve)


def serve(
    bundles: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[BUNDLE [BUNDLE]]",
            help="Put these models in use; none: those in use already, at first those of the published cohort",
        ),
    ] = None,
    data: Annotated[
        Path, typer.Option("--data", envvar="HER2MRI_DATA", help="Folder of the embedded database")
    ] = Path("her2mri-room"),
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            envvar="HER2MRI_DATABASE",
            help="postgresql+psycopg://USER@HOST/NAME; none: SQLite in --data",
        ),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen at")] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes")] = 1,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Name that browsers call this server by; repeat for more"),
    ] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy speaks TLS for this server: docs/operation.md")
    ] = False,
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of that proxy, whose word on addresses is taken")
    ] = "127.0.0.1",
) -> None:
    """Run the reading room: lesions entered, answered, kept and found again, in any browser.

    Make the first administrator by her2mri room open NAME --role administrator.
    """
    import os
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    import uvicorn

    from her2mri.bundle import Bundle
    from her2mri.cli.room_command import announce, room_at
    from her2mri.web.metrics import FOLDER
    from her2mri.web.protocol import OPTIONS
    from her2mri.web.settings import ENVIRONMENT
    from her2mri.web.start import prepare

    room = room_at(data, database, behind_tls=behind_tls, names=name or ())
    room = replace(room, settings=replace(room.settings, images=str(data.resolve() / "images")))
    _check_listening(host, room.settings)
    prepare(room, [Bundle.load(path) for path in bundles or ()])
    announce(room, data, host, port)
    room.database.close()
    os.environ[ENVIRONMENT] = room.settings.as_json()
    with TemporaryDirectory() as counts:
        if workers > 1:
            os.environ[FOLDER] = counts
        uvicorn.run(
            "her2mri.web.start:worker",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            proxy_headers=behind_tls,
            forwarded_allow_ips=proxy,
            **OPTIONS,
        )


def _check_listening(host: str, settings: Settings) -> None:
    """Passwords never cross a network in the clear."""
    from her2mri.errors import Fault, InputError
    from her2mri.web.settings import LOOPBACK

    if host not in LOOPBACK and not settings.behind_tls:
        remedy = "put a proxy that speaks TLS before it and add --behind-tls (docs/operation.md)"
        raise InputError([Fault("--host", "is not this machine alone", allowed="127.0.0.1", remedy=remedy)])
