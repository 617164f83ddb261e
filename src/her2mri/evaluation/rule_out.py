"""The lesions that a model rules out, and how many of them it should not have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from her2mri.statistics.intervals import clopper_pearson


@dataclass(frozen=True)
class RuleOut:
    """``n_ruled_out`` of ``n`` lesions have P(negative) above ``certainty``; ``n_missed`` are positive.

    ``npv`` is the share of true negatives among those ruled out, with Clopper and Pearson's exact interval;
    NaN where nothing is ruled out.
    """

    certainty: float
    n: int
    n_ruled_out: int
    n_missed: int
    npv: float
    conf_low: float
    conf_high: float


def rule_out(
    y: ArrayLike, probability: ArrayLike, *, certainty: float = 0.95, confidence: float = 0.95
) -> RuleOut:
    """Lesions with ``1 - probability > certainty``, strictly.

    >>> found = rule_out([0, 0, 1, 1], [0.01, 0.04, 0.05, 0.9])
    >>> found.n_ruled_out, found.n_missed, round(found.conf_low, 3)
    (2, 0, 0.158)
    """
    if not 0.0 < certainty < 1.0:
        raise ValueError(f"certainty must fulfil 0 < certainty < 1, got {certainty}")
    event = np.asarray(y) == 1
    out = 1.0 - np.asarray(probability, dtype=float) > certainty
    count, missed = int(out.sum()), int((out & event).sum())
    low, high = clopper_pearson(count - missed, count, confidence=confidence)
    npv = (count - missed) / count if count else float("nan")
    return RuleOut(certainty, len(event), count, missed, npv, float(low), float(high))
