"""Predictions of three classes or more: what they are, how they are called, and how well they discriminate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_SUM_TOLERANCE: Final = 1e-6
_ROWS_AT_A_TIME: Final = 256


@dataclass(frozen=True, eq=False)
class ClassPrediction:
    """Class and probability of every class for each lesion of one sample, by one model or chain of models.

    ``classes`` (k,) are labels, in the order in which they are called and, where they have one, their natural
    order; ``y`` (n,) is the place of a lesion's true class in them; ``probability`` (n, k) sums to 1 over
    classes. Raises ValueError where the arrays do not fit together.
    """

    task: str
    model: str
    sample: str
    classes: tuple[str, ...]
    lesion: NDArray[np.str_]
    patient: NDArray[np.str_]
    y: NDArray[np.int64]
    probability: Floats

    def __post_init__(self) -> None:
        classes = tuple(map(str, self.classes))
        if len(classes) < 2 or len(set(classes)) < len(classes):
            raise ValueError(f"classes must be two or more different labels, got {classes}")
        columns = {
            "lesion": np.array(self.lesion, dtype=np.str_),
            "patient": np.array(self.patient, dtype=np.str_),
            "y": np.array(self.y, dtype=np.int64),
        }
        n = len(columns["y"])
        if not n:
            raise ValueError("a prediction needs one lesion or more")
        for name, column in columns.items():
            if column.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), got {column.shape}")
        risk = np.array(self.probability, dtype=float)
        if risk.shape != (n, len(classes)):
            raise ValueError(f"probability must have shape ({n}, {len(classes)}), got {risk.shape}")
        if not ((risk >= 0) & (risk <= 1)).all() or np.abs(risk.sum(axis=1) - 1).max() > _SUM_TOLERANCE:
            raise ValueError("probabilities of a lesion must lie in [0, 1] and sum to 1")
        if not np.isin(columns["y"], np.arange(len(classes))).all():
            raise ValueError(f"y must be a place in classes, 0 to {len(classes) - 1}, for every lesion")
        if len(np.unique(columns["lesion"])) != n:
            raise ValueError("lesion must name each lesion once")
        for name, column in (columns | {"probability": risk}).items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        object.__setattr__(self, "classes", classes)

    @property
    def n(self) -> int:
        """Number of lesions."""
        return len(self.y)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Lesions of each class (k,)."""
        return np.bincount(self.y, minlength=len(self.classes))

    @property
    def n_patients(self) -> int:
        """Number of patients behind the lesions."""
        return len(np.unique(self.patient))


def highest_probability(probability: ArrayLike) -> Indices:
    """Place of the likeliest class of each lesion (n,) in ``probability`` (n, k); of equals the first.

    >>> highest_probability([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]).tolist()
    [1, 0]
    """
    return np.asarray(np.argmax(np.asarray(probability, dtype=float), axis=1), dtype=np.intp)


def chained_call(probability: ArrayLike, cutoffs: Sequence[float]) -> Indices:
    """Class of each lesion (n,) by asking for one class after another, each at its own cut-off.

    ``cutoffs`` (k - 1,): a lesion is of the first class when its probability is at or above the first
    cut-off; else of the second when its probability *given that it is not of the first* is at or above the
    second; and so on to the last class, of what remains.

    >>> chained_call([[0.4, 0.3, 0.3], [0.1, 0.6, 0.3], [0.1, 0.3, 0.6]], [0.25, 0.5]).tolist()
    [0, 1, 2]
    """
    risk = np.asarray(probability, dtype=float)
    if len(cutoffs) != risk.shape[1] - 1:
        raise ValueError(f"{risk.shape[1]} classes take {risk.shape[1] - 1} cut-offs, got {len(cutoffs)}")
    called = np.full(len(risk), risk.shape[1] - 1, dtype=np.intp)
    open_still = np.ones(len(risk), dtype=bool)
    for place, cutoff in enumerate(cutoffs):
        rest = risk[:, place:].sum(axis=1)
        # Where nothing is left for this class and those after it there is nothing to divide by.
        given = np.divide(risk[:, place], rest, out=np.zeros(len(risk)), where=rest > 0)
        hit = open_still & (given >= cutoff)
        called[hit] = place
        open_still &= ~hit
    return called


def polytomous_discrimination(y: ArrayLike, probability: ArrayLike) -> tuple[float, Floats]:
    """Polytomous discrimination index and its part of each class (k,); by chance both are 1 / k.

    Of a set of lesions, one of each class, the part of class i is the probability that the lesion of class i
    has the highest probability of i, ties shared; the index is the mean of the parts (doi:10.1002/sim.5321).
    Not by all sets, whose number grows as n^k, but exactly, in n log n: lesions of other classes stand below
    independently of each other. NaN where a class has no lesion.

    >>> index, parts = polytomous_discrimination([0, 1, 2], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    >>> index, parts.tolist()
    (1.0, [1.0, 1.0, 1.0])
    """
    risk = np.asarray(probability, dtype=float)
    parts = polytomous_parts(y, risk, np.ones((1, len(risk))))[0]
    return float(parts.mean()), parts


def polytomous_parts(y: ArrayLike, probability: ArrayLike, weights: Floats) -> Floats:
    """Parts (r, k) of the polytomous discrimination index in resamples of ``weights`` (r, n)."""
    risk, truth = np.asarray(probability, dtype=float), np.asarray(y)
    pieces = [
        np.column_stack([_part(truth, risk[:, of], of, risk.shape[1], piece) for of in range(risk.shape[1])])
        for piece in (weights[i : i + _ROWS_AT_A_TIME] for i in range(0, len(weights), _ROWS_AT_A_TIME))
    ]
    return np.concatenate(pieces)


def _part(y: NDArray[np.generic], score: Floats, of: int, classes: int, weights: Floats) -> Floats:
    """Part of class ``of``, whose probabilities are ``score`` (n,), in each resample (r,).

    A lesion ahead of a share b of another class and level with a share e, when t others are level with it,
    wins in 1 / (1 + t) of cases. As the integral of u^t over 0 to 1 is 1 / (1 + t), the mean of that over
    all sets is the integral of the product over other classes of (b + e u), a polynomial.
    """
    order = np.argsort(score, kind="stable")
    first = np.unique(score[order], return_index=True)[1]
    product: list[Floats] = []
    own: Floats = np.empty(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        for other in range(classes):
            member = (y == other)[order].astype(float)
            level = np.add.reduceat(weights[:, order] * member, first, axis=1)
            level /= level.sum(axis=1, keepdims=True)
            if other == of:
                own = level
                continue
            below = np.cumsum(level, axis=1) - level
            product = _times(product, below, level) if product else [below, level]
        wins = sum(term / (power + 1.0) for power, term in enumerate(product))
        return np.asarray((own * wins).sum(axis=1), dtype=float)


def _times(product: list[Floats], constant: Floats, linear: Floats) -> list[Floats]:
    """Coefficients of a polynomial, lowest first, times (constant + linear u)."""
    result = [term * constant for term in product] + [np.zeros_like(constant)]
    for power, term in enumerate(product):
        result[power + 1] = result[power + 1] + term * linear
    return result
