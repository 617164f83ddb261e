"""``her2mri validate``: a frozen model on a new centre's lesions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from her2mri.transport.validate import Validation


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("validate")(validate)


def validate(
    bundle: Annotated[Path, typer.Argument(help="The frozen model")],
    table: Annotated[Path, typer.Argument(help="Lesion table with the outcome, or what it follows from")],
    n_bootstrap: Annotated[int, typer.Option("--bootstrap", min=100, max=100_000, help="Resamples")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON")] = False,
) -> None:
    """Discrimination, calibration, net benefit at the locked threshold, and how the case mix differs."""
    from her2mri.bundle import Bundle
    from her2mri.bundle.wording import as_json
    from her2mri.transport.validate import read_centre
    from her2mri.transport.validate import validate as validate_bundle

    model = Bundle.load(bundle)
    found = validate_bundle(model, read_centre(model, table), seed=seed, n_bootstrap=n_bootstrap)
    typer.echo(as_json(found.as_dict()) if json else _in_words(found))


def _in_words(found: Validation) -> str:
    centre, bundle = found.centre, found.bundle
    lines = [
        bundle.content["card"]["title"],
        f"{len(centre.y)} lesions, {int(centre.y.sum())} of them {bundle.task.positive_label}",
        *(f"Left out: {count} ({reason})" for reason, count in centre.left_out.items()),
    ]
    if missing := sum(bool(answer.missing) for answer in centre.answers):
        lines.append(f"{missing} lesions lack an input: averaged over what it probably is")
    lines += ["", _table(found.performance, ("metric", "threshold"), ("estimate", "conf_low", "conf_high"))]
    numbers = ("development", "here", "standardised_difference", "conf_low", "conf_high")
    lines += ["", "Case mix", _table(found.case_mix, ("label", "statistic"), numbers)]
    notices = [bundle.notice] if bundle.notice else []
    return "\n".join([*lines, *(f"Note: {said}" for said in (*(n.message for n in found.notes), *notices))])


def _table(frame: pd.DataFrame, words: tuple[str, ...], numbers: tuple[str, ...]) -> str:
    shown = frame[[*words, *numbers]].rename(columns=lambda name: name.replace("_", " "))
    return shown.to_string(index=False, float_format=lambda value: f"{value:.3f}", na_rep="")
