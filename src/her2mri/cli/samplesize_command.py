"""``her2mri samplesize``: how many lesions a model takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from her2mri.errors import Fault
    from her2mri.sample_size.developing import DevelopmentSize
    from her2mri.sample_size.validating import ValidationSize


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("samplesize")(samplesize)


def samplesize(
    prevalence: Annotated[float, typer.Option(help="Share of lesions with the event")],
    parameters: Annotated[
        int | None, typer.Option(help="Candidate terms: 1 a measurement, levels less 1 a category")
    ] = None,
    auc: Annotated[float | None, typer.Option(help="AUC to be expected of the model")] = None,
    nagelkerke: Annotated[
        float | None, typer.Option(help="In its place Nagelkerke's R²; 0.15 where nothing is known")
    ] = None,
    shrinkage: Annotated[float, typer.Option(help="Least shrinkage accepted")] = 0.9,
    threshold: Annotated[
        float | None, typer.Option(help="Threshold probability that the model is used at")
    ] = None,
    sensitivity: Annotated[float | None, typer.Option(help="Sensitivity expected there")] = None,
    specificity: Annotated[float | None, typer.Option(help="Specificity expected there")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the criteria as JSON")] = False,
) -> None:
    """How many lesions developing a model takes (--parameters), and validating one (--auc). Riley's criteria."""
    from her2mri.errors import InputError
    from her2mri.sample_size.developing import development_size
    from her2mri.sample_size.explained_variation import (
        cox_snell_of_auc,
        cox_snell_of_nagelkerke,
        linear_predictor_of_auc,
    )
    from her2mri.sample_size.validating import DecisionPoint, validation_size
    from her2mri.sample_size.verdict import CAUTIOUS_NAGELKERKE

    point = (threshold, sensitivity, specificity)
    if faults := list(_faults(prevalence, parameters, auc, nagelkerke, shrinkage, point)):
        raise InputError(faults)
    developing = validating = None
    if parameters is not None:
        cox_snell = (
            cox_snell_of_auc(auc, prevalence)
            if auc is not None
            else cox_snell_of_nagelkerke(nagelkerke or CAUTIOUS_NAGELKERKE, prevalence)
        )
        if cox_snell >= shrinkage:
            raise InputError([_fault("shrinkage", f"must be above {cox_snell:.3f} here", shrinkage)])
        developing = development_size(
            prevalence=prevalence, parameters=parameters, cox_snell=cox_snell, shrinkage=shrinkage
        )
    if auc is not None:
        values, weights = linear_predictor_of_auc(auc, prevalence)
        decision = (
            None if threshold is None else DecisionPoint(threshold, sensitivity or 0.0, specificity or 0.0)
        )
        validating = validation_size(
            prevalence=prevalence, auc=auc, linear_predictor=values, weights=weights, decision=decision
        )
    typer.echo(_as_json(developing, validating) if json else _as_text(developing, validating))


def _faults(
    prevalence: float,
    parameters: int | None,
    auc: float | None,
    nagelkerke: float | None,
    shrinkage: float,
    point: tuple[float | None, float | None, float | None],
) -> Iterator[Fault]:
    shares = [("prevalence", prevalence), ("shrinkage", shrinkage), ("nagelkerke", nagelkerke)]
    shares += zip(("threshold", "sensitivity", "specificity"), point, strict=True)
    for name, value in shares:
        if value is not None and not 0 < value < 1:
            yield _fault(name, "must lie between 0 and 1", value)
    if auc is not None and not 0.5 < auc < 1:
        yield _fault("auc", "must lie between 0.5 and 1", auc)
    if auc is not None and nagelkerke is not None:
        yield _fault("nagelkerke", "say either --auc or --nagelkerke", nagelkerke)
    if parameters is not None and parameters < 1:
        yield _fault("parameters", "must be 1 or more", parameters)
    if parameters is None and auc is None:
        yield _fault(
            "parameters", "nothing to answer: give --parameters to develop a model, --auc to validate one"
        )
    if any(value is not None for value in point) and (auc is None or None in point):
        yield _fault("threshold", "--threshold, --sensitivity, --specificity and --auc are given together")


def _fault(name: str, problem: str, value: float | str = "") -> Fault:
    from her2mri.errors import Fault

    return Fault(f"--{name}", problem, value=str(value))


def _as_text(developing: DevelopmentSize | None, validating: ValidationSize | None) -> str:
    lines: list[str] = []
    for purpose, size in (("To develop a model", developing), ("To validate a model", validating)):
        if size is None:
            continue
        lines.append(f"{purpose}: {size.n:,} lesions of as many patients, {size.n_events:,} with the event")
        width = max(len(criterion.label) for criterion in size.criteria)
        lines += [f"  {criterion.label:<{width}}  {criterion.n:>7,}" for criterion in size.criteria]
    return "\n".join(lines)


def _as_json(developing: DevelopmentSize | None, validating: ValidationSize | None) -> str:
    import json
    from dataclasses import asdict

    content = {
        purpose: {"n": size.n, "n_events": size.n_events, **asdict(size)}
        for purpose, size in (("development", developing), ("validation", validating))
        if size is not None
    }
    return json.dumps(content, ensure_ascii=False, indent=2)
