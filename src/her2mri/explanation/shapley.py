"""Exact interventional Shapley values of a prediction, by clinical variable."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, prod
from typing import Final, Protocol, runtime_checkable

import numpy as np

from her2mri.cohort.design_matrix import FloatArray, IntArray


@runtime_checkable
class FactorisedPredict(Protocol):
    """A prediction that knows a way to the values of all coalitions that is faster than predicting hybrids."""

    def __call__(self, X: FloatArray) -> FloatArray:
        """One probability a lesion."""
        ...

    def coalition_values(
        self,
        X: FloatArray,
        background: FloatArray,
        share: FloatArray,
        column_variable: IntArray,
        coalitions: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    ) -> FloatArray:
        """The mean prediction of each lesion's hybrids, lesions by coalitions."""
        ...


Predict = Callable[[FloatArray], FloatArray] | FactorisedPredict
"""Design matrix, lesions by columns, to one probability a lesion."""

MOST_VARIABLES: Final = 12

_HYBRIDS_AT_ONCE: Final = 1_000_000
_LARGEST_TABLE: Final = 2**22
_LARGEST_CODE: Final = 2**62


def shapley_values(
    predict: Predict,
    X: FloatArray,
    background: FloatArray,
    groups: IntArray,
    *,
    n_variables: int | None = None,
) -> tuple[FloatArray, float]:
    """Shapley values, lesions by variables, and the base value they start from.

    ``groups`` gives each column the position of its variable: the columns of one variable move together. The
    value of a coalition S for a lesion is the mean over the background lesions of the prediction of a hybrid
    with the lesion's own values of the variables in S and the background's of the others; the base is that
    of no variable. Every one of the 2^p coalitions counts, with the weight |S|! (p - |S| - 1)! / p!; p
    leaves out the variables that are the same in all lesions, whose value is 0. Hybrids met more than once
    are predicted once, so categorical predictors cost next to nothing. ``n_variables`` counts those without
    a column in.

    Raises ValueError where the shapes disagree, the background is empty, more than 12 variables vary or a
    prediction is not finite. Source: Janzing, Minorics and Bloebaum 2020 (arXiv:1910.13413).

    >>> X = np.array([[1.0, 2.0], [0.0, 1.0]])
    >>> values, base = shapley_values(lambda X: X @ [0.1, 0.2], X, X, np.array([0, 1]))
    >>> values.round(3).tolist(), round(base, 3)
    ([[0.05, 0.1], [-0.05, -0.1]], 0.35)
    """
    X, background, groups = _checked(X, background, groups)
    n_variables = max(int(groups.max(initial=-1)) + 1, n_variables or 0)
    both = np.concatenate([X, background])
    varying = [variable for variable in range(n_variables) if _varies(both[:, groups == variable])]
    if len(varying) > MOST_VARIABLES:
        raise ValueError(
            f"exact Shapley values take at most {MOST_VARIABLES} varying variables "
            f"(2^{MOST_VARIABLES} coalitions), got {len(varying)}"
        )
    game = _Game(predict, X, background, groups, varying)
    values = np.zeros((len(X), n_variables))
    # Lesions alike in every variable share their values: each kind is worked out once.
    kinds, first, kind_of = np.unique(game.lesion_codes, axis=0, return_index=True, return_inverse=True)
    coalition_values = game.coalition_values(first)
    values[:, varying] = (coalition_values @ _weights(len(varying)))[kind_of.reshape(-1)]
    base = float(coalition_values[0, 0]) if len(kinds) else float(np.mean(predict(background)))
    return values, base


def _checked(
    X: FloatArray, background: FloatArray, groups: IntArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    X, background = np.asarray(X, dtype=float), np.asarray(background, dtype=float)
    groups = np.asarray(groups, dtype=np.int64)
    if X.ndim != 2 or background.ndim != 2 or not X.shape[1] == background.shape[1] == len(groups):
        raise ValueError(
            f"X, background and groups must agree on the columns, got {X.shape}, {background.shape} and "
            f"{groups.shape}"
        )
    if len(background) == 0:
        raise ValueError("the background must hold at least one lesion")
    return X, background, groups


def _varies(columns: FloatArray) -> bool:
    return columns.shape[1] > 0 and not bool((columns == columns[0]).all())


def _weights(n: int) -> FloatArray:
    """Coalitions by variables: the matrix that turns coalition values into Shapley values."""
    members = _coalitions(n)
    size = members.sum(axis=1)
    share = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)] or [0.0])
    gained = share[np.maximum(size - 1, 0)][:, None]
    missed = share[np.minimum(size, max(n - 1, 0))][:, None]
    weights: FloatArray = np.where(members, gained, -missed)
    return weights


def _coalitions(n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """All subsets of n variables, coalitions by variables; the first is empty."""
    return np.asarray((np.arange(2**n)[:, None] >> np.arange(n)) & 1, dtype=np.bool_)


def _value_codes(rows: FloatArray, groups: IntArray, varying: list[int]) -> IntArray:
    """Rows by varying variables: the same whole number from 0 for the same value of a variable."""
    codes = np.zeros((len(rows), len(varying)), dtype=np.int64)
    for index, variable in enumerate(varying):
        _, code = np.unique(rows[:, groups == variable], axis=0, return_inverse=True)
        codes[:, index] = code.reshape(-1)
    return codes


class _Game:
    """The values of all coalitions. A hybrid is known by a number: the sum of its variables' codes."""

    def __init__(
        self, predict: Predict, X: FloatArray, background: FloatArray, groups: IntArray, varying: list[int]
    ) -> None:
        self.predict, self.X = predict, X
        self.coalitions = _coalitions(len(varying))
        position = {variable: index for index, variable in enumerate(varying)}
        # Columns that never vary read the lesion's own value, whatever the coalition.
        self.variable_of_column = np.array([position.get(group, -1) for group in groups.tolist()])
        codes = _value_codes(np.concatenate([X, background]), groups, varying)
        counts = (codes.max(axis=0, initial=0) + 1).tolist()
        n_codes = prod(counts)
        self.has_codes = n_codes < _LARGEST_CODE
        self.radix = np.array(
            [prod(counts[:i]) if self.has_codes else 0 for i in range(len(counts))], dtype=np.int64
        )
        self.lesion_codes = codes[: len(X)]
        # Background lesions alike in every variable are one, with their share of the mean.
        _, first, count = np.unique(codes[len(X) :], axis=0, return_index=True, return_counts=True)
        self.background, self.share = background[first], count / len(background)
        self.background_codes = codes[len(X) :][first]
        self.table = np.full(n_codes if n_codes <= _LARGEST_TABLE else 0, np.nan)

    def coalition_values(self, lesions: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> FloatArray:
        """The value of every coalition for these lesions, lesions by coalitions."""
        if isinstance(self.predict, FactorisedPredict):
            return self.predict.coalition_values(
                self.X[lesions], self.background, self.share, self.variable_of_column, self.coalitions
            )
        members = self.coalitions.astype(np.int64)
        outside = (self.background_codes * self.radix) @ (1 - members).T
        values = np.empty((len(lesions), len(members)))
        per_lesion = len(self.background) * len(members)
        step = max(1, _HYBRIDS_AT_ONCE // per_lesion)
        for start in range(0, len(lesions), step):
            chosen = lesions[start : start + step]
            inside = (self.lesion_codes[chosen] * self.radix) @ members.T
            predicted = self._predicted(inside[:, None, :] + outside[None, :, :], chosen)
            values[start : start + step] = np.einsum("ibs,b->is", predicted, self.share)
        return values

    def _predicted(
        self, codes: IntArray, lesions: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
    ) -> FloatArray:
        """The predictions of hybrids: lesions by background by coalitions, as their codes are."""
        flat = codes.ravel()
        if len(self.table):
            new = np.full(len(self.table), -1, dtype=np.int64)
            new[flat] = np.arange(len(flat))
            missing = np.flatnonzero((new >= 0) & np.isnan(self.table))
            self.table[missing] = self._predict(new[missing], codes.shape, lesions)
            predicted: FloatArray = self.table[flat]
        elif self.has_codes:
            _, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
            predicted = self._predict(first, codes.shape, lesions)[inverse]
        else:
            predicted = self._predict(np.arange(len(flat)), codes.shape, lesions)
        return predicted.reshape(codes.shape)

    def _predict(
        self,
        places: IntArray,
        shape: tuple[int, ...],
        lesions: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    ) -> FloatArray:
        """Make the hybrids at these places of the array of hybrids, and predict them in chunks."""
        predicted = np.empty(len(places))
        step = max(1, _HYBRIDS_AT_ONCE // 4)
        for start in range(0, len(places), step):
            lesion, other, coalition = np.unravel_index(places[start : start + step], shape)
            own = self._own_columns[coalition]
            rows = np.where(own, self.X[lesions[lesion]], self.background[other])
            predicted[start : start + step] = self.predict(rows)
        if not np.isfinite(predicted).all():
            raise ValueError("the model predicted a value that is not finite: Shapley values need numbers")
        return predicted

    @property
    def _own_columns(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Coalitions by columns: whether a hybrid has the lesion's own value there."""
        never_varying = np.ones((len(self.coalitions), 1), dtype=np.bool_)
        return np.concatenate([self.coalitions, never_varying], axis=1)[:, self.variable_of_column]
