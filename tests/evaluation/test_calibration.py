from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import patient_weights
from her2mri.evaluation.calibration import (
    brier,
    calibration_in_the_large,
    calibration_intercept,
    calibration_slope,
    logit,
    observed_expected,
)
from her2mri.evaluation.calibration_curve import calibration_curve
from her2mri.evaluation.calibration_smooth import calibration_smooth, spline_basis


@pytest.mark.parametrize("score", ["good", "tied"])
def test_recalibration_is_that_of_rms_and_glm(synthetic, answers, score: str) -> None:
    y, p = synthetic["y"], synthetic[score]
    # val.prob stops its own iterations early, hence 1e-6 on its two answers
    for name, measure in (("intercept", calibration_intercept), ("slope", calibration_slope)):
        found = measure(y, p)
        assert found.estimate == pytest.approx(answers[score, f"calibration_{name}"], abs=1e-6)
        assert found.std_error == pytest.approx(answers[score, f"calibration_{name}_se"], abs=1e-7)
    large = calibration_in_the_large(y, p)
    assert large.estimate == pytest.approx(answers[score, "calibration_in_the_large"], abs=1e-9)
    assert large.std_error == pytest.approx(answers[score, "calibration_in_the_large_se"], abs=1e-8)
    assert brier(y, p) == pytest.approx(answers[score, "brier"], abs=1e-12)


@pytest.mark.parametrize("score", ["good", "tied"])
def test_smooth_curve_band_and_ici_are_those_of_a_spline_fitted_in_r(
    golden: Path, synthetic, score: str
) -> None:
    table = pd.read_csv(golden / "evaluation" / "smooth.csv").query("score == @score")
    smooth = calibration_smooth(synthetic["y"], synthetic[score])
    assert len(smooth.knots) == table["n_knots"].iloc[0]
    curve = np.column_stack(smooth.curve(table["predicted"]))
    np.testing.assert_allclose(curve, table[["observed", "conf_low", "conf_high"]], atol=1e-7)
    assert smooth.ici() == pytest.approx(table["ici"].iloc[0], abs=1e-8)


def test_scaling_the_log_odds_scales_the_slope(synthetic) -> None:
    halved = 1 / (1 + np.exp(-logit(synthetic["good"]) / 2))
    whole, half = (calibration_slope(synthetic["y"], p) for p in (synthetic["good"], halved))
    assert half.estimate == pytest.approx(2 * whole.estimate)


def test_indices_of_a_resample_are_those_of_the_resample_written_out(synthetic) -> None:
    y, p = synthetic["y"].to_numpy(), synthetic["tied"].to_numpy()
    smooth = calibration_smooth(y, p)
    weights = patient_weights(synthetic["lesion"], 5, np.random.SeedSequence(2))
    for row, found in zip(weights.astype(int), _rows(smooth.indices_of_resamples(weights)), strict=True):
        risk = np.repeat(p, row)
        again = type(smooth)(np.repeat(y, row).astype(float), risk, smooth.knots)
        distance = np.abs(again.curve(risk)[0] - risk)
        by_hand = [distance.mean(), *np.quantile(distance, [0.5, 0.9])]
        assert found == pytest.approx(by_hand, abs=1e-9)


def _rows(found: dict[str, np.ndarray]) -> list[list[float]]:
    return np.column_stack([found["ici"], found["e50"], found["e90"]]).tolist()


@pytest.mark.parametrize(
    ("y", "p", "reason"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], "separate the classes"),
        ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], "separate the classes"),
        ([0, 1, 0, 1], [0.3, 0.3, 0.3, 0.3], "two distinct probabilities"),
        ([1, 1, 1], [0.1, 0.2, 0.3], "both classes"),
    ],
)
def test_a_slope_that_does_not_exist_says_why(y: list[int], p: list[float], reason: str) -> None:
    with pytest.raises(EstimationError, match=reason):
        calibration_slope(y, p)


def test_certain_probabilities_keep_their_order_and_a_finite_logit() -> None:
    found = logit([0.0, 1e-6, 0.5, 0.9999, 1.0])
    assert np.all(np.isfinite(found))
    assert np.all(np.diff(found) >= 0)
    assert found[0] == found[1]


def test_the_smooth_survives_separation_and_certainty() -> None:
    y = np.repeat([0, 1], 30)
    p = np.concatenate([np.linspace(0, 0.4, 30), np.linspace(0.6, 1, 30)])
    smooth = calibration_smooth(y, p)
    observed, low, high = smooth.curve([0.1, 0.9])
    assert observed == pytest.approx([0, 1], abs=1e-3)
    assert np.all((low >= 0) & (high <= 1))
    assert smooth.ici() == pytest.approx(0.2, abs=1e-3)


def test_spline_is_linear_beyond_its_outer_knots() -> None:
    basis = spline_basis([10.0, 11.0, 12.0, -5.0, -6.0], [0.0, 1.0, 2.0, 4.0])
    assert basis[2] - basis[1] == pytest.approx(basis[1] - basis[0])
    assert basis[3:, 2:] == pytest.approx(0)


def test_groups_keep_ties_together_and_count_every_lesion(synthetic) -> None:
    tied = calibration_curve(synthetic["y"], synthetic["tied"])
    groups = tied[tied["kind"] == "group"]
    assert groups["predicted"].tolist() == pytest.approx([0.08, 0.15, 0.3, 0.55, 0.7])
    assert ((groups["conf_low"] <= groups["observed"]) & (groups["observed"] <= groups["conf_high"])).all()
    curve = calibration_curve(synthetic["y"], synthetic["good"])
    for kind in ("group", "distribution"):
        rows = curve[curve["kind"] == kind]
        assert (rows["n"].sum(), rows["n_events"].sum()) == (180, synthetic["y"].sum())


def test_slope_interval_covers_as_it_says() -> None:
    rng, covered = np.random.default_rng(11), []
    for _ in range(400):
        linear = rng.normal(-0.7, 1.2, size=150)
        y = rng.random(150) < 1 / (1 + np.exp(-linear))
        found = calibration_slope(y, 1 / (1 + np.exp(-linear)))
        covered.append(found.conf_low <= 1.0 <= found.conf_high)
    assert 0.92 <= np.mean(covered) <= 0.98


def test_every_lesion_twice_leaves_a_robust_interval_as_it_was_up_to_its_correction(synthetic) -> None:
    y, p = synthetic["y"].to_numpy(), synthetic["good"].to_numpy()
    doubled = [np.repeat(values, 2) for values in (y, p)]
    patient = np.repeat(np.arange(len(y)), 2)
    model_based = calibration_slope(*doubled)
    robust = calibration_slope(*doubled, patient=patient)
    assert robust.estimate == model_based.estimate == pytest.approx(calibration_slope(y, p).estimate)
    # HC1-like sandwich of the lesions once, by hand
    X = np.column_stack([np.ones(len(y)), logit(p)])
    coefficients = [f.estimate for f in (calibration_intercept(y, p), calibration_slope(y, p))]
    mu = 1 / (1 + np.exp(-X @ coefficients))
    bread = np.linalg.inv(X.T @ (X * (mu * (1 - mu))[:, None]))
    meat = X.T @ (X * ((y - mu) ** 2)[:, None]) * len(y) / (len(y) - 1)
    assert robust.std_error == pytest.approx(np.sqrt((bread @ meat @ bread)[1, 1]), rel=1e-6)
    assert robust.std_error > 1.2 * model_based.std_error


@pytest.mark.parametrize(
    "measure", [calibration_in_the_large, calibration_intercept, calibration_slope, observed_expected]
)
def test_one_lesion_a_patient_changes_no_interval(synthetic, measure) -> None:
    assert measure(synthetic["y"], synthetic["good"], patient=synthetic["lesion"]) == measure(
        synthetic["y"], synthetic["good"]
    )


def test_robust_intervals_cover_where_every_patient_has_two_like_lesions() -> None:
    rng, covered, naive = np.random.default_rng(12), [], []
    patient = np.repeat(np.arange(75), 2)
    for _ in range(400):
        linear = np.repeat(rng.normal(-0.7, 1.2, size=75), 2)
        y = np.repeat(rng.random(75), 2) < 1 / (1 + np.exp(-linear))
        y ^= rng.random(150) < 0.02
        p = 1 / (1 + np.exp(-linear))
        p = p + 0.02 - 0.04 * p
        large, wrong = calibration_in_the_large(y, p, patient=patient), calibration_in_the_large(y, p)
        covered.append(large.conf_low <= 0 <= large.conf_high)
        naive.append(wrong.conf_low <= 0 <= wrong.conf_high)
    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(naive) < 0.9


def test_perfect_calibration_is_rejected_as_often_as_the_test_says() -> None:
    rng, p_values = np.random.default_rng(13), []
    for _ in range(400):
        p = 1 / (1 + np.exp(-rng.normal(-0.7, 1.0, size=150)))
        p_values.append(calibration_smooth(rng.random(150) < p, p).perfect_p_value())
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.08
    assert calibration_smooth(rng.random(150) < p, p**0.5).perfect_p_value() < 0.01


@pytest.mark.parametrize("lesions_a_patient", [1, 2])
def test_the_error_of_observed_by_expected_is_the_spread_over_resamples_of_patients(
    synthetic, lesions_a_patient: int
) -> None:
    y, p = synthetic["y"].to_numpy(), synthetic["good"].to_numpy()
    patient = np.arange(len(y)) // lesions_a_patient
    found = observed_expected(y, p, patient=patient)
    assert found.estimate == pytest.approx(y.sum() / p.sum())
    weights = patient_weights(patient, 4000, np.random.SeedSequence(3))
    assert found.std_error == pytest.approx(np.std(np.log((weights @ y) / (weights @ p))), rel=0.05)


def test_observed_by_expected_holds_the_population_value_as_often_as_it_says() -> None:
    rng, covered, events_alone = np.random.default_rng(14), [], []
    for _ in range(1000):
        p = 1 / (1 + np.exp(-rng.normal(-0.7, 1.5, size=150)))
        y = (rng.random(150) < p).astype(int)
        found = observed_expected(y, p)
        covered.append(found.conf_low <= 1 <= found.conf_high)
        arm = 1.96 * np.sqrt((1 - y.mean()) / y.sum())
        events_alone.append(abs(np.log(found.estimate)) <= arm)
    assert 0.935 <= np.mean(covered) <= 0.965
    assert np.mean(events_alone) > 0.97
