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
            present = {known[at] for at in np.flatnonzero(np.bincount(places + 1)[1:]).tolist()}
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
        columns = np.empty((len(frame), len(self.terms)))
        for name, terms in groupby(enumerate(self.terms), key=lambda each: each[1].variable):
            at, own = zip(*terms, strict=True)
            columns[:, at[0] : at[-1] + 1] = _columns(frame[name], own)
        return columns

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


def _columns(values: pd.Series, terms: Sequence[Term]) -> FloatArray:
    """The columns (n, terms) of one variable. Every lesion's value is looked at once, whatever the levels."""
    first = terms[0]
    if first.level is None:
        measured = values.to_numpy(dtype=float)
        if not first.knots:
            return measured[:, None]
        return restricted_cubic_spline(measured, first.knots)[:, [term.basis for term in terms]]
    place = {term.level: index for index, term in enumerate(terms)}
    coded = np.vstack([np.eye(len(terms)), np.zeros(len(terms)), np.full(len(terms), np.nan)])
    which, met = _places(values)
    # A level without a term (the reference) has the row before last; -1, what is missing, takes the last.
    rows: FloatArray = coded[[*(place.get(value, -2) for value in met), -1]][which]
    return rows


def _places(values: pd.Series) -> tuple[NDArray[np.integer[Any]], Sequence[str]]:
    """For each lesion the place of its value (-1: missing) among those known, of which some may be nobody's."""
    if isinstance(values.array, pd.Categorical):
        return values.array.codes.astype(np.int64), values.array.categories.tolist()
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
