"""Clinical variables as the columns of a design matrix: what an encoding learned is frozen data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.dictionary import Variable

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True)
class Term:
    """One column: a continuous variable as it is, or 1 where a category has this level."""

    name: str
    variable: str
    level: str | None = None


@dataclass(frozen=True)
class Encoding:
    """Treatment coding against the reference level, over the levels met when it was learned.

    >>> from her2mri.dictionary import load_dictionary
    >>> shape = load_dictionary()["shape"]
    >>> frame = pd.DataFrame({"shape": ["round_or_oval", "irregular", "irregular"]})
    >>> encoding = Encoding.learn(frame, [shape])
    >>> encoding.matrix(frame).ravel().tolist()
    [0.0, 1.0, 1.0]
    """

    variables: tuple[Variable, ...]
    terms: tuple[Term, ...]
    levels: tuple[tuple[str, ...], ...] = ()
    """For each variable the levels met, reference first; empty for a continuous one."""

    @classmethod
    def learn(cls, frame: pd.DataFrame, variables: Sequence[Variable]) -> Encoding:
        """The encoding of these variables over the levels present in ``frame``.

        The reference is the dictionary's, or the first level present where the dictionary's is absent. A
        variable that never varies has no term.
        """
        terms: list[Term] = []
        met: list[tuple[str, ...]] = []
        for variable in variables:
            if not variable.is_categorical:
                met.append(())
                if frame[variable.name].nunique() > 1:
                    terms.append(Term(variable.name, variable.name))
                continue
            present = set(frame[variable.name].dropna())
            levels = tuple(value for value in variable.values if value in present)
            met.append(levels)
            terms += [Term(f"{variable.name}={level}", variable.name, level) for level in levels[1:]]
        return cls(tuple(variables), tuple(terms), tuple(met))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns: ``eer``, ``shape=irregular``."""
        return tuple(term.name for term in self.terms)

    @property
    def groups(self) -> IntArray:
        """For each column the position of its variable among ``variables``: a factor enters whole."""
        position = {variable.name: index for index, variable in enumerate(self.variables)}
        return np.array([position[term.variable] for term in self.terms], dtype=np.int64)

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """The design matrix, lesions by terms, without an intercept; missing values stay NaN."""
        columns = []
        for term in self.terms:
            values = frame[term.variable]
            if term.level is None:
                columns.append(values.to_numpy(dtype=float))
            else:
                columns.append(np.where(values.isna(), np.nan, (values == term.level).to_numpy(dtype=float)))
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))

    def restricted_to(self, names: Sequence[str]) -> Encoding:
        """The encoding of some of the variables only, in this order of the original."""
        return Encoding(
            tuple(variable for variable in self.variables if variable.name in names),
            tuple(term for term in self.terms if term.variable in names),
            tuple(
                met
                for variable, met in zip(self.variables, self.levels, strict=True)
                if variable.name in names
            ),
        )

    def unmet_levels(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Where a lesion has a level that was not met when the encoding was learned, lesions by variables.

        Such a lesion has no place in the design matrix: its columns would all read 0, as if it had the
        reference level.
        """
        unmet = {
            variable.name: frame[variable.name].notna() & ~frame[variable.name].isin(met)
            for variable, met in zip(self.variables, self.levels, strict=True)
            if met
        }
        return pd.DataFrame(unmet, index=frame.index)
