"""The nomogram's points and each variable's share of the log-odds, read from a bundle of a linear model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from her2mri.bundle.arrays import FloatArray
from her2mri.bundle.design import Values
from her2mri.bundle.families import Logistic
from her2mri.explanation.nomogram_scale import NomogramScale, contribution_of

if TYPE_CHECKING:
    from her2mri.bundle.bundle import Bundle


def scale_of(bundle: Bundle) -> NomogramScale:
    """What a point is worth: each axis over the levels met, or over the ticks."""
    family = _logistic(bundle)
    ends = {}
    for name, columns in bundle.design.inputs.items():
        own = family.coefficients[list(columns.positions)]
        summary = bundle.content["development"]["variables"][name]
        if "counts" in summary:
            ends[name] = np.concatenate([[0.0], own])
        elif columns.positions:
            ends[name] = contribution_of(columns.bent(np.array(summary["ticks"], dtype=float)), own)
    return NomogramScale.of(family.intercept, ends)


def points(bundle: Bundle, values: Values) -> dict[str, float | None]:
    """Points by variable; a missing value has none. All 0 where no variable contributes."""
    scale = bundle.scale
    found: dict[str, float | None] = {}
    for name, part in _parts(bundle, values).items():
        at = None if part is None else np.array([part])
        found[name] = (
            None if at is None else float(scale.points(name, at)[0]) if name in scale.lowest else 0.0
        )
    return found


def baseline(bundle: Bundle) -> float:
    """The linear predictor at the mean of every column in development."""
    family = _logistic(bundle)
    return float(family.intercept + family.coefficients @ _means(bundle))


def contributions(bundle: Bundle, values: Values) -> dict[str, float | None]:
    """By variable, what the value adds to the log-odds beyond the mean of development; a missing value has none."""
    coefficients, means = _logistic(bundle).coefficients, _means(bundle)
    found: dict[str, float | None] = {}
    for name, part in _parts(bundle, values).items():
        own = list(bundle.design.inputs[name].positions)
        found[name] = None if part is None else part - float(sum(coefficients[own] * means[own]))
    return found


def _parts(bundle: Bundle, values: Values) -> dict[str, float | None]:
    """What each value adds to the linear predictor: coefficient times column, over the variable's columns."""
    coefficients = _logistic(bundle).coefficients
    found: dict[str, float | None] = {}
    for name, columns in bundle.design.inputs.items():
        value = values[name]
        if value is None:
            found[name] = None
        else:
            own = coefficients[list(columns.positions)]
            found[name] = float(contribution_of(columns.of(value)[None, :], own)[0])
    return found


def _logistic(bundle: Bundle) -> Logistic:
    family = bundle.family
    assert isinstance(family, Logistic)
    return family


def _means(bundle: Bundle) -> FloatArray:
    return np.array(bundle.content["development"]["moments"]["mean"], dtype=float)
