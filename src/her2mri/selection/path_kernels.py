"""The compiled path of LASSO and elastic net, on the loops of ``kernels``. Imported only where a path is made.

Columns are rows here, the first being the intercept. Numba does not see a change of a function of another file:
after one in ``kernels`` or ``quadratic_kernels``, touch this file too.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.selection.kernels import cross_products, linear_predictor, pulled
from her2mri.selection.quadratic_kernels import descend

TOLERANCE: Final = 1e-12
"""A penalty is done where no coordinate moves by more than this, in squared units of curvature."""
LEFT: Final = 1e-14
"""A penalty is done, too, where the next move, as the rate of the last ones foretells it, is less than this."""
NEWTON_STEPS: Final = 30
STEPS: Final = 2000
SLOW: Final = 0.02
"""Steps that shrink less than this, squared, ask for a new curvature."""
LEAST_RATE: Final = 1e-3
LEAST_LENGTH: Final = 5
LEAST_GAIN: Final = 1e-5
MOST_EXPLAINED: Final = 0.999
"""glmnet's rules to end a path early: at least 5 values, then until the deviance ratio gains less than
1e-5 or passes 0.999."""
LARGEST_LOG_ODDS: Final = 600.0
LEAST_WEIGHT: Final = 1e-9
FACTORS: Final = 8
LEAST_FACTOR: Final = 1e-30

_ORDER_FREE: Final = {"reassoc", "contract", "nsz", "arcp"}


def probabilities(linear: FloatArray) -> FloatArray:
    """The logistic function: a series of the exponential squared ten times, which a compiler can run abreast."""
    found = np.empty(linear.size)
    for i in range(linear.size):
        x = linear[i] if linear[i] < LARGEST_LOG_ODDS else LARGEST_LOG_ODDS
        x = (x if x > -LARGEST_LOG_ODDS else -LARGEST_LOG_ODDS) / -1024.0
        power = x / 7.0 + 1.0
        power = power * x / 6.0 + 1.0
        power = power * x / 5.0 + 1.0
        power = power * x / 4.0 + 1.0
        power = power * x / 3.0 + 1.0
        power = power * x / 2.0 + 1.0
        power = power * x + 1.0
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        found[i] = 1.0 / (1.0 + power)
    return found


def mean_deviance(probability: FloatArray, y: FloatArray, times: FloatArray) -> float:
    """Of the outcomes, each counted so many times; the logarithm is taken of products of eight probabilities."""
    total, product, factors = 0.0, 1.0, 0
    for i in range(y.size):
        factor = max(probability[i] if y[i] > 0.5 else 1.0 - probability[i], LEAST_FACTOR)
        for _ in range(int(times[i])):
            product *= factor
            factors += 1
            if factors == FACTORS:
                total += np.log(product)
                product, factors = 1.0, 0
    return float(-2.0 * (total + np.log(product)) / np.sum(times))


def _ridged(curvature: FloatArray, ridge: float) -> FloatArray:
    """The curvature with that of the ridge, on all coefficients but the first."""
    if ridge == 0.0:
        return curvature
    found = curvature.copy()
    for j in range(1, curvature.shape[0]):
        if found[j, j] > 0.0:
            found[j, j] += ridge
    return found


def _led(found: FloatArray, at: int, coefficients: FloatArray) -> None:
    """Where the path leads from its last points, in place: it bends little from one penalty to the next."""
    for j in range(coefficients.size):
        if found[at - 2, j] == 0.0:
            continue
        ahead = 2.0 * found[at - 1, j] - found[at - 2, j]
        if found[at - 3, j] != 0.0:
            ahead += found[at - 1, j] - 2.0 * found[at - 2, j] + found[at - 3, j]
        if ahead * found[at - 1, j] > 0.0:
            coefficients[j] = ahead


def _at_penalty(
    columns: FloatArray,
    y: FloatArray,
    times: FloatArray,
    penalty: float,
    ridge: float,
    coefficients: FloatArray,
    curvature: FloatArray,
    weights: FloatArray,
    root: FloatArray,
    among: IntArray,
    rate: float,
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Coefficients, probabilities, curvature and rate of the steps at one penalty; rate inf: no convergence.

    ``weights`` are those of the curvature, and are changed with it in place.
    """
    p, n = len(coefficients), np.sum(times)
    probability = probabilities(linear_predictor(columns, coefficients))
    bend = _ridged(curvature, ridge)
    if ridge > 0.0:
        among[0] = 0
    last = np.inf
    for step in range(STEPS):
        gradient = pulled(columns, times * (y - probability)) / n
        if ridge > 0.0:
            gradient[1:] -= ridge * coefficients[1:]
        trial = coefficients.copy()
        descend(gradient, bend, penalty, trial, root, among)
        moved = 0.0
        for j in range(p):
            moved = max(moved, bend[j, j] * (trial[j] - coefficients[j]) ** 2)
        coefficients = trial
        probability = probabilities(linear_predictor(columns, coefficients))
        now = moved / last
        if step > 0:
            rate = max(now, LEAST_RATE)
        if moved < TOLERANCE or (rate < SLOW and rate * moved < LEFT):
            return coefficients, probability, curvature, min(rate, 1.0)
        if step == NEWTON_STEPS:
            weights[:] = 0.25 * times
        elif step < NEWTON_STEPS and now > SLOW:
            weights[:] = times * np.maximum(probability * (1.0 - probability), LEAST_WEIGHT)
        else:
            last = moved
            continue
        curvature = cross_products(columns, weights) / n
        bend = _ridged(curvature, ridge)
        among[0], rate, last = 0, 1.0, moved
    return coefficients, probability, curvature, np.inf


def _joined(
    columns: FloatArray,
    near: FloatArray,
    entered: IntArray,
    j: int,
    weights: FloatArray,
    curvature: FloatArray,
    n: float,
) -> FloatArray:
    """The curvature once column ``j`` stands behind those near, where it is put."""
    m = curvature.shape[0]
    found = np.empty((m + 1, m + 1))
    found[:m, :m] = curvature
    near[m], entered[m] = columns[j], j
    found[m] = pulled(near[: m + 1], weights * columns[j]) / n
    found[:, m] = found[m]
    return found


def _let_in(
    columns: FloatArray,
    near: FloatArray,
    entered: IntArray,
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]],
    pull: FloatArray,
    bound: float,
    weights: FloatArray,
    curvature: FloatArray,
    n: float,
) -> FloatArray:
    """The curvature once the columns with more pull than the bound have joined those that may have a coefficient."""
    for j in range(len(columns)):
        if not inside[j] and abs(pull[j]) > bound:
            curvature = _joined(columns, near, entered, j, weights, curvature, n)
            inside[j] = True
    return curvature


def _begin(
    columns: FloatArray,
    y: FloatArray,
    times: FloatArray,
    found: FloatArray,
    entered: IntArray,
    weights: FloatArray,
    bends: FloatArray,
    pull: FloatArray,
) -> None:
    """The model of the intercept alone, from which a path starts, in place."""
    n = np.sum(times)
    share = np.sum(times * y) / n
    found[0, 0] = np.log(share / (1.0 - share))
    weights[:] = times * share * (1.0 - share)
    pull[:] = pulled(columns, times * (y - share)) / n
    entered[0], bends[0, 0] = 0, np.sum(weights) / n


def extended_path(
    columns: FloatArray,
    y: FloatArray,
    times: FloatArray,
    penalties: FloatArray,
    ridges: FloatArray,
    ends_early: bool,
    first: int,
    last: int,
    found: FloatArray,
    ratio: FloatArray,
    entered: IntArray,
    weights: FloatArray,
    bends: FloatArray,
    pull: FloatArray,
    rate: float,
) -> tuple[int, bool, float]:
    """Fit at the penalties from ``first`` to before ``last``, in place, among the columns that may have a coefficient.

    These are ``entered`` (-1: none), the intercept first: a column enters where its pull at the last penalty comes
    within twice the fall of the penalty (the sequential strong rule), or where it would be pulled away from 0 after
    all. Returns how many penalties are reached, whether the path ends there, and the rate of the steps to go on with.
    """
    p, n = len(columns), np.sum(times)
    null_deviance = mean_deviance(np.full(len(y), np.sum(times * y) / n), y, times)
    if first == 0:
        _begin(columns, y, times, found, entered, weights, bends, pull)
    coefficients = found[max(first - 1, 0)].copy()
    near, m = np.empty(columns.shape), int(np.sum(entered >= 0))
    for k in range(m):
        near[k] = columns[entered[k]]
    curvature = bends[:m, :m].copy()
    root, among = np.empty((p, p)), np.zeros(p + 1, dtype=np.int64)
    inside = np.zeros(p, dtype=np.bool_)
    inside[entered[:m]] = True
    for at in range(first, last):
        if at >= 3:
            _led(found, at, coefficients)
        bound = penalties[at]
        if at > 0:
            bound = 2.0 * bound - min(penalties[at - 1], np.max(np.abs(pull[1:])))
        while True:
            curvature = _let_in(columns, near, entered, inside, pull, bound, weights, curvature, n)
            m = len(curvature)
            own, probability, curvature, rate = _at_penalty(
                near[:m], y, times, penalties[at], ridges[at], coefficients[entered[:m]], curvature, weights, root,
                among, rate,
            )  # fmt: skip
            if rate == np.inf:
                return at, True, rate
            coefficients[entered[:m]] = own
            if m == p:
                break
            pull[:] = pulled(columns, times * (y - probability)) / n
            bound = penalties[at]
            if not np.any(~inside & (np.abs(pull) > bound)):
                break
        found[at] = coefficients
        ratio[at] = 1.0 - mean_deviance(probability, y, times) / null_deviance
        if ends_early and _gains_nothing(ratio, at):
            return at + 1, True, rate
    bends[:m, :m] = curvature
    return last, last == penalties.size, rate


def _gains_nothing(ratio: FloatArray, at: int) -> bool:
    """Whether glmnet would end the path here."""
    if at + 1 < LEAST_LENGTH:
        return False
    return bool(ratio[at] > MOST_EXPLAINED or ratio[at] - ratio[at - 1] < LEAST_GAIN)


probabilities = njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(probabilities)
mean_deviance = njit(cache=True, error_model="numpy")(mean_deviance)
_ridged = njit(cache=True, error_model="numpy")(_ridged)
_led = njit(cache=True, error_model="numpy")(_led)
_at_penalty = njit(cache=True, error_model="numpy")(_at_penalty)
_joined = njit(cache=True, error_model="numpy")(_joined)
_let_in = njit(cache=True, error_model="numpy")(_let_in)
_begin = njit(cache=True, error_model="numpy")(_begin)
_gains_nothing = njit(cache=True, error_model="numpy")(_gains_nothing)
extended_path = njit(cache=True, error_model="numpy")(extended_path)
