"""``her2mri update``: a frozen model moved to a new centre."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class UpdateMethod(StrEnum):
    """How much is estimated anew."""

    INTERCEPT = "intercept"
    SLOPE = "slope"
    REFIT = "refit"


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("update")(update)


def update(
    bundle: Annotated[Path, typer.Argument(help="The frozen model")],
    table: Annotated[Path, typer.Argument(help="Lesion table with the outcome, or what it follows from")],
    method: Annotated[
        UpdateMethod,
        typer.Option(help="intercept; slope: intercept and slope; refit: all, shrunk toward the model"),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The new bundle to write")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the folds that choose the shrinkage")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON")] = False,
) -> None:
    """Adapt a model to a new centre; the new bundle names the hash of the old one."""
    import hashlib

    from her2mri.bundle import Bundle
    from her2mri.bundle.wording import as_json
    from her2mri.errors import Fault, InputError
    from her2mri.transport.update import update as update_bundle
    from her2mri.transport.validate import read_centre

    if out.exists() and not force:
        raise InputError([Fault(str(out), "exists", remedy="give another name or --force")])
    if not out.parent.is_dir():
        raise InputError([Fault(str(out.parent), "is not a folder")])
    parent = Bundle.load(bundle)
    centre = read_centre(parent, table)
    source = {"name": table.name, "sha256": hashlib.sha256(table.read_bytes()).hexdigest()}
    found = update_bundle(parent, centre, method=method.value, table=source, seed=seed)
    out.write_bytes(found.dumps())
    change = found.content["lineage"]["change"]
    written = {"bundle": str(out), "sha256": found.sha256, "parent": parent.sha256, "change": change}
    typer.echo(as_json(written) if json else f"{out}: {change}. Parent {parent.sha256[:12]}.")
