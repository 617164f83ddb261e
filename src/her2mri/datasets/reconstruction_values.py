"""Values of the continuous variables in every finest cell that give the printed means and quartiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.datasets.published_tables import characteristics
from her2mri.datasets.reconstruction_cells import Cell, cells, members

FloatArray = NDArray[np.float64]

GRIDS: Final[dict[str, tuple[float, float, int]]] = {
    "age": (24, 86, 0),
    "diameter_cm": (0.5, 8.0, 1),
    "eer": (0.15, 1.35, 2),
    "adc": (0.45, 1.9, 2),
}
"""Smallest and largest value of each variable and the decimals that a reader records."""

RULING_TASK: Final = "her2_low"
"""The task whose figures rule where the tables contradict each other: EER and ADC are predictors of this one
only, and of the ages it prints five columns of HER2-negative lesions that close, against three."""

HALF_UNIT: Final = 0.005
"""The printed figures have two decimals: they stand for anything within this of them."""

_BROKEN: Final = 100.0
"""What missing a printed mean or spread by one standard deviation costs, against one lesion's place."""
_MISRANKED: Final = 5.0
"""What a lesion on the wrong side of a printed quartile costs."""
_SHAPE: Final = {"age": 0.05, "diameter_cm": 0.02, "eer": 0.02, "adc": 0.02}
"""What one lesion one step of the grid away from the smooth distribution costs. The printed ages contradict
each other so much that less than this piles the women up at the quartiles."""


@dataclass
class _Programme:
    """A mixed-integer programme that is built row by row; slack columns are added as they are needed."""

    n: int
    rows: list[dict[int, float]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)

    def require(self, coefficients: FloatArray, low: float, high: float, penalty: float = 0.0) -> None:
        """``low <= coefficients . lesions <= high``; with a penalty, at that price a unit it may be missed."""
        row = {int(index): float(coefficients[index]) for index in np.flatnonzero(coefficients)}
        if penalty:
            for sign in (1.0, -1.0):
                row[self.n + len(self.cost)] = sign
                self.cost.append(penalty)
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def solve(self) -> FloatArray:
        """The whole numbers of lesions."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        total = self.n + len(self.cost)
        place = [(r, c, v) for r, row in enumerate(self.rows) for c, v in row.items()]
        r, c, v = (np.array(part) for part in zip(*place, strict=True))
        matrix = csr_array((v, (r, c)), shape=(len(self.rows), total))
        answer = milp(
            np.concatenate([np.zeros(self.n), self.cost]),
            integrality=np.concatenate([np.ones(self.n), np.zeros(len(self.cost))]),
            bounds=Bounds(0, np.inf),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"mip_rel_gap": 0.01, "node_limit": 500},
        )
        if answer.x is None:
            raise ValueError(f"the printed figures cannot be met: {answer.message}")
        whole: FloatArray = np.rint(answer.x[: self.n])
        return whole


def grid(name: str) -> FloatArray:
    """The values that the variable may take."""
    low, high, decimals = GRIDS[name]
    steps = round((high - low) * 10**decimals)
    values: FloatArray = np.round(low + np.arange(steps + 1) / 10**decimals, decimals)
    return values


def fill_values(name: str, sized: Mapping[int, Mapping[float, int]]) -> list[FloatArray]:
    """The sorted values of every cell.

    The figures of ``RULING_TASK`` are met; where the other table contradicts them its own are missed by as
    little as may be. ``sized`` gives for a cell how many of its lesions should be at or below a value (those
    of T1 at or below 2 cm).
    """
    values = grid(name)
    found: list[FloatArray] = [np.empty(0)] * len(cells())
    for group in _independent():
        programme = _Programme(len(group) * len(values))
        for position, index in enumerate(group):
            _shape(programme, position, index, name, values)
            for cut, count in sized.get(index, {}).items():
                below = _spread([position], (values <= cut + 1e-9).astype(float), len(group))
                programme.require(below, count, count, 2.0)
        table = characteristics()
        for _, row in table[table["variable"] == name].iterrows():
            inside = [group.index(i) for i in members(row["task"], row["sample"], row["group"]) if i in group]
            if inside:
                price = 0.0 if row["task"] == RULING_TASK else 1.0
                size = sum(cells()[group[position]].size for position in inside)
                _printed(programme, row, inside, len(group), values, size, price)
        counts = programme.solve().reshape(len(group), len(values)).astype(np.int64)
        for position, index in enumerate(group):
            found[index] = np.repeat(values, counts[position])
    return found


def _independent() -> list[list[int]]:
    """Cells that share a printed column belong together; the others can be solved one by one."""
    positive = [[index] for index, cell in enumerate(cells()) if cell.status == "positive"]
    negative: dict[str, list[int]] = {}
    for index, cell in enumerate(cells()):
        if cell.status != "positive":
            negative.setdefault(cell.center, []).append(index)
    return [*positive, *negative.values()]


def _spread(positions: list[int], coefficients: FloatArray, n_cells: int) -> FloatArray:
    full = np.zeros((n_cells, len(coefficients)))
    full[positions] = coefficients
    return full.ravel()


def _shape(programme: _Programme, position: int, index: int, name: str, values: FloatArray) -> None:
    """The cell's size, and a soft pull of its distribution function towards a smooth one."""
    cell = cells()[index]
    n_cells = programme.n // len(values)
    programme.require(_spread([position], np.ones(len(values)), n_cells), cell.size, cell.size)
    expected = cell.size * _smooth(cell, name, values)
    for place in range(0, len(values) - 1):
        below = _spread([position], (np.arange(len(values)) <= place).astype(float), n_cells)
        programme.require(below, expected[place], expected[place], _SHAPE[name])


def _smooth(cell: Cell, name: str, values: FloatArray) -> FloatArray:
    """A normal (the diameter: log-normal) distribution function through the figures printed for the cell."""
    from scipy.special import ndtr

    table = characteristics()
    task = "her2_positive" if cell.status == "positive" else RULING_TASK
    columns = zip(table["sample"], table["group"], strict=True)
    own = np.array([column == cell.column_of(task) for column in columns])
    row = table[own & (table["variable"] == name) & (table["task"] == task)].iloc[0]
    if row["summary"] == "mean_sd":
        middle, low, high = row["mean"], row["mean"] - 0.6745 * row["sd"], row["mean"] + 0.6745 * row["sd"]
    else:
        middle, low, high = row["median"], row["q1"], row["q3"]
    edges = values + (values[1] - values[0]) / 2
    if name == "diameter_cm":
        middle, low, high, edges = math.log(middle), math.log(low), math.log(high), np.log(edges)
    z = (edges - middle) / np.where(edges < middle, middle - low, high - middle) * 0.6745
    smooth: FloatArray = ndtr(z)
    return smooth


def _printed(
    programme: _Programme,
    row: pd.Series[Any],
    inside: list[int],
    n_cells: int,
    values: FloatArray,
    size: int,
    price: float,
) -> None:
    if row["summary"] == "mean_sd":
        mean, sd = row["mean"], row["sd"]
        spread = 0.9 * HALF_UNIT
        unit = price * _BROKEN / sd / size
        total = _spread(inside, values, n_cells)
        programme.require(total, size * (mean - spread), size * (mean + spread), unit)
        low, high = ((size - 1) * (sd + change) ** 2 for change in (-spread, 0.9 * spread))
        squares = (values - mean) ** 2
        programme.require(_spread(inside, squares, n_cells), low, high, unit / (2 * sd))
        return
    for probability, figure in ((0.25, row["q1"]), (0.5, row["median"]), (0.75, row["q3"])):
        for rank, value in _order_statistics(figure, probability, size, values):
            # the rank-th smallest is ``value``: fewer than rank lie below it, at least rank at or below
            below = _spread(inside, (values < value - 1e-9).astype(float), n_cells)
            programme.require(below, 0, rank - 1, price * _MISRANKED)
            at_most = _spread(inside, (values <= value + 1e-9).astype(float), n_cells)
            programme.require(at_most, rank, size, price * _MISRANKED)


def _order_statistics(
    figure: float, probability: float, size: int, values: FloatArray
) -> list[tuple[int, float]]:
    """Which order statistics (from 1) must be what for the quantile (linear interpolation) to be ``figure``."""
    place = (size - 1) * probability
    rank, fraction = math.floor(place) + 1, place % 1
    nearest = float(values[np.argmin(np.abs(values - figure))])
    if abs(nearest - figure) < HALF_UNIT:
        return [(rank, nearest)] if fraction == 0 else [(rank, nearest), (rank + 1, nearest)]
    lower, upper = (float(value) for value in (values[values < figure][-1], values[values > figure][0]))
    if abs(lower + fraction * (upper - lower) - figure) > HALF_UNIT + 1e-9:
        raise ValueError(f"no neighbouring values give {figure} at {probability} of {size}")
    return [(rank, lower), (rank + 1, upper)]
