"""From log-odds to points and back: the one scale of a nomogram, drawn or frozen, with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class NomogramScale:
    """Each axis starts at 0 points, and the widest has 100.

    ``lowest`` and ``highest`` are the ends of each variable's axis, as log-odds. Points are never rounded.

    >>> scale = NomogramScale.of(-1.0, {"ki67": np.array([0.0, 0.5]), "adc": np.array([2.0, 1.0])})
    >>> scale.points("adc", np.array([1.0, 1.5])).tolist(), float(scale.linear_predictor_of(100.0))
    ([0.0, 50.0], 1.0)
    """

    intercept: float
    lowest: Mapping[str, float]
    highest: Mapping[str, float]

    @classmethod
    def of(cls, intercept: float, contributions: Mapping[str, FloatArray]) -> Self:
        """The scale of axes whose ticks contribute these log-odds."""
        return cls(
            intercept,
            {name: float(values.min()) for name, values in contributions.items()},
            {name: float(values.max()) for name, values in contributions.items()},
        )

    @cached_property
    def unit(self) -> float:
        """The log-odds of one point; 0 where no variable contributes."""
        return max((self.span(name) for name in self.lowest), default=0.0) / 100

    @cached_property
    def origin(self) -> float:
        """The linear predictor at a total of 0 points."""
        return self.intercept + sum(self.lowest.values())

    @cached_property
    def highest_total(self) -> float:
        """The largest total that values on the axes can reach."""
        return sum(self.span(name) for name in self.lowest) / self.unit if self.unit else 0.0

    def span(self, name: str) -> float:
        """How far the axis reaches, as log-odds."""
        return self.highest[name] - self.lowest[name]

    def points(self, name: str, contribution: FloatArray) -> FloatArray:
        """The points of contributions to the log-odds, by the same line also beyond the ends of the axis."""
        return (contribution - self.lowest[name]) / self.unit if self.unit else np.zeros_like(contribution)

    def linear_predictor_of(self, total_points: FloatArray | float) -> FloatArray:
        """The linear predictor at a total."""
        return np.asarray(self.origin + self.unit * np.asarray(total_points, dtype=float))

    def total_points_of(self, linear_predictor: FloatArray | float) -> FloatArray:
        """The total at a linear predictor."""
        return np.asarray((np.asarray(linear_predictor, dtype=float) - self.origin) / self.unit)


def contribution_of(columns: FloatArray, coefficients: FloatArray) -> FloatArray:
    """What one variable's columns, lesions by columns, add to the linear predictor: column by column."""
    total: FloatArray = (columns * coefficients).sum(axis=1)
    return total
