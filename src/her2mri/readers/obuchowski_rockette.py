"""Obuchowski and Rockette's analysis of two arms read by several readers, with Hillis' degrees of freedom.

Obuchowski and Rockette (1995), doi:10.1080/03610919508813243; Hillis (2007), doi:10.1002/sim.2532; split-plot
designs: Obuchowski, Gallas and Hillis (2012), doi:10.1016/j.acra.2012.09.012; Hillis (2014),
doi:10.1002/sim.5926.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError

Floats = NDArray[np.float64]

CROSSED: Final = "fully crossed"
CASES_IN_GROUPS: Final = "split-plot, each group of readers reads its own cases"
READERS_IN_ARMS: Final = "split-plot, each reader reads one arm"

RANDOM_READERS_AND_CASES: Final = "random readers and cases"
RANDOM_CASES: Final = "fixed readers, random cases"
RANDOM_READERS: Final = "random readers, fixed cases"
INFERENCES: Final = (RANDOM_READERS_AND_CASES, RANDOM_CASES, RANDOM_READERS)
"""To whom a result carries over: other readers and cases, other cases only, other readers only."""


@dataclass(frozen=True)
class Components:
    """Mean squares and error covariances of the figures; NaN where the design has none.

    ``ms_arm`` and ``ms_arm_reader`` are MS(T) and MS(T:R); ``variance`` is the error variance of one reader's
    figure; ``cov1`` couples one reader's two arms, ``cov2`` two readers in one arm, ``cov3`` two readers in
    different arms.
    """

    ms_arm: float
    ms_arm_reader: float
    variance: float
    cov1: float
    cov2: float
    cov3: float

    @property
    def arm_reader_variance(self) -> float:
        """Variance of the readers' own differences between arms, beyond the cases' (0 at least)."""
        return max(self.ms_arm_reader - self.variance + self.cov1 + (self.cov2 - self.cov3), 0.0)


@dataclass(frozen=True)
class Inference:
    """An estimate with its standard error, degrees of freedom, interval and test that it is zero."""

    estimate: float
    std_error: float
    df: float
    conf_low: float
    conf_high: float
    statistic: float
    p_value: float


def inference(estimate: float, variance: float, df: float, confidence: float) -> Inference:
    """Student's t inference (normal where ``df`` is infinite); NaN without variance."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    if not variance > 0.0 or not df > 0.0:
        return Inference(estimate, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan)
    error = float(np.sqrt(variance))
    upper, statistic = 0.5 + confidence / 2.0, estimate / error
    if np.isinf(df):
        quantile, tail = float(ndtri(upper)), float(ndtr(-abs(statistic)))
    else:
        quantile, tail = float(stdtrit(df, upper)), float(stdtr(df, -abs(statistic)))
    low, high = estimate - quantile * error, estimate + quantile * error
    return Inference(estimate, error, float(df), low, high, statistic, 2.0 * tail)


@dataclass(frozen=True, eq=False)
class ObuchowskiRockette:
    """Reader-averaged figures of both arms and their difference (second less first), per inference."""

    design: str
    n_readers: int
    components: Components
    first: dict[str, Inference]
    second: dict[str, Inference]
    difference: dict[str, Inference]


def obuchowski_rockette(
    figures: ArrayLike, covariance: ArrayLike, *, group: ArrayLike | None = None, confidence: float = 0.95
) -> ObuchowskiRockette:
    """Compare two arms over all readers.

    Parameters
    ----------
    figures
        Figure of each reader in each arm (readers, 2); NaN in the arm that a reader did not read.
    covariance
        Error covariance of the figures (readers, 2, readers, 2), 0 between readers without common cases.
    group
        Which readers share their cases (readers,); None: all.
    confidence
        The nominal coverage of the intervals.

    Raises
    ------
    EstimationError
        For designs that are neither fully crossed nor one of the two split-plots.

    Where there is one reader (in a group or arm) that readers' variance cannot be had from, the inferences
    with random readers are NaN.

    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    theta, sigma = np.asarray(figures, dtype=float), np.asarray(covariance, dtype=float)
    count = len(theta)
    if theta.shape != (count, 2) or sigma.shape != (count, 2, count, 2):
        raise ValueError(f"figures must be (readers, 2) and covariance fit, got {theta.shape}, {sigma.shape}")
    groups = np.zeros(count, dtype=int) if group is None else np.unique(group, return_inverse=True)[1]
    read = ~np.isnan(theta)
    if read.all():
        return _both_arms(theta, sigma, groups, confidence)
    if (read.sum(axis=1) == 1).all() and read.any(axis=0).all() and len(np.unique(groups)) == 1:
        return _one_arm_each(theta, sigma, read, confidence)
    raise EstimationError(
        "not applicable: every reader must read both arms, or every reader one arm of the same cases"
    )


def _both_arms(
    theta: Floats, sigma: Floats, groups: NDArray[np.intp], confidence: float
) -> ObuchowskiRockette:
    difference = theta[:, 1] - theta[:, 0]
    of_difference = sigma[:, 1, :, 1] + sigma[:, 0, :, 0] - sigma[:, 1, :, 0] - sigma[:, 0, :, 1]
    parts = [
        (theta[:, 0], sigma[:, 0, :, 0]),
        (theta[:, 1], sigma[:, 1, :, 1]),
        (difference, of_difference),
    ]
    first, second, gain = (_over_readers(value, cov, groups, confidence) for value, cov in parts)
    return ObuchowskiRockette(
        CROSSED if len(np.unique(groups)) == 1 else CASES_IN_GROUPS,
        len(theta),
        _components(theta, sigma, groups),
        first,
        second,
        gain,
    )


def _over_readers(
    value: Floats, covariance: Floats, groups: NDArray[np.intp], confidence: float
) -> dict[str, Inference]:
    """The mean of a reader-level value with its three variances.

    Of readers that share cases, the squared deviations from their group's mean hold the readers' variance and
    the cases' less what the readers' errors have in common; that common part is added back.
    """
    count = len(value)
    estimate = float(value.mean())
    squares, df = _within_groups(value, groups)
    common = _common(covariance, groups)
    own = squares / count if df > 0 else np.nan
    total = own + common
    return {
        RANDOM_READERS_AND_CASES: inference(estimate, total, _hillis(total, own, df), confidence),
        RANDOM_CASES: inference(estimate, float(covariance.mean()), np.inf, confidence),
        RANDOM_READERS: inference(estimate, own, float(df), confidence),
    }


def _within_groups(value: Floats, groups: NDArray[np.intp]) -> tuple[float, int]:
    """Mean square of readers within groups and its degrees of freedom.

    Where every group is one reader nobody shares cases, and the readers as a whole are one group.
    """
    sizes = np.bincount(groups)
    if (sizes == 1).all():
        groups, sizes = np.zeros_like(groups), np.array([len(groups)])
    df = int(np.sum(sizes - 1))
    if df == 0:
        return np.nan, 0
    means = np.bincount(groups, weights=value) / sizes
    return float(np.sum((value - means[groups]) ** 2)) / df, df


def _common(covariance: Floats, groups: NDArray[np.intp]) -> float:
    """Variance of the mean that the readers' common cases make, at least 0."""
    same = groups[:, None] == groups[None, :]
    total = 0.0
    for name in np.unique(groups):
        inside = np.flatnonzero(groups == name)
        size = len(inside)
        if size > 1:
            block = covariance[np.ix_(inside, inside)]
            total += size**2 * (block.sum() - np.trace(block)) / (size * (size - 1))
    if not same.all():
        total += float(covariance[~same].sum())
    return max(total / len(groups) ** 2, 0.0)


def _hillis(total: float, own: float, df: int) -> float:
    """Hillis' denominator degrees of freedom."""
    if df == 0:
        return np.nan
    return df * (total / own) ** 2 if own > 1e-9 * total else np.inf


def _components(theta: Floats, sigma: Floats, groups: NDArray[np.intp]) -> Components:
    count = len(theta)
    difference = theta[:, 1] - theta[:, 0]
    squares, df = _within_groups(difference, groups)
    own = np.arange(count)
    variance = float(np.mean([sigma[own, arm, own, arm].mean() for arm in (0, 1)]))
    cov1 = float(sigma[own, 0, own, 1].mean())
    other = (groups[:, None] == groups[None, :]) & ~np.eye(count, dtype=bool)
    if other.any():
        cov2 = float(np.mean([sigma[:, arm, :, arm][other].mean() for arm in (0, 1)]))
        cov3 = float(sigma[:, 0, :, 1][other].mean())
    else:
        cov2 = cov3 = np.nan
    return Components(
        count * float(difference.mean()) ** 2 / 2.0,
        squares / 2.0 if df > 0 else np.nan,
        variance,
        cov1,
        cov2,
        cov3,
    )


def _one_arm_each(
    theta: Floats, sigma: Floats, read: NDArray[np.bool_], confidence: float
) -> ObuchowskiRockette:
    readers = [np.flatnonzero(read[:, arm]) for arm in (0, 1)]
    values = [theta[who, arm] for arm, who in enumerate(readers)]
    blocks = [sigma[:, arm, :, arm][np.ix_(who, who)] for arm, who in enumerate(readers)]
    between = sigma[:, 0, :, 1][np.ix_(readers[0], readers[1])]
    single = [
        _over_readers(value, block, np.zeros(len(value), dtype=int), confidence)
        for value, block in zip(values, blocks, strict=True)
    ]
    sizes = [len(value) for value in values]
    estimate = float(values[1].mean() - values[0].mean())
    cov2 = [_mean_of_others(block) for block in blocks]
    cov3 = float(between.mean())
    fixed = float(blocks[0].mean() + blocks[1].mean() - 2.0 * cov3)
    if min(sizes) > 1:
        own = [float(value.var(ddof=1)) / size for value, size in zip(values, sizes, strict=True)]
        total = sum(own) + max(cov2[0] + cov2[1] - 2.0 * cov3, 0.0)
        spread = sum(part**2 / (size - 1) for part, size in zip(own, sizes, strict=True))
        df, df_readers = (total**2 / spread, sum(own) ** 2 / spread) if spread > 0 else (np.nan, np.nan)
    else:
        own, total, df, df_readers = [np.nan], np.nan, np.nan, np.nan
    difference = {
        RANDOM_READERS_AND_CASES: inference(estimate, total, df, confidence),
        RANDOM_CASES: inference(estimate, fixed, np.inf, confidence),
        RANDOM_READERS: inference(estimate, sum(own), df_readers, confidence),
    }
    variance = float(np.mean([np.diag(block).mean() for block in blocks]))
    components = Components(np.nan, np.nan, variance, np.nan, float(np.mean(cov2)), cov3)
    return ObuchowskiRockette(READERS_IN_ARMS, len(theta), components, single[0], single[1], difference)


def _mean_of_others(block: Floats) -> float:
    size = len(block)
    return float(block.sum() - np.trace(block)) / (size * (size - 1)) if size > 1 else np.nan
