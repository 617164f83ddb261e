"""Optimism of a logistic model whose predictors were fixed beforehand, in a fraction of a second.

Nothing is selected or tuned here, so that the fits of thousands of resamples are one compiled loop. A model
whose predictors were chosen with the same lesions needs the whole development in every resample instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray
from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import patient_weights
from her2mri.selection.binary_design import checked_design, independent_columns

METRICS: Final = ("auc", "brier", "calibration_intercept", "calibration_slope")


@dataclass(frozen=True, eq=False)
class FixedLogisticOptimism:
    """Scores of each resample's model on the resample (``training``) and on the sample (``test``), (r, 4).

    Columns are ``METRICS``; intercept and slope on the resample are 0 and 1 by construction. A row is NaN
    where the resample has no finite estimate. ``apparent`` (4,) is of the model itself.
    """

    apparent: FloatArray
    training: FloatArray
    test: FloatArray

    @property
    def n_failed(self) -> int:
        """How many resamples had no finite estimate."""
        return int(np.isnan(self.test[:, 0]).sum())

    def frame(self) -> pd.DataFrame:
        """One row a metric: apparent, training, test, optimism (training - test) and optimism_corrected.

        ``n`` counts the resamples behind the means.
        """
        usable = ~np.isnan(self.test[:, 0])
        if not usable.any():
            raise EstimationError("no resample has a finite estimate: there is no optimism to speak of")
        training, test = self.training[usable].mean(axis=0), self.test[usable].mean(axis=0)
        return pd.DataFrame(
            {
                "metric": METRICS,
                "apparent": self.apparent,
                "training": training,
                "test": test,
                "optimism": training - test,
                "optimism_corrected": self.apparent - (training - test),
                "n": int(usable.sum()),
            }
        )


def optimism_of_fixed_logistic(
    X: ArrayLike,
    y: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    n_bootstrap: int = 2000,
    seed: int = 0,
    weights: ArrayLike | None = None,
) -> FixedLogisticOptimism:
    """Bootstrap the optimism of a logistic regression on these columns: AUC, Brier score, intercept, slope.

    Harrell's bootstrap (doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4), as
    ``rms::validate`` does it: each resample's model is scored on the resample and on the sample.

    Parameters
    ----------
    X
        Design matrix, lesions by columns, without an intercept and without missing values.
    y
        For each lesion 1 (event) or 0.
    patient
        The patient of each lesion, whom resamples draw whole; None: each lesion is a patient.
    n_bootstrap, seed
        How many resamples, and what draws them.
    weights
        How often each lesion stands in each resample, (r, n), instead of drawing.

    Raises
    ------
    EstimationError
        Where all lesions are of one class, or the classes separate.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(150, 3))
    >>> y = (X[:, 0] + rng.logistic(size=150) > 0).astype(int)
    >>> table = optimism_of_fixed_logistic(X, y, n_bootstrap=200).frame().set_index("metric")
    >>> bool(table.loc["auc", "optimism"] > 0), bool(table.loc["calibration_slope", "optimism_corrected"] < 1)
    (True, True)

    """
    from her2mri.validation import fixed_logistic_kernels as kernels

    design, outcome = checked_design(X, y)
    drawn = _weights(len(outcome), patient, n_bootstrap, seed, weights)
    design = design[:, independent_columns(design)]
    design = (design - design.mean(axis=0)) / design.std(axis=0)
    patterns, place = np.unique(design, axis=0, return_inverse=True)
    place = place.reshape(-1)
    columns = np.ascontiguousarray(np.column_stack([np.ones(len(patterns)), patterns]).T)
    own = np.stack([np.bincount(place, weights=outcome), np.bincount(place).astype(np.float64)])
    start = np.zeros(len(columns))
    if not kernels.fit(columns, own[0], own[1], start):
        raise EstimationError("the classes separate: the model has no finite estimate to validate")
    # Patterns in the order of the model's risk: the models of resamples order them much alike.
    rising = np.argsort(start @ columns, kind="stable")
    columns, own, place = np.ascontiguousarray(columns[:, rising]), own[:, rising], np.argsort(rising)[place]
    once = np.ones((1, len(outcome)))
    itself = kernels.optimism(columns, place, outcome, once, own, start)[0]
    found = kernels.optimism(columns, place, outcome, drawn, own, start)
    by_construction = np.where(np.isnan(found[:, :1]), np.nan, [0.0, 1.0])
    return FixedLogisticOptimism(
        apparent=np.concatenate([itself[2:4], [0.0, 1.0]]),
        training=np.concatenate([found[:, :2], by_construction], axis=1),
        test=found[:, 2:],
    )


def _weights(
    n: int, patient: ArrayLike | None, n_bootstrap: int, seed: int, weights: ArrayLike | None
) -> FloatArray:
    if weights is None:
        who = np.arange(n) if patient is None else patient
        return patient_weights(who, n_bootstrap, np.random.SeedSequence(seed))
    given = np.asarray(weights, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != n:
        raise ValueError(f"weights must have shape (resamples, {n}), got {given.shape}")
    return given
