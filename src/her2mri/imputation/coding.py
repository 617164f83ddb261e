"""Variables as numbers for the imputation models: levels as their positions, and the columns that predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.errors import Fault, TableError

BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

UNMET: Final = -1.0
"""The code of a level that no lesion had when the coding was learned."""


@dataclass(frozen=True)
class CodedVariable:
    """How one variable enters: ``levels`` met in the dictionary's order, or none and the scale of a measurement.

    ``columns`` are its columns of the design matrix; ``stages`` the order in which its levels are decided.
    """

    variable: Variable
    levels: tuple[str, ...]
    stages: tuple[int, ...]
    mean: float
    scale: float
    columns: slice
    observed: FloatArray

    @property
    def is_constant(self) -> bool:
        """Whether one value only was observed."""
        return bool(self.columns.start == self.columns.stop)

    def code(self, values: pd.Series) -> FloatArray:
        """The values as numbers; missing ones are NaN, levels not met ``UNMET``."""
        if not self.variable.is_categorical:
            return values.to_numpy(dtype=np.float64)
        return _positions(values, self.levels)

    def design(self, codes: FloatArray) -> FloatArray:
        """Columns of the design matrix: a measurement over twice its spread, a category against its first level."""
        if not self.levels:
            return ((codes - self.mean) / self.scale)[:, None]
        table = np.vstack([np.eye(len(self.levels))[:, 1:], np.zeros((1, len(self.levels) - 1))])
        return table[codes.astype(np.int64)]

    def values(self, codes: FloatArray) -> np.ndarray[Any, np.dtype[Any]]:
        """The codes as the frame stores them."""
        return np.array(self.levels, dtype=object)[codes.astype(np.int64)] if self.levels else codes


@dataclass(frozen=True)
class Coding:
    """All variables of an imputation; column 0 of the design matrix is the intercept, the outcome comes last."""

    variables: tuple[CodedVariable, ...]
    n_columns: int

    @classmethod
    def learn(cls, frame: pd.DataFrame, variables: Sequence[Variable]) -> Coding:
        """Levels, scales and the place of each variable; TableError with every variable without any value."""
        if faults := [
            Fault("lesions", "has no value at all, so nothing can be imputed from", column=variable.name,
                  remedy="leave this variable out of the candidates")
            for variable in variables
            if variable.name not in frame or frame[variable.name].isna().all()
        ]:  # fmt: skip
            raise TableError(faults)
        coded: list[CodedVariable] = []
        start = 1
        for variable in variables:
            one = _coded(frame[variable.name], variable, start)
            coded.append(one)
            start = one.columns.stop
        return cls(tuple(coded), start)

    def codes(self, frame: pd.DataFrame) -> FloatArray:
        """Lesions by variables."""
        return np.column_stack([one.code(frame[one.variable.name]) for one in self.variables])

    def design(self, codes: FloatArray, y: IntArray | None) -> FloatArray:
        """The design matrix of complete codes, with the outcome where it is given."""
        parts: list[FloatArray] = [np.ones((len(codes), 1))]
        parts += [one.design(codes[:, at]) for at, one in enumerate(self.variables) if not one.is_constant]
        if y is not None:
            parts.append(np.asarray(y, dtype=np.float64)[:, None])
        return np.hstack(parts)

    def filled(self, frame: pd.DataFrame, missing: BoolArray, codes: FloatArray) -> pd.DataFrame:
        """The frame with ``codes`` where ``missing``; every other cell is as it was."""
        completed = frame.copy()
        for at, one in enumerate(self.variables):
            rows = np.flatnonzero(missing[:, at])
            if rows.size:
                given = frame[one.variable.name]
                values = given.to_numpy(dtype=object if one.levels else np.float64, copy=True)
                values[rows] = one.values(codes[rows, at])
                completed[one.variable.name] = pd.Series(values, index=frame.index, dtype=given.dtype)
        return completed


def _coded(values: pd.Series, variable: Variable, start: int) -> CodedVariable:
    if variable.is_categorical:
        found = _positions(values, variable.values)
        counts = np.bincount(found[found >= 0].astype(np.int64), minlength=len(variable.values))
        met = np.flatnonzero(counts)
        levels = tuple(variable.values[at] for at in met)
        counts = counts[met]
        # Of unordered levels the commonest is decided first, so that rare ones concern few lesions only.
        stages = np.arange(len(met)) if variable.kind == "ordinal" else np.argsort(-counts, kind="stable")
        columns = slice(start, start + len(levels) - 1)
        observed = np.repeat(np.arange(len(met), dtype=np.float64), counts)
        return CodedVariable(variable, levels, tuple(stages.tolist()), 0.0, 1.0, columns, observed)
    given = values.to_numpy(dtype=np.float64)
    observed = np.sort(given[~np.isnan(given)])
    spread = 2.0 * float(observed.std())
    columns = slice(start, start + int(spread > 0))
    return CodedVariable(variable, (), (), float(observed.mean()), spread or 1.0, columns, observed)


def _positions(values: pd.Series, levels: Sequence[str]) -> FloatArray:
    """The place of each value among the levels, ``UNMET`` for another one, NaN where missing."""
    place = {level: float(at) for at, level in enumerate(levels)}
    positions = np.array([place.get(value, UNMET) for value in values.tolist()], dtype=np.float64)
    positions[values.isna().to_numpy()] = np.nan
    return positions
