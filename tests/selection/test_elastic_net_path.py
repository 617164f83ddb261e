"""The elastic net's path and its cross-validation, against glmnet and against what defines them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.selection.lasso import cross_validated_lasso, lasso_path


@pytest.fixture(scope="module")
def data(golden: Path) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.read_csv(golden / "selection" / "data.csv")
    predictors = frame.drop(columns=["y1", "y2", "y3", "y4", "fold"])
    factors = [name for name in predictors if name.startswith("f")]
    return frame, pd.get_dummies(predictors, columns=factors, drop_first=True).to_numpy(dtype=float)


@pytest.mark.parametrize(("outcome", "alpha"), [("y1", 0.0), ("y1", 0.5), ("y3", 0.0), ("y3", 0.5)])
def test_the_cross_validated_elastic_net_is_that_of_glmnet(golden, data, outcome, alpha) -> None:
    frame, X = data
    tables = [
        pd.read_csv(golden / "selection" / f"elastic_net_{name}.csv") for name in ("path", "coefficients")
    ]
    path, chosen = (table[(table["outcome"] == outcome) & (table["alpha"] == alpha)] for table in tables)
    found = cross_validated_lasso(X, frame[outcome], frame["fold"], alpha=alpha)
    np.testing.assert_allclose(found.path.penalties, path["lambda"], rtol=1e-12)
    np.testing.assert_allclose(found.deviance, path["deviance"], atol=1e-6)
    np.testing.assert_allclose(found.std_error, path["std_error"], atol=1e-6)
    np.testing.assert_allclose(found.path.deviance_ratio, path["ratio"], atol=1e-6)
    for rule in ("min", "1se"):
        at = found.index(rule)
        assert found.path.penalties[at] == pytest.approx(chosen[f"lambda_{rule}"].iloc[0], rel=1e-12)
        fitted = [found.path.intercepts[at], *found.coefficients(rule)]
        np.testing.assert_allclose(fitted, chosen[f"at_{rule}"], atol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.7])
def test_the_path_fulfils_the_conditions_of_its_optimum(data, alpha) -> None:
    frame, X = data
    y = frame["y3"].to_numpy()
    path = lasso_path(X, y, alpha=alpha)
    standardised = (path.coefficients * X.std(axis=0)).T[:, 1:]
    linear = path.intercepts + X @ path.coefficients.T
    residual = (y[:, None] - 1 / (1 + np.exp(-linear)))[:, 1:]
    pull = (X / X.std(axis=0)).T @ residual / len(y) - (1 - alpha) * path.penalties[1:] * standardised
    bound = alpha * path.penalties[1:]
    active = standardised != 0
    assert np.all(np.abs(pull) <= bound + 1e-5)
    np.testing.assert_allclose(pull[active], (np.sign(standardised) * bound)[active], atol=1e-5)


def test_a_share_of_lasso_outside_0_and_1_is_refused(data) -> None:
    with pytest.raises(ValueError, match=r"0 <= alpha <= 1, got 1\.5"):
        lasso_path(data[1], data[0]["y1"], alpha=1.5)
