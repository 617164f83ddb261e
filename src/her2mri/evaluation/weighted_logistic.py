"""Maximum likelihood of one small logistic model on many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_STEPS: Final = 200
_LONGEST_STEP: Final = 8.0  # on the scale of the linear predictor: keeps Newton's method from overshooting
_CLOSE: Final = 1e-8  # largest change of a fitted probability at the last step; Newton squares what is left
_ROWS_AT_A_TIME: Final = 256  # so that the working arrays stay in the processor's cache


@dataclass(frozen=True, eq=False)
class LogisticFits:
    """Coefficients (r, k), fitted probabilities (r, d), information (r, k, k), which converged (r,)."""

    coefficients: Floats
    fitted: Floats
    information: Floats
    converged: NDArray[np.bool_]


def fit_logistic(
    X: Floats, events: Floats, totals: Floats, *, offset: Floats | None = None, start: Floats | None = None
) -> LogisticFits:
    """Fit ``events / totals ~ X`` in every resample by damped Newton steps.

    ``X`` (d, k) has one row a distinct pattern and holds the column of ones, if wanted; ``events`` and
    ``totals`` (r, d) count lesions of each pattern in each resample; ``offset`` (d,) enters with coefficient
    1; ``start`` (k,) is where the search begins. Where classes are separated the coefficients run away while
    the fitted probabilities settle; callers who want coefficients must look for separation themselves.
    """
    pieces = [
        _fit_rows(X, events[rows], totals[rows], offset, start)
        for rows in (slice(i, i + _ROWS_AT_A_TIME) for i in range(0, len(events), _ROWS_AT_A_TIME))
    ]
    return LogisticFits(
        np.concatenate([piece.coefficients for piece in pieces]),
        np.concatenate([piece.fitted for piece in pieces]),
        np.concatenate([piece.information for piece in pieces]),
        np.concatenate([piece.converged for piece in pieces]),
    )


def _fit_rows(
    X: Floats, events: Floats, totals: Floats, offset: Floats | None, start: Floats | None
) -> LogisticFits:
    resamples, terms = len(events), X.shape[1]
    columns = np.ascontiguousarray(X.T)
    upper = np.triu_indices(terms)
    products = columns[upper[0]] * columns[upper[1]]
    shift = np.zeros(len(X)) if offset is None else offset
    beta = np.tile(np.zeros(terms) if start is None else start, (resamples, 1))
    fitted = _probability(beta, columns, shift)
    information = np.zeros((resamples, terms, terms))
    active = np.arange(resamples)
    for _ in range(_MOST_STEPS):
        mu, total = fitted[active], totals[active]
        found = _symmetric(_summed(total * mu * (1.0 - mu), products), upper, terms)
        information[active] = found
        gradient = _summed(events[active] - total * mu, columns)
        step = np.asarray(np.linalg.solve(_regular(found), gradient[:, :, None])[:, :, 0], dtype=float)
        reach = np.abs(np.einsum("rk,kd->rd", step, columns)).max(axis=1)
        step *= np.minimum(1.0, _LONGEST_STEP / np.maximum(reach, 1e-300))[:, None]
        beta[active] += step
        fitted[active] = _probability(beta[active], columns, shift)
        change = (np.abs(fitted[active] - mu) * (total > 0)).max(axis=1)
        active = active[change > _CLOSE]
        if not len(active):
            break
    converged = np.ones(resamples, dtype=bool)
    converged[active] = False
    return LogisticFits(beta, fitted, information, converged)


def _regular(information: Floats) -> Floats:
    """The matrices with a trace of ridge, so that a resample that lacks a pattern can still be solved."""
    terms = information.shape[1]
    scale = np.trace(information, axis1=1, axis2=2) / terms
    return np.asarray(information + (1e-12 * scale + 1e-300)[:, None, None] * np.eye(terms), dtype=float)


def _summed(weight: Floats, columns: Floats) -> Floats:
    """Sum over patterns: (r, d) by (k, d) to (r, k).

    einsum, not a matrix product: the latter's last bits depend on how many threads the linear algebra has.
    """
    return np.asarray(np.einsum("rd,kd->rk", weight, columns), dtype=float)


def _symmetric(triangle: Floats, upper: tuple[NDArray[np.intp], NDArray[np.intp]], terms: int) -> Floats:
    result = np.empty((len(triangle), terms, terms))
    result[:, upper[0], upper[1]] = triangle
    result[:, upper[1], upper[0]] = triangle
    return result


def _probability(beta: Floats, columns: Floats, shift: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(np.einsum("rk,kd->rd", beta, columns) + shift), dtype=float)
