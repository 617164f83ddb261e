"""The calibration curve as a table: smooth curve with band, grouped points, distribution of probabilities."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.evaluation.calibration_smooth import calibration_smooth
from her2mri.evaluation.clusters import effective_lesions, patient_codes
from her2mri.statistics.intervals import wilson

Floats = NDArray[np.float64]

CURVE_COLUMNS: Final = ("kind", "predicted", "observed", "conf_low", "conf_high", "n", "n_events", "method")

_MOST_GROUPS: Final = 10
_LESIONS_FOR_TENTHS: Final = 400
_GRID: Final = 101
_BIN_WIDTH: Final = 0.02


def calibration_curve(
    y: ArrayLike, probability: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Long rows of ``CURVE_COLUMNS``, of three kinds.

    ``smooth``: the curve over the range of the probabilities, with its pointwise Wald band. ``group``:
    observed against mean predicted in the groups of ``group_of``, with Wilson's interval; where a ``patient``
    (n,) has several lesions, for the number that they are worth (``clusters.effective_lesions``), and the
    band is by patient too. ``distribution``: lesions and events in bins of width 0.02, named by their middle.
    Raises EstimationError where there is no smooth curve (one class, one distinct probability).
    """
    event, risk = np.asarray(y, dtype=float), np.asarray(probability, dtype=float)
    smooth = calibration_smooth(event, risk)
    grid = np.linspace(risk.min(), risk.max(), _GRID)
    observed, low, high = smooth.curve(grid, patient=patient, confidence=confidence)
    rows = [
        pd.DataFrame(
            {"kind": "smooth", "predicted": grid, "observed": observed, "conf_low": low, "conf_high": high}
        ).assign(n=len(event), n_events=int(event.sum()), method=smooth.method),
        _groups(event, risk, patient_codes(patient, len(event)), confidence),
        _distribution(event, risk),
    ]
    return pd.concat(rows, ignore_index=True)[list(CURVE_COLUMNS)]


def group_of(probability: ArrayLike) -> NDArray[np.intp]:
    """Group of each lesion (n,), for points beside the smooth curve.

    Each distinct probability where there are ten or fewer; else tenths of the lesions, or with fewer than 400
    lesions fifths. Equal probabilities are never parted.

    >>> group_of([0.2, 0.5, 0.2]).tolist()
    [0, 1, 0]
    """
    risk = np.asarray(probability, dtype=float)
    distinct, pattern = np.unique(risk, return_inverse=True)
    if len(distinct) <= _MOST_GROUPS:
        return np.asarray(pattern, dtype=np.intp)
    groups = _MOST_GROUPS if len(risk) >= _LESIONS_FOR_TENTHS else _MOST_GROUPS // 2
    edges = np.unique(np.quantile(risk, np.arange(1, groups) / groups, method="inverted_cdf"))
    return np.unique(np.searchsorted(edges, risk, side="left"), return_inverse=True)[1]


def _groups(event: Floats, risk: Floats, who: NDArray[np.intp], confidence: float) -> pd.DataFrame:
    group = group_of(risk)
    n, events = np.bincount(group), np.bincount(group, weights=event)
    worth = effective_lesions(who, group)
    low, high = wilson(events / n * worth, worth, confidence=confidence)
    return pd.DataFrame(
        {
            "kind": "group",
            "predicted": np.bincount(group, weights=risk) / n,
            "observed": events / n,
            "conf_low": low,
            "conf_high": high,
            "n": n,
            "n_events": events.astype(int),
            "method": "Wilson",
        }
    )


def _distribution(event: Floats, risk: Floats) -> pd.DataFrame:
    bins = round(1.0 / _BIN_WIDTH)
    # A rounded quotient keeps 0.06 / 0.02 = 2.9999... out of the bin below.
    place = np.minimum(np.floor(np.round(risk / _BIN_WIDTH, 9)).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    events = np.bincount(place, weights=event, minlength=bins)
    used = n > 0
    return pd.DataFrame(
        {
            "kind": "distribution",
            "predicted": ((np.arange(bins) + 0.5) * _BIN_WIDTH)[used],
            "observed": np.nan,
            "conf_low": np.nan,
            "conf_high": np.nan,
            "n": n[used],
            "n_events": events[used].astype(int),
            "method": "count",
        }
    )
