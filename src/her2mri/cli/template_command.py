"""``her2mri template``: an empty lesion table to fill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("template")(template)


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Workbook to write")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists")] = False,
) -> None:
    """Write an empty lesion table with drop-downs, limits and the data dictionary."""
    from her2mri.cohort.template import write_template
    from her2mri.dictionary import load_dictionary
    from her2mri.errors import Fault, InputError

    if file.suffix.lower() != ".xlsx":
        raise InputError(
            [Fault(file.name, "is not the name of a workbook", allowed="a name that ends in .xlsx")]
        )
    if file.exists() and not force:
        raise InputError([Fault(file.name, "exists already", remedy="choose another name, or add --force")])
    write_template(file, load_dictionary())
    typer.echo(f"{file}: fill the sheet 'lesions', one row a lesion; then run: her2mri check {file}")
