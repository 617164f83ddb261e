from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2mri.errors import EstimationError
from her2mri.statistics.random_effects import random_effects

ANSWERS = [
    "estimate", "std_error", "conf_low", "conf_high", "tau_squared", "i_squared", "q", "q_p_value",
    "prediction_low", "prediction_high",
]  # fmt: skip


@pytest.mark.parametrize("number", range(1, 9))
def test_pooling_is_that_of_metafor(golden: Path, number: int) -> None:
    given_set = pd.read_csv(golden / "centers" / "pooling_input.csv").query("set == @number")
    answer = pd.read_csv(golden / "centers" / "pooling.csv").set_index("set").loc[number]
    pooled = random_effects(given_set["y"], np.sqrt(given_set["v"]))
    found = [getattr(pooled, name) for name in ANSWERS]
    np.testing.assert_allclose(found, answer[ANSWERS].to_numpy(dtype=float), rtol=1e-6, atol=1e-9)


_centers = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=3, max_size=8)


@given(_centers, st.floats(-5, 5), st.floats(0.1, 10))
def test_pooling_follows_shift_and_scale(
    centers: list[tuple[float, float]], shift: float, scale: float
) -> None:
    y, error = np.array(centers).T
    plain, moved = random_effects(y, error), random_effects(shift + scale * y, scale * error)
    assert moved.estimate == pytest.approx(shift + scale * plain.estimate, abs=1e-5 * (1 + scale))
    assert moved.prediction_high - moved.estimate == pytest.approx(
        scale * (plain.prediction_high - plain.estimate), rel=1e-4
    )


@given(_centers)
def test_prediction_interval_holds_the_interval_which_holds_the_estimate(
    centers: list[tuple[float, float]],
) -> None:
    pooled = random_effects(*np.array(centers).T)
    assert pooled.prediction_low <= pooled.conf_low <= pooled.estimate
    assert pooled.estimate <= pooled.conf_high <= pooled.prediction_high
    assert sum(pooled.weights) == pytest.approx(1.0)


def test_intervals_cover_what_they_say_where_centers_differ_much() -> None:
    rng, hits = np.random.default_rng(3), np.zeros(2)
    for _ in range(400):
        error = rng.uniform(0.15, 0.6, 8)
        pooled = random_effects(rng.normal(0.0, 1.5, 8) + rng.normal(0.0, error), error)
        new = rng.normal(0.0, 1.5)
        hits += (
            pooled.conf_low <= 0 <= pooled.conf_high,
            pooled.prediction_low <= new <= pooled.prediction_high,
        )
    assert (np.abs(hits / 400 - 0.95) < 0.035).all()


def test_one_center_cannot_be_pooled() -> None:
    with pytest.raises(EstimationError, match="2 centers or more, got 1"):
        random_effects([0.3], [0.1])


@pytest.mark.parametrize(
    ("estimates", "errors", "said"),
    [
        ([0.1, np.nan], [0.1, 0.1], "estimates must be finite"),
        ([0.1, 0.2], [0.1, 0.0], "std_errors must be finite and above 0"),
        ([0.1, 0.2], [0.1], "of one shape"),
    ],
)
def test_values_that_cannot_be_pooled_are_refused(
    estimates: list[float], errors: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        random_effects(estimates, errors)
