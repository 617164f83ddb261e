"""The lesions that a model rules out, and how many of them it should not have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.evaluation.clusters import effective_lesions, is_repeated, patient_codes

EXACT: Final = "Clopper-Pearson"
EXACT_BY_PATIENT: Final = "Korn-Graubard, by patient"


@dataclass(frozen=True)
class RuleOut:
    """``n_ruled_out`` of ``n`` lesions have P(negative) above ``certainty``; ``n_missed`` are positive.

    ``npv`` is the share of true negatives among those ruled out, with the exact interval that ``method``
    names; NaN where nothing is ruled out.
    """

    certainty: float
    n: int
    n_ruled_out: int
    n_missed: int
    npv: float
    conf_low: float
    conf_high: float
    method: str


def rule_out(
    y: ArrayLike,
    probability: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    certainty: float = 0.95,
    confidence: float = 0.95,
) -> RuleOut:
    """Lesions with ``1 - probability > certainty``, strictly.

    The interval is Clopper and Pearson's. Where two lesions ruled out are of one ``patient`` (n,), it is
    Korn and Graubard's (Survey Methodology 1998;24:193-201): the same with the number of lesions that these
    are worth, as if the lesions of a patient were always alike (``clusters.effective_lesions``), so that the
    interval is wide enough without a miss too.

    >>> found = rule_out([0, 0, 1, 1], [0.01, 0.04, 0.05, 0.9])
    >>> found.n_ruled_out, found.n_missed, round(found.conf_low, 3)
    (2, 0, 0.158)
    """
    if not 0.0 < certainty < 1.0:
        raise ValueError(f"certainty must fulfil 0 < certainty < 1, got {certainty}")
    event = np.asarray(y) == 1
    out = 1.0 - np.asarray(probability, dtype=float) > certainty
    count, missed = int(out.sum()), int((out & event).sum())
    if not count:
        nan = float("nan")
        return RuleOut(certainty, len(event), 0, 0, nan, nan, nan, EXACT)
    who = patient_codes(None if patient is None else np.asarray(patient)[out], count)
    worth = float(effective_lesions(who)[0])
    npv = (count - missed) / count
    low, high = _beta_interval(npv * worth, (1.0 - npv) * worth, confidence)
    method = EXACT_BY_PATIENT if is_repeated(who) else EXACT
    return RuleOut(certainty, len(event), count, missed, npv, low, high, method)


def _beta_interval(hits: float, misses: float, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's interval, where hits and misses need not be whole."""
    from scipy.special import betaincinv

    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    tail = (1.0 - confidence) / 2.0
    low = float(betaincinv(hits, misses + 1.0, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1.0, misses, 1.0 - tail)) if misses > 0 else 1.0
    return low, high
