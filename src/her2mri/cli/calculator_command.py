"""``her2mri calculator``: frozen models as one offline HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("calculator")(calculator)


def calculator(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="BUNDLE [BUNDLE]", help="One bundle of LR, or two that make three classes"),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write")] = Path("calculator.html"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists")] = False,
) -> None:
    """One offline page for the reading room: form, probability, nomogram. Nothing typed leaves it."""
    from her2mri.bundle import Bundle
    from her2mri.calculator import calculator_page
    from her2mri.errors import Fault, InputError

    if out.is_dir():
        raise InputError([Fault(str(out), "is a folder", remedy="name a file")])
    if out.exists() and not force:
        raise InputError([Fault(str(out), "exists already", remedy="name another file or add --force")])
    if not out.parent.is_dir():
        raise InputError([Fault(str(out.parent), "is no folder", remedy="make it or name another file")])
    page = calculator_page([Bundle.load(path) for path in paths])
    fresh = out.with_name(f".{out.name}.part")
    fresh.write_text(page, encoding="utf-8", newline="\n")
    fresh.replace(out)
    typer.echo(f"{out}: open it in any browser; it needs no network")
