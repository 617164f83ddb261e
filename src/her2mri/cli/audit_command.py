"""``her2mri audit``: whether a published diagnostic table adds up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("audit")(audit)


def audit(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Performance tables, characteristics, relations: csv, xlsx"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for audit.html, findings.csv, findings.json")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as a JSON list")] = False,
    example: Annotated[
        bool, typer.Option("--example", help="Audit the tables of the study behind this package")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Folder for files to start from: empty, or filled with --example"),
    ] = None,
) -> None:
    """Check published tables: what contradicts what, with the proof. Exit 0 whatever is found."""
    from her2mri.audit.audit import audit as audit_tables
    from her2mri.audit.example import example_rows, example_tables
    from her2mri.audit.read import read_tables
    from her2mri.audit.writing import findings_json, summary, write_audit, write_tables
    from her2mri.errors import Fault, InputError

    if example and files:
        raise InputError([Fault("audit", "either files or --example")])
    if not (example or files or write):
        raise InputError(
            [Fault("audit", "no file to audit", remedy="name files, or --example, or --write DIR")]
        )
    if write:
        for path in write_tables(example_rows() if example else {}, write):
            typer.echo(f"wrote {path}", err=True)
        if not (files or example):
            return
    answer = audit_tables(example_tables() if example else read_tables(files or ()))
    if out:
        for path in write_audit(answer, out):
            typer.echo(f"wrote {path}", err=True)
    if json:
        typer.echo(findings_json(answer))
        return
    typer.echo(summary(answer))
    if not out:
        typer.echo("With -o DIR: the whole report as a page, csv and JSON.", err=True)
