"""Exact Shapley values of a radial support vector machine of 8 predictors."""

from __future__ import annotations

import time
from importlib.util import find_spec
from itertools import combinations
from math import factorial
from pathlib import Path

import numpy as np

from benchmarks.bench_optimism import PREDICTORS
from benchmarks.published import published_training
from benchmarks.rows import Row, fastest
from her2mri.cohort.design_matrix import Encoding, FloatArray, IntArray
from her2mri.explanation.radial_game import predict_of
from her2mri.explanation.shapley import Predict, shapley_values
from her2mri.explanation.shapley_explanation import background_rows
from her2mri.models.support_vector_machine import SupportVectorMachine

PEER_LESIONS = 6


def enumerated(predict: Predict, lesion: FloatArray, background: FloatArray, groups: IntArray) -> FloatArray:
    """The definition written down: every coalition predicted over the whole background."""
    p = int(groups.max()) + 1
    value = {}
    for size in range(p + 1):
        for members in combinations(range(p), size):
            hybrids = np.where(np.isin(groups, members), lesion, background)
            value[frozenset(members)] = float(np.mean(predict(hybrids)))
    found = np.zeros(p)
    for members, reached in value.items():
        for variable in members:
            share = factorial(len(members) - 1) * factorial(p - len(members)) / factorial(p)
            found[variable] += share * (reached - value[members - {variable}])
    return found


def by_shap(predict: Predict, lesions: FloatArray, background: FloatArray, groups: IntArray) -> FloatArray:
    """The exact explainer of shap, over lesions that stand for a whole variable each."""
    import shap

    table = np.concatenate([lesions, background])
    names = np.arange(len(table))
    codes = np.tile(names[:, None], (1, int(groups.max()) + 1)).astype(float)

    def of_codes(rows: FloatArray) -> FloatArray:
        return predict(table[rows.astype(int)[:, groups], np.arange(len(groups))])

    masker = shap.maskers.Independent(codes[len(lesions) :], max_samples=len(background))
    return np.asarray(shap.explainers.Exact(of_codes, masker)(codes[: len(lesions)]).values)


def bench(folder: Path) -> list[Row]:
    """Seconds of all training lesions against a background of 100."""
    training = published_training()
    chosen = [variable for variable in training.candidates if variable.name in PREDICTORS]
    encoding = Encoding.learn(training.frame, chosen)
    X, groups = encoding.matrix(training.frame), encoding.groups
    machine = SupportVectorMachine(C=1.0, gamma=0.05).fit(X, training.y, training.patient)
    background = X[background_rows(len(X), size=100, seed=1)]

    def by_libsvm(rows: FloatArray) -> FloatArray:
        margin = machine.machine_.decision_function(machine.scaler_.transform(rows))
        return 1.0 / (1.0 + np.exp(-(machine.slope_ * margin + machine.intercept_)))

    ours = fastest(lambda: shapley_values(predict_of(machine), X, background, groups), repeats=2)
    values, _ = shapley_values(predict_of(machine), X, background, groups)
    has_shap = find_spec("shap") is not None
    start = time.process_time()
    if has_shap:
        theirs = by_shap(by_libsvm, X[:PEER_LESIONS], background, groups)
    else:
        print("  shap is absent: the peer is the enumeration of all coalitions in numpy, libsvm predicting")
        theirs = np.array([enumerated(by_libsvm, lesion, background, groups) for lesion in X[:PEER_LESIONS]])
    peer = (time.process_time() - start) / PEER_LESIONS * len(X)
    gap = float(np.abs(values[:PEER_LESIONS] - theirs).max())
    print(f"  largest gap between the Shapley values: {gap:.1e}")
    if gap > 1e-9:
        raise AssertionError(f"Shapley values must agree to 1e-9, the gap is {gap:.1e}")
    name = "shap's exact explainer" if has_shap else "numpy, all 2^p coalitions; shap absent"
    said = f"{len(X)} lesions, background 100, p = 8; peer timed on {PEER_LESIONS} lesions, scaled"
    return [Row(f"Shapley values of an RBF SVM ({name})", ours, peer, said)]
