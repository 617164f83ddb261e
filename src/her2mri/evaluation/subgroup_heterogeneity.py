"""Tests that a figure of merit is the same in every level of a variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.calibration import calibration_in_the_large, logit
from her2mri.evaluation.clusters import patient_codes, summed_by
from her2mri.evaluation.delong import delong_interval
from her2mri.evaluation.discrimination import placements
from her2mri.evaluation.performance import NOT_APPLICABLE
from her2mri.evaluation.prediction import Prediction
from her2mri.evaluation.subgroup_rows import too_small

Floats = NDArray[np.float64]

HETEROGENEITY_COLUMNS: Final = (
    "task", "model", "sample", "variable", "metric", "levels", "lowest", "lowest_level", "highest",
    "highest_level", "statistic", "df", "p_value", "p_holm", "method",
)  # fmt: skip
"""``lowest`` and ``highest`` are the extreme estimates of the ``levels`` tested, with their level."""

_METHOD: Final = "Wald test of equality between levels, by patient"
_NO_SPREAD: Final = 1e-12

Influence = Callable[[NDArray[np.int64], Floats, NDArray[np.str_]], tuple[float, float, Floats]]


def heterogeneity_rows(
    prediction: Prediction, variable: str, level: pd.Series, order: Sequence[str], *, least: int
) -> list[dict[str, Any]]:
    """One row for the AUC and one for calibration in the large, but for ``p_holm``.

    The estimates of levels are independent but for patients with lesions in two levels, whose share in both
    gives the covariance. Of two levels the test is that of z, the difference by its standard error.
    """
    measures: dict[str, Influence] = {"auc": _area}
    if not prediction.is_label:
        measures["calibration_in_the_large"] = _in_the_large
    return [_tested(prediction, variable, level, order, least, *item) for item in measures.items()]


def _tested(
    prediction: Prediction,
    variable: str,
    level: pd.Series,
    order: Sequence[str],
    least: int,
    metric: str,
    measure: Influence,
) -> dict[str, Any]:
    who = patient_codes(prediction.patient, prediction.n)
    used: list[str] = []
    estimates: list[float] = []
    variances: list[float] = []
    influences = []
    for label in order:
        members = (level == label).to_numpy()
        if too_small(prediction.y[members], least):
            continue
        try:
            estimate, error, influence = measure(
                prediction.y[members], prediction.probability[members], prediction.patient[members]
            )
        except EstimationError:
            continue
        if not error > _NO_SPREAD:
            continue
        everywhere = np.zeros(prediction.n)
        everywhere[members] = influence
        used.append(label)
        estimates.append(estimate)
        variances.append(error**2)
        influences.append(everywhere)
    row: dict[str, Any] = {
        "task": prediction.task,
        "model": prediction.model,
        "sample": prediction.sample,
        "variable": variable,
        "metric": metric,
        "levels": len(used),
        **dict.fromkeys(("lowest", "highest", "statistic", "df", "p_value"), np.nan),
        "lowest_level": "",
        "highest_level": "",
        "method": f"{NOT_APPLICABLE}: fewer than two levels are large enough",
    }
    if len(used) < 2:
        return row
    summed = summed_by(who, np.column_stack(influences))
    covariance = summed.T @ summed
    np.fill_diagonal(covariance, variances)
    statistic, p_value = equality_test(np.array(estimates), covariance)
    least_at, most_at = int(np.argmin(estimates)), int(np.argmax(estimates))
    return row | {
        "lowest": estimates[least_at],
        "lowest_level": used[least_at],
        "highest": estimates[most_at],
        "highest_level": used[most_at],
        "statistic": statistic,
        "df": len(used) - 1,
        "p_value": p_value,
        "method": _METHOD,
    }


def equality_test(estimates: Floats, covariance: Floats) -> tuple[float, float]:
    """Chi-square statistic on k - 1 degrees of freedom that ``estimates`` (k,) are equal, and its p-value.

    With a diagonal ``covariance`` (k, k) it is Cochran's Q.

    >>> found = equality_test(np.array([0.8, 0.7]), np.diag([0.03**2, 0.04**2]))
    >>> [round(value, 4) for value in found]
    [4.0, 0.0455]
    """
    from scipy.special import chdtrc

    contrasts = np.eye(len(estimates))[1:] - np.eye(len(estimates))[0]
    difference = contrasts @ estimates
    statistic = float(difference @ np.linalg.pinv(contrasts @ covariance @ contrasts.T) @ difference)
    return statistic, float(chdtrc(len(difference), statistic))


def _area(y: NDArray[np.int64], p: Floats, patient: NDArray[np.str_]) -> tuple[float, float, Floats]:
    """AUC, its standard error and what each lesion (n,) adds to it."""
    found = delong_interval(y, p, patient=patient)
    members = np.where(y == 1, y.sum(), len(y) - y.sum())
    return found.estimate, found.std_error, (placements(y, p) - found.estimate) / members


def _in_the_large(y: NDArray[np.int64], p: Floats, patient: NDArray[np.str_]) -> tuple[float, float, Floats]:
    """In the large, its standard error by the sandwich whether or not patients repeat, what each lesion adds.

    Both levels may be miscalibrated alike; the error from the information alone, which takes the probabilities
    to be right but for a shift, would then be at odds with the covariance.
    """
    from scipy.special import expit

    estimate = calibration_in_the_large(y, p).estimate
    mu = expit(logit(p) + estimate)
    influence = (y - mu) / (mu * (1.0 - mu)).sum()
    summed = summed_by(patient_codes(patient, len(y)), influence[:, None])
    if len(summed) < 2:
        raise EstimationError("a robust standard error needs two patients or more")
    return estimate, float(np.sqrt((summed**2).sum() * len(summed) / (len(summed) - 1.0))), influence
