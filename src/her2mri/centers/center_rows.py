"""The rows of a validation by center: each center's, the pooled and the predicted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.centers.center_performance import (
    CENTER_METRICS,
    SCALES,
    CenterEstimate,
    center_performance,
    from_scale,
)
from her2mri.errors import EstimationError
from her2mri.evaluation.prediction import Prediction
from her2mri.statistics.random_effects import RandomEffects, random_effects

CENTER, POOLED, PREDICTION_INTERVAL = "center", "pooled", "prediction_interval"

CENTER_COLUMNS: Final = (
    "task", "model", "kind", "center", "metric", "estimate", "conf_low", "conf_high", "n", "n_patients",
    "n_events", "method", "pooled", "reason", "scale", "scaled_estimate", "scaled_std_error",
)  # fmt: skip
"""``kind`` is center, pooled or prediction_interval; ``pooled`` says whether a center's row entered the pool,
``reason`` why not; the last three are what was pooled, and on which scale."""

POOL_COLUMNS: Final = (
    "task", "model", "metric", "n_centers", "n_not_pooled", "n_failed", "tau", "i_squared", "q", "q_p_value", "scale",
)  # fmt: skip
"""Of each pool how much centers differ; ``tau`` is on ``scale``. ``n_failed`` centers have no model at all and are
not among the ``n_not_pooled``."""

METHOD: Final = "REML, Hartung-Knapp-Sidik-Jonkman (factor at least 1), t with k - 1"
PREDICTION_METHOD: Final = "true value of a new center: t with k - 2 on tau and the pooled error"


def center_rows(prediction: Prediction, *, fewest: int, confidence: float) -> list[dict[str, Any]]:
    """One row a metric for one model in the center that ``prediction.sample`` names."""
    rarer = min(prediction.n_events, prediction.n - prediction.n_events)
    found = center_performance(
        prediction.y, prediction.probability, prediction.patient, confidence=confidence
    )
    return [_row(prediction, one, _why_not_pooled(one, rarer, fewest)) for one in found]


def failed_rows(
    task: str, center: str, y: Iterable[int], patient: Iterable[Any], reason: str
) -> list[dict[str, Any]]:
    """Rows without an estimate, for a center that has none; the model is not known and stays empty."""
    outcome = np.asarray(list(y))
    counted = {"n": len(outcome), "n_patients": len(set(patient)), "n_events": int(outcome.sum())}
    named = {"task": task, "model": "", "kind": CENTER, "center": center}
    return [
        {**named, "metric": metric, **counted, "pooled": False, "reason": reason} for metric in CENTER_METRICS
    ]


def pooled_rows(
    rows: pd.DataFrame, *, confidence: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Pooled and prediction rows of each task, model and metric, and how much its centers differ."""
    pools: list[dict[str, Any]] = []
    differ: list[dict[str, Any]] = []
    of_models = rows[rows["model"] != ""]
    centers = rows.groupby("task")["center"].nunique().to_dict()
    for (task, model, metric), group in of_models.groupby(["task", "model", "metric"], sort=False):
        entered = group[group["pooled"].astype(bool)]
        named = {"task": str(task), "model": str(model), "metric": str(metric)}
        scale = SCALES.get(str(metric), "identity")
        # A center without a row of this model: its development failed, of this family or of all.
        failed = int(centers[task]) - len(group)
        left_out = {"n_not_pooled": len(group) - len(entered), "n_failed": failed}
        counts = {"n_centers": len(entered), **left_out, "scale": scale}
        try:
            pool = random_effects(
                entered["scaled_estimate"], entered["scaled_std_error"], confidence=confidence
            )
        except EstimationError as error:
            pools.append({**named, "kind": POOLED, "center": "", "scale": scale, "reason": str(error)})
            differ.append({**named, **counts})
            continue
        pools += _pool_rows(pool, named, entered)
        spread = {"tau": pool.tau, "i_squared": pool.i_squared, "q": pool.q, "q_p_value": pool.q_p_value}
        differ.append({**named, **counts, **spread})
    return pools, differ


def _pool_rows(pool: RandomEffects, named: dict[str, str], entered: pd.DataFrame) -> list[dict[str, Any]]:
    metric = named["metric"]
    sizes = {name: int(entered[name].sum()) for name in ("n", "n_patients", "n_events")}
    shared = {**named, **sizes, "center": "", "scale": SCALES.get(metric, "identity")}
    estimate, low, high, beyond, above = (
        from_scale(metric, value)
        for value in (
            pool.estimate, pool.conf_low, pool.conf_high, pool.prediction_low, pool.prediction_high,
        )
    )  # fmt: skip
    return [
        {**shared, "kind": POOLED, "estimate": estimate, "conf_low": low, "conf_high": high,
         "method": METHOD, "scaled_estimate": pool.estimate, "scaled_std_error": pool.std_error},
        {**shared, "kind": PREDICTION_INTERVAL, "estimate": estimate, "conf_low": beyond,
         "conf_high": above, "method": PREDICTION_METHOD,
         "reason": "" if np.isfinite(beyond) else "needs three centers or more"},
    ]  # fmt: skip


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows with these columns in this order; texts that a row lacks are empty, numbers missing."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    texts = [name for name in ("model", "center", "method", "reason", "scale") if name in columns]
    frame[texts] = frame[texts].fillna("").astype("str")
    for name in set(columns) & {"n", "n_patients", "n_events"}:
        frame[name] = frame[name].astype("Int64")
    if "pooled" in columns:
        frame["pooled"] = frame["pooled"].astype("boolean")
    return frame


def _row(prediction: Prediction, one: CenterEstimate, why_not: str) -> dict[str, Any]:
    return {
        "task": prediction.task,
        "model": prediction.model,
        "kind": CENTER,
        "center": prediction.sample,
        "metric": one.metric,
        "estimate": one.estimate,
        "conf_low": one.conf_low,
        "conf_high": one.conf_high,
        "n": prediction.n,
        "n_patients": prediction.n_patients,
        "n_events": prediction.n_events,
        "method": one.method,
        "pooled": not why_not,
        "reason": why_not,
        "scale": SCALES.get(one.metric, "identity"),
        "scaled_estimate": one.scaled,
        "scaled_std_error": one.scaled_error,
    }


def _why_not_pooled(one: CenterEstimate, rarer: int, fewest: int) -> str:
    if one.reason:
        return one.reason
    return f"not pooled: {rarer} lesions of the rarer class, fewer than {fewest}" if rarer < fewest else ""
