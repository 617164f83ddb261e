"""What a selection found: step by step, which terms were looked at and which went on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import Encoding, FloatArray, Term
from her2mri.errors import EstimationError
from her2mri.selection.lasso import CrossValidatedLasso
from her2mri.selection.logistic import LogisticFit
from her2mri.vocabulary import SELECTION_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LASSO: Final = "lasso"
MULTIVARIABLE: Final = "multivariable"
STEPWISE: Final = "stepwise"
FINAL: Final = "final"
STEPS: Final[dict[str, str]] = {
    LASSO: "LASSO",
    MULTIVARIABLE: "Multivariable logistic regression",
    STEPWISE: "Stepwise regression",
    FINAL: "Final model",
}
"""The name and label of each step, in their order."""


@dataclass(frozen=True)
class SelectionStep:
    """One step: the terms it looked at, the variables that went on, and what it found.

    ``lasso_coefficients`` has one number a term of ``looked_at``; ``fit`` is of the terms of ``fitted``, and
    ``p_values`` are those of whole variables.
    """

    name: str
    looked_at: Encoding
    kept: tuple[str, ...]
    lasso_coefficients: FloatArray | None = None
    fitted: Encoding | None = None
    fit: LogisticFit | None = None
    p_values: dict[str, float] = field(default_factory=dict)

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each term, and one for the whole of a variable with several terms."""
        estimates = self._estimates()
        for variable in self.looked_at.variables:
            terms = [at for at, term in enumerate(self.looked_at.terms) if term.variable == variable.name]
            common = {"variable": variable.name, "step": self.name, "kept": variable.name in self.kept}
            if len(terms) > 1 and variable.name in self.p_values:
                yield {"term": variable.name, "p_value": self.p_values[variable.name], **common}
            for at in terms:
                name = self.looked_at.terms[at].name
                row = {"term": name, **common, **estimates.get(name, {})}
                if self.lasso_coefficients is not None:
                    row["lasso_coefficient"] = float(self.lasso_coefficients[at])
                yield row

    def _estimates(self) -> dict[str, dict[str, float]]:
        if self.fit is None or self.fitted is None:
            return {}
        low, high = self.fit.odds_ratio_interval()
        columns = {
            "estimate": self.fit.coefficients,
            "std_error": self.fit.std_errors,
            "odds_ratio": self.fit.odds_ratios,
            "conf_low": low,
            "conf_high": high,
            "p_value": self.fit.p_values,
        }
        found = {
            term.name: {column: float(values[at + 1]) for column, values in columns.items()}
            for at, term in enumerate(self.fitted.terms)
        }
        for at in self.fit.aliased:
            found[self.fitted.terms[at].name] = {}
        for term in self.fitted.terms:
            alone = sum(other.variable == term.variable for other in self.fitted.terms) == 1
            if alone and found[term.name]:
                found[term.name]["p_value"] = self.p_values[term.variable]
        return found


@dataclass(frozen=True)
class Selection:
    """The variables selected, the steps that led there, and what must be said about them.

    ``lasso`` is None where the predictors were given rather than selected.
    """

    variables: tuple[str, ...]
    steps: tuple[SelectionStep, ...]
    notes: tuple[str, ...] = ()
    lasso: CrossValidatedLasso | None = None
    lasso_rule: str = "min"

    @property
    def final(self) -> LogisticFit:
        """The logistic regression on the variables selected, intercept first."""
        fit = self.steps[-1].fit
        if fit is None:
            raise EstimationError("the selection ends without a model")
        return fit

    def frame(self) -> pd.DataFrame:
        """One row a step and term; columns ``SELECTION_COLUMNS``.

        A variable with several terms has a row of its own, ``term`` being its name, that holds the p-value of
        the whole variable; that p-value decides. ``kept``: the variable goes on to the next step.
        """
        rows = [row for step in self.steps for row in step.rows()]
        return pd.DataFrame(rows, columns=list(SELECTION_COLUMNS))

    def path_frame(self) -> pd.DataFrame:
        """The LASSO path, one row a term and penalty: term, variable, label, kept, penalty, coefficient."""
        lasso, step = self._lasso(), self.steps[0]
        coefficients, penalties = lasso.path.coefficients, lasso.path.penalties
        terms = step.looked_at.terms
        n = len(penalties)
        return pd.DataFrame(
            {
                "term": np.repeat([term.name for term in terms], n),
                "variable": np.repeat([term.variable for term in terms], n),
                "label": np.repeat([_label(term, step.looked_at) for term in terms], n),
                "kept": np.repeat([term.variable in step.kept for term in terms], n),
                "penalty": np.tile(penalties, len(terms)),
                "coefficient": coefficients.T.ravel(),
            }
        )

    def deviance_frame(self) -> pd.DataFrame:
        """The cross-validated deviance, one row a penalty: see ``CrossValidatedLasso.frame``."""
        return self._lasso().frame()

    def plot_path(self, ax: Axes | None = None) -> Axes:
        """Every coefficient along the LASSO path, those of the variables kept by it in colour."""
        from her2mri.selection.drawing import draw_path

        penalty = float(self._lasso().path.penalties[self._lasso().index(self.lasso_rule)])
        return draw_path(self.path_frame(), penalty, ax=ax)

    def plot_deviance(self, ax: Axes | None = None) -> Axes:
        """Cross-validated deviance along the LASSO path, with both rules."""
        from her2mri.selection.drawing import draw_deviance

        return draw_deviance(self.deviance_frame(), ax=ax)

    def _lasso(self) -> CrossValidatedLasso:
        if self.lasso is None:
            raise EstimationError("the predictors were given, not selected: there is no LASSO path")
        return self.lasso


def _label(term: Term, encoding: Encoding) -> str:
    """``Shape: irregular``; of a measurement, its title with the unit."""
    variable = next(variable for variable in encoding.variables if variable.name == term.variable)
    return variable.title if term.level is None else f"{variable.label}: {variable.label_of(term.level)}"
