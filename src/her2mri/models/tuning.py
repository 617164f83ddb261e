"""Choosing a family's settings inside the training set, by the mean AUC of held-out folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn import config_context

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import ProbabilityEstimator
from her2mri.models.family import ModelFamily


def tune(
    family: ModelFamily, X: FloatArray, y: IntArray, patient: IntArray, folds: IntArray, *, seed: int
) -> tuple[ProbabilityEstimator, pd.DataFrame]:
    """The family fitted to all rows with its best settings, and the held-out AUC of each combination.

    ``folds`` (n,) numbers the fold of each row. Of settings with the same AUC the first, simplest, wins. The
    frame has one row a combination: its settings, ``cross_validated_auc``, ``folds_used`` (folds that hold
    both classes) and ``chosen``. A family with one combination is fitted without cross-validation; where the
    estimator chooses by itself, the rows are what it chose among.
    """
    settings = family.settings()
    rows: list[dict[str, Any]] = []
    if len(settings) > 1:
        for combination in settings:
            # The settings are ours: looking at each again in every fold takes as long as a small tree.
            with config_context(skip_parameter_validation=True):
                scores = _held_out_auc(family, combination, X, y, patient, folds, seed=seed)
            mean = float(np.mean(scores)) if scores else np.nan
            rows.append({**combination, "cross_validated_auc": mean, "folds_used": len(scores)})
        auc = np.array([row["cross_validated_auc"] for row in rows])
        best = int(np.argmax(np.nan_to_num(auc, nan=-1.0).round(12)))
    else:
        rows, best = [{**settings[0], "cross_validated_auc": np.nan, "folds_used": 0}], 0
    estimator = make(family, settings[best], seed=seed).fit(X, y, patient)
    own = estimator.search()
    if own is not None:
        return estimator, own.assign(cross_validated_auc=np.nan, folds_used=0)
    frame = pd.DataFrame(rows)
    frame["chosen"] = np.arange(len(rows)) == best
    return estimator, frame


def make(
    family: ModelFamily, combination: dict[str, Any], *, seed: int, ranking_only: bool = False
) -> ProbabilityEstimator:
    """An unfitted estimator of the family with these settings; ``ranking_only``: its order of lesions will do."""
    given = dict(family.ranking) if ranking_only else {}
    return family.make(**combination, **given, **({"random_state": seed} if family.seeded else {}))


def _held_out_auc(
    family: ModelFamily,
    combination: dict[str, Any],
    X: FloatArray,
    y: IntArray,
    patient: IntArray,
    folds: IntArray,
    *,
    seed: int,
) -> list[float]:
    scores = []
    for fold in np.unique(folds):
        held_out = folds == fold
        if len(np.unique(y[held_out])) < 2 or len(np.unique(y[~held_out])) < 2:
            continue
        estimator = make(family, combination, seed=seed, ranking_only=True)
        estimator.fit(X[~held_out], y[~held_out], patient[~held_out])
        scores.append(_auc(y[held_out], estimator.predict_proba(X[held_out])[:, 1]))
    return scores


def _auc(y: IntArray, score: FloatArray) -> float:
    """The share of pairs of classes in which 1 scores higher, ties counting half (Mann and Whitney)."""
    n_events = int(y.sum())
    ranks = float(rankdata(score)[y == 1].sum())
    return (ranks - n_events * (n_events + 1) / 2) / (n_events * (len(y) - n_events))
