"""The nomogram of a logistic model: what each value of each variable adds, in points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from her2mri.cohort.design_matrix import Encoding, FloatArray, Term
from her2mri.cohort.restricted_cubic_spline import restricted_cubic_spline
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.explanation.nomogram_scale import NomogramScale, contribution_of
from her2mri.explanation.ticks import pretty_ticks, tick_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from her2mri.explanation.nomogram_rows import LesionMarks

TOTAL_POINTS: Final = "total_points"
PROBABILITY: Final = "probability"
NOMOGRAM_COLUMNS: Final = (
    "axis", "label", "level", "value", "level_label", "points", "linear_predictor", "probability",
)  # fmt: skip
"""Columns of ``nomogram_<task>.csv``: one row a tick of an axis, from top to bottom.

``axis`` is a variable's name, ``total_points`` or ``probability``. ``level`` holds the category of the tick
and ``value`` its number, whichever applies. In a variable's rows ``linear_predictor`` is what that value
contributes to it; in the last two axes it is the whole linear predictor at that total.
"""

_CONVENTIONAL: Final = (
    0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999,
)  # fmt: skip
_FEWEST_PROBABILITIES: Final = 5
_NARROWEST: Final = 1e-6


@dataclass(frozen=True)
class VariableAxis:
    """The ticks of one variable: levels of a category, or round numbers over the development range.

    ``contributions`` are coefficient times column at the ticks, on the scale of the linear predictor. Those of a
    spline may rise and fall again.
    """

    variable: Variable
    levels: tuple[str, ...]
    values: FloatArray
    contributions: FloatArray

    @property
    def span(self) -> float:
        """How far the axis reaches, on the scale of the linear predictor."""
        return float(np.ptp(self.contributions))


@dataclass(frozen=True)
class Nomogram:
    """Points per variable, their total, and the probability of the positive class that follows.

    ``axes`` holds the variables that vary in development. Points are never rounded here.
    """

    encoding: Encoding
    intercept: float
    coefficients: FloatArray
    positive_label: str
    axes: tuple[VariableAxis, ...]

    @cached_property
    def scale(self) -> NomogramScale:
        """What a point is worth."""
        return NomogramScale.of(
            self.intercept, {axis.variable.name: axis.contributions for axis in self.axes}
        )

    @property
    def unit(self) -> float:
        """The linear predictor of one point: the widest axis spans 100 points."""
        return self.scale.unit

    @property
    def highest_total(self) -> float:
        """The largest total that values on the axes can reach."""
        return self.scale.highest_total

    def points(self, frame: pd.DataFrame) -> FloatArray:
        """The points of lesions, lesions by variables of the encoding.

        A value beyond the end of a continuous axis has points below 0 or above the axis, by the same line.
        A missing value, and a level not met in development, has NaN; a variable that never varied has 0.
        """
        matrix = self.encoding.matrix(frame)
        points = np.zeros((len(frame), len(self.encoding.variables)))
        groups = self.encoding.groups
        unmet = self.encoding.unmet_levels(frame)
        position = {variable.name: index for index, variable in enumerate(self.encoding.variables)}
        for axis in self.axes:
            column = position[axis.variable.name]
            own = groups == column
            contribution = contribution_of(matrix[:, own], self.coefficients[own])
            points[:, column] = self.scale.points(axis.variable.name, contribution)
            if axis.variable.name in unmet:
                points[unmet[axis.variable.name].to_numpy(), column] = np.nan
        return points

    def total_points(self, frame: pd.DataFrame) -> FloatArray:
        """The sum of each lesion's points; NaN where any of them is."""
        total: FloatArray = self.points(frame).sum(axis=1)
        return total

    def linear_predictor_of(self, total_points: FloatArray | float) -> FloatArray:
        """The linear predictor at a total."""
        return self.scale.linear_predictor_of(total_points)

    def probability_of(self, total_points: FloatArray | float) -> FloatArray:
        """The probability of the positive class at a total."""
        return np.asarray(expit(self.linear_predictor_of(total_points)))

    def total_points_at(self, probability: FloatArray | float) -> FloatArray:
        """The total at which the probability of the positive class is this."""
        return self.scale.total_points_of(logit(np.asarray(probability, dtype=float)))

    def frame(self) -> pd.DataFrame:
        """Every tick of every axis, columns as in NOMOGRAM_COLUMNS."""
        parts = [self._variable_rows(axis) for axis in self.axes]
        totals = pretty_ticks(0.0, self.highest_total)
        parts.append(self._scale_rows(TOTAL_POINTS, "Total points", totals, totals))
        label = f"Probability of {self.positive_label}"
        parts.append(self._scale_rows(PROBABILITY, label, *self._probability_ticks()))
        return pd.concat(parts, ignore_index=True)[list(NOMOGRAM_COLUMNS)]

    def plot(self, ax: Axes | None = None, *, lesion: pd.Series | None = None) -> Axes:
        """The nomogram as a chart, two journal columns wide; a lesion's points are marked in it."""
        from her2mri.explanation.drawing_nomogram import draw_nomogram

        return draw_nomogram(self.frame(), ax=ax, lesion=None if lesion is None else self._marks(lesion))

    def _marks(self, lesion: pd.Series) -> LesionMarks:
        from her2mri.explanation.nomogram_rows import LesionMarks

        points = self.points(pd.DataFrame([lesion]))[0]
        names = [variable.name for variable in self.encoding.variables]
        total = points.sum()
        measured = {axis.variable.name: lesion[axis.variable.name] for axis in self.axes if not axis.levels}
        return LesionMarks(
            points=dict(zip(names, points.tolist(), strict=True)),
            measured={name: float(value) for name, value in measured.items()},
            probability=None if np.isnan(total) else float(self.probability_of(total)),
        )

    def _variable_rows(self, axis: VariableAxis) -> pd.DataFrame:
        variable = axis.variable
        labels = [variable.label_of(level) for level in axis.levels] or tick_labels(axis.values)
        return pd.DataFrame(
            {
                "axis": variable.name,
                "label": variable.title,
                "level": axis.levels or None,
                "value": axis.values if len(axis.values) else np.nan,
                "level_label": labels,
                "points": self.scale.points(variable.name, axis.contributions),
                "linear_predictor": axis.contributions,
                "probability": np.nan,
            }
        ).astype({"level": "str"})

    def _scale_rows(self, axis: str, label: str, values: FloatArray, points: FloatArray) -> pd.DataFrame:
        # Probabilities keep their own decimals: 0.05 beside 0.1, not 0.100 beside 0.050.
        labels = tick_labels(values) if axis == TOTAL_POINTS else [f"{value:.6g}" for value in values]
        return pd.DataFrame(
            {
                "axis": axis,
                "label": label,
                "level": None,
                "value": values,
                "level_label": labels,
                "points": points,
                "linear_predictor": self.linear_predictor_of(points),
                "probability": self.probability_of(points),
            }
        ).astype({"level": "str"})

    def _probability_ticks(self) -> tuple[FloatArray, FloatArray]:
        """The probabilities shown and their totals: none beyond what values on the axes can reach."""
        ends = np.array([0.0, self.highest_total])
        low, high = self.probability_of(ends).tolist()
        ticks = np.array([value for value in _CONVENTIONAL if low <= value <= high])
        if len(ticks) < _FEWEST_PROBABILITIES and high - low > _NARROWEST:
            finer = pretty_ticks(low, high, intervals=5)
            ticks = finer[(finer >= low) & (finer <= high) & (finer > 0) & (finer < 1)]
        if len(ticks) < 2:
            return self.probability_of(ends), ends
        return ticks, self.total_points_at(ticks)


def build_nomogram(
    encoding: Encoding,
    intercept: float,
    coefficients: FloatArray,
    *,
    ranges: Mapping[str, tuple[float, float]],
    positive_label: str,
) -> Nomogram:
    """The nomogram of intercept and coefficients, one of these for each column of the encoding.

    ``ranges`` gives the smallest and largest value in development of every continuous variable with a
    column; its axis runs between the round numbers around them. Each variable's lowest contribution is 0
    points, and the variable that contributes over the widest range spans 100.

    Raises ValueError where a range is missing, empty or not finite or a coefficient is not finite, and
    EstimationError where every coefficient is 0: nothing would bring points.
    """
    coefficients = np.asarray(coefficients, dtype=float)
    if coefficients.shape != (len(encoding.terms),):
        raise ValueError(f"need one coefficient for each of {len(encoding.terms)} columns, "
                         f"got shape {coefficients.shape}")  # fmt: skip
    if not (np.isfinite(intercept) and np.isfinite(coefficients).all()):
        raise ValueError(f"intercept and coefficients must be finite, got {intercept}, {coefficients}")
    if not coefficients.any():
        raise EstimationError("no variable contributes to the model, so there is no nomogram of it")
    if missing := [name for name in _measured(encoding) if name not in ranges]:
        raise ValueError(f"the development range of {missing[0]} is needed for its axis")
    ticks = {name: pretty_ticks(*ranges[name]) for name in _measured(encoding)}
    return nomogram_with_ticks(
        encoding, float(intercept), coefficients, ticks=ticks, positive_label=positive_label
    )


def nomogram_with_ticks(
    encoding: Encoding,
    intercept: float,
    coefficients: FloatArray,
    *,
    ticks: Mapping[str, FloatArray],
    positive_label: str,
) -> Nomogram:
    """As :func:`build_nomogram`, the axes of the measurements at ``ticks``."""
    groups = encoding.groups
    axes = tuple(
        _axis(variable, index, encoding, coefficients[groups == index], ticks)
        for index, variable in enumerate(encoding.variables)
        if (groups == index).any()
    )
    return Nomogram(encoding, intercept, coefficients, positive_label, axes)


def _axis(
    variable: Variable,
    index: int,
    encoding: Encoding,
    coefficients: FloatArray,
    ticks: Mapping[str, FloatArray],
) -> VariableAxis:
    if levels := encoding.levels[index]:
        return VariableAxis(variable, levels, np.empty(0), np.concatenate([[0.0], coefficients]))
    values = ticks[variable.name]
    term = next(term for term in encoding.terms if term.variable == variable.name)
    return VariableAxis(variable, (), values, contribution_of(_columns(term, values), coefficients))


def _columns(term: Term, values: FloatArray) -> FloatArray:
    """The columns of a measurement, the spline of its first term among them."""
    return restricted_cubic_spline(values, term.knots) if term.knots else values[:, None]


def _measured(encoding: Encoding) -> list[str]:
    """The measurements that have a column."""
    return list(dict.fromkeys(term.variable for term in encoding.terms if term.level is None))


def development_ranges(encoding: Encoding, frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """The smallest and largest value of each continuous variable that has a column."""
    return {name: (float(frame[name].min()), float(frame[name].max())) for name in _measured(encoding)}
