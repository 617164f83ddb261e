"""A model moved to this centre by the room's lesions, and how it does on lesions it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from her2mri.bundle import Bundle
from her2mri.bundle.arrays import FloatArray, plain
from her2mri.bundle.canonical import digest
from her2mri.errors import EstimationError, Fault, InputError
from her2mri.web.monitoring.judged import Judged, Said
from her2mri.web.monitoring.performance import FEWEST, RESAMPLES, calibration, figures, is_enough

if TYPE_CHECKING:
    from her2mri.transport.update import Method
    from her2mri.transport.validate import NewCentre

METHODS: Final = {
    "intercept": "Intercept: the event is more or less frequent here, all else holds",
    "slope": "Intercept and slope: probabilities are too extreme or too timid as well",
    "refit": "All coefficients, shrunk toward the model in use: findings weigh otherwise here",
}
FOLDS: Final = 10


@dataclass(frozen=True)
class Updated:
    """The new bundle, and a comparison as plain data: both models on the same lesions."""

    bundle: Bundle
    comparison: dict[str, Any]


def updated(judged: Judged, method: str) -> Updated:
    """The bundle updated on the lesions whose outcome is known, by ``her2mri update``; the same for the same lesions.

    ``after`` is cross-validated: every lesion is answered by an update that has not seen its patient. Both are asked
    at the bundle's own prevalence. Raises InputError where there are too few lesions or the method does not fit.
    """
    from her2mri.transport.update import update

    true = judged.true
    if method not in METHODS:
        raise InputError([Fault("method", "is none of those there are", allowed=", ".join(METHODS))])
    if not is_enough(judged.events, len(true)):
        allowed = f"at least {FEWEST} events and as many others"
        raise InputError([Fault("lesions", "too few outcomes are known to update a model", allowed=allowed)])
    centre, table = _centre(judged.bundle, true), _table(true)
    how = cast("Method", method)
    try:
        bundle = update(judged.bundle, centre, method=how, table=table)
        after = _held_out(judged.bundle, centre, how, table)
    except EstimationError as error:
        raise InputError([Fault("update", str(error), remedy="choose a simpler method")]) from error
    before = centre.probability
    comparison = {
        "lesions": len(true),
        "events": judged.events,
        "folds": FOLDS,
        "before": _judgement(judged.bundle, true, before),
        "after": _judgement(judged.bundle, true, after),
        "gain": _gain(centre, before, after),
    }
    return Updated(bundle, plain(comparison))


def _centre(bundle: Bundle, true: Sequence[Said]) -> NewCentre:
    """The lesions as ``transport`` takes them, answered at the bundle's own prevalence."""
    import pandas as pd

    from her2mri.transport.validate import NewCentre

    lesions = [
        {name: said.case.inputs.get(name) for name in bundle.variables} | {"lesion_id": str(said.case.lesion)}
        for said in true
    ]
    return NewCentre(
        frame=pd.DataFrame(lesions, dtype=object),
        patient=np.array([said.case.patient for said in true], dtype=np.str_),
        y=np.array([bool(said.event) for said in true], dtype=np.int64),
        answers=tuple(bundle.predict(_inputs(bundle, said)) for said in true),
        left_out={},
    )


def _inputs(bundle: Bundle, said: Said) -> dict[str, Any]:
    return {name: said.case.inputs[name] for name in bundle.variables if name in said.case.inputs}


def _table(true: Sequence[Said]) -> dict[str, str]:
    """What stands for the lesions in the new bundle: their number, and a hash of what was used of them."""
    used = [[said.case.lesion, said.case.answer, said.case.patient, bool(said.event)] for said in true]
    return {"name": f"{len(true)} lesions of the reading room", "sha256": digest({"lesions": used})}


def _held_out(bundle: Bundle, centre: NewCentre, method: Method, table: dict[str, str]) -> FloatArray:
    """The probability of each lesion by an update on the other folds; a patient's lesions share a fold."""
    from her2mri.cohort.split import grouped_folds
    from her2mri.transport.update import update

    number = np.unique(centre.patient, return_inverse=True)[1].astype(np.int64)
    folds = grouped_folds(centre.y, number, FOLDS, 0)
    found = np.empty(len(centre.y))
    for fold in np.unique(folds):
        inside = folds != fold
        part = replace(
            centre,
            frame=centre.frame[inside].reset_index(drop=True),
            patient=centre.patient[inside],
            y=centre.y[inside],
            answers=tuple(answer for answer, kept in zip(centre.answers, inside, strict=True) if kept),
        )
        moved = update(bundle, part, method=method, table=table)
        for i in np.flatnonzero(~inside):
            lesion = {name: value for name, value in centre.frame.iloc[i].items() if name in bundle.variables}
            found[i] = moved.predict({str(name): value for name, value in lesion.items()}).probability
    return found


def _judgement(bundle: Bundle, true: Sequence[Said], probability: FloatArray) -> dict[str, Any]:
    asked = [replace(said, probability=float(p)) for said, p in zip(true, probability, strict=True)]
    try:
        curve = asdict(calibration(asked))
    except EstimationError:  # one distinct probability: there is no curve
        curve = None
    found = [{"name": one.name, "estimate": one.estimate, "low": one.low, "high": one.high}
             for one in figures(bundle, asked)]  # fmt: skip
    return {"figures": found, "curve": curve}


def _gain(centre: NewCentre, before: FloatArray, after: FloatArray) -> dict[str, float]:
    """By how much the outcomes are likelier after, in log-likelihood a lesion, with the bootstrap interval."""
    from her2mri.evaluation.bootstrap import patient_weights, seed_of

    def score(p: FloatArray) -> FloatArray:
        inside = np.clip(p, 1e-9, 1 - 1e-9)
        return np.where(centre.y == 1, np.log(inside), np.log1p(-inside))

    difference = score(after) - score(before)
    weights = patient_weights(centre.patient, RESAMPLES, seed_of(0, "gain"))
    again = weights @ difference / weights.sum(axis=1)
    low, high = np.quantile(again, (0.025, 0.975))
    return {"estimate": float(difference.mean()), "low": float(low), "high": float(high)}
