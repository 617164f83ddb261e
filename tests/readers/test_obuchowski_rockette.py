from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.evaluation.delong import delong_covariance, delong_test
from her2mri.readers.covariance import error_covariance, figures_of_merit
from her2mri.readers.obuchowski_rockette import (
    CASES_IN_GROUPS,
    CROSSED,
    RANDOM_CASES,
    RANDOM_READERS,
    RANDOM_READERS_AND_CASES,
    READERS_IN_ARMS,
    obuchowski_rockette,
)

BOTH = RANDOM_READERS_AND_CASES


@pytest.fixture(scope="module")
def van_dyke(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """Truth (114,) and ratings (114, 10): five readers, treatment 2 before treatment 1."""
    data = pd.read_csv(shared / "data/reference/VanDyke.csv")
    table = data.pivot(index="case", columns=["reader", "treatment"], values="rating")
    truth = data.groupby("case")["truth"].first().loc[table.index].to_numpy()
    return truth, table[[(r, t) for r in range(1, 6) for t in (2, 1)]].to_numpy(dtype=float)


def analysed(truth, ratings, metric="auc", method="delong", group=None):
    figures, covariance = error_covariance(metric, truth, ratings, method=method)
    shape = (ratings.shape[1] // 2, 2)
    return obuchowski_rockette(figures.reshape(shape), covariance.reshape(shape + shape), group=group)


def test_van_dyke_auc_is_the_published_one_to_the_last_digit(van_dyke) -> None:
    found = analysed(*van_dyke)
    difference, parts = found.difference[BOTH], found.components
    assert found.design == CROSSED
    assert round(found.second[BOTH].estimate, 7) == 0.8970370
    assert round(found.first[BOTH].estimate, 7) == 0.9408374
    assert round(difference.estimate, 8) == -0.04380032
    assert round(difference.std_error, 7) == 0.0206825
    assert round(difference.df, 5) == 15.06611
    assert round(difference.conf_low, 10) == -0.0878671960
    assert round(difference.conf_high, 10) == 0.0002665519
    assert round(difference.statistic, 6) == -2.117747
    assert round(difference.p_value, 8) == 0.05123303
    assert round(parts.ms_arm, 9) == 0.004796171
    assert round(parts.ms_arm_reader, 10) == 0.0005510306
    assert round(parts.cov1, 10) == 0.0003420090
    assert round(parts.cov2, 10) == 0.0003395265
    assert round(parts.cov3, 10) == 0.0002358497
    assert round(parts.variance, 10) == 0.0007921325


def test_van_dyke_sensitivity_by_the_jackknife_is_the_published_one(van_dyke) -> None:
    truth, ratings = van_dyke
    right = ((ratings >= 3) == (truth == 1)[:, None]).astype(float)
    found = analysed(truth, right, "sensitivity", "jackknife")
    assert round(found.second[BOTH].estimate, 7) == 0.8222222
    assert round(found.first[BOTH].estimate, 2) == 0.92
    assert round(found.difference[BOTH].estimate, 8) == -0.09777778
    assert round(found.difference[BOTH].std_error, 8) == 0.03780451
    assert round(found.difference[BOTH].df, 5) == 15.71732
    assert round(found.difference[BOTH].p_value, 8) == 0.02008822


def test_fixed_readers_and_fixed_cases_are_the_contrast_and_the_paired_t(van_dyke) -> None:
    truth, ratings = van_dyke
    found = analysed(truth, ratings)
    areas, covariance = delong_covariance(truth, ratings)
    weight = np.tile([-0.2, 0.2], 5)
    assert found.difference[RANDOM_CASES].std_error == pytest.approx(np.sqrt(weight @ covariance @ weight))
    gains = areas[1::2] - areas[::2]
    assert found.difference[RANDOM_READERS].std_error == pytest.approx(gains.std(ddof=1) / np.sqrt(5))
    assert found.difference[RANDOM_READERS].df == 4


def test_one_reader_leaves_the_paired_delong_test_only(van_dyke) -> None:
    truth, ratings = van_dyke
    found = analysed(truth, ratings[:, :2])
    single = delong_test(truth, ratings[:, 1], ratings[:, 0])
    assert found.difference[RANDOM_CASES].p_value == pytest.approx(single.p_value)
    assert np.isnan(found.difference[BOTH].p_value)


@pytest.mark.parametrize("metric", ["auc", "sensitivity", "accuracy"])
def test_three_ways_to_the_covariance_agree(van_dyke, metric) -> None:
    truth, ratings = van_dyke
    values = ratings if metric == "auc" else ((ratings >= 3) == (truth == 1)[:, None]).astype(float)
    spread = [
        np.sqrt(np.diag(error_covariance(metric, truth, values, method=method, seed=4)[1]))
        for method in ("delong", "jackknife", "bootstrap")
    ]
    np.testing.assert_allclose(spread[1], spread[0], rtol=0.03)
    np.testing.assert_allclose(spread[2], spread[0], rtol=0.12)


def test_a_case_that_no_one_read_changes_nothing(van_dyke) -> None:
    truth, ratings = van_dyke
    unread = np.full((2, ratings.shape[1]), np.nan)
    longer = np.concatenate([truth, [0, 1]]), np.concatenate([ratings, unread])
    for method in ("delong", "jackknife"):
        plain = error_covariance("auc", truth, ratings, method=method)
        padded = error_covariance("auc", *longer, method=method)
        np.testing.assert_allclose(padded[0], plain[0])
        np.testing.assert_allclose(padded[1], plain[1], rtol=1e-10)


def test_a_case_doubled_within_its_patient_adds_no_information(van_dyke) -> None:
    truth, ratings = van_dyke
    patient = np.tile(np.arange(len(truth)), 2)
    doubled = np.tile(truth, 2), np.tile(ratings, (2, 1))
    for method in ("delong", "jackknife"):
        plain = error_covariance("auc", truth, ratings, method=method)[1]
        found = error_covariance("auc", *doubled, patient=patient, method=method)[1]
        np.testing.assert_allclose(found, plain, rtol=1e-9)


def test_weights_stand_for_repeated_cases(van_dyke) -> None:
    truth, ratings = van_dyke
    weight = np.random.default_rng(2).integers(0, 3, len(truth))
    repeated = np.repeat(np.arange(len(truth)), weight)
    found = figures_of_merit("auc", truth, ratings, weight[None, :].astype(float))
    np.testing.assert_allclose(found, figures_of_merit("auc", truth[repeated], ratings[repeated]))


def test_two_groups_with_their_own_cases_halve_the_variance_of_fixed_readers(van_dyke) -> None:
    truth, ratings = van_dyke
    n, k = ratings.shape
    split = np.full((2 * n, 2 * k), np.nan)
    split[:n, :k], split[n:, k:] = ratings, ratings
    found = analysed(np.tile(truth, 2), split, group=np.repeat([0, 1], 5))
    whole = analysed(truth, ratings)
    assert found.design == CASES_IN_GROUPS
    halved = whole.difference[RANDOM_CASES].std_error / np.sqrt(2.0)
    assert found.difference[RANDOM_CASES].std_error == pytest.approx(halved)
    assert found.difference[BOTH].estimate == pytest.approx(whole.difference[BOTH].estimate)
    assert found.difference[BOTH].std_error == pytest.approx(whole.difference[BOTH].std_error / np.sqrt(2.0))


def test_readers_of_one_arm_each_are_compared_without_pairing(van_dyke) -> None:
    truth, ratings = van_dyke
    figures, covariance = error_covariance("auc", truth, ratings)
    theta = figures.reshape(5, 2).copy()
    theta[:3, 1] = np.nan
    theta[3:, 0] = np.nan
    found = obuchowski_rockette(theta, covariance.reshape(5, 2, 5, 2))
    assert found.design == READERS_IN_ARMS
    first, second = figures.reshape(5, 2)[:3, 0], figures.reshape(5, 2)[3:, 1]
    assert found.difference[BOTH].estimate == pytest.approx(second.mean() - first.mean())
    welch = np.sqrt(first.var(ddof=1) / 3 + second.var(ddof=1) / 2)
    assert found.difference[RANDOM_READERS].std_error == pytest.approx(welch)
    theta[0, 1] = 0.8
    with pytest.raises(EstimationError, match="every reader must read both arms"):
        obuchowski_rockette(theta, covariance.reshape(5, 2, 5, 2))


def test_a_class_from_one_patient_has_no_spread() -> None:
    truth, ratings = np.array([1, 0, 0, 0]), np.arange(8.0).reshape(4, 2)
    for method in ("delong", "jackknife"):
        with pytest.raises(EstimationError):
            error_covariance("auc", truth, ratings, method=method)
    with pytest.raises(EstimationError, match="both classes"):
        error_covariance("auc", np.zeros(4), ratings)


@pytest.mark.parametrize("place", [0, 7])
def test_type_one_error_is_near_five_percent(place, monkeypatch) -> None:
    """300 studies: a test of 4 to 6 % leaves 2 to 8.5 % with probability above 0.99."""
    script = Path(__file__).parents[2] / "benchmarks" / "readers_type_one_error.py"
    spec = importlib.util.spec_from_file_location("readers_type_one_error", script)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    share, _ = module.rejected(module.SETTINGS[place], 300, seed=7)
    assert 0.02 <= share <= 0.085
