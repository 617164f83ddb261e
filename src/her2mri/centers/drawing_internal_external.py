"""The forest plot of a validation by center."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.centers.center_performance import OBSERVED_EXPECTED
from her2mri.centers.center_rows import CENTER, POOLED, PREDICTION_INTERVAL
from her2mri.centers.display import label_of_metric
from her2mri.evaluation.drawing_forest import ForestRow, draw_forest
from her2mri.vocabulary import METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_IDEAL: Final = {"auc": 0.5, OBSERVED_EXPECTED: 1.0}


def draw_internal_external(
    frame: pd.DataFrame,
    pools: pd.DataFrame,
    *,
    ax: Axes | None = None,
    model: str | None = None,
    metric: str = "auc",
) -> Axes:
    """Draw the centers in which the metric exists, with what pools them; the others are counted in the title.

    Raises ValueError for a model or metric that is not in the frame, and where it exists in no center.
    """
    named = list(dict.fromkeys(frame.loc[frame["model"] != "", "model"]))
    model = named[0] if model is None else model
    shown = frame[(frame["model"] == model) & (frame["metric"] == metric)]
    if shown.empty:
        raise ValueError(
            f"model and metric must be among {', '.join(named)} and {', '.join(frame['metric'].unique())}, "
            f"got {model!r} and {metric!r}"
        )
    centers = shown[shown["kind"] == CENTER]
    there = centers[np.isfinite(centers["estimate"].to_numpy(dtype=float))]
    entered = there["pooled"].astype(bool)
    rows = [_row(row, "Pooled") for _, row in there[entered].iterrows()]
    rows += [_row(row, "Too few to pool") for _, row in there[~entered].iterrows()]
    pool = shown[(shown["kind"] == POOLED) & shown["estimate"].notna()]
    predicted = shown[(shown["kind"] == PREDICTION_INTERVAL) & shown["conf_low"].notna()]
    absent = len(centers) - len(there)
    return draw_forest(
        rows,
        xlabel=f"{label_of_metric(metric)} in the center left out",
        reference=_IDEAL.get(metric, METRICS[metric].ideal if metric in METRICS else None),
        pooled=_pooled(pool, pools, model, metric),
        prediction_interval=_ends(predicted),
        title=f"{model}: {absent} without estimate" if absent else model,
        ax=ax,
    )


def _row(row: pd.Series, heading: str) -> ForestRow:
    return ForestRow(
        str(row["center"]),
        int(row["n"]),
        float(row["estimate"]),
        float(row["conf_low"]),
        float(row["conf_high"]),
        heading=heading,
    )


def _pooled(pool: pd.DataFrame, pools: pd.DataFrame, model: str, metric: str) -> ForestRow | None:
    if pool.empty:
        return None
    first = pool.iloc[0]
    spread = pools[(pools["model"] == model) & (pools["metric"] == metric)].iloc[0]
    label = f"Pooled (I² {100 * float(spread['i_squared']):.0f} %)"
    estimate, low, high = (float(first[name]) for name in ("estimate", "conf_low", "conf_high"))
    return ForestRow(label, int(first["n"]), estimate, low, high)


def _ends(predicted: pd.DataFrame) -> tuple[float, float] | None:
    if predicted.empty:
        return None
    return float(predicted["conf_low"].iloc[0]), float(predicted["conf_high"].iloc[0])
