from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import t

from her2mri.evaluation.calibration import (
    brier,
    calibration_in_the_large,
    calibration_intercept_and_slope,
)
from her2mri.evaluation.calibration_smooth import calibration_smooth
from her2mri.evaluation.discrimination import auc
from her2mri.validation import DevelopmentValidation, validate_development
from her2mri.validation.optimism import no_information_brier, optimism_of, point632plus, t_interval
from her2mri.validation.scores import SCORES, scores, scores_of_resamples

from .conftest import FixedDevelopment

SHARE = st.floats(0, 1)


def _sample(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(1 - x))).astype(np.int64)
    return y, 1 / (1 + np.exp(0.8 - 1.2 * x - 0.3 * rng.normal(size=n)))


@pytest.mark.parametrize("seed", range(4))
def test_fast_scores_are_those_of_evaluation(seed: int) -> None:
    y, p = _sample(150, seed)
    again = np.random.default_rng(seed).integers(0, 150, 150)
    y, p = y[again], p[again]
    intercept, slope = calibration_intercept_and_slope(y, p)
    assert scores(y, p) == pytest.approx(
        {
            "auc": auc(y, p),
            "brier": brier(y, p),
            "calibration_in_the_large": calibration_in_the_large(y, p).estimate,
            "calibration_intercept": intercept.estimate,
            "calibration_slope": slope.estimate,
            "ici": calibration_smooth(y, p).ici(),
        },
        abs=1e-9,
    )


def test_scores_of_a_resample_are_those_of_its_copied_lesions_but_for_the_knots() -> None:
    y, p = _sample(200, 5)
    rows = np.random.default_rng(1).integers(0, 200, (3, 200))
    weights = np.array([np.bincount(one, minlength=200) for one in rows], dtype=float)
    found = scores_of_resamples(y, p, weights)
    for at, one in enumerate(rows):
        copied = scores(y[one], p[one])
        for name in SCORES:
            assert found[name][at] == pytest.approx(copied[name], abs=0.02 if name == "ici" else 1e-8)


def test_one_class_leaves_the_brier_score_and_labels_the_auc() -> None:
    def present(found: dict[str, float]) -> set[str]:
        return {name for name, value in found.items() if np.isfinite(value)}

    assert present(scores([1, 1, 1], [0.2, 0.6, 0.9])) == {"brier"}
    assert present(scores([0, 1, 1, 0], [0, 1, 1, 1])) == {"auc"}


def test_a_model_that_tells_the_classes_apart_has_no_calibration_slope() -> None:
    found = scores([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9])
    assert np.isnan(found["calibration_slope"])
    assert np.isfinite(found["calibration_in_the_large"])


@settings(deadline=None)
@given(SHARE, st.lists(SHARE, min_size=1, max_size=5), SHARE)
def test_632_plus_lies_between_apparent_and_out_of_bag(
    apparent: float, left_out: list[float], nothing: float
) -> None:
    found = point632plus(apparent, left_out, nothing)
    ends = sorted([apparent, float(np.mean(left_out)), nothing])
    assert ends[0] - 1e-12 <= found.corrected <= ends[-1] + 1e-12
    assert 0.632 < found.weight <= 1.0 + 1e-12
    if nothing <= found.out_of_bag <= apparent:
        assert found.out_of_bag - 1e-12 <= found.corrected <= apparent + 1e-12


def test_632_plus_is_all_out_of_bag_where_nothing_was_learned() -> None:
    found = point632plus(0.9, [0.5, 0.5], 0.5)
    assert found.corrected == pytest.approx(0.5)


def test_632_plus_without_overfitting_is_the_apparent_score() -> None:
    assert point632plus(0.8, [0.8], 0.5).corrected == pytest.approx(0.8)


def test_632_plus_of_a_score_that_is_better_when_lower() -> None:
    # Efron and Tibshirani's formula by hand: R = 0.05 / 0.15, w = 0.632 / (1 - 0.368 R).
    share = 1 - np.exp(-1)
    weight = share / (1 - (1 - share) / 3)
    found = point632plus(0.10, [0.15], 0.25)
    assert found.corrected == pytest.approx(0.10 + weight * 0.05)


def test_brier_without_information_is_the_mean_over_permutations() -> None:
    y, p = _sample(40, 2)
    pairs = np.mean((y[:, None] - p[None, :]) ** 2)
    assert no_information_brier(y, p) == pytest.approx(pairs)


def test_optimism_counts_only_resamples_that_have_both_scores() -> None:
    found = optimism_of(0.8, [0.9, np.nan, 0.7], [0.7, 0.6, np.nan])
    assert found.n == 1
    assert found.corrected == pytest.approx(0.6)
    assert np.isnan(optimism_of(0.8, [np.nan], [0.7]).corrected)


def test_interval_moves_with_the_correction_and_stays_in_range() -> None:
    low, high = t_interval(0.7, error=0.05, resamples=5, metric="auc", confidence=0.9)
    assert_allclose([low, high], [0.7 - 2.1318468 * 0.05, 0.7 + 2.1318468 * 0.05], atol=1e-7)
    assert t_interval(0.95, error=0.05, resamples=50, metric="auc", confidence=0.9)[1] == 1.0
    assert t_interval(0.01, error=0.05, resamples=50, metric="ici", confidence=0.9)[0] == 0.0
    assert np.isnan(t_interval(0.7, error=0.05, resamples=1, metric="auc", confidence=0.9)).all()


@pytest.fixture(scope="module")
def overfitted() -> DevelopmentValidation:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(90, 14))
    y = (X[:, 0] + 1.5 * rng.logistic(size=90) > 0).astype(int)
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(14)])
    development = FixedDevelopment(tuple(frame))
    patient = np.arange(90)
    return validate_development(
        development, frame, y, patient, task="t", positive="event", seed=3, n_bootstrap=200
    )


def test_each_corrected_score_has_the_standard_error_of_its_rule(overfitted: DevelopmentValidation) -> None:
    model, table = overfitted.models[0], overfitted.optimism_frame().set_index("metric")
    own = scores_of_resamples(overfitted.lesions.y, model.apparent_probability, overfitted.resample_weights())

    def sd(scores: np.ndarray) -> float:
        return float(np.nanstd(scores, ddof=1))

    rules = {
        "auc": (own["auc"], model.original["auc"]),
        "brier": (model.resample["brier"] - model.original["brier"], model.original["brier"]),
        "calibration_in_the_large": (model.original["calibration_in_the_large"],),
        "calibration_intercept": (own["calibration_intercept"],),
        "calibration_slope": (own["calibration_slope"],),
        "ici": (model.resample["ici"] - model.original["ici"],),
    }
    assert set(rules) == set(table.index) == set(SCORES)
    for metric, parts in rules.items():
        row = table.loc[metric]
        arm = t.ppf(0.975, row["n_resamples"] - 1) * np.linalg.norm([sd(part) for part in parts])
        assert row["conf_high"] - row["optimism_corrected"] == pytest.approx(arm, rel=1e-6), metric
    brier = table.loc["brier"]
    assert brier["point632plus_conf_high"] - brier["point632plus"] == pytest.approx(
        brier["conf_high"] - brier["optimism_corrected"]
    )


def test_the_corrected_brier_score_of_an_overfitted_model_is_less_certain_than_its_own_lesions_say(
    overfitted: DevelopmentValidation,
) -> None:
    model, row = overfitted.models[0], overfitted.optimism_frame().set_index("metric").loc["brier"]
    own = scores_of_resamples(overfitted.lesions.y, model.apparent_probability, overfitted.resample_weights())
    assert row["conf_high"] - row["conf_low"] > 1.3 * 2 * 1.96 * own["brier"].std()
