"""Logistic regression: R's numbers, separation, Firth's penalty and tests of whole factors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.errors import EstimationError
from her2mri.selection.binary_design import independent_columns
from her2mri.selection.firth import fit_firth, fit_flic, penalised_ratio_tests
from her2mri.selection.logistic import fit_logistic
from her2mri.selection.separation import is_separated
from her2mri.selection.stepwise import stepwise_aic
from her2mri.selection.wald import wald_test

from .conftest import Lesions

cells = st.tuples(*[st.integers(0, 12)] * 4).filter(
    lambda c: c[0] + c[1] > 0 and c[2] + c[3] > 0 and c[0] + c[2] > 0 and c[1] + c[3] > 0
)


def expanded(counts: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A 2 x 2 table (unexposed without and with event, exposed without and with) as lesions."""
    x, y = np.repeat([0.0, 0.0, 1.0, 1.0], counts), np.repeat([0, 1, 0, 1], counts)
    return x[:, None], y


def test_coefficients_errors_and_p_values_are_those_of_glm(golden: Path, lesions: Lesions) -> None:
    expected = pd.read_csv(golden / "selection" / "logistic.csv")
    fit = fit_logistic(lesions.X, lesions.frame["y1"])
    np.testing.assert_allclose(fit.coefficients, expected["estimate"], atol=1e-6)
    np.testing.assert_allclose(fit.std_errors, expected["std_error"], atol=1e-6)
    np.testing.assert_allclose(fit.z_values, expected["z"], atol=1e-5)
    np.testing.assert_allclose(fit.p_values, expected["p_value"], atol=1e-6)
    assert fit.deviance == pytest.approx(expected["deviance"].iloc[0], abs=1e-8)
    assert fit.aic == pytest.approx(expected["deviance"].iloc[0] + 2 * 46, abs=1e-8)
    assert fit.converged
    assert not fit.separated


def test_the_wald_test_of_a_factor_is_that_of_rms(golden: Path, lesions: Lesions) -> None:
    fit = fit_logistic(lesions.X, lesions.frame["y1"])
    for expected in pd.read_csv(golden / "selection" / "wald.csv").itertuples():
        columns = [i for i, term in enumerate(lesions.encoding.terms) if term.variable == expected.variable]
        answer = wald_test(fit, columns)
        assert len(columns) == expected.freedom
        assert answer.statistic == pytest.approx(expected.statistic, rel=1e-6)
        assert answer.p_value == pytest.approx(expected.p_value, abs=1e-7)


def test_low_birth_weights_give_the_published_coefficients(shared: Path, golden: Path) -> None:
    births = pd.read_csv(shared / "data" / "reference" / "MASS_birthwt.csv")
    design = births.assign(race2=births["race"] == 2, race3=births["race"] == 3)
    names = ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui", "ftv"]
    X = design[names].to_numpy(dtype=float)
    fit = fit_logistic(X, births["low"])
    found = dict(zip(["intercept", *names], fit.coefficients, strict=True))
    published = {
        "intercept": 0.48062, "lwt": -0.01542, "race2": 1.27226, "race3": 0.88050, "smoke": 0.93885,
        "ptl": 0.54334, "ht": 1.86330, "ui": 0.76765,
    }  # fmt: skip
    for name, value in published.items():
        assert found[name] == pytest.approx(value, abs=5e-6)
    assert fit.std_errors[2] == pytest.approx(0.00692, abs=5e-6)
    expected = pd.read_csv(golden / "selection" / "births.csv")
    np.testing.assert_allclose(fit.coefficients, expected["estimate"], atol=1e-6)
    np.testing.assert_allclose(fit.std_errors, expected["std_error"], atol=1e-6)
    choice = stepwise_aic(X, births["low"], [0, 1, 2, 2, 3, 4, 5, 6, 7])
    words = ["age", "lwt", "race", "smoke", "ptl", "ht", "ui", "ftv"]
    assert " ".join(words[group] for group in choice.groups) == expected["chosen"].iloc[0]
    assert choice.aic == pytest.approx(expected["aic"].iloc[0], abs=1e-7)


@given(cells)
@settings(deadline=None)
def test_a_two_by_two_table_is_separated_where_a_cell_is_empty(counts: tuple[int, int, int, int]) -> None:
    X, y = expanded(counts)
    fit = fit_logistic(X, y)
    assert fit.separated == (0 in counts)
    assert is_separated(X, y.astype(float)) == (0 in counts)
    if 0 not in counts:
        a, b, c, d = counts
        assert fit.odds_ratios[1] == pytest.approx(a * d / (b * c), rel=1e-7)
        assert fit.std_errors[1] == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), rel=1e-4)


@given(cells)
@settings(deadline=None)
def test_firth_adds_half_a_lesion_to_each_cell(counts: tuple[int, int, int, int]) -> None:
    X, y = expanded(counts)
    fit = fit_firth(X, y)
    a, b, c, d = (count + 0.5 for count in counts)
    assert fit.converged
    assert fit.separated == (0 in counts)
    assert fit.odds_ratios[1] == pytest.approx(a * d / (b * c), rel=1e-5)
    assert fit.coefficients[0] == pytest.approx(np.log(b / a), abs=1e-5)


@given(cells)
@settings(deadline=None)
def test_the_refitted_intercept_makes_the_mean_probability_the_share_of_events(
    counts: tuple[int, int, int, int],
) -> None:
    X, y = expanded(counts)
    fit, firth = fit_flic(X, y), fit_firth(X, y)
    linear = fit.coefficients[0] + X @ fit.coefficients[1:]
    assert np.mean(1 / (1 + np.exp(-linear))) == pytest.approx(np.mean(y), abs=1e-9)
    np.testing.assert_array_equal(fit.coefficients[1:], firth.coefficients[1:])
    np.testing.assert_array_equal(fit.covariance, firth.covariance)
    assert fit.log_likelihood == pytest.approx(np.sum(np.where(y == 1, linear, 0) - np.logaddexp(0, linear)))


def test_separation_by_a_sum_of_columns_is_found_though_no_single_column_separates() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 4))
    y = (X @ [1.0, -2.0, 0.5, 1.0] > 0.3).astype(int)
    assert fit_logistic(X, y).separated
    assert not any(fit_logistic(X[:, [column]], y).separated for column in range(4))
    y[np.argmax(X @ [1.0, -2.0, 0.5, 1.0])] = 0
    assert not fit_logistic(X, y).separated


def test_strong_but_overlapping_classes_are_not_called_separated() -> None:
    x = np.concatenate([np.linspace(-50, 1, 40), np.linspace(0, 50, 40)])
    fit = fit_logistic(x[:, None], np.repeat([0, 1], 40))
    assert np.abs(1 / (1 + np.exp(-fit.coefficients[0] - x * fit.coefficients[1])) - 0.5).max() > 0.4999
    assert not fit.separated


def test_one_rare_level_without_events_among_many_lesions_is_found(lesions: Lesions) -> None:
    y = lesions.frame["y1"].to_numpy()
    rare = np.zeros(613)
    rare[np.flatnonzero(y == 0)[:2]] = 1.0
    X = np.column_stack([lesions.X, rare])
    assert fit_logistic(X, y).separated
    firth = fit_firth(X, y)
    assert firth.method == "Firth"
    assert np.isfinite(firth.std_errors).all()
    assert -4 < firth.coefficients[-1] < 0


def test_firths_estimate_is_the_highest_point_of_the_penalised_likelihood(lesions: Lesions) -> None:
    X, y = lesions.X[:80, :4], lesions.frame["y2"].to_numpy()[:80]
    full = np.column_stack([np.ones(80), X])

    def penalised(beta: np.ndarray) -> float:
        share = 1 / (1 + np.exp(-full @ beta))
        information = (full * (share * (1 - share))[:, None]).T @ full
        likelihood = np.sum(np.log(np.where(y == 1, share, 1 - share)))
        return float(likelihood + np.log(np.linalg.det(information)) / 2)

    best = fit_firth(X, y).coefficients
    for direction in np.eye(5):
        step = 1e-3 * direction / np.abs(full).max(axis=0)
        slope = (penalised(best + step) - penalised(best - step)) / 2e-3
        assert abs(slope) < 1e-5


def test_the_penalised_ratio_test_grows_with_the_evidence_that_wald_loses() -> None:
    few, many = expanded((20, 4, 0, 6)), expanded((20, 4, 0, 24))
    for X, y in (few, many):
        assert fit_firth(X, y).p_values[1] > penalised_ratio_tests(X, y, [[0]])[0].p_value
    assert penalised_ratio_tests(*many, [[0]])[0].p_value < penalised_ratio_tests(*few, [[0]])[0].p_value
    # By hand: with one column the restricted fit is over the intercept alone.
    X, y = few

    def penalised(intercept: float, slope: float) -> float:
        p = 1 / (1 + np.exp(-intercept - slope * X[:, 0]))
        w = p * (1 - p)
        determinant = w.sum() * (w * X[:, 0]).sum() - (w * X[:, 0]).sum() ** 2
        return float(np.sum(np.log(np.where(y == 1, p, 1 - p))) + np.log(determinant) / 2)

    fit = fit_firth(X, y)
    restricted = max(penalised(value, 0.0) for value in np.linspace(-3, 3, 60_001))
    statistic = 2 * (penalised(*fit.coefficients) - restricted)
    assert penalised_ratio_tests(X, y, [[0]])[0].statistic == pytest.approx(statistic, abs=1e-6)


@pytest.mark.parametrize("fitted", [fit_logistic, fit_firth])
def test_a_column_that_follows_from_others_gets_no_coefficient(lesions: Lesions, fitted) -> None:
    X, y = lesions.X[:, :4], lesions.frame["y1"]
    dependent = np.column_stack([X[:, :2], X[:, 0] - 2 * X[:, 1], X[:, 2:], np.ones(613)])
    fit, plain = fitted(dependent, y), fitted(X, y)
    assert fit.aliased == (2, 5)
    np.testing.assert_allclose(np.delete(fit.coefficients, [3, 6]), plain.coefficients, atol=1e-7)
    assert fit.coefficients[3] == 0.0
    assert np.isnan(fit.std_errors[3])
    assert fit.aic == pytest.approx(plain.aic)
    assert wald_test(fit, [1, 2]).p_value == pytest.approx(wald_test(plain, [1]).p_value)
    assert not wald_test(fit, [2]).applicable
    assert not penalised_ratio_tests(dependent, y, [[5]])[0].applicable


def test_later_columns_are_the_dependent_ones() -> None:
    a, b = np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.0, 1.0, 0.0, 1.0])
    assert independent_columns(np.column_stack([a, a + b, b, a * 3])).tolist() == [0, 1]


def test_intervals_hold_the_odds_ratio_and_widen_with_confidence(lesions: Lesions) -> None:
    fit = fit_logistic(lesions.X[:, :6], lesions.frame["y2"])
    low, high = fit.odds_ratio_interval()
    lower, higher = fit.odds_ratio_interval(confidence=0.99)
    assert np.all((lower < low) & (low < fit.odds_ratios) & (fit.odds_ratios < high) & (high < higher))
    assert np.all((fit.p_values < 0.05) == ((low > 1) | (high < 1)))
    with pytest.raises(ValueError, match="got 95"):
        fit.odds_ratio_interval(confidence=95)


def test_one_class_cannot_be_fitted() -> None:
    for fitted in (fit_logistic, fit_firth):
        with pytest.raises(EstimationError, match="one class"):
            fitted([[0.0], [1.0]], [1, 1])
