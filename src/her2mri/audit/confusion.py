"""Which two-by-two tables fit printed figures: exact, over arrays of rows.

A row is one model on one set: how many lesions are positive and negative, and for up to five metrics what the
printed digits cover. Every metric is a statement about the true positives TP and true negatives TN alone, and,
TP given, a metric allows an unbroken run of TN. So the tables that fit are found by listing TP and intersecting
runs, in whole numbers throughout: no answer depends on floating point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.audit.printed import Printed

FIGURES: Final = ("sensitivity", "specificity", "accuracy", "npv", "ppv")
"""The metrics that a two-by-two table determines, in the order of columns of every array here."""

LARGEST_CHUNK: Final = 2_000_000

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ConfusionRows:
    """Printed figures of many rows.

    ``n_positive`` and ``n_negative`` have shape (rows,), at least 1 each. ``low``, ``high`` and ``printed`` have
    shape (rows, 5): the interval covered, as numerators over ``scale``, and whether the figure is printed at all.
    """

    n_positive: IntArray
    n_negative: IntArray
    low: IntArray
    high: IntArray
    printed: BoolArray
    scale: int

    def swapped(self) -> ConfusionRows:
        """The same figures read with the other class as the positive one."""
        return ConfusionRows(self.n_negative, self.n_positive, self.low, self.high, self.printed, self.scale)

    def take(self, rows: Iterable[int] | IntArray) -> ConfusionRows:
        """Some of the rows."""
        at = np.asarray(rows, dtype=np.int64)
        return ConfusionRows(
            self.n_positive[at],
            self.n_negative[at],
            self.low[at],
            self.high[at],
            self.printed[at],
            self.scale,
        )

    def only(self, metrics: Iterable[str]) -> ConfusionRows:
        """The same rows with only these figures printed."""
        chosen = np.array([name in set(metrics) for name in FIGURES])
        return ConfusionRows(
            self.n_positive, self.n_negative, self.low, self.high, self.printed & chosen, self.scale
        )


@dataclass(frozen=True)
class Solutions:
    """All tables of one row that fit: for each TP, the TN from ``low`` to ``high``."""

    n_positive: int
    n_negative: int
    true_positive: IntArray
    low: IntArray
    high: IntArray

    def __bool__(self) -> bool:
        return bool(self.true_positive.size)

    def range_of(self, metric: str) -> tuple[Fraction, Fraction] | None:
        """Smallest and largest value of a metric over these tables; every metric grows with TN.

        None where the metric exists for none of them (nobody is called positive, or nobody negative).
        """
        found: list[Fraction] = []
        for true_negative, pick in ((self.low, np.argmin), (self.high, np.argmax)):
            above, below = ratio(metric, self.true_positive, true_negative, self.n_positive, self.n_negative)
            above, below = above[below > 0], below[below > 0]
            if above.size:
                at = int(pick(above / below))
                found.append(Fraction(int(above[at]), int(below[at])))
        return (min(found), max(found)) if found else None

    def nearest(self, metric: str, printed: Printed) -> list[tuple[int, int]]:
        """Numerator and denominator of the attainable values next below and next above what is printed."""
        widths = self.high - self.low + 1
        tp = np.repeat(self.true_positive, widths)
        tn = np.arange(tp.size) + np.repeat(self.low - np.cumsum(widths) + widths, widths)
        above, below = ratio(metric, tp, tn, self.n_positive, self.n_negative)
        above, below = above[below > 0], below[below > 0]
        values = above / below
        found = []
        for side, pick in (
            (values < float(printed.low), np.argmax),
            (values > float(printed.high), np.argmin),
        ):
            at = np.flatnonzero(side)
            if at.size:
                best = at[pick(values[at])]
                found.append((int(above[best]), int(below[best])))
        return found


def ratio(
    metric: str, true_positive: IntArray, true_negative: IntArray, n_positive: int, n_negative: int
) -> tuple[IntArray, IntArray]:
    """Numerator and denominator of a metric."""
    everyone = np.full_like(true_positive, n_positive + n_negative)
    called_positive = true_positive + n_negative - true_negative
    match metric:
        case "sensitivity":
            return true_positive, np.full_like(true_positive, n_positive)
        case "specificity":
            return true_negative, np.full_like(true_negative, n_negative)
        case "accuracy":
            return true_positive + true_negative, everyone
        case "ppv":
            return true_positive, called_positive
        case "npv":
            return true_negative, everyone - called_positive
    raise ValueError(f"metric must be one of {', '.join(FIGURES)}, got {metric}")


def confusion_rows(
    figures: Sequence[Mapping[str, Printed]], n_positive: Sequence[int], n_negative: Sequence[int]
) -> ConfusionRows:
    """Rows of printed figures by name, with the size of each class, as arrays."""
    decimals = max((printed.decimals for row in figures for printed in row.values()), default=0)
    low = np.zeros((len(figures), len(FIGURES)), dtype=np.int64)
    high, there = np.zeros_like(low), np.zeros(low.shape, dtype=bool)
    limit = 4 * 10**decimals  # beyond 2 nothing fits, and the numbers stay small
    for at, row in enumerate(figures):
        for column, metric in enumerate(FIGURES):
            printed = row.get(metric)
            if printed is not None:
                factor = 10 ** (decimals - printed.decimals)
                low[at, column] = min(max(printed.twice_low * factor, -limit), limit)
                high[at, column] = min(max(printed.twice_high * factor, -limit), limit)
                there[at, column] = True
    sizes = np.asarray(n_positive, dtype=np.int64), np.asarray(n_negative, dtype=np.int64)
    return ConfusionRows(*sizes, low, high, there, 2 * 10**decimals)


def fits(rows: ConfusionRows) -> BoolArray:
    """Whether any two-by-two table gives all printed figures of a row.

    Examples
    --------
    0.62 of 41 is no whole number of lesions, 0.62 of 42 is 26:

    >>> figure = np.array([[123, 0, 0, 0, 0]]), np.array([[125, 0, 0, 0, 0]]), np.array([[True] + [False] * 4])
    >>> [bool(fits(ConfusionRows(np.array([n]), np.array([222]), *figure, 200))[0]) for n in (41, 42)]
    [False, True]

    """
    first, last = _window(rows)
    width = last - first + 1
    answer = np.zeros(width.size, dtype=bool)
    order = np.argsort(width, kind="stable")
    order = order[width[order] > 0]
    start = 0
    while start < order.size:
        stop = start + 1
        while stop < order.size and width[order[stop]] * (stop + 1 - start) <= LARGEST_CHUNK:
            stop += 1
        chunk = order[start:stop]
        tp = first[chunk, None] + np.arange(int(width[chunk[-1]]))
        low, high = _runs(rows.take(chunk), tp)
        answer[chunk] = np.any((low <= high) & (tp <= last[chunk, None]), axis=1)
        start = stop
    return answer


def solutions(rows: ConfusionRows, row: int = 0) -> Solutions:
    """Every table that gives all printed figures of one row."""
    one = rows.take([row])
    first, last = _window(one)
    tp = np.arange(int(first[0]), int(last[0]) + 1)[None, :]
    low, high = _runs(one, tp)
    kept = low[0] <= high[0]
    sizes = int(one.n_positive[0]), int(one.n_negative[0])
    return Solutions(*sizes, tp[0][kept], low[0][kept], high[0][kept])


def _window(rows: ConfusionRows) -> tuple[IntArray, IntArray]:
    """The smallest and the largest TP that the sensitivity allows."""
    size, printed = rows.n_positive, rows.printed[:, 0]
    first = np.where(printed, _ceil(rows.low[:, 0] * size, rows.scale), 0)
    last = np.where(printed, rows.high[:, 0] * size // rows.scale, size)
    return np.maximum(first, 0), np.minimum(last, size)


def _runs(rows: ConfusionRows, tp: IntArray) -> tuple[IntArray, IntArray]:
    """For each TP (rows, tables), the smallest and largest TN that all other figures allow; none: low > high."""
    n1, n0, scale = rows.n_positive[:, None], rows.n_negative[:, None], rows.scale
    low, high = np.zeros_like(tp), np.broadcast_to(n0, tp.shape)
    for column, metric in enumerate(FIGURES[1:], start=1):
        printed = rows.printed[:, column, None]
        if not printed.any():
            continue
        at_least = np.maximum(rows.low[:, column, None], 0)
        at_most = np.minimum(rows.high[:, column, None], scale)
        if metric == "specificity":
            first, last = _ceil(at_least * n0, scale), at_most * n0 // scale
        elif metric == "accuracy":
            first, last = _ceil(at_least * (n1 + n0), scale) - tp, at_most * (n1 + n0) // scale - tp
        elif metric == "ppv":
            fewest, most = _partners(tp, at_least, at_most, scale, n0)
            first, last = n0 - most, n0 - fewest
        else:
            # The partners of FN in 1 - NPV are the TN.
            first, last = _partners(n1 - tp, scale - at_most, scale - at_least, scale, n0)
        empty = at_least > at_most
        low = np.where(printed, np.maximum(low, np.where(empty, 1, first)), low)
        high = np.where(printed, np.minimum(high, np.where(empty, 0, last)), high)
    return low, high


def _partners(
    count: IntArray, low: IntArray, high: IntArray, scale: int, most: IntArray
) -> tuple[IntArray, IntArray]:
    """The smallest and the largest x for which low <= count / (count + x) <= high, x from 0 to ``most``.

    0 / 0 is printed as 0 or as 1 by some programs: with a count of 0, x = 0 fits where 0 or 1 is covered.
    """
    top = np.broadcast_to(most, count.shape)
    smallest = np.where(high > 0, _ceil((scale - high) * count, np.maximum(high, 1)), top + 1)
    largest = np.where(low > 0, (scale - low) * count // np.maximum(low, 1), top)
    none_smallest = np.where((low <= 0) | (high >= scale), 0, top + 1)
    none_largest = np.where(low <= 0, top, 0)
    return (
        np.where(count > 0, np.minimum(smallest, top + 1), none_smallest),
        np.where(count > 0, np.minimum(largest, top), none_largest),
    )


def _ceil(above: IntArray, below: IntArray | int) -> IntArray:
    answer: IntArray = -(-above // below)
    return answer
