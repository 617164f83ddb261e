"""``her2mri study``: the main job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("study")(study)


def study(
    study_file: Annotated[Path | None, typer.Argument(help="Study file (TOML); none: the defaults")] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write")] = Path("study"),
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="Lesion table; repeat for more; none: published cohort"),
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option("--task", help="Run this task only; repeat for more")
    ] = None,
    protocol: Annotated[str | None, typer.Option("--protocol", help="How the study is done: paper")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of every random choice")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes")] = os.cpu_count() or 1,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON")] = False,
) -> None:
    """Run a whole study: tables, figures, models and one report from a lesion table."""
    from her2mri.cli.progress import TerminalProgress
    from her2mri.output.destination import check_destination
    from her2mri.report.write import MARK, write_study
    from her2mri.study.study import Study

    asked = {"tasks": tuple(task or ()), "protocol": protocol, "seed": seed}
    overrides = {name: value for name, value in asked.items() if value not in (None, ())}
    check_destination(out, MARK)
    with TerminalProgress() as progress:
        plan = Study.from_toml(study_file, tables=data or (), **overrides)
        result = plan.run(workers=workers, progress=progress)
        written = write_study(result, out, workers=workers, progress=progress)
    typer.echo(written.as_json() if json else written.summary())
