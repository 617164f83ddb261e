from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.errors import EstimationError
from her2mri.evaluation.classification import youden_threshold
from her2mri.evaluation.delong import delong_covariance, delong_interval, delong_test, newcombe_interval
from her2mri.evaluation.discrimination import auc, roc_curve

OUTCOMES_AND_SCORES = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=4, max_size=40).filter(
    lambda rows: 2 <= sum(event for event, _ in rows) <= len(rows) - 2
)


def _arrays(rows: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([int(event) for event, _ in rows]), np.array([float(score) for _, score in rows])


@pytest.mark.parametrize("score", ["good", "tied"])
def test_auc_and_delong_interval_are_those_of_proc(synthetic, answers, score: str) -> None:
    found = delong_interval(synthetic["y"], synthetic[score])
    given = (found.estimate, found.conf_low, found.conf_high, found.std_error)
    expected = [answers[score, name] for name in ("auc", "auc_low", "auc_high", "auc_se")]
    assert given == pytest.approx(expected, abs=1e-12)
    assert found.method == "DeLong"


def test_paired_delong_test_is_that_of_proc(synthetic, answers) -> None:
    found = delong_test(synthetic["y"], synthetic["good"], synthetic["tied"])
    assert found.statistic == pytest.approx(answers["good-tied", "statistic"], abs=1e-10)
    assert found.p_value == pytest.approx(answers["good-tied", "p_value"], abs=1e-10)
    _, covariance = delong_covariance(synthetic["y"], synthetic[["good", "tied"]])
    assert covariance[0, 1] == pytest.approx(answers["good-tied", "covariance"], abs=1e-12)


def test_published_answers_on_subarachnoid_haemorrhage(shared: Path) -> None:
    table = pd.read_csv(shared / "data" / "reference" / "pROC_aSAH.csv")
    y = (table["outcome"] == "Poor").to_numpy().astype(int)
    assert auc(y, table["wfns"]) == pytest.approx(0.8236789, abs=5e-8)
    assert auc(y, table["ndka"]) == pytest.approx(0.611958, abs=5e-7)
    s100b = delong_interval(y, table["s100b"])
    assert (s100b.estimate, s100b.conf_low, s100b.conf_high) == pytest.approx(
        (0.7313686, 0.6301, 0.8326), abs=5e-5
    )
    first = delong_test(y, table["wfns"], table["s100b"])
    assert (first.statistic, first.p_value) == pytest.approx((2.20898359, 0.02717578), abs=5e-9)
    second = delong_test(y, table["s100b"], table["ndka"])
    assert (second.statistic, second.p_value) == pytest.approx((1.39077, 0.1642952), abs=5e-6)
    assert youden_threshold(y, table["s100b"]) == pytest.approx(0.205)


@settings(deadline=None)
@given(OUTCOMES_AND_SCORES)
def test_auc_is_the_area_under_the_curve_and_the_share_of_ordered_pairs(rows: list[tuple[bool, int]]) -> None:
    y, score = _arrays(rows)
    curve = roc_curve(y, score)
    difference = score[y == 1][:, None] - score[y == 0]
    pairs = np.mean((difference > 0) + 0.5 * (difference == 0))
    assert auc(y, score) == pytest.approx(pairs)
    assert np.trapezoid(curve.sensitivity, 1 - curve.specificity) == pytest.approx(pairs)


@settings(deadline=None)
@given(OUTCOMES_AND_SCORES)
def test_auc_and_its_error_ignore_a_monotone_transform_and_mirror_with_the_classes(rows) -> None:
    y, score = _arrays(rows)
    found = delong_interval(y, score)
    transformed = delong_interval(y, np.exp(score))
    mirrored = delong_interval(1 - y, score)
    reversed_ = delong_interval(y, -score)
    assert transformed == found
    for other in (mirrored, reversed_):
        assert other.estimate == pytest.approx(1 - found.estimate)
        assert other.std_error == pytest.approx(found.std_error)
        assert other.conf_low == pytest.approx(1 - found.conf_high, abs=1e-9)


@settings(deadline=None)
@given(OUTCOMES_AND_SCORES)
def test_every_row_of_the_roc_curve_is_true_of_its_threshold(rows) -> None:
    y, score = _arrays(rows)
    curve = roc_curve(y, score)
    for threshold, sensitivity, specificity in curve.frame().itertuples(index=False):
        assert sensitivity == pytest.approx(np.mean(score[y == 1] >= threshold))
        assert specificity == pytest.approx(np.mean(score[y == 0] < threshold))


def test_neighbouring_floating_point_scores_are_still_told_apart() -> None:
    low = 0.3
    high = np.nextafter(low, 1)
    assert low < youden_threshold([0, 1], [low, high]) <= high


def test_separated_classes_get_an_interval_with_width() -> None:
    found = delong_interval([0] * 10 + [1] * 10, range(20))
    assert (found.estimate, found.conf_high) == (1.0, 1.0)
    assert 0.7 < found.conf_low < 0.9
    assert found.method.startswith("Newcombe")
    assert newcombe_interval(0.0, 10, 10)[1] == pytest.approx(1 - found.conf_low)


def test_one_patient_in_a_class_gets_an_interval_from_the_class_sizes() -> None:
    found = delong_interval([1, 0, 0, 0], [0.6, 0.1, 0.9, 0.2])
    assert np.isnan(found.std_error)
    assert found.conf_low < found.estimate < found.conf_high


@pytest.mark.parametrize("y", [[0, 0, 0], [1, 1, 1]])
def test_one_class_has_no_roc_curve(y: list[int]) -> None:
    with pytest.raises(EstimationError, match="both classes"):
        roc_curve(y, [0.1, 0.2, 0.3])
    with pytest.raises(EstimationError, match="both classes"):
        delong_interval(y, [0.1, 0.2, 0.3])


def test_lesions_counted_twice_do_not_narrow_the_interval_by_patient(synthetic) -> None:
    once = delong_interval(synthetic["y"], synthetic["good"])
    twice = pd.concat([synthetic, synthetic])
    naive = delong_interval(twice["y"], twice["good"])
    by_patient = delong_interval(twice["y"], twice["good"], patient=twice["lesion"])
    assert by_patient.std_error == pytest.approx(once.std_error, rel=1e-9)
    assert naive.std_error < 0.75 * once.std_error
    assert by_patient.method == "DeLong, by patient (Obuchowski)"


def test_delong_interval_covers_as_it_says() -> None:
    rng = np.random.default_rng(7)
    truth = (
        0.7602499389065233  # normal distribution function at 1 / sqrt(2): a shift of one standard deviation
    )
    y = np.repeat([0, 1], [70, 40])
    covered = []
    for _ in range(3000):  # in 20,000 repeats 94.1 % cover
        found = delong_interval(y, rng.normal(size=110) + y)
        covered.append(found.conf_low <= truth <= found.conf_high)
    assert 0.92 <= np.mean(covered) <= 0.98
