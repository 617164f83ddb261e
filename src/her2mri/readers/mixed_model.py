"""A linear mixed model with crossed random intercepts, fitted by restricted maximum likelihood.

Bates and others (2015), doi:10.18637/jss.v067.i01, for the profiled criterion; Satterthwaite's degrees of
freedom from the criterion's curvature as in Kuznetsova and others (2017), doi:10.18637/jss.v082.i13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError

Floats = NDArray[np.float64]

_AT_ZERO: Final = 1e-10
_STARTS: Final = (0.1, 1.0)


@dataclass(frozen=True, eq=False)
class MixedModel:
    """Fixed effects with standard errors and Satterthwaite's df; standard deviations of the random ones.

    ``spread`` has one entry a grouping factor and ``residual``.
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    spread: dict[str, float]
    criterion: float
    n: int

    def interval(self, index: int, *, confidence: float = 0.95) -> tuple[float, float]:
        """Bounds of one fixed effect."""
        from scipy.stats import t

        half = float(t.ppf(0.5 + confidence / 2.0, self.df[index])) * float(self.std_error[index])
        return float(self.estimate[index]) - half, float(self.estimate[index]) + half

    def p_value(self, index: int) -> float:
        """Two-sided p-value that one fixed effect is zero."""
        from scipy.stats import t

        ratio = abs(float(self.estimate[index])) / float(self.std_error[index])
        return float(2.0 * t.sf(ratio, self.df[index]))


def mixed_model(y: ArrayLike, X: ArrayLike, groups: Mapping[str, ArrayLike]) -> MixedModel:
    """Fit ``y`` (n,) on ``X`` (n, p) with a random intercept for each level of each grouping (n,).

    Raises EstimationError where the columns of ``X`` are dependent, there are no more rows than columns, or
    nothing is left to explain.
    """
    from threadpoolctl import threadpool_limits

    response, design = np.asarray(y, dtype=float), np.asarray(X, dtype=float)
    n, p = design.shape
    if n <= p or np.linalg.matrix_rank(design) < p:
        raise EstimationError("a mixed model needs more rows than independent columns")
    # The matrices are small: one thread is the fastest, and gives the same bits everywhere.
    with threadpool_limits(limits=1):
        problem = _Problem(response, design, groups)
        if problem.residual_sum < 1e-20:
            raise EstimationError("a mixed model needs a response that varies within the design")
        return _fitted(problem, tuple(groups))


def _fitted(problem: _Problem, names: tuple[str, ...]) -> MixedModel:
    from scipy.optimize import minimize

    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000, "maxls": 50}
    bounds = [(0.0, 1e6)] * len(names)
    fits: list[Any] = [
        minimize(
            problem.profiled,
            np.full(len(names), start),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options=options,
        )
        for start in _STARTS
    ]
    fit = min(fits, key=lambda found: float(found.fun))
    theta = np.sqrt(np.where(fit.x < _AT_ZERO, 0.0, fit.x))
    solution = problem.solve(theta)
    sigma = float(np.sqrt(solution.residual / (problem.n - problem.p)))
    error = np.sqrt(np.diag(sigma**2 * solution.unscaled))
    df = np.array([_satterthwaite(problem, theta, sigma, j) for j in range(problem.p)])
    spread = {name: float(value * sigma) for name, value in zip(names, theta, strict=True)}
    return MixedModel(solution.beta, error, df, spread | {"residual": sigma}, float(fit.fun), problem.n)


@dataclass(frozen=True, eq=False)
class _Solution:
    """``diagonal`` and ``projected`` are the diagonal of Z'PZ and Z'Py, P the residual projection."""

    beta: Floats
    unscaled: Floats
    residual: float
    log_determinants: float
    diagonal: Floats
    projected: Floats


class _Problem:
    """The cross products that the criterion is made of, for any relative standard deviations ``theta``."""

    def __init__(self, y: Floats, design: Floats, groups: Mapping[str, ArrayLike]) -> None:
        codes = [np.unique(np.asarray(group), return_inverse=True)[1] for group in groups.values()]
        sizes = [int(code.max()) + 1 for code in codes]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        z = np.zeros((len(y), int(offsets[-1])))
        for code, offset in zip(codes, offsets[:-1], strict=True):
            z[np.arange(len(y)), code + offset] = 1.0
        self.factor = np.repeat(np.arange(len(sizes)), sizes)
        self.zz, self.zx, self.zy = z.T @ z, z.T @ design, z.T @ y
        self.xx, self.xy, self.yy = design.T @ design, design.T @ y, float(y @ y)
        self.n, self.p = design.shape
        beta = np.linalg.solve(self.xx, self.xy)
        self.residual_sum = float(np.sum((y - design @ beta) ** 2))

    def solve(self, theta: Floats) -> _Solution:
        """Generalised least squares at the covariance that ``theta`` implies, up to sigma squared."""
        from scipy.linalg import solve_triangular

        scale = theta[self.factor]
        inner = self.zz * np.outer(scale, scale)
        inner[np.diag_indices_from(inner)] += 1.0
        factor = np.linalg.cholesky(inner)
        right = np.column_stack([self.zx, self.zy]) * scale[:, None]
        half = solve_triangular(factor, right, lower=True, check_finite=False)
        cross = half.T @ half
        xvx = self.xx - cross[: self.p, : self.p]
        xvy = self.xy - cross[: self.p, self.p]
        beta = np.linalg.solve(xvx, xvy)
        residual = self.yy - cross[self.p, self.p] - float(xvy @ beta)
        logs = 2.0 * float(np.log(np.diag(factor)).sum()) + float(np.linalg.slogdet(xvx)[1])
        unscaled = np.linalg.inv(xvx)
        spread = solve_triangular(factor, self.zz * scale[:, None], lower=True, check_finite=False)
        zvx = self.zx - spread.T @ half[:, : self.p]
        zvy = self.zy - spread.T @ half[:, self.p]
        diagonal = np.diag(self.zz) - np.einsum("ij,ij->j", spread, spread)
        diagonal = diagonal - np.einsum("ij,jk,ik->i", zvx, unscaled, zvx)
        return _Solution(beta, unscaled, max(residual, 1e-300), logs, diagonal, zvy - zvx @ beta)

    def profiled(self, ratios: Floats) -> tuple[float, Floats]:
        """The restricted deviance with sigma at its best, and its gradient.

        ``ratios`` are the random variances over the residual one: unlike in standard deviations the gradient
        does not vanish at zero, where a search would otherwise stick.
        """
        found = self.solve(np.sqrt(ratios))
        free = self.n - self.p
        value = found.log_determinants + free * (1.0 + np.log(2.0 * np.pi * found.residual / free))
        trace = np.bincount(self.factor, weights=found.diagonal, minlength=len(ratios))
        squares = np.bincount(self.factor, weights=found.projected**2, minlength=len(ratios))
        return float(value), trace - free * squares / found.residual

    def deviance(self, parameters: Floats) -> float:
        """The restricted deviance of ``theta`` and sigma together."""
        found, sigma = self.solve(parameters[:-1]), float(parameters[-1])
        free = self.n - self.p
        scaled = free * np.log(2.0 * np.pi * sigma**2) + found.residual / sigma**2
        return float(found.log_determinants + scaled)


def _satterthwaite(problem: _Problem, theta: Floats, sigma: float, column: int) -> float:
    """Degrees of freedom of one fixed effect's variance; parameters at their boundary are held fixed."""
    free = np.append(theta > 0.0, True)
    at = np.append(theta, sigma)

    def whole(part: Floats) -> Floats:
        full = at.copy()
        full[free] = part
        return full

    def variance(part: Floats) -> float:
        full = whole(part)
        return float(full[-1] ** 2 * problem.solve(full[:-1]).unscaled[column, column])

    hessian = _hessian(lambda part: problem.deviance(whole(part)), at[free])
    gradient = _gradient(variance, at[free])
    values, vectors = np.linalg.eigh(hessian)
    usable = values > 1e-8 * values.max()
    turned = vectors.T @ gradient
    spread = 2.0 * float(np.sum(turned[usable] ** 2 / values[usable]))
    return 2.0 * variance(at[free]) ** 2 / spread if spread > 0.0 else np.inf


def _steps(at: Floats, relative: float) -> Floats:
    return np.asarray(relative * np.maximum(np.abs(at), 1e-2))


def _gradient(function: Callable[[Floats], float], at: Floats) -> Floats:
    steps = np.diag(_steps(at, 1e-4))
    return np.array([(function(at + h) - function(at - h)) / (2.0 * h.sum()) for h in steps])


def _hessian(function: Callable[[Floats], float], at: Floats) -> Floats:
    size = _steps(at, 2e-3)
    steps = np.diag(size)
    count = len(at)
    result = np.empty((count, count))
    for i in range(count):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            corners = (
                function(at + a + b) - function(at + a - b) - function(at - a + b) + function(at - a - b)
            )
            result[i, j] = result[j, i] = corners / (4.0 * size[i] * size[j])
    return result
