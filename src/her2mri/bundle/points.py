"""The nomogram's points and each variable's share of the log-odds, read from a bundle of LR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from her2mri.bundle.arrays import FloatArray
from her2mri.bundle.families import Logistic

if TYPE_CHECKING:
    from her2mri.bundle.bundle import Bundle

Values = Mapping[str, str | float | None]


def term_sum(bundle: Bundle, name: str, value: str | float) -> float:
    """What a value adds to the linear predictor: coefficient times column, over the variable's columns."""
    coefficients = _coefficients(bundle)
    return float(
        sum(
            coefficients[position] * (float(value) if level is None else float(value == level))
            for position, level in bundle.columns[name]
        )
    )


def axis_range(bundle: Bundle, name: str) -> tuple[float, float]:
    """The smallest and largest ``term_sum`` on the variable's axis: over levels met, or first and last tick."""
    summary = bundle.content["development"]["variables"][name]
    values = list(summary["counts"]) if "counts" in summary else [summary["ticks"][0], summary["ticks"][-1]]
    sums = [term_sum(bundle, name, value) for value in values]
    return min(sums), max(sums)


def point_unit(bundle: Bundle) -> float:
    """The log-odds of one point: the widest axis has 100."""
    return max(high - low for low, high in (axis_range(bundle, name) for name in bundle.columns)) / 100


def points(bundle: Bundle, values: Values) -> dict[str, float | None]:
    """Points by variable; a missing value has none. All 0 where no variable contributes."""
    unit = point_unit(bundle)
    found: dict[str, float | None] = {}
    for name in bundle.columns:
        value = values[name]
        if value is None:
            found[name] = None
        else:
            found[name] = (
                (term_sum(bundle, name, value) - axis_range(bundle, name)[0]) / unit if unit else 0.0
            )
    return found


def baseline(bundle: Bundle) -> float:
    """The linear predictor at the mean of every column in development."""
    family = bundle.family
    assert isinstance(family, Logistic)
    return float(family.intercept + family.coefficients @ _means(bundle))


def contributions(bundle: Bundle, values: Values) -> dict[str, float | None]:
    """By variable, what the value adds to the log-odds beyond the mean of development; a missing value has none."""
    coefficients, means = _coefficients(bundle), _means(bundle)
    found: dict[str, float | None] = {}
    for name, columns in bundle.columns.items():
        value = values[name]
        mean = float(sum(coefficients[position] * means[position] for position, _ in columns))
        found[name] = None if value is None else term_sum(bundle, name, value) - mean
    return found


def _coefficients(bundle: Bundle) -> FloatArray:
    family = bundle.family
    assert isinstance(family, Logistic)
    return family.coefficients


def _means(bundle: Bundle) -> FloatArray:
    return np.array(bundle.content["development"]["moments"]["mean"], dtype=float)
