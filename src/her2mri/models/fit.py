"""A fitted model with the encoding it needs: lesions in, probabilities of the positive class out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import Encoding, FloatArray
from her2mri.errors import Fault, TableError
from her2mri.models.estimator import ProbabilityEstimator
from her2mri.models.family import FAMILIES


@dataclass(frozen=True)
class Fit:
    """One family fitted to one task's training set.

    ``tuning`` is the frame of :func:`her2mri.models.tuning.tune`; ``notes`` are what a reader must know of the
    fit; ``is_label`` is True where the model gives classes only.
    """

    model: str
    encoding: Encoding
    estimator: ProbabilityEstimator
    tuning: pd.DataFrame
    notes: tuple[str, ...] = ()
    is_label: bool = False

    def predict(self, X: FloatArray) -> FloatArray:
        """Probability of the positive class over a design matrix of ``encoding``."""
        probability: FloatArray = self.estimator.predict_proba(X)[:, 1]
        return probability

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """Probability of the positive class for each lesion.

        Raises TableError with every value that the model cannot speak of: a missing one, one that is no finite
        number, a level that no lesion had when the encoding was learned.
        """
        if faults := list(_faults(self.encoding, frame)):
            raise TableError(faults)
        return self.predict(self.encoding.matrix(frame))

    def settings(self) -> str:
        """The settings chosen, in words: ``C 1, gamma 0.03``; empty where there was nothing to choose."""
        chosen = self.tuning[self.tuning["chosen"]].iloc[0]
        return FAMILIES[self.model].in_words({str(name): value for name, value in chosen.items()})

    @property
    def used(self) -> tuple[str, ...]:
        """The variables that make a difference to the probabilities, in the encoding's order."""
        terms = zip(self.encoding.terms, self.estimator.used_columns(), strict=True)
        used = {term.variable for term, is_used in terms if is_used}
        return tuple(variable.name for variable in self.encoding.variables if variable.name in used)


def _faults(encoding: Encoding, frame: pd.DataFrame) -> Iterator[Fault]:
    """What the encoding has no place for, lesion by lesion; rows as a spreadsheet of this frame counts them."""
    names = frame["lesion_id"] if "lesion_id" in frame else pd.Series("lesions", index=frame.index)
    for variable, levels in zip(encoding.variables, encoding.levels, strict=True):
        if variable.name not in frame:
            yield Fault("lesions", "the model needs this column", column=variable.name)
            continue
        values = frame[variable.name]
        if levels:
            good, allowed = values.isin(levels), ", ".join(levels)
        else:
            good = pd.Series(np.isfinite(pd.to_numeric(values, errors="coerce")), index=frame.index)
            allowed = f"a number{f' ({variable.unit})' if variable.unit else ''}"
        missing = values.isna()
        for at in np.flatnonzero(~good.to_numpy(dtype=bool)):
            gap, unmet = bool(missing.iloc[at]), "no lesion that the model was fitted to has this level"
            problem = "is missing" if gap else unmet if levels else "is not a finite number"
            value = "" if gap else str(values.iloc[at])
            yield Fault(
                str(names.iloc[at]),
                problem,
                allowed=allowed,
                row=int(at) + 2,
                column=variable.name,
                value=value,
            )
