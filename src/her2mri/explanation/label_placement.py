"""Where the labels of an axis go so that none covers another."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from her2mri.cohort.design_matrix import FloatArray

GAP: Final = 0.09
"""Least clear space between two labels on a line, inches."""

_TOLERATED_SHIFT: Final = 0.15
_NOTICED_SHIFT: Final = 0.05
_WRAPS: Final = (30, 18, 13, 10)

Measure = Callable[[str], tuple[float, float]]
"""Width and height of a text, inches."""


@dataclass(frozen=True)
class PlacedLabel:
    """A label of the tick at ``tick``, its text centred at ``x`` on one side of the axis line, inches."""

    tick: float
    x: float
    text: str
    side: Literal["above", "below"]
    height: float

    @property
    def is_shifted(self) -> bool:
        """Whether the text stands so far from its tick that a leader must join them."""
        return abs(self.x - self.tick) > _NOTICED_SHIFT


def place_labels(
    ticks: FloatArray, texts: Sequence[str], *, measure: Measure, low: float, high: float
) -> list[PlacedLabel]:
    """Every label beside its tick, between ``low`` and ``high``: below the line where they fit there.

    Where they would have to move far, every second one goes above; where that is not enough, long labels
    break into more lines. Labels of one side keep the order of their ticks, so that no leaders cross.

    >>> half_inch = lambda text: (0.5, 0.1)
    >>> placed = place_labels(np.array([1.0, 1.01]), ["a", "b"], measure=half_inch, low=0, high=5)
    >>> [(label.x, label.side) for label in placed]
    [(1.0, 'below'), (1.01, 'above')]
    """
    order = np.argsort(ticks, kind="stable")
    for wrap in _WRAPS:
        lines = ["\n".join(textwrap.wrap(text, wrap, break_long_words=False)) for text in texts]
        one_side = _place(ticks, lines, order, "below", measure=measure, low=low, high=high)
        if one_side is not None and max(abs(label.x - label.tick) for label in one_side) <= _TOLERATED_SHIFT:
            return one_side
        below = _place(ticks, lines, order[0::2], "below", measure=measure, low=low, high=high)
        above = _place(ticks, lines, order[1::2], "above", measure=measure, low=low, high=high)
        if below is not None and above is not None:
            return below + above
    raise ValueError(f"{len(texts)} labels do not fit on an axis of {high - low:.1f} inches")


def _place(
    ticks: FloatArray,
    lines: Sequence[str],
    chosen: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    side: Literal["above", "below"],
    *,
    measure: Measure,
    low: float,
    high: float,
) -> list[PlacedLabel] | None:
    sizes = [measure(lines[index]) for index in chosen]
    centres = spread(ticks[chosen], np.array([width for width, _ in sizes]), low=low, high=high)
    if centres is None:
        return None
    return [
        PlacedLabel(float(ticks[index]), float(centre), lines[index], side, height)
        for index, centre, (_, height) in zip(chosen, centres, sizes, strict=True)
    ]


def spread(wanted: FloatArray, widths: FloatArray, *, low: float, high: float) -> FloatArray | None:
    """Centres as near as can be (least squares) to those wanted, in their order, without overlap.

    ``wanted`` ascends. None where the widths do not fit between ``low`` and ``high``.
    """
    from scipy.optimize import isotonic_regression

    if len(wanted) == 0:
        return np.empty(0)
    steps = (widths[:-1] + widths[1:]) / 2 + GAP
    offsets = np.concatenate([[0.0], np.cumsum(steps)])
    first, last = low + widths[0] / 2, high - widths[-1] / 2 - offsets[-1]
    if first > last:
        return None
    centres: FloatArray = np.clip(isotonic_regression(wanted - offsets).x, first, last) + offsets
    return centres


def thin_labels(ticks: FloatArray, widths: FloatArray, priority: Sequence[int]) -> list[int]:
    """Which labels to write so that none overlaps, taken in the order of ``priority``; sorted."""
    kept: list[int] = []
    for index in priority:
        if all(
            abs(ticks[index] - ticks[other]) >= (widths[index] + widths[other]) / 2 + GAP / 2
            for other in kept
        ):
            kept.append(index)
    return sorted(kept)
