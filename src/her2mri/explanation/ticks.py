"""Round numbers for the ticks of an axis."""

from __future__ import annotations

from typing import Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray

_HIGHER_UNIT: Final = 1.5
_UNIT_OF_FIVE: Final = 2.75
_MOST_DECIMALS: Final = 12


def pretty_ticks(low: float, high: float, *, intervals: int = 10) -> FloatArray:
    """Round numbers from at or below ``low`` to at or above ``high``, in about that many intervals.

    The step is 1, 2, 5 or 10 times a power of ten; a larger one is taken where it is nearer to the step
    asked for than the smaller one, weighted by the biases of R's ``pretty`` (1.5, and 2.75 for a five), so
    that the axes are those that readers of R's nomograms know.

    Raises ValueError unless low < high, both finite.

    >>> pretty_ticks(0.43, 0.91, intervals=5).tolist()
    [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    """
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"an axis must fulfil low < high, both finite, got {low} and {high}")
    step = _round_step((high - low) / intervals)
    slack = 1e-10 * intervals
    first, last = np.floor(low / step + slack), np.ceil(high / step - slack)
    ticks: FloatArray = np.round(np.arange(first, last + 1) * step, _decimals_of_step(step))
    return ticks


def _round_step(asked: float) -> float:
    power = float(10.0 ** np.floor(np.log10(asked)))
    step = power
    for factor, bias in ((2, _HIGHER_UNIT), (5, _UNIT_OF_FIVE), (10, _HIGHER_UNIT)):
        if factor * power - asked >= bias * (asked - step):
            break
        step = factor * power
    return step


def _decimals_of_step(step: float) -> int:
    return max(0, -int(np.floor(np.log10(step) + 1e-9)))


def tick_labels(ticks: FloatArray) -> list[str]:
    """The ticks as text, all with the decimals that the most precise of them needs.

    >>> tick_labels(np.array([0.4, 0.45, 0.5]))
    ['0.40', '0.45', '0.50']
    """
    decimals = next(
        (d for d in range(_MOST_DECIMALS) if np.allclose(np.round(ticks, d), ticks, rtol=1e-9, atol=0)),
        _MOST_DECIMALS,
    )
    return [f"{tick:.{decimals}f}" for tick in ticks]
