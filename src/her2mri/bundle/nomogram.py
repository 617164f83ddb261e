"""The nomogram of a frozen linear model, and where a lesion lies on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from her2mri.bundle.answer import Answer
from her2mri.bundle.families import Logistic
from her2mri.errors import BundleError, Fault

if TYPE_CHECKING:
    from her2mri.bundle.bundle import Bundle
    from her2mri.cohort.design_matrix import Encoding
    from her2mri.explanation.nomogram import Nomogram
    from her2mri.explanation.nomogram_rows import LesionMarks


def check_drawable(bundles: Sequence[Bundle]) -> None:
    """Raise BundleError with every bundle that has no nomogram."""
    if faults := list(_faults(bundles)):
        raise BundleError(faults)


def _faults(bundles: Sequence[Bundle]) -> Iterator[Fault]:
    for bundle in bundles:
        where = f"{bundle.task.name}/{bundle.model}"
        if not isinstance(bundle.family, Logistic):
            remedy = "give the logistic regression of the same task"
            yield Fault(where, "has no nomogram", allowed="a linear model: LR", remedy=remedy)
        elif not bundle.scale.unit:
            yield Fault(where, "no variable contributes to the model, so there is no nomogram of it")


def nomogram_of(bundle: Bundle) -> Nomogram:
    """The nomogram with the bundle's own ticks; BundleError for a model that has none."""
    from her2mri.explanation.nomogram import nomogram_with_ticks

    check_drawable([bundle])
    family = bundle.family
    assert isinstance(family, Logistic)
    summaries = bundle.content["development"]["variables"]
    ticks = {name: np.array(summary["ticks"]) for name, summary in summaries.items() if "ticks" in summary}
    return nomogram_with_ticks(
        encoding_of(bundle),
        family.intercept,
        family.coefficients,
        ticks=ticks,
        positive_label=bundle.task.positive_label,
    )


def encoding_of(bundle: Bundle) -> Encoding:
    """The encoding that the bundle was frozen with."""
    from her2mri.cohort.design_matrix import Encoding, Term

    design = bundle.design.inputs
    return Encoding(
        tuple(known.variable for known in bundle.inputs),
        tuple(
            Term(
                term["name"],
                term["variable"],
                term["level"],
                design[term["variable"]].knots,
                term.get("basis", 0),
            )
            for term in bundle.content["encoding"]["terms"]
        ),
        tuple(known.levels for known in bundle.inputs),
    )


def marks_of(bundle: Bundle, lesion: Mapping[str, object], answer: Answer) -> LesionMarks | None:
    """Where the lesion of an answer lies on the axes; None where the model refused it."""
    from her2mri.explanation.nomogram_rows import LesionMarks

    if answer.refused or answer.points is None:
        return None
    points = {name: np.nan if value is None else value for name, value in answer.points.items()}
    measured = [known.variable.name for known in bundle.inputs if not known.levels]
    return LesionMarks(
        points=points,
        measured={name: float(str(lesion[name])) for name in measured if not np.isnan(points[name])},
        probability=answer.probability,
        conf_low=answer.conf_low,
        conf_high=answer.conf_high,
    )
