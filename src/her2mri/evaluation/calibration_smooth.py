"""The smooth calibration curve and its mean distance from the diagonal, the integrated calibration index.

The outcome is regressed on the predicted log odds by logistic regression with a restricted cubic spline
(doi:10.1002/sim.8570, doi:10.1002/sim.8281). Unlike a local regression it stays within 0 and 1, works where
probabilities are heavily tied, and can be refitted in thousands of resamples at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.calibration import logit
from her2mri.evaluation.clusters import is_repeated, patient_codes, robust_covariance, summed_by
from her2mri.evaluation.weighted_logistic import LogisticFits, fit_logistic

Floats = NDArray[np.float64]

_KNOT_QUANTILES: Final = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95)}
_LESIONS_FOR_THREE_KNOTS: Final = 10
_LESIONS_FOR_FOUR_KNOTS: Final = 40
"""Lesions that the smaller class must have: a spline spends one parameter a knot."""
_FADED: Final = 1e-3  # sum over lesions of fitted p (1 - p) below which the classes are separated


@dataclass(frozen=True, eq=False)
class CalibrationSmooth:
    """A smoother fitted to one sample, and ready to be refitted to resamples of it.

    ``knots`` are on the scale of the log odds; none means that the curve is a straight line there.
    """

    y: Floats
    probability: Floats
    knots: Floats

    @property
    def method(self) -> str:
        """What was fitted, in words."""
        if not len(self.knots):
            return "logistic regression on the log odds"
        return f"logistic regression, restricted cubic spline of the log odds, {len(self.knots)} knots"

    @cached_property
    def _patterns(self) -> tuple[Floats, NDArray[np.intp], Floats, Floats]:
        """Distinct probabilities, pattern of each lesion, orthonormal design, what makes it so."""
        distinct, pattern = np.unique(self.probability, return_inverse=True)
        basis = spline_basis(logit(distinct), self.knots)
        design, triangle = np.linalg.qr(basis)
        return distinct, pattern, design, np.linalg.inv(triangle)

    @cached_property
    def _fit(self) -> LogisticFits:
        return self._fit_to(np.ones((1, len(self.y))), None)[2]

    def _fit_to(self, weights: Floats, start: Floats | None) -> tuple[Floats, Floats, LogisticFits]:
        distinct, pattern, design, _ = self._patterns
        if len(weights) == 1:
            total, event = (np.bincount(pattern, each) for each in (weights[0], weights[0] * self.y))
            single: Floats = total[None].astype(float)
            return distinct, single, fit_logistic(design, event[None].astype(float), single, start=start)
        order = np.argsort(pattern, kind="stable")
        first = np.searchsorted(pattern[order], np.arange(len(distinct)))
        sorted_weights = weights[:, order]
        totals = np.add.reduceat(sorted_weights, first, axis=1)
        events = np.add.reduceat(sorted_weights * self.y[order], first, axis=1)
        return distinct, totals, fit_logistic(design, events, totals, start=start)

    def curve(
        self, at: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
    ) -> tuple[Floats, Floats, Floats]:
        """Smoothed share of positives at the probabilities ``at`` (m,), with its pointwise Wald band.

        Where a ``patient`` (n,) has several lesions the band is of the sandwich covariance by patient.
        """
        from scipy.special import expit, ndtri

        _, _, _, to_orthonormal = self._patterns
        X = spline_basis(logit(at), self.knots) @ to_orthonormal
        centre = X @ self._fit.coefficients[0]
        covariance = self._covariance(patient_codes(patient, len(self.y)))
        half = ndtri(0.5 + confidence / 2.0) * np.sqrt(np.einsum("ij,jk,ik->i", X, covariance, X))
        return expit(centre), expit(centre - half), expit(centre + half)

    def _covariance(self, who: NDArray[np.intp]) -> Floats:
        _, pattern, design, _ = self._patterns
        information, fitted = self._fit.information[0], self._fit.fitted[0][pattern]
        # Under separation information and scores fade away together: a sandwich would then be narrow.
        if not is_repeated(who) or (fitted * (1.0 - fitted)).sum() < _FADED:
            return np.asarray(np.linalg.pinv(information), dtype=float)
        return robust_covariance(information, design[pattern] * (self.y - fitted)[:, None], who)

    def indices(self) -> dict[str, float]:
        """Distance between the smoothed share of positives and the probability over lesions.

        ``ici`` is its mean, ``e50`` its median and ``e90`` its 90th percentile (doi:10.1002/sim.8281),
        percentiles interpolated between lesions.
        """
        found = self.indices_of_resamples(np.ones((1, len(self.y))))
        return {name: float(value[0]) for name, value in found.items()}

    def ici(self) -> float:
        """Mean absolute distance between the smoothed share of positives and the probability."""
        return self.indices()["ici"]

    def indices_of_resamples(self, weights: Floats) -> dict[str, Floats]:
        """The ``indices`` of each resample (r,) from ``weights`` (r, n), the knots kept.

        NaN where a fit has no answer; a resample with one class has no curve.
        """
        distinct, totals, fits = self._fit_to(weights, self._fit.coefficients[0])
        distance = np.abs(fits.fitted - distinct)
        positives = np.einsum("rn,n->r", weights, self.y)
        size = totals.sum(axis=1)
        usable = fits.converged & (positives > 0) & (positives < size)
        mean = (totals * distance).sum(axis=1) / np.maximum(size, 1.0)
        percentiles = _weighted_quantiles(distance, totals, (0.5, 0.9))
        found = {"ici": mean, "e50": percentiles[0], "e90": percentiles[1]}
        return {name: np.where(usable, value, np.nan) for name, value in found.items()}

    def perfect_p_value(self, patient: ArrayLike | None = None) -> float:
        """Rao's score test that every probability is right, against the curve's alternatives.

        Under the hypothesis nothing is estimated, so the covariance of the scores is known from the
        probabilities; where a ``patient`` (n,) has several lesions the products of their scores are added to
        it, or, should that not be positive definite, the scores' sums by patient make it.
        """
        from scipy.special import chdtrc, expit

        distinct, pattern, design, _ = self._patterns
        risk = expit(logit(distinct))
        totals = np.bincount(pattern).astype(float)
        expected = design.T @ (design * (totals * risk * (1.0 - risk))[:, None])
        scores = design[pattern] * (self.y - risk[pattern])[:, None]
        who = patient_codes(patient, len(self.y))
        if is_repeated(who):
            summed = summed_by(who, scores)
            crossed = expected + summed.T @ summed - scores.T @ scores
            positive = np.linalg.eigvalsh(crossed)[0] > 1e-10 * np.trace(crossed)
            expected = crossed if positive else summed.T @ summed
        total = scores.sum(axis=0)
        return float(chdtrc(design.shape[1], total @ np.linalg.pinv(expected) @ total))


def calibration_smooth(y: ArrayLike, probability: ArrayLike) -> CalibrationSmooth:
    """Choose knots for the sample: 4 with 40 lesions or more in the smaller class, 3 with 10, else a line.

    Knots stand at quantiles of the log odds; where ties let them coincide they count once, and fewer than
    three make no spline. Raises EstimationError where ``y`` has one class or there is one distinct
    probability.

    >>> y, p = [0, 0, 1, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
    >>> smooth = calibration_smooth(y, p)
    >>> smooth.method, round(smooth.ici(), 3)
    ('logistic regression on the log odds', 0.012)
    """
    event, risk = np.asarray(y, dtype=float), np.asarray(probability, dtype=float)
    smaller = int(min(event.sum(), len(event) - event.sum()))
    if smaller == 0:
        raise EstimationError("a calibration curve needs lesions of both classes")
    if risk.min() == risk.max():
        raise EstimationError("a calibration curve needs two distinct probabilities or more")
    if smaller < _LESIONS_FOR_THREE_KNOTS:
        return CalibrationSmooth(event, risk, np.array([]))
    count = 4 if smaller >= _LESIONS_FOR_FOUR_KNOTS else 3
    knots = np.unique(np.quantile(logit(risk), _KNOT_QUANTILES[count], method="inverted_cdf"))
    return CalibrationSmooth(event, risk, knots if len(knots) >= 3 else np.array([]))


def spline_basis(x: ArrayLike, knots: ArrayLike) -> Floats:
    """Columns 1, x and the k - 2 restricted cubic terms of k ``knots``, linear beyond the outer ones (n, k).

    In the truncated power form, divided by the square of the knots' span (doi:10.1007/978-3-319-19425-7,
    section 2.4.5).

    >>> spline_basis([0.0, 4.0], [0.0, 1.0, 2.0])[:, 2].tolist()
    [0.0, 4.5]
    """
    value, knot = np.asarray(x, dtype=float), np.asarray(knots, dtype=float)
    columns = [np.ones(len(value)), value]
    if len(knot) >= 3:
        last, before = knot[-1], knot[-2]
        for inner in knot[:-2]:
            cubic = (
                _cube(value - inner)
                - _cube(value - before) * (last - inner) / (last - before)
                + _cube(value - last) * (before - inner) / (last - before)
            )
            columns.append(cubic / (last - knot[0]) ** 2)
    return np.column_stack(columns)


def _weighted_quantiles(values: Floats, counts: Floats, at: tuple[float, ...]) -> list[Floats]:
    """Quantiles (r,) of each row of ``values`` (r, d) that stand ``counts`` (r, d) times, interpolated."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    reached = np.cumsum(np.take_along_axis(counts, order, axis=1), axis=1)
    last, row = values.shape[1] - 1, np.arange(len(values))
    found = []
    for share in at:
        rank = (reached[:, -1] - 1.0) * share
        below = np.floor(rank)
        low, high = (
            ordered[row, np.minimum((reached <= step[:, None]).sum(axis=1), last)]
            for step in (below, np.ceil(rank))
        )
        found.append(low + (rank - below) * (high - low))
    return found


def _cube(value: Floats) -> Floats:
    return np.maximum(value, 0.0) ** 3
