"""The table of optimism: what a score claims on the lesions of the development, and what is left of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.validation.model_resamples import ModelResamples
from her2mri.validation.optimism import (
    no_information_brier,
    optimism_of,
    point632plus,
    t_interval,
)
from her2mri.validation.resampling import OUT_OF_BAG_SCORES
from her2mri.validation.scores import SCORES, scores_of_resamples
from her2mri.vocabulary import OPTIMISM_CORRECTED

BOOTSTRAP: Final = "bootstrap by patient of the whole development, optimism"
POINT632PLUS: Final = "bootstrap by patient of the whole development, .632+"
INTERVALS: Final = {
    "auc": "t interval by the model's scores on resamples and the scores here of the resamples' models",
    "brier": "t interval by how far the resamples' models err and their scores here",
    "calibration_in_the_large": "t interval by the scores here of the resamples' models",
    "calibration_intercept": "t interval by the model's scores on resamples",
    "calibration_slope": "t interval by the model's scores on resamples",
    "ici": "t interval by how far the resamples' models err",
}
"""What is said of the errors of ``_standard_error``."""
NO_INFORMATION_AUC: Final = 0.5
OPTIMISM_COLUMNS: Final = (
    "task", "model", "metric", "apparent", "resample_mean", "original_mean", "optimism", "optimism_corrected",
    "conf_low", "conf_high", "n_resamples", "out_of_bag", "no_information", "relative_overfitting", "weight",
    "point632plus", "point632plus_conf_low", "point632plus_conf_high", "n_out_of_bag",
)  # fmt: skip


def optimism_rows(
    model: ModelResamples, y: IntArray, weights: FloatArray, *, task: str, confidence: float
) -> list[dict[str, Any]]:
    """One row of ``OPTIMISM_COLUMNS`` for each score that the model has; NaN where no resample tells of its optimism.

    ``weights`` (r, n) say how often each lesion stands in each resample: the model itself is judged on these, too.
    Resamples that gave a model of another kind say nothing of its optimism.
    """
    model = model.of_its_kind()
    judged = scores_of_resamples(y, model.apparent_probability, weights)
    rows = []
    for metric in SCORES:
        apparent = model.apparent[metric]
        if np.isnan(apparent):
            continue
        found = optimism_of(apparent, model.resample[metric], model.original[metric])
        interval = partial(
            t_interval,
            resamples=found.n,
            error=_standard_error(model, metric, judged[metric]),
            metric=metric,
            confidence=confidence,
        )
        low, high = interval(found.corrected)
        row: dict[str, Any] = {
            "task": task,
            "model": model.model,
            "metric": metric,
            "apparent": found.apparent,
            "resample_mean": found.resample_mean,
            "original_mean": found.original_mean,
            "optimism": found.optimism,
            "optimism_corrected": found.corrected,
            "conf_low": low,
            "conf_high": high,
            "n_resamples": found.n,
        }
        if metric in OUT_OF_BAG_SCORES:
            row |= _point632plus(model, metric, y, interval)
        rows.append(row)
    return rows


def performance_rows(
    row: Mapping[str, Any], y: IntArray, *, positive: str, n_bootstrap: int
) -> list[dict[str, Any]]:
    """The rows of ``vocabulary.PERFORMANCE_COLUMNS`` that one row of the table of optimism gives."""
    common = {name: row[name] for name in ("task", "model", "metric")} | {
        "sample": OPTIMISM_CORRECTED,
        "threshold": np.nan,
        "threshold_rule": "",
        "positive": positive,
        "n": len(y),
        "n_events": int(y.sum()),
    }

    interval = INTERVALS[str(row["metric"])]

    def corrected(method: str, estimate: str, prefix: str, used: str) -> dict[str, Any]:
        said = f"{method}, {int(row[used])} of {n_bootstrap} resamples; {interval}"
        bounds = {"conf_low": row[f"{prefix}conf_low"], "conf_high": row[f"{prefix}conf_high"]}
        return {**common, "estimate": row[estimate], **bounds, "method": said}

    rows = [corrected(BOOTSTRAP, "optimism_corrected", "", "n_resamples")]
    if row["metric"] in OUT_OF_BAG_SCORES:
        rows.append(corrected(POINT632PLUS, "point632plus", "point632plus_", "n_out_of_bag"))
    return rows


def _standard_error(model: ModelResamples, metric: str, judged: FloatArray) -> float:
    """Of a corrected score of the model, by the rule of its metric: docs/decisions/0102.

    ``judged`` are the model's scores on all resamples. NaN where fewer than two tell of it.
    """
    original = model.original[metric]
    here, spread, error = _sd(judged), _sd(original), _sd(model.resample[metric] - original)
    return {
        "auc": math.hypot(here, spread),
        "brier": math.hypot(error, spread),
        "calibration_in_the_large": spread,
        "calibration_intercept": here,
        "calibration_slope": here,
        "ici": error,
    }[metric]


def _sd(scores: FloatArray) -> float:
    finite = scores[np.isfinite(scores)]
    return float(finite.std(ddof=1)) if len(finite) > 1 else np.nan


def _point632plus(
    model: ModelResamples, metric: str, y: IntArray, interval: Callable[[float], tuple[float, float]]
) -> dict[str, float]:
    nothing = NO_INFORMATION_AUC if metric == "auc" else no_information_brier(y, model.apparent_probability)
    plus = point632plus(model.apparent[metric], model.out_of_bag[metric], nothing)
    low, high = interval(plus.corrected)
    return {
        "out_of_bag": plus.out_of_bag,
        "no_information": plus.no_information,
        "relative_overfitting": plus.relative_overfitting,
        "weight": plus.weight,
        "point632plus": plus.corrected,
        "point632plus_conf_low": low,
        "point632plus_conf_high": high,
        "n_out_of_bag": plus.n,
    }
