"""How many readers and cases a new reader study needs (Hillis, Obuchowski and Berbaum 2011).

doi:10.1016/j.acra.2010.09.007: the variance of a pilot is taken apart into what belongs to readers and what
to cases, and the latter shrinks with the number of cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from her2mri.errors import EstimationError
from her2mri.readers.obuchowski_rockette import Components

SIZING_COLUMNS: Final = ("readers", "cases", "effect", "power", "noncentrality", "df")

_MOST_CASES: Final = 100_000
_GRID: Final = 200


def power(
    components: Components,
    pilot_cases: int,
    *,
    effect: float,
    readers: int,
    cases: float,
    alpha: float = 0.05,
) -> tuple[float, float, float]:
    """Power of the test with random readers and cases in a fully crossed study; noncentrality and df too.

    ``components`` come from a pilot of ``pilot_cases`` (patients) with the planned share of events. Raises
    EstimationError where the pilot had a single reader and so no readers' variance.

    >>> pilot = Components(0.0048, 0.00055, 0.00079, 0.00034, 0.00034, 0.00024)
    >>> round(power(pilot, 114, effect=0.0438, readers=5, cases=114)[0], 2)
    0.51
    """
    from scipy.stats import f, ncf

    if readers < 2:
        raise ValueError(f"readers must be 2 or more, got {readers}")
    if cases <= 0 or pilot_cases <= 0:
        raise ValueError(f"cases and pilot_cases must be positive, got {cases} and {pilot_cases}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must fulfil 0 < alpha < 1, got {alpha}")
    parts = (components.variance, components.cov1, components.cov2, components.cov3)
    if np.isnan([components.ms_arm_reader, *parts]).any():
        raise EstimationError(
            "sizing needs a pilot in which 2 readers or more read the same cases in both arms"
        )
    ratio = pilot_cases / cases
    shared = ratio * max(components.cov2 - components.cov3, 0.0)
    alone = max(ratio * (components.variance - components.cov1) - shared, 0.0)
    own = components.arm_reader_variance + alone
    total = own + readers * shared
    if not total > 0.0:
        raise EstimationError("the pilot shows no variance to plan with")
    noncentrality = readers * effect**2 / (2.0 * total)
    df = (readers - 1.0) * (total / own) ** 2 if own > 0.0 else 1e9
    critical = float(f.isf(alpha, 1.0, df))
    if noncentrality == 0.0:
        return alpha, 0.0, df
    return float(ncf.sf(critical, 1.0, df, noncentrality)), noncentrality, df


def power_table(
    components: Components,
    pilot_cases: int,
    *,
    effect: float,
    readers: Sequence[int],
    cases: Sequence[int],
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Power for each number of readers and cases: rows of ``SIZING_COLUMNS``."""
    rows = []
    for number in readers:
        for size in cases:
            found = power(components, pilot_cases, effect=effect, readers=number, cases=size, alpha=alpha)
            rows.append((number, size, effect, *found))
    return pd.DataFrame(rows, columns=list(SIZING_COLUMNS))


def cases_needed(
    components: Components,
    pilot_cases: int,
    *,
    effect: float,
    readers: int,
    wanted_power: float = 0.8,
    alpha: float = 0.05,
) -> int | None:
    """Fewest cases with that power; None where no number of cases gives it to so few readers.

    With few readers power need not grow with cases: the more the readers' own variance prevails, the fewer are
    Hillis' degrees of freedom. The search therefore goes up from few cases, not down from many.

    >>> pilot = Components(0.0048, 0.00055, 0.00079, 0.00034, 0.00034, 0.00024)
    >>> cases_needed(pilot, 114, effect=0.001, readers=5) is None
    True
    """
    if not 0.0 < wanted_power < 1.0:
        raise ValueError(f"wanted_power must fulfil 0 < wanted_power < 1, got {wanted_power}")

    def reached(cases: int) -> bool:
        found = power(components, pilot_cases, effect=effect, readers=readers, cases=cases, alpha=alpha)
        return found[0] >= wanted_power

    grid = np.unique(np.geomspace(2, _MOST_CASES, _GRID).round().astype(int)).tolist()
    high = next((size for size in grid if reached(size)), None)
    if high is None:
        return None
    low = max((size for size in grid if size < high), default=1)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return int(high)


def conjectured_components(
    *,
    auc: float,
    n_events: int,
    n_nonevents: int,
    same_reader: float,
    same_arm: float,
    different: float,
    gain_sd: float,
) -> Components:
    """Components without a pilot, from an expected AUC and the correlations of reading errors.

    The error variance is Hanley and McNeil's (doi:10.1148/radiology.143.1.7063747) for ``n_events`` and
    ``n_nonevents`` (whose sum is then the ``pilot_cases`` of ``power``). ``same_reader``, ``same_arm`` and
    ``different`` are the correlations behind cov1, cov2 and cov3, ``gain_sd`` the standard deviation of the
    readers' true gains.
    """
    if not 0.5 <= auc < 1.0:
        raise ValueError(f"auc must fulfil 0.5 <= auc < 1, got {auc}")
    if not 0.0 <= different <= min(same_reader, same_arm) or max(same_reader, same_arm) >= 1.0:
        raise ValueError("correlations must fulfil 0 <= different <= same_reader, same_arm < 1")
    q1, q2 = auc / (2.0 - auc), 2.0 * auc**2 / (1.0 + auc)
    variance = (auc * (1.0 - auc) + (n_events - 1) * (q1 - auc**2) + (n_nonevents - 1) * (q2 - auc**2)) / (
        n_events * n_nonevents
    )
    cov1, cov2, cov3 = (variance * r for r in (same_reader, same_arm, different))
    own = gain_sd**2 / 2.0
    return Components(np.nan, own + variance - cov1 - (cov2 - cov3), variance, cov1, cov2, cov3)
