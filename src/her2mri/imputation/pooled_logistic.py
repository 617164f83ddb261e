"""Logistic regression on every completed frame, pooled by Rubin's rules: one set of coefficients to report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import Encoding, FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.statistics.rubin import Pooled, pool

POOLED_COLUMNS: Final = (
    "term", "variable", "estimate", "std_error", "odds_ratio", "conf_low", "conf_high", "p_value", "test",
    "df", "missing_information",
)  # fmt: skip
"""``conf_low`` and ``conf_high`` bound the odds ratio; ``test`` gave the p."""

INTERCEPT: Final = "(intercept)"


@dataclass(frozen=True)
class PooledLogistic:
    """The pooled model; the intercept comes first in ``pooled``.

    ``method`` is how each completed frame was fitted: Firth's penalty, with the intercept refitted, in all of
    them if the classes separate in any. ``left_out`` are the terms that depend on the others in some completed
    frame: they have no coefficient.
    """

    encoding: Encoding
    pooled: Pooled
    n: int
    n_events: int
    method: str
    left_out: tuple[str, ...] = ()

    @property
    def selected(self) -> tuple[str, ...]:
        """The variables of the model."""
        return tuple(variable.name for variable in self.encoding.variables)

    def linear_predictor(self, frame: pd.DataFrame) -> FloatArray:
        """Log odds of complete lesions; NaN where a value is missing."""
        linear: FloatArray = (
            self.encoding.matrix(frame) @ self.pooled.estimates[1:] + self.pooled.estimates[0]
        )
        return linear

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """Probability of the positive class for complete lesions."""
        from scipy.special import expit

        probability: FloatArray = expit(self.linear_predictor(frame))
        return probability

    def frame(self) -> pd.DataFrame:
        """One row a term, and one for the whole of a variable of several terms; columns ``POOLED_COLUMNS``."""
        return pd.DataFrame(list(self._rows()), columns=list(POOLED_COLUMNS))

    def _rows(self) -> Iterator[dict[str, Any]]:
        table = self.pooled.frame([INTERCEPT, *self.encoding.names]).assign(test="t test, Rubin's rules")
        with np.errstate(over="ignore"):
            table["odds_ratio"] = np.exp(table["estimate"])
            table[["conf_low", "conf_high"]] = np.exp(table[["conf_low", "conf_high"]])
        table["variable"] = ["", *(term.variable for term in self.encoding.terms)]
        for name, rows in table.groupby("variable", sort=False):
            if len(rows) > 1:
                joint = self.pooled.joint_wald([int(at) for at in rows.index])
                yield {"term": name, "variable": name, "p_value": joint.p_value, "test": "joint test D1"}
            yield from ({str(key): value for key, value in row.items()} for row in rows.to_dict("records"))


def pooled_logistic(
    completed: Sequence[pd.DataFrame], y: IntArray, variables: Sequence[Variable]
) -> PooledLogistic:
    """Logistic regression on each completed frame (two or more), pooled.

    Raises EstimationError where the lesions are of one class or no variable varies.
    """
    from her2mri.selection.firth import fit_flic
    from her2mri.selection.logistic import fit_logistic

    encoding = Encoding.learn(completed[0], variables)
    left_out: tuple[str, ...] = ()
    designs = [encoding.matrix(frame) for frame in completed]
    fits = [fit_logistic(design, y) for design in designs]
    if aliased := sorted({at for fit in fits for at in fit.aliased}):
        terms = tuple(term for at, term in enumerate(encoding.terms) if at not in aliased)
        if not terms:
            raise EstimationError("no term can be estimated: none of the variables varies")
        left_out = tuple(encoding.names[at] for at in aliased)
        encoding = replace(encoding, terms=terms)
        designs = [encoding.matrix(frame) for frame in completed]
        fits = [fit_logistic(design, y) for design in designs]
    if any(fit.separated for fit in fits):
        fits = [fit_flic(design, y) for design in designs]
    pooled = pool(
        [fit.coefficients for fit in fits],
        [fit.covariance for fit in fits],
        complete_df=max(len(y) - len(encoding.terms) - 1, 1),
    )
    return PooledLogistic(encoding, pooled, len(y), int(np.sum(y)), fits[0].method, left_out)
