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
from her2mri.selection.sparse_levels import SparseLevel
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

WALD: Final = "Wald test"
JOINT_WALD: Final = "joint Wald test"
PENALISED_RATIO: Final = "penalised likelihood ratio test"


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

    @property
    def penalised(self) -> bool:
        """Whether the classes separated, so that the fit is Firth's."""
        return self.fit is not None and self.fit.method != "maximum likelihood"

    @property
    def test_name(self) -> str:
        """The test behind the p-values of whole variables."""
        return PENALISED_RATIO if self.penalised else JOINT_WALD

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each term, and one for the whole of a variable where its p-value is not its only term's."""
        estimates = self._estimates()
        for variable in self.looked_at.variables:
            terms = [at for at, term in enumerate(self.looked_at.terms) if term.variable == variable.name]
            common = {"variable": variable.name, "step": self.name, "kept": variable.name in self.kept}
            if (len(terms) > 1 or self.penalised) and variable.name in self.p_values:
                p = self.p_values[variable.name]
                yield {"term": variable.name, "p_value": p, "test": self.test_name, **common}
            for at in terms:
                name = self.looked_at.terms[at].name
                row = {"term": name, **common, **estimates.get(name, {})}
                if self.lasso_coefficients is not None:
                    row["lasso_coefficient"] = float(self.lasso_coefficients[at])
                yield row

    def _estimates(self) -> dict[str, dict[str, Any]]:
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
        found: dict[str, dict[str, Any]] = {
            term.name: {column: float(values[at + 1]) for column, values in columns.items()} | {"test": WALD}
            for at, term in enumerate(self.fitted.terms)
        }
        for at in self.fit.aliased:
            found[self.fitted.terms[at].name] = {}
        return found


@dataclass(frozen=True)
class Selection:
    """The variables selected, the steps that led there, and what must be said about them.

    ``lasso`` is None where the predictors were given rather than selected. ``sparse_levels`` are those of the
    variables that any logistic regression here was fitted to.
    """

    variables: tuple[str, ...]
    steps: tuple[SelectionStep, ...]
    notes: tuple[str, ...] = ()
    lasso: CrossValidatedLasso | None = None
    lasso_rule: str = "min"
    sparse_levels: tuple[SparseLevel, ...] = ()

    @property
    def test_name(self) -> str:
        """The test behind the p-values of whole variables in the final model."""
        return self.steps[-1].test_name

    @property
    def penalised_steps(self) -> tuple[str, ...]:
        """The names of the steps in which the classes separated, so that the fit was Firth's."""
        return tuple(step.name for step in self.steps if step.penalised)

    @property
    def final(self) -> LogisticFit:
        """The logistic regression on the variables selected, intercept first."""
        fit = self.steps[-1].fit
        if fit is None:
            raise EstimationError("the selection ends without a model")
        return fit

    def frame(self) -> pd.DataFrame:
        """One row a step and term; columns ``SELECTION_COLUMNS``.

        The p-value beside an estimate and its interval is Wald's, like the interval. The p-value that decides
        is that of the whole variable. Where they are not the same (several terms, or a fit of Firth's) it has
        a row of its own, without an estimate, ``term`` being the variable's name. ``test`` names the test of
        each p-value. ``kept``: the variable goes on to the next step.
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

    def plot(self, ax: Axes | None = None) -> Axes:
        """The cross-validated deviance that the selection starts from."""
        return self.plot_deviance(ax)

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
