"""The figures of merit of each level of one variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.calibration import (
    WaldEstimate,
    calibration_in_the_large,
    calibration_slope,
    observed_expected,
)
from her2mri.evaluation.clusters import patient_codes, summed_by
from her2mri.evaluation.delong import AucEstimate, delong_interval
from her2mri.evaluation.performance import NOT_APPLICABLE, ROBUST_WALD
from her2mri.evaluation.prediction import Prediction

Floats = NDArray[np.float64]

SUBGROUP_COLUMNS: Final = (
    "task", "model", "sample", "variable", "level", "metric", "estimate", "conf_low", "conf_high",
    "positive", "n", "n_events", "method",
)  # fmt: skip
TOO_SMALL: Final = "too small to say"
_LABELS_ONLY: Final = "the model gives class labels, not probabilities"

Measure = Callable[..., AucEstimate | WaldEstimate]


def subgroup_rows(
    prediction: Prediction,
    variable: str,
    level: pd.Series,
    order: Sequence[str],
    *,
    confidence: float,
    least: int,
) -> list[dict[str, Any]]:
    """Rows of ``SUBGROUP_COLUMNS`` for the lesions of each level in ``order``; ``level`` (n,) is of each lesion."""
    measures: dict[str, Measure] = {
        "auc": delong_interval,
        "observed_expected": observed_expected,
        "calibration_in_the_large": calibration_in_the_large,
        "calibration_slope": calibration_slope,
        "brier": brier_by_patient,
    }
    rows: list[dict[str, Any]] = []
    for label in order:
        members = (level == label).to_numpy()
        y, p = prediction.y[members], prediction.probability[members]
        patient = prediction.patient[members]
        small = too_small(y, least)
        for metric, measure in measures.items():
            found = {"estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan}
            if small:
                method = f"{NOT_APPLICABLE}: {small}"
            elif prediction.is_label and metric != "auc":
                method = f"{NOT_APPLICABLE}: {_LABELS_ONLY}"
            else:
                try:
                    answer = measure(y, p, patient=patient, confidence=confidence)
                    found = {name: getattr(answer, name) for name in found}
                    method = _method(answer, len(set(patient.tolist())) < len(y))
                except EstimationError as missing:
                    method = f"{NOT_APPLICABLE}: {missing}"
            rows.append(
                {
                    "task": prediction.task,
                    "model": prediction.model,
                    "sample": prediction.sample,
                    "variable": variable,
                    "level": label,
                    "metric": metric,
                    **found,
                    "positive": prediction.positive,
                    "n": len(y),
                    "n_events": int(y.sum()),
                    "method": method,
                }
            )
    return rows


def too_small(y: NDArray[np.int64], least: int) -> str:
    """Why a subgroup says nothing; empty where it has ``least`` events and ``least`` non-events.

    >>> too_small(np.array([1, 1, 0]), 2)
    'too small to say (2 events, 1 non-event)'
    """
    events, others = int(y.sum()), int(len(y) - y.sum())
    if min(events, others) >= least:
        return ""
    said = (
        f"{count:,} {what}{'' if count == 1 else 's'}"
        for count, what in ((events, "event"), (others, "non-event"))
    )
    return f"{TOO_SMALL} ({', '.join(said)})"


def brier_by_patient(
    y: NDArray[np.int64], probability: Floats, *, patient: NDArray[np.str_], confidence: float
) -> WaldEstimate:
    """Brier score with its normal interval, cut at 0, from the spread of patients' sums."""
    from scipy.special import ndtri

    each = (probability - y) ** 2
    estimate, who = float(each.mean()), patient_codes(patient, len(y))
    groups = int(who.max()) + 1
    if groups < 2:
        raise EstimationError("the spread of a Brier score needs two patients or more")
    summed = summed_by(who, (each - estimate)[:, None])
    error = float(np.sqrt((summed**2).sum() * groups / (groups - 1.0)) / len(y))
    half = float(ndtri(0.5 + confidence / 2.0)) * error
    return WaldEstimate(estimate, error, max(estimate - half, 0.0), min(estimate + half, 1.0))


def _method(answer: AucEstimate | WaldEstimate, repeated: bool) -> str:
    if isinstance(answer, AucEstimate):
        return answer.method
    return ROBUST_WALD if repeated else "Wald"
