"""Values of the continuous variables in every finest cell that give the printed means and quartiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.datasets.published_tables import characteristics
from her2mri.datasets.reconstruction_cells import Cell, cells, column_sizes, members
from her2mri.datasets.reconstruction_programme import FloatArray, Programme
from her2mri.vocabulary import EXTERNAL_VALIDATION, INTERNAL_VALIDATION, TRAINING

GRIDS: Final[dict[str, tuple[float, float, int]]] = {
    "age": (24, 86, 0),
    "diameter_cm": (0.5, 8.0, 1),
    "eer": (0.15, 1.35, 2),
    "adc": (0.45, 1.9, 2),
}
"""Smallest and largest value of each variable and the decimals that a reader records."""

RULING_TASK: Final = "her2_low"
"""The task whose figures rule in center 1 where the tables contradict each other. Of the first task's figures
the means come first, then the spreads: a mean decides the printed p-value, a spread hardly."""

EXTERNAL_RULE: Final = ("age", "eer")
"""Variables whose external means contradict each other: there the first table rules, and both groups of the
second are moved alike, so that the printed p-values of both tables can hold."""

RAW_P: Final[dict[tuple[str, str], float]] = {
    ("eer", TRAINING): 0.24,
    ("eer", INTERNAL_VALIDATION): 0.13,
    ("adc", TRAINING): 0.047,
    ("adc", INTERNAL_VALIDATION): 0.34,
    ("diameter_cm", TRAINING): 0.008,
    ("diameter_cm", INTERNAL_VALIDATION): 0.35,
}
"""Rank-sum p-values of the first task by undoing the adjustment of the printed ones: p times rank over 31."""

HALF_UNIT: Final = 0.005
"""The printed figures have two decimals: they stand for anything within this of them."""

_BROKEN: Final = {"mean": 2000.0, "sd": 100.0}
"""What missing a printed mean or spread by one standard deviation costs, against one lesion's place."""
_TAIL: Final = 1.8
"""How much longer the tails beyond the quartiles are than a normal distribution's, where quartiles were printed."""
_MISRANKED: Final = 5.0
"""What a lesion on the wrong side of a printed quartile costs."""
_SHAPE: Final = {"age": 0.05, "diameter_cm": 0.02, "eer": 0.02, "adc": 0.02}
"""What one lesion one step of the grid away from the smooth distribution costs. The printed ages contradict
each other so much that less than this piles the women up at the quartiles."""


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
        programme = Programme(len(group) * len(values))
        for position, index in enumerate(group):
            _shape(programme, position, index, name, values)
            for cut, count in sized.get(index, {}).items():
                below = _spread([position], (values <= cut + 1e-9).astype(float), len(group))
                programme.require(below, count, count, 2.0)
        table = characteristics()
        for _, row in table[table["variable"] == name].iterrows():
            inside = [group.index(i) for i in members(row["task"], row["sample"], row["group"]) if i in group]
            if inside:
                size = sum(cells()[group[position]].size for position in inside)
                _printed(programme, row, inside, len(group), values, size)
        _compared(programme, name, group, values, found)
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


def _shape(programme: Programme, position: int, index: int, name: str, values: FloatArray) -> None:
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
        moved = cell.first == EXTERNAL_VALIDATION and name in EXTERNAL_RULE and cell.status != "positive"
        middle = row["mean"] + (_closing_shift(name) if moved else 0.0)
        low, high = middle - 0.6745 * row["sd"], middle + 0.6745 * row["sd"]
    else:
        middle, low, high = row["median"], row["q1"], row["q3"]
    edges = values + (values[1] - values[0]) / 2
    if name == "diameter_cm":
        middle, low, high, edges = math.log(middle), math.log(low), math.log(high), np.log(edges)
    z = (edges - middle) / np.where(edges < middle, middle - low, high - middle) * 0.6745
    if row["summary"] == "median_iqr":
        z = np.sign(z) * (np.minimum(np.abs(z), 0.6745) + np.maximum(np.abs(z) - 0.6745, 0) / _TAIL)
    smooth: FloatArray = ndtr(z)
    return smooth


def _printed(
    programme: Programme,
    row: pd.Series[Any],
    inside: list[int],
    n_cells: int,
    values: FloatArray,
    size: int,
) -> None:
    """What one row of a table asks of the cells that it counts: met where it rules, else at a price."""
    external = row["sample"] == EXTERNAL_VALIDATION and row["variable"] in EXTERNAL_RULE
    price = 0.0 if row["task"] == RULING_TASK and not external else 1.0
    if row["summary"] == "mean_sd":
        mean, sd = row["mean"], row["sd"]
        if external and row["task"] == RULING_TASK:
            mean += _closing_shift(row["variable"])
        spread = 0.9 * HALF_UNIT
        unit = price / sd / size
        total = _spread(inside, values, n_cells)
        low, high = size * (mean - spread), size * (mean + spread)
        programme.require(total, low, high, unit * _BROKEN["mean"])
        low, high = ((size - 1) * (sd + change) ** 2 for change in (-spread, 0.9 * spread))
        squares = (values - mean) ** 2
        programme.require(_spread(inside, squares, n_cells), low, high, unit * _BROKEN["sd"] / (2 * sd))
        return
    for probability, figure in ((0.25, row["q1"]), (0.5, row["median"]), (0.75, row["q3"])):
        for rank, value in _order_statistics(figure, probability, size, values):
            # the rank-th smallest is ``value``: fewer than rank lie below it, at least rank at or below
            below = _spread(inside, (values < value - 1e-9).astype(float), n_cells)
            programme.require(below, 0, rank - 1, price * _MISRANKED)
            at_most = _spread(inside, (values <= value + 1e-9).astype(float), n_cells)
            programme.require(at_most, rank, size, price * _MISRANKED)


def _closing_shift(name: str) -> float:
    """By how much both external means of the second table must move to mix to that of the first."""
    table = characteristics()
    rows = table[(table["variable"] == name) & (table["sample"] == EXTERNAL_VALIDATION)]
    means = rows.set_index(["task", "group"])["mean"]
    sizes = column_sizes()
    n = {group: sizes[RULING_TASK, EXTERNAL_VALIDATION, group] for group in ("positive", "negative")}
    mixed = sum(n[group] * means[RULING_TASK, group] for group in n) / sum(n.values())
    return float(means["her2_positive", "negative"] - mixed)


def _compared(
    programme: Programme, name: str, group: list[int], values: FloatArray, found: list[FloatArray]
) -> None:
    """The rank sums of the HER2-negative lesions against the positive ones, which were laid down before."""
    for (variable, sample), p in RAW_P.items():
        others = members("her2_positive", sample, "negative")
        if variable != name or not set(others) <= set(group):
            continue
        events = np.concatenate([found[index] for index in members("her2_positive", sample, "positive")])
        wins = np.searchsorted(events, values - 1e-9) + np.searchsorted(events, values + 1e-9)
        size = sum(cells()[index].size for index in others)
        bounds = [
            pairs_won("her2_positive", name, sample, p * off, len(events), size) for off in (0.96, 1.04)
        ]
        coefficients = _spread([group.index(index) for index in others], wins / 2, len(group))
        programme.require(coefficients, min(bounds), max(bounds))


def pairs_won(task: str, name: str, sample: str, p: float, n_events: int, n_others: int) -> float:
    """In how many pairs the lesion without the event has the larger value where the rank-sum p-value is ``p``."""
    from scipy.special import ndtri

    table = characteristics()
    own = (table["variable"] == name) & (table["sample"] == sample) & (table["task"] == task)
    medians = table[own].set_index("group")["median"]
    direction = 1.0 if medians["negative"] > medians["positive"] else -1.0
    spread = math.sqrt(n_events * n_others * (n_events + n_others + 1) / 12)
    return n_events * n_others / 2 - direction * float(ndtri(p / 2)) * spread


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
