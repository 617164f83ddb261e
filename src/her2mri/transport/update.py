"""Moving a frozen model to a new centre: intercept, intercept and slope, or all coefficients with shrinkage."""

from __future__ import annotations

import copy
from typing import Any, Final, Literal

import numpy as np

from her2mri.bundle import Bundle
from her2mri.bundle.arrays import plain, symmetric
from her2mri.bundle.families import Logistic
from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.cohort.split import grouped_folds
from her2mri.errors import Fault, InputError
from her2mri.transport.recalibration import (
    Recalibration,
    held_out_deviance,
    penalised_fit,
    recalibrate,
    recalibrated_covariance,
)
from her2mri.transport.validate import NewCentre

Method = Literal["intercept", "slope", "refit"]
METHODS: Final[dict[str, str]] = {
    "intercept": "intercept re-estimated",
    "slope": "intercept and slope re-estimated",
    "refit": "all coefficients re-estimated, shrunk toward the parent's",
}
SHRINKAGE: Final = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Weights of the parent's own information about its coefficients; 1 is as if its lesions were pooled."""
FEWEST_EVENTS: Final = 5
_FOLDS: Final = 5
_FREE_INTERCEPT: Final = 1e-6


def update(
    bundle: Bundle, centre: NewCentre, *, method: Method, table: dict[str, str], seed: int = 0
) -> Bundle:
    """A new bundle that names its parent; ``table`` holds the name and sha256 of the lesions' table.

    Lesions with a missing input are left out. Raises InputError where there are fewer than FEWEST_EVENTS
    events or non-events, and for a family that the method does not fit.
    """
    X, y, patient = _complete(bundle, centre)
    events = int(y.sum())
    if min(events, len(y) - events) < FEWEST_EVENTS:
        problem = f"{len(y)} complete lesions with {events} events are too few to update a model"
        allowed = f"at least {FEWEST_EVENTS} events and as many others"
        raise InputError([Fault(table["name"], problem, allowed=allowed)])
    content = copy.deepcopy(bundle.content)
    weight = ""
    if method == "refit":
        weight = _refit(bundle, content, X, y, patient, seed)
    else:
        log_odds = _log_odds(bundle, X)
        found = recalibrate(log_odds, y, with_slope=method == "slope")
        _recalibrated(bundle, content, X, y, found)
    change = f"{METHODS[method]}{weight} on {len(y)} lesions with {events} events"
    content["development"]["prevalence"] = events / len(y)
    content["performance"] = []
    content["model"]["notes"].append(f"Updated: {change}.")
    content["card"]["limits"].append(
        f"Updated: {change}. Thresholds are the parent's. Validate it on lesions that were not used for the update."
    )
    content["lineage"] |= {"parent": bundle.sha256, "change": change, "inputs": [table]}
    lesions = [check["lesion"] for check in content["checks"]]
    return Bundle.sealed({key: plain(value) for key, value in content.items()}, lesions)


def _recalibrated(
    bundle: Bundle, content: dict[str, Any], X: FloatArray, y: IntArray, found: Recalibration
) -> None:
    parameters = content["parameters"]
    a, s = found.intercept, found.slope
    family = bundle.family
    if isinstance(family, Logistic):
        if family.covariance is not None:
            covariance = recalibrated_covariance(family, family.covariance, X, y, found)
            parameters["covariance"] = symmetric(covariance).tolist()
        parameters["intercept"] = a + s * parameters["intercept"]
        parameters["coefficients"] = [s * value for value in parameters["coefficients"]]
        parameters["method"] += ", recalibrated"
    elif parameters["family"] == "ANN":
        parameters["output_bias"] = a + s * parameters["output_bias"]
        parameters["output_weights"] = [s * value for value in parameters["output_weights"]]
    elif parameters["family"] == "SVM":
        parameters["offset"] = a + s * parameters["offset"]
        parameters["slope"] = s * parameters["slope"]
    else:
        raise _unfit(bundle)
    summary = content["development"]["linear_predictor"]
    summary |= {"mean": a + s * summary["mean"], "sd": s * summary["sd"]}


def _refit(
    bundle: Bundle, content: dict[str, Any], X: FloatArray, y: IntArray, patient: IntArray, seed: int
) -> str:
    """Coefficients at the maximum of likelihood x prior; the prior's weight by cross-validated deviance."""
    family = bundle.family
    if not isinstance(family, Logistic) or family.covariance is None:
        raise _unfit(bundle)
    old = np.concatenate([[family.intercept], family.coefficients])
    free = np.diag(family.covariance) > 0
    design = np.column_stack([np.ones(len(X)), X])[:, free]
    fixed = np.column_stack([np.ones(len(X)), X])[:, ~free] @ old[~free]
    parent = family.covariance[np.ix_(free, free)]
    # The prior is on the coefficients, whatever the intercept: how common the event is may differ freely.
    prior = np.zeros_like(parent)
    prior[1:, 1:], prior[0, 0] = np.linalg.inv(parent[1:, 1:]), _FREE_INTERCEPT
    folds = grouped_folds(y, patient, min(_FOLDS, int(min(y.sum(), (1 - y).sum()))), seed)
    deviance = [held_out_deviance(design, y, old[free], weight * prior, fixed, folds) for weight in SHRINKAGE]
    weight = SHRINKAGE[int(np.argmin(deviance))]
    theta, covariance = penalised_fit(design, y, old[free], weight * prior, fixed)
    coefficients, whole = old.copy(), np.zeros_like(family.covariance)
    coefficients[free] = theta
    whole[np.ix_(free, free)] = covariance
    content["parameters"] |= {
        "intercept": float(coefficients[0]),
        "coefficients": coefficients[1:].tolist(),
        "covariance": symmetric(whole).tolist(),
        "method": "maximum posterior, the prior from the parent",
    }
    moments = content["development"]["moments"]
    spread = (
        coefficients[1:] @ np.linalg.pinv(np.array(moments["precision"]), hermitian=True) @ coefficients[1:]
    )
    content["development"]["linear_predictor"] = {
        "mean": float(coefficients[0] + coefficients[1:] @ np.array(moments["mean"])),
        "sd": float(np.sqrt(max(spread, 0.0))),
    }
    return f" with weight {weight:g}"


def _complete(bundle: Bundle, centre: NewCentre) -> tuple[FloatArray, IntArray, IntArray]:
    """Columns, outcomes and patient numbers of the lesions with every input."""
    whole = np.array([not answer.missing for answer in centre.answers], dtype=bool)
    frame = centre.frame[whole]
    inputs = frame[list(bundle.design.inputs)].to_dict("records")
    rows = [
        bundle.design.plain_row({str(name): value for name, value in lesion.items()})[0] for lesion in inputs
    ]
    X = bundle.design.expanded(np.array(rows).reshape(len(rows), len(bundle.design.plain)))
    patient = np.unique(centre.patient[whole], return_inverse=True)[1].astype(np.int64)
    return X, centre.y[whole], patient


def _log_odds(bundle: Bundle, X: FloatArray) -> FloatArray:
    family = bundle.family
    if isinstance(family, Logistic):
        return family.log_odds(X)
    if bundle.model not in {"ANN", "SVM"}:
        raise _unfit(bundle)
    inside = np.clip(family.probability(X), 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _unfit(bundle: Bundle) -> InputError:
    problem = f"{bundle.model} cannot be updated in this way"
    allowed = "linear models: intercept, slope and, where they have a covariance, refit; ANN and SVM: intercept, slope"
    return InputError([Fault("method", problem, allowed=allowed)])
