"""The LASSO path and its cross-validation, against glmnet and against what defines them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.selection.lasso import cross_validated_lasso, lasso_path

from .conftest import Lesions

OUTCOMES = ["y1", "y2", "y3", "y4"]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_cross_validated_lasso_is_that_of_glmnet(golden: Path, lesions: Lesions, outcome: str) -> None:
    path = pd.read_csv(golden / "selection" / "lasso_path.csv").query("outcome == @outcome")
    chosen = pd.read_csv(golden / "selection" / "lasso_coefficients.csv").query("outcome == @outcome")
    found = cross_validated_lasso(lesions.X, lesions.frame[outcome], lesions.frame["fold"])
    frame = found.frame()
    np.testing.assert_allclose(frame["penalty"], path["lambda"], rtol=1e-12)
    np.testing.assert_allclose(frame["deviance"], path["deviance"], atol=1e-6)
    np.testing.assert_allclose(frame["std_error"], path["std_error"], atol=1e-6)
    np.testing.assert_allclose(frame["deviance_ratio"], path["ratio"], atol=1e-6)
    np.testing.assert_array_equal(frame["n_nonzero"], path["n_nonzero"])
    for rule in ("min", "1se"):
        at = found.index(rule)
        assert found.path.penalties[at] == pytest.approx(chosen[f"lambda_{rule}"].iloc[0], rel=1e-12)
        fitted = [found.path.intercepts[at], *found.coefficients(rule)]
        np.testing.assert_allclose(fitted, chosen[f"at_{rule}"], atol=1e-5)


def test_more_columns_than_lesions_take_the_short_grid_of_glmnet(golden: Path, lesions: Lesions) -> None:
    expected = pd.read_csv(golden / "selection" / "lasso_wide.csv")
    path = lasso_path(lesions.X[:40], lesions.frame["y2"][:40])
    np.testing.assert_allclose(path.penalties, expected["lambda"], rtol=1e-12)
    np.testing.assert_allclose(path.deviance_ratio, expected["ratio"], atol=1e-6)
    np.testing.assert_allclose(path.intercepts, expected["intercept"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.abs(path.coefficients).sum(axis=1), expected["absolute_sum"], rtol=1e-4)


def test_the_path_fulfils_the_conditions_of_its_optimum(lesions: Lesions) -> None:
    y = lesions.frame["y3"].to_numpy()
    path = lasso_path(lesions.X, y)
    scale = lesions.X.std(axis=0)
    linear = path.intercepts + lesions.X @ path.coefficients.T
    residual = y[:, None] - 1 / (1 + np.exp(-linear))
    pull = (lesions.X / scale).T @ residual / len(y)
    active = path.coefficients.T != 0
    assert np.abs(residual.mean(axis=0)).max() < 1e-6
    assert np.all(np.abs(pull) <= path.penalties + 1e-5)
    np.testing.assert_allclose(
        pull[active], (np.sign(path.coefficients.T) * path.penalties)[active], atol=1e-5
    )


def test_units_of_a_column_do_not_change_what_is_selected(lesions: Lesions) -> None:
    y, fold = lesions.frame["y1"], lesions.frame["fold"]
    units = np.geomspace(1e-3, 1e4, lesions.X.shape[1])
    plain, rescaled = (cross_validated_lasso(X, y, fold) for X in (lesions.X, lesions.X * units + 3))
    assert plain.index_min == rescaled.index_min
    np.testing.assert_allclose(plain.coefficients("min"), rescaled.coefficients("min") * units, atol=1e-5)


def test_a_constant_column_keeps_coefficient_zero(lesions: Lesions) -> None:
    X = np.column_stack([lesions.X[:, :5], np.full(613, 0.97)])
    path = lasso_path(X, lesions.frame["y1"])
    assert not path.coefficients[:, 5].any()
    np.testing.assert_array_equal(
        path.coefficients[:, :5], lasso_path(X[:, :5], lesions.frame["y1"]).coefficients
    )


def test_the_largest_penalty_leaves_nothing_and_the_next_something(lesions: Lesions) -> None:
    path = lasso_path(lesions.X, lesions.frame["y4"])
    assert not path.coefficients[0].any()
    assert path.coefficients[1].any()


def test_separated_classes_end_the_path_at_the_largest_deviance_ratio() -> None:
    X = np.arange(20.0)[:, None]
    path = lasso_path(X, (X[:, 0] > 9).astype(int))
    assert path.deviance_ratio[-1] > 0.99
    assert np.all(np.diff(path.deviance_ratio) > 0)


@pytest.mark.parametrize("outcome", [*OUTCOMES, "none"])
@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0])
def test_a_path_that_ends_past_its_minimum_chooses_as_the_whole_one(
    lesions: Lesions, outcome: str, alpha: float
) -> None:
    y = np.arange(613) % 3 == 0 if outcome == "none" else lesions.frame[outcome]
    whole, short = (
        cross_validated_lasso(lesions.X, y, lesions.frame["fold"], alpha=alpha, whole=length)
        for length in (True, False)
    )
    n = len(short.deviance)
    np.testing.assert_allclose(short.deviance, whole.deviance[:n], atol=1e-14)
    np.testing.assert_allclose(short.std_error, whole.std_error[:n], atol=1e-14)
    np.testing.assert_array_equal(short.path.coefficients, whole.path.coefficients[:n])
    assert (short.index_min, short.index_1se) == (whole.index_min, whole.index_1se)
    if outcome == "y1" and alpha > 0:
        assert short.index_min + 10 < n < len(whole.deviance)


def test_copies_of_a_lesion_count_as_lesions(lesions: Lesions) -> None:
    rows = np.random.default_rng(1).integers(0, 300, size=500)
    X, y = lesions.X[rows], lesions.frame["y2"].to_numpy()[rows]
    measured = np.flatnonzero([len(np.unique(column)) > 10 for column in X.T])
    apart = X.copy()
    apart[:, measured] *= 1 + 1e-13 * np.arange(500)[:, None]
    counted, each = (cross_validated_lasso(Z, y, rows % 5) for Z in (X, apart))
    assert len(np.unique(apart, axis=0)) == 500 > len(np.unique(X, axis=0))
    np.testing.assert_allclose(counted.path.coefficients[:60], each.path.coefficients[:60], atol=1e-6)
    np.testing.assert_allclose(counted.path.deviance_ratio[:60], each.path.deviance_ratio[:60], atol=1e-9)
    np.testing.assert_allclose(counted.deviance[:60], each.deviance[:60], atol=1e-7)
    np.testing.assert_allclose(counted.std_error[:60], each.std_error[:60], atol=1e-7)


def test_each_lesion_counts_as_a_fold_where_folds_are_tiny(lesions: Lesions) -> None:
    X, y = lesions.X[:24, :3], lesions.frame["y2"][:24]
    found = cross_validated_lasso(X, y, np.arange(24) // 2)
    assert np.all(found.std_error > 0)
    with pytest.raises(ValueError, match="rule must be one of min, 1se"):
        found.coefficients("max")


def test_data_without_a_path_are_refused(lesions: Lesions) -> None:
    X, y, fold = lesions.X, lesions.frame["y1"].to_numpy(), lesions.frame["fold"].to_numpy()
    with pytest.raises(EstimationError, match="one class"):
        lasso_path(X, np.ones(613))
    with pytest.raises(EstimationError, match="column that varies"):
        lasso_path(np.ones((613, 2)), y)
    with pytest.raises(EstimationError, match="goes with the outcome"):
        lasso_path([[0.0], [0.0], [1.0], [1.0]], [0, 1, 0, 1])
    with pytest.raises(ValueError, match="missing"):
        lasso_path(np.where(X == 1, np.nan, X), y)
    with pytest.raises(ValueError, match="0 and 1"):
        lasso_path(X, y + 1)
    with pytest.raises(ValueError, match="one a lesion"):
        lasso_path(X, y[:5])
    with pytest.raises(ValueError, match="at least 3 folds, got 2"):
        cross_validated_lasso(X, y, fold % 2)
