"""How much the models depend on the lesions drawn: which variables are selected, what each lesion is told."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import IntArray
from her2mri.errors import EstimationError
from her2mri.evaluation.calibration_smooth import calibration_smooth
from her2mri.statistics.intervals import wilson
from her2mri.validation.model_resamples import ModelResamples

INSTABILITY_PERCENTILES: Final = (2.5, 97.5)
CURVE_POINTS: Final = 60
OF_THE_MODEL: Final = -1
"""Number of the curve that is not a resample's but the model's own."""


def selected_share(model: ModelResamples, *, confidence: float) -> pd.DataFrame:
    """One row a variable that was ever selected, the most frequent first, with Wilson's interval of its share."""
    sets = [set(names) for names in model.selected if names is not None]
    counted = Counter(name for names in sets for name in names)
    for name in model.apparent_selected:
        counted.setdefault(name, 0)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    n_selected = np.array([count for _, count in ordered], dtype=np.int64)
    low, high = wilson(n_selected, np.full(len(ordered), len(sets)), confidence=confidence)
    return pd.DataFrame(
        {
            "model": model.model,
            "variable": [name for name, _ in ordered],
            "selected": [name in model.apparent_selected for name, _ in ordered],
            "n_selected": n_selected,
            "n_resamples": len(sets),
            "share": n_selected / len(sets),
            "conf_low": low,
            "conf_high": high,
        }
    )


def selected_pairs(model: ModelResamples) -> pd.DataFrame:
    """One row a pair of variables that were ever selected together, the most frequent first.

    ``expected`` is the share that there would be were the two selected independently.
    """
    sets = [sorted(names) for names in model.selected if names is not None]
    alone = Counter(name for names in sets for name in names)
    together = Counter(pair for names in sets for pair in combinations(names, 2))
    ordered = sorted(together.items(), key=lambda item: (-item[1], item[0]))
    return pd.DataFrame(
        [
            {
                "model": model.model,
                "variable": first,
                "other": second,
                "n_together": count,
                "n_resamples": len(sets),
                "share": count / len(sets),
                "expected": alone[first] * alone[second] / len(sets) ** 2,
            }
            for (first, second), count in ordered
        ],
        columns=["model", "variable", "other", "n_together", "n_resamples", "share", "expected"],
    )


def instability(model: ModelResamples, lesion: NDArray[np.str_], y: IntArray) -> pd.DataFrame:
    """One row a lesion: probability, its percentiles over the models of the resamples, and its ``mape``."""
    again = model.probability[model.developed]
    low, high = np.percentile(again, INSTABILITY_PERCENTILES, axis=0)
    return pd.DataFrame(
        {
            "model": model.model,
            "lesion_id": lesion,
            "y": y,
            "probability": model.apparent_probability,
            "percentile_low": low,
            "percentile_high": high,
            "mape": np.abs(again - model.apparent_probability).mean(axis=0),
            "n_resamples": len(again),
        }
    )


def calibration_instability(model: ModelResamples, y: IntArray, n_curves: int) -> pd.DataFrame:
    """Smooth calibration curves of the models of the first resamples, on the original lesions.

    A model with one distinct probability has a point: what is observed of all lesions.
    """
    numbers = np.flatnonzero(model.developed)[:n_curves]
    curves = [(OF_THE_MODEL, model.apparent_probability)]
    curves += [(int(number), model.probability[number]) for number in numbers]
    tables = []
    for number, probability in curves:
        at = np.linspace(probability.min(), probability.max(), CURVE_POINTS)
        try:
            observed = calibration_smooth(y, probability).curve(at)[0]
        except EstimationError:
            at, observed = at[:1], np.array([y.mean()])
        tables.append(pd.DataFrame({"resample": number, "predicted": at, "observed": observed}))
    columns = ["model", "resample", "predicted", "observed"]
    return pd.concat(tables, ignore_index=True).assign(model=model.model)[columns]
