"""The selection of the protocol ``paper``: LASSO, multivariable, stepwise, p. See docs/decisions/0005."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import Encoding, FloatArray
from her2mri.errors import EstimationError, NothingSelectedError
from her2mri.selection.firth import PenalisedFit, finite_fit
from her2mri.selection.lasso import CrossValidatedLasso, cross_validated_lasso
from her2mri.selection.logistic import LogisticFit
from her2mri.selection.selection import FINAL, LASSO, MULTIVARIABLE, STEPS, STEPWISE, Selection, SelectionStep
from her2mri.selection.sparse_levels import SparseLevel, sparse_levels
from her2mri.selection.stepwise import stepwise_aic
from her2mri.selection.wald import wald_test

__all__ = ["Selection", "paper_selection", "published_selection"]


def paper_selection(
    encoding: Encoding,
    X: FloatArray,
    y: ArrayLike,
    folds: ArrayLike,
    *,
    lasso_rule: str = "min",
    multivariable_p: float = 0.1,
    final_p: float = 0.05,
    for_report: bool = True,
) -> Selection:
    """Select predictors in four steps; a variable goes on whole or not at all.

    1. LASSO: variables with a coefficient that is not 0 at the penalty that ``lasso_rule`` chooses.
    2. One logistic regression of these: variables with p below ``multivariable_p``.
    3. Stepwise by AIC, both ways, from all of these; then variables with p below ``final_p``.
    4. The final model is fitted to what is left.

    The p-value of a variable is that of the joint Wald test of its terms. Where the classes separate, the fit
    is Firth's (its intercept refitted) and the test the penalised likelihood ratio. A step that would leave
    nothing keeps what the step before it kept. Both are said in ``notes``.

    Parameters
    ----------
    encoding
        The meaning of the columns of ``X``.
    X
        Design matrix, lesions by ``encoding.terms``, without missing values.
    y
        For each lesion 1 (event) or 0.
    folds
        For each lesion the number of its cross-validation fold.
    lasso_rule
        "min" (lowest cross-validated deviance) or "1se" (largest penalty within one standard error of it).
    multivariable_p, final_p
        The p-values below which a variable goes on.
    for_report
        False, where only the choice is wanted: the LASSO's path ends a little behind the penalty chosen, the
        final model has no p-values and sparse levels are not looked for, which changes no choice.

    Raises
    ------
    NothingSelectedError
        Where the LASSO leaves no variable.
    EstimationError
        Where a fit does not converge.

    """
    for name, cut in (("multivariable_p", multivariable_p), ("final_p", final_p)):
        if not 0 < cut <= 1:
            raise ValueError(f"{name} must fulfil 0 < p <= 1, got {cut}")
    notes: list[str] = []
    lasso = cross_validated_lasso(X, y, folds, whole=for_report)
    first = _lasso_step(encoding, lasso, lasso_rule, notes)
    fits = _Fits(encoding, X, y)
    second = _fitted_step(MULTIVARIABLE, fits, first.kept, multivariable_p, notes)
    third = _stepwise_step(encoding, second.kept, X, y, fits, final_p, notes)
    final = _fitted_step(FINAL, fits, third.kept, None, notes, tested=for_report)
    sparse = _sparse_levels(encoding, first.kept, X, y) if for_report else ()
    return Selection(final.kept, (first, second, third, final), tuple(notes), lasso, lasso_rule, sparse)


def published_selection(encoding: Encoding, X: FloatArray, y: ArrayLike) -> Selection:
    """The given variables as they are, all that vary kept, with their one multivariable logistic regression.

    Parameters
    ----------
    encoding
        The given variables and the meaning of the columns of ``X``.
    X
        Design matrix, lesions by ``encoding.terms``, without missing values.
    y
        For each lesion 1 (event) or 0.

    """
    notes: list[str] = []
    varying = {term.variable for term in encoding.terms}
    if constant := [variable.label for variable in encoding.variables if variable.name not in varying]:
        notes.append(f"{STEPS[FINAL]}: left out because it never varies: {', '.join(constant)}")
    given = _in_order(encoding, varying)
    if not given:
        raise EstimationError("none of the given predictors varies")
    step = _fitted_step(FINAL, _Fits(encoding, X, y), given, None, notes)
    sparse = _sparse_levels(encoding, given, X, y)
    return Selection(given, (step,), tuple(notes), sparse_levels=sparse)


def _lasso_step(encoding: Encoding, lasso: CrossValidatedLasso, rule: str, notes: list[str]) -> SelectionStep:
    coefficients = lasso.coefficients(rule)
    if rule == "1se" and not coefficients.any():
        notes.append("LASSO: nothing is left at lambda.1se; lambda.min was taken")
        coefficients = lasso.coefficients("min")
    met = {term.variable for term, value in zip(encoding.terms, coefficients, strict=True) if value}
    if not met:
        raise NothingSelectedError(
            "LASSO: no variable is left at the penalty of lowest cross-validated deviance"
        )
    return SelectionStep(LASSO, encoding, _in_order(encoding, met), coefficients)


def _stepwise_step(
    encoding: Encoding,
    entered: tuple[str, ...],
    X: FloatArray,
    y: ArrayLike,
    fits: _Fits,
    cut: float,
    notes: list[str],
) -> SelectionStep:
    """The AIC's choice, and among it the variables with p below the cut."""
    looked_at = encoding.restricted_to(entered)
    choice = stepwise_aic(_columns(encoding, looked_at, X), y, looked_at.groups)
    chosen = _in_order(looked_at, {looked_at.variables[group].name for group in choice.groups})
    if not chosen:
        notes.append(f"{STEPS[STEPWISE]}: AIC keeps no variable; all that entered were kept")
        chosen = entered
    step = _fitted_step(STEPWISE, fits, chosen, cut, notes)
    return SelectionStep(STEPWISE, looked_at, step.kept, None, step.fitted, step.fit, step.p_values)


def _fitted_step(
    name: str,
    fits: _Fits,
    entered: tuple[str, ...],
    cut: float | None,
    notes: list[str],
    *,
    tested: bool = True,
) -> SelectionStep:
    """One logistic regression of the variables that entered, and those with p below the cut (None: all)."""
    fitted, fit = fits.of(entered)
    if fit.separated:
        notes.append(f"{STEPS[name]}: the classes separate; Firth's penalised likelihood was used")
    if not fit.converged:
        raise EstimationError(f"{STEPS[name]}: the fit did not converge")
    if fit.aliased:
        terms = ", ".join(fitted.terms[at].name for at in fit.aliased)
        notes.append(f"{STEPS[name]}: no coefficient exists for {terms}, which follow from other terms")
    p_values = fits.p_values(entered) if tested else {}
    kept = entered if cut is None else tuple(name for name in entered if p_values[name] < cut)
    if not kept:
        notes.append(f"{STEPS[name]}: no variable has p < {cut:g}; all that entered were kept")
        kept = entered
    return SelectionStep(name, fitted, kept, None, fitted, fit, p_values)


class _Fits:
    """The logistic regressions of a selection, each made once: two steps often ask for the same variables."""

    def __init__(self, encoding: Encoding, X: FloatArray, y: ArrayLike) -> None:
        self._encoding, self._X, self._y = encoding, X, y
        self._found: dict[tuple[str, ...], LogisticFit | PenalisedFit] = {}
        self._fits: dict[tuple[str, ...], LogisticFit] = {}
        self._p_values: dict[tuple[str, ...], dict[str, float]] = {}

    def of(self, names: tuple[str, ...]) -> tuple[Encoding, LogisticFit]:
        """The terms of these variables, and their fit: Firth's, its intercept refitted, where classes separate."""
        fitted = self._encoding.restricted_to(names)
        if names not in self._fits:
            found = finite_fit(_columns(self._encoding, fitted, self._X), self._y)
            self._found[names] = found
            self._fits[names] = found.flic() if isinstance(found, PenalisedFit) else found
        return fitted, self._fits[names]

    def p_values(self, names: tuple[str, ...]) -> dict[str, float]:
        """Of these variables as a whole, once they have been fitted."""
        if names not in self._p_values:
            found, fitted = self._found[names], self._encoding.restricted_to(names)
            groups = [np.flatnonzero(fitted.groups == at).tolist() for at in range(len(fitted.variables))]
            if isinstance(found, PenalisedFit):
                tests = found.ratio_tests(groups)
            else:
                tests = tuple(wald_test(found, columns) for columns in groups)
            pairs = zip(fitted.variables, tests, strict=True)
            self._p_values[names] = {variable.name: test.p_value for variable, test in pairs}
        return self._p_values[names]


def _sparse_levels(
    encoding: Encoding, entered: tuple[str, ...], X: FloatArray, y: ArrayLike
) -> tuple[SparseLevel, ...]:
    fitted = encoding.restricted_to(entered)
    return sparse_levels(fitted, _columns(encoding, fitted, X), y)


def _columns(encoding: Encoding, part: Encoding, X: FloatArray) -> FloatArray:
    """The columns of ``X`` that belong to a part of the encoding."""
    names = set(part.names)
    return X[:, [term.name in names for term in encoding.terms]]


def _in_order(encoding: Encoding, names: set[str]) -> tuple[str, ...]:
    return tuple(variable.name for variable in encoding.variables if variable.name in names)
