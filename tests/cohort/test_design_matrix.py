"""Continuous variables as restricted cubic splines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2mri.cohort.design_matrix import Encoding
from her2mri.cohort.restricted_cubic_spline import restricted_cubic_spline, spline_knots
from her2mri.dictionary import load_dictionary

EER, SHAPE = load_dictionary()["eer"], load_dictionary()["shape"]


@pytest.fixture(scope="module")
def splines(golden: Path) -> pd.DataFrame:
    return pd.read_csv(golden / "models" / "splines.csv")


@pytest.mark.parametrize("k", [3, 4, 5])
def test_basis_and_knots_are_those_of_rms(splines: pd.DataFrame, k: int) -> None:
    x = splines["x"].to_numpy()
    knots = spline_knots(x, k)
    theirs = splines[[f"knot{k}_{j}" for j in range(1, k + 1)]].iloc[0]
    basis = splines[[f"k{k}_{j}" for j in range(1, k)]]
    assert np.allclose(knots, theirs, rtol=0, atol=1e-12)
    assert np.allclose(restricted_cubic_spline(x, knots), basis, rtol=1e-12, atol=1e-12)


def test_outer_knots_of_few_values_are_the_fifth_from_each_end(splines: pd.DataFrame) -> None:
    theirs = splines[[f"few_{j}" for j in range(1, 5)]].iloc[0]
    assert np.allclose(spline_knots(splines["x"].to_numpy()[:60], 4), theirs, rtol=0, atol=1e-12)


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=6), st.floats(0.1, 30))
def test_a_spline_is_straight_beyond_its_outer_knots(bends: list[float], step: float) -> None:
    knots = np.cumsum(1 + np.abs(bends))
    for start in (knots[-1], knots[0] - 2 * step):
        basis = restricted_cubic_spline([start, start + step, start + 2 * step], knots)
        turn = basis[2] - 2 * basis[1] + basis[0]
        assert np.abs(turn).max() <= 1e-9 * (1 + np.abs(basis).max())


def test_terms_of_a_spline_stand_together_and_keep_their_knots() -> None:
    frame = pd.DataFrame({"eer": np.linspace(0, 2, 101), "shape": ["irregular", *["round_or_oval"] * 100]})
    learned = Encoding.learn(frame, [EER, SHAPE], knots=4)
    assert learned.names == ("eer", "eer'", "eer''", "shape=irregular")
    assert learned.groups.tolist() == [0, 0, 0, 1]
    elsewhere = frame.assign(eer=frame["eer"] + 3)
    expected = restricted_cubic_spline(elsewhere["eer"].to_numpy(), spline_knots(frame["eer"].to_numpy(), 4))
    assert np.array_equal(learned.matrix(elsewhere)[:, :3], expected)


def test_a_missing_measurement_is_missing_in_every_bend() -> None:
    frame = pd.DataFrame({"eer": [*np.linspace(0, 2, 50), np.nan]})
    matrix = Encoding.learn(frame, [EER], knots=3).matrix(frame)
    assert np.isnan(matrix[-1]).all()
    assert np.isfinite(matrix[:-1]).all()


@pytest.mark.parametrize(
    ("values", "n_knots"), [([0, 0.5, 1, 1.5] * 10, 4), ([0, 1, 2] * 40, 3), ([0, 1] * 40, 0)]
)
def test_fewer_knots_where_quantiles_coincide(values: list[float], n_knots: int) -> None:
    terms = Encoding.learn(pd.DataFrame({"eer": values}), [EER], knots=5).terms
    assert len(terms) == max(1, n_knots - 1)
    assert {len(term.knots) for term in terms} == {n_knots}


def test_without_knots_a_measurement_stays_as_it_is() -> None:
    frame = pd.DataFrame({"eer": np.linspace(0, 2, 50)})
    assert Encoding.learn(frame, [EER]).matrix(frame).ravel().tolist() == frame["eer"].tolist()


def test_knots_must_be_three_to_five_and_rise() -> None:
    with pytest.raises(ValueError, match="3, 4 or 5 knots, got 6"):
        spline_knots([1.0, 2.0], 6)
    with pytest.raises(ValueError, match="3 rising knots"):
        restricted_cubic_spline([1.0], [0.0, 1.0, 1.0])
