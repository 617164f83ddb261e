"""``her2mri study``: the main job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from her2mri.jobs import Workers


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
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol", help="recommended: the published protocol and ours beside it; paper: that alone"
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of every random choice")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes")] = os.cpu_count() or 1,
    backend: Annotated[
        Literal["local", "dask"], typer.Option("--backend", help="Where resamples are done")
    ] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster: tcp://host:8786"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON")] = False,
) -> None:
    """Run a whole study: tables, figures, models and one report from a lesion table.

    Run again after an interruption, it goes on from the resamples that were finished.
    """
    from her2mri.cli.progress import TerminalProgress
    from her2mri.jobs import LocalWorkers, Runner, unfinished_work
    from her2mri.output.destination import check_destination
    from her2mri.report.write import MARK, write_study
    from her2mri.study.study import Study

    asked = {"tasks": tuple(task or ()), "protocol": protocol, "seed": seed}
    overrides = {name: value for name, value in asked.items() if value not in (None, ())}
    here = LocalWorkers(workers)
    resampling = _cluster(scheduler) if backend == "dask" or scheduler else here
    check_destination(out, MARK)
    plan = Study.from_toml(study_file, tables=data or (), **overrides)
    with TerminalProgress() as progress, unfinished_work(out, plan.fingerprint()) as finished:
        runner = Runner(here, progress)
        result = plan.run(runner=runner, resampling=Runner(resampling, progress, finished))
        written = write_study(result, out, runner=runner)
    typer.echo(written.as_json() if json else written.summary())


def _cluster(scheduler: str | None) -> Workers:
    from her2mri.errors import Fault, InputError
    from her2mri.jobs import DaskWorkers

    if not scheduler:
        remedy = "say --scheduler ADDRESS, for example tcp://localhost:8786"
        raise InputError([Fault("--backend dask", "the cluster's scheduler is not named", remedy=remedy)])
    return DaskWorkers(scheduler)
