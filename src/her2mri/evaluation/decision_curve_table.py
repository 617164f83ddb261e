"""The decision curve of one prediction as a table: net benefit and what follows from it, with bands."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.evaluation.decision_curve import avoided_of_gain, net_benefit_of_counts, treat_all
from her2mri.evaluation.performance import Resampled

Floats = NDArray[np.float64]

CURVE_COLUMNS: Final = (
    "threshold", "net_benefit", "conf_low", "conf_high", "treat_all", "treat_none",
    "standardised_net_benefit", "standardised_low", "standardised_high",
    "interventions_avoided", "avoided_low", "avoided_high", "locked_threshold", "n", "n_events",
)  # fmt: skip
"""``interventions_avoided`` is net, per 100 lesions, against treating all; ``locked_threshold`` is the cut-off
fixed on the training sample, the same in every row (NaN: none)."""


def decision_curve_table(
    resampled: Resampled, thresholds: Floats, *, locked_threshold: float | None
) -> pd.DataFrame:
    """One row a threshold; bands are percentiles of the resamples, each with its own prevalence."""
    prediction, counts, again = resampled.prediction, resampled.counts, resampled.replicates
    benefit, all_treated = (
        net_benefit_of_counts(counts, thresholds)[0],
        treat_all(prediction.y, thresholds),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        replicates = net_benefit_of_counts(again, thresholds)
        share = (again.positives / (again.positives + again.negatives))[:, None]
        gains = replicates - (share - (1.0 - share) * thresholds / (1.0 - thresholds))
        standardised = np.where(share > 0, replicates / share, np.nan)
        prevalence = prediction.n_events / prediction.n
        own = benefit / prevalence if prevalence else np.full(len(thresholds), np.nan)
    low, high = _band(replicates, resampled.confidence)
    standardised_low, standardised_high = _band(standardised, resampled.confidence)
    avoided_low, avoided_high = _band(avoided_of_gain(gains, thresholds), resampled.confidence)
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "net_benefit": benefit,
            "conf_low": low,
            "conf_high": high,
            "treat_all": all_treated,
            "treat_none": 0.0,
            "standardised_net_benefit": own,
            "standardised_low": standardised_low,
            "standardised_high": standardised_high,
            "interventions_avoided": avoided_of_gain(benefit - all_treated, thresholds),
            "avoided_low": avoided_low,
            "avoided_high": avoided_high,
            "locked_threshold": np.nan if locked_threshold is None else locked_threshold,
            "n": prediction.n,
            "n_events": prediction.n_events,
        }
    )


def _band(replicates: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Percentiles (m,) of the resamples (r, m) that have a value; NaN at a threshold where most have none."""
    tails = (1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0
    share = np.isfinite(replicates).mean(axis=0)
    bounds = np.full((2, replicates.shape[1]), np.nan)
    whole, partly = share == 1.0, (share < 1.0) & (share > 0.5)
    if whole.any():
        bounds[:, whole] = np.quantile(replicates[:, whole], tails, axis=0)
    if partly.any():  # slower by far
        bounds[:, partly] = np.nanquantile(replicates[:, partly], tails, axis=0)
    return bounds[0], bounds[1]
