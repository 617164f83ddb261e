from __future__ import annotations

import numpy as np
import pytest

from her2mri.evaluation.bootstrap import (
    distance_interval,
    patient_weights,
    percentile_interval,
    seed_of,
    symmetric_interval,
)
from her2mri.evaluation.classification import youden_positions, youden_threshold
from her2mri.evaluation.cutoffs import counts_by_cutoff


def test_resamples_take_patients_whole_and_as_many_as_there_are() -> None:
    patient = np.array(["a", "b", "a", "c", "d"])
    weights = patient_weights(patient, 200, np.random.SeedSequence(3))
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.all(weights[:, [0, 1, 3, 4]].sum(axis=1) == 4)
    assert weights.mean() == pytest.approx(1.0, abs=0.1)


def test_a_cutoff_chosen_by_weights_is_the_one_of_the_resample_written_out(make_prediction) -> None:
    prediction = make_prediction(60)
    weights = patient_weights(prediction.patient, 50, np.random.SeedSequence(1))
    counts = counts_by_cutoff(prediction.y, prediction.probability, weights=weights)
    chosen = youden_positions(counts)
    for row in range(50):
        lesions = np.repeat(np.arange(60), weights[row].astype(int))
        y, p = prediction.y[lesions], prediction.probability[lesions]
        found = p >= youden_threshold(y, p)
        assert counts.true_positives[row, chosen[row]] == (found & (y == 1)).sum()
        assert counts.false_positives[row, chosen[row]] == (found & (y == 0)).sum()


def test_each_name_has_a_seed_of_its_own_that_never_moves() -> None:
    first = np.random.default_rng(seed_of(1, "her2", "LR", "training")).integers(0, 1000, 3)
    assert first.tolist() == [717, 42, 775]
    assert seed_of(1, "ab", "c").entropy != seed_of(1, "a", "bc").entropy


def test_percentile_interval_is_that_of_the_mean_of_a_normal_sample() -> None:
    values = np.random.default_rng(5).normal(size=200)
    weights = patient_weights(np.arange(200), 4000, np.random.SeedSequence(5))
    found = percentile_interval(weights @ values / 200)
    half = 1.96 * values.std() / np.sqrt(200)
    assert (found.conf_low, found.conf_high) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.012
    )


def test_most_resamples_failed_leaves_no_interval() -> None:
    found = percentile_interval(np.array([1.0, np.nan, np.nan]))
    assert np.isnan(found.conf_low)
    assert (found.n_failed, found.n_resamples) == (2, 3)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="n_resamples must be 1 or more, got 0"):
        patient_weights(["a"], 0, np.random.SeedSequence(1))
    with pytest.raises(ValueError, match="0 < confidence < 1, got 95"):
        percentile_interval(np.array([1.0]), confidence=95)


def test_the_interval_of_a_distance_holds_it_where_resamples_stray_from_zero_as_the_sample_does() -> None:
    rng, held, equal_arms = np.random.default_rng(8), [], []
    shift = np.array(
        [0.6, 0.0, 0.0, 0.0]
    )  # the truth is its length; each coordinate is measured with error 0.5
    for _ in range(2000):
        seen = shift + 0.5 * rng.normal(size=4)
        again = np.linalg.norm(seen + 0.5 * rng.normal(size=(400, 4)), axis=1)
        found, plain = (
            how(float(np.linalg.norm(seen)), again) for how in (distance_interval, symmetric_interval)
        )
        held.append(found.conf_low <= 0.6 <= found.conf_high)
        equal_arms.append(plain.conf_low <= 0.6 <= plain.conf_high)
    assert 0.94 <= np.mean(held) <= 0.98
    assert np.mean(equal_arms) < 0.94
