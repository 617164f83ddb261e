"""The optimism of a fixed logistic model is that of rms::validate on the same resamples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.validation.fixed_logistic import optimism_of_fixed_logistic

GOLDEN = Path(__file__).parents[1] / "golden" / "validation"
NAMES = {"auc": "Dxy", "brier": "B", "calibration_intercept": "Intercept", "calibration_slope": "Slope"}


@pytest.fixture(scope="module")
def lesions() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "fixed_logistic_lesions.csv")


def test_every_figure_is_that_of_rms_validate(lesions: pd.DataFrame) -> None:
    drawn = np.array(
        [list(line) for line in (GOLDEN / "fixed_logistic_resamples.txt").read_text().split()], float
    )
    answers = pd.read_csv(GOLDEN / "fixed_logistic.csv").set_index("metric")
    found = optimism_of_fixed_logistic(lesions.drop(columns="y"), lesions["y"], weights=drawn)
    table = found.frame().set_index("metric")
    for name, theirs in NAMES.items():
        columns = ["apparent", "training", "test", "optimism", "optimism_corrected"]
        ours = table.loc[name, columns].to_numpy(float)
        if name == "auc":  # Dxy = 2 AUC - 1; differences have no constant
            ours = 2 * ours - np.array([1, 1, 1, 0, 1])
        np.testing.assert_allclose(ours, answers.loc[theirs].to_numpy(float), rtol=0, atol=2e-6, err_msg=name)
    assert found.n_failed == 0


def test_dependent_columns_and_units_change_nothing(lesions: pd.DataFrame) -> None:
    X, y = lesions.drop(columns="y"), lesions["y"]
    plain = optimism_of_fixed_logistic(X, y, n_bootstrap=50, seed=3).frame()
    other = X.assign(x1=X["x1"] * 1000 + 7, again=X["x2"] - X["x4"])
    moved = optimism_of_fixed_logistic(other, y, n_bootstrap=50, seed=3).frame()
    np.testing.assert_allclose(
        plain.iloc[:, 1:].to_numpy(float), moved.iloc[:, 1:].to_numpy(float), atol=1e-8
    )


def test_a_resample_without_an_estimate_is_counted_and_left_out(lesions: pd.DataFrame) -> None:
    X, y = lesions.drop(columns="y"), lesions["y"].to_numpy()
    weights = np.ones((3, len(y)))
    weights[1] = y  # one class only
    found = optimism_of_fixed_logistic(X, y, weights=weights)
    assert found.n_failed == 1
    np.testing.assert_allclose(found.frame()["optimism"], 0.0, atol=1e-9)


def test_separated_classes_are_refused() -> None:
    with pytest.raises(EstimationError, match="separate"):
        optimism_of_fixed_logistic([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], n_bootstrap=5)


def test_lesions_of_one_patient_stay_together() -> None:
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    doubled = optimism_of_fixed_logistic(
        np.repeat(X, 2, axis=0), np.repeat(y, 2), patient=np.repeat(np.arange(80), 2), n_bootstrap=40, seed=1
    )
    once = optimism_of_fixed_logistic(X, y, n_bootstrap=40, seed=1)
    np.testing.assert_allclose(doubled.test, once.test, atol=1e-9)
