"""What a bundle remembers of the development lesions: numbers about all of them, none about any."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.bundle.arrays import FloatArray, IntArray, symmetric
from her2mri.cohort.design_matrix import Encoding
from her2mri.explanation.ticks import pretty_ticks
from her2mri.study.joint_fit import fit_joint

_CERTAIN: Final = 1e-6
_COLLINEAR: Final = 1e-8


def development_summary(
    encoding: Encoding, frame: pd.DataFrame, y: IntArray, patient: IntArray
) -> dict[str, Any]:
    """The ``development`` of a bundle but for ``linear_predictor``; the same for every model of these inputs.

    Lesions with a missing input count nowhere but in the numbers of lesions, patients and events.
    """
    matrix = encoding.matrix(frame)
    X = matrix[~np.isnan(matrix).any(axis=1)]
    return {
        "n": len(frame),
        "n_events": int(y.sum()),
        "n_patients": len(np.unique(patient)),
        "prevalence": float(y.mean()),
        "variables": _variables(encoding, frame),
        "moments": moments(X),
        "joint": _joint(encoding, X),
    }


def linear_predictor_summary(probability: FloatArray) -> dict[str, float]:
    """Mean and standard deviation of the log-odds; 0 and 1 are taken as a millionth from the end."""
    inside = np.clip(probability, _CERTAIN, 1 - _CERTAIN)
    log_odds = np.log(inside) - np.log1p(-inside)
    return {"mean": float(log_odds.mean()), "sd": float(log_odds.std())}


def _variables(encoding: Encoding, frame: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, levels in zip(encoding.variables, encoding.levels, strict=True):
        values = frame[variable.name].dropna()
        if levels:
            found[variable.name] = {"counts": {level: int((values == level).sum()) for level in levels}}
            continue
        low, high = float(values.min()), float(values.max())
        found[variable.name] = {
            "low": low,
            "high": high,
            "mean": float(np.clip(values.mean(), low, high)),
            "sd": max(float(values.std()), 1e-9),
            "ticks": pretty_ticks(low, high).tolist() if low < high else [low, low + 1.0],
        }
    return found


def moments(X: FloatArray) -> dict[str, Any]:
    """Mean and precision of the columns, and how far from the mean most lesions are."""
    mean = X.mean(axis=0)
    covariance = np.atleast_2d(np.cov(X, rowvar=False))
    inverse = np.linalg.pinv(covariance, rcond=_COLLINEAR, hermitian=True)
    precision = symmetric(np.asarray(inverse, dtype=np.float64))
    away = X - mean
    distance = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", away, precision, away), 0.0))
    within = np.quantile(distance, (0.95, 0.99), method="higher")
    return {
        "mean": mean.tolist(),
        "precision": precision.tolist(),
        "distance_95": float(within[0]),
        "distance_99": float(within[1]),
    }


def _joint(encoding: Encoding, X: FloatArray) -> dict[str, Any]:
    """Of the columns that are no bends of a spline: these follow from the measurement."""
    plain = np.array([term.basis == 0 for term in encoding.terms], dtype=bool)
    is_category = [variable.is_categorical for variable in encoding.variables]
    joint = fit_joint(X[:, plain], encoding.groups[plain], is_category)
    names = ("center", "scale", "bias", "coupling")
    return {name: getattr(joint, name).tolist() for name in names}
