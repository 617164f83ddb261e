"""Clinical variables as the columns of a design matrix: what an encoding learned is frozen data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.restricted_cubic_spline import restricted_cubic_spline, spline_knots
from her2mri.dictionary import Variable

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True)
class Term:
    """One column: a continuous variable as it is, a bend of its spline, or 1 where a category has this level.

    ``knots`` are those of the variable's spline, the same for all its terms; ``basis`` 0 is the variable
    itself, 1 and above are the bends (see :func:`restricted_cubic_spline`).
    """

    name: str
    variable: str
    level: str | None = None
    knots: tuple[float, ...] = ()
    basis: int = 0


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
    def learn(cls, frame: pd.DataFrame, variables: Sequence[Variable], *, knots: int = 0) -> Encoding:
        """The encoding of these variables over the levels present in ``frame``.

        The reference is the dictionary's, or the first level present where the dictionary's is absent. A
        variable that never varies has no term. With ``knots`` 3, 4 or 5 each continuous variable is a
        restricted cubic spline with knots at the quantiles of ``frame``: fewer where they coincide, the
        variable as it is where no 3 are apart.
        """
        terms: list[Term] = []
        met: list[tuple[str, ...]] = []
        for variable in variables:
            if not variable.is_categorical:
                met.append(())
                terms += _measured(variable.name, frame[variable.name], knots)
                continue
            places, known = _places(frame[variable.name])
            present = {known[at] for at in np.flatnonzero(np.bincount(places[places >= 0])).tolist()}
            levels = tuple(value for value in variable.values if value in present)
            met.append(levels)
            terms += [Term(f"{variable.name}={level}", variable.name, level) for level in levels[1:]]
        return cls(tuple(variables), tuple(terms), tuple(met))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns: ``eer``, ``eer'`` (a bend), ``shape=irregular``."""
        return tuple(term.name for term in self.terms)

    @property
    def groups(self) -> IntArray:
        """For each column the position of its variable among ``variables``: a factor enters whole."""
        position = {variable.name: index for index, variable in enumerate(self.variables)}
        return np.array([position[term.variable] for term in self.terms], dtype=np.int64)

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """The design matrix, lesions by terms, without an intercept; missing values stay NaN."""
        rows = np.empty((len(self.terms), len(frame)))
        for name, terms in groupby(enumerate(self.terms), key=lambda each: each[1].variable):
            at, own = zip(*terms, strict=True)
            _write_columns(frame[name], own, rows[at[0] : at[-1] + 1])
        return np.ascontiguousarray(rows.T)

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


def _write_columns(values: pd.Series, terms: Sequence[Term], rows: FloatArray) -> None:
    """The columns of one variable as ``rows`` (terms, n), in place."""
    first = terms[0]
    if first.level is None:
        measured = values.to_numpy(dtype=float)
        if first.knots:
            spline = restricted_cubic_spline(measured, first.knots)
            rows[:] = spline[:, [term.basis for term in terms]].T
        else:
            rows[0] = measured
        return
    which, met = _places(values)
    place = {value: at for at, value in enumerate(met)}
    for row, term in zip(rows, terms, strict=True):
        # A level that is nobody's has no place; -1 is what is missing.
        np.equal(which, place.get(str(term.level), -2), out=row)
    missing = which < 0
    if missing.any():
        rows[:, missing] = np.nan


def _places(values: pd.Series) -> tuple[NDArray[np.integer[Any]], Sequence[str]]:
    """For each lesion the place of its value (-1: missing) among those known, of which some may be nobody's."""
    if isinstance(values.array, pd.Categorical):
        return values.array.codes, values.array.categories.tolist()
    which, known = pd.factorize(values)
    return which, known.tolist()


def _measured(name: str, values: pd.Series, n_knots: int) -> list[Term]:
    """The terms of a continuous variable; none where it never varies."""
    known = values.to_numpy(dtype=float)
    known = known[~np.isnan(known)]
    if len(known) == 0 or known.min() == known.max():
        return []
    knots = spline_knots(known, n_knots) if n_knots else ()
    return [Term(name + "'" * basis, name, None, knots, basis) for basis in range(max(1, len(knots) - 1))]
