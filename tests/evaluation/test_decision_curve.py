from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.evaluation.decision_curve import (
    DCA_RULES,
    DECISION_THRESHOLDS,
    dca_optimal_threshold,
    net_benefit,
    treat_all,
    treat_none,
)

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=1, max_size=40)


@pytest.mark.parametrize("score", ["good", "tied"])
def test_net_benefit_is_that_of_dcurves(golden: Path, synthetic, score: str) -> None:
    table = pd.read_csv(golden / "evaluation" / "dcurves_synthetic.csv")
    at = table["threshold"]
    np.testing.assert_allclose(net_benefit(synthetic["y"], synthetic[score], at), table[score], atol=1e-12)
    np.testing.assert_allclose(treat_all(synthetic["y"], at), table["all"], atol=1e-12)


def test_net_benefit_is_that_of_dcurves_on_its_own_table(golden: Path, shared: Path) -> None:
    table = pd.read_csv(golden / "evaluation" / "dcurves_binary.csv")
    data = pd.read_csv(shared / "data" / "reference" / "dcurves_df_binary.csv")
    at = table["threshold"]
    found = {name: net_benefit(data["cancer"], data[name], at) for name in ("cancerpredmarker", "famhistory")}
    np.testing.assert_allclose(found["cancerpredmarker"], table["cancerpredmarker"], atol=1e-8)
    np.testing.assert_allclose(found["famhistory"][1:], table["famhistory"][1:], atol=1e-8)
    # dcurves leaves a risk of 0 negative at threshold 0; here a lesion at the threshold is positive everywhere
    assert found["famhistory"][0] == pytest.approx(data["cancer"].mean())
    np.testing.assert_allclose(treat_all(data["cancer"], at), table["all"], atol=1e-8)


@settings(deadline=None)
@given(ROWS)
def test_at_threshold_zero_everybody_is_treated_and_the_benefit_is_the_prevalence(rows) -> None:
    y, p = np.array([y for y, _ in rows]), np.array([p for _, p in rows]) / 20
    assert treat_all(y, 0.0) == pytest.approx(y.mean())
    assert net_benefit(y, p, 0.0) == pytest.approx(y.mean())
    assert np.all(net_benefit(y, p, DECISION_THRESHOLDS) <= y.mean() + 1e-12)


@settings(deadline=None)
@given(ROWS, st.floats(0, 0.99))
def test_net_benefit_is_its_definition(rows, threshold: float) -> None:
    y, p = np.array([y for y, _ in rows]), np.array([p for _, p in rows]) / 20
    called = p >= threshold
    odds = threshold / (1 - threshold)
    expected = (called & (y == 1)).mean() - odds * (called & (y == 0)).mean()
    assert net_benefit(y, p, threshold) == pytest.approx(expected)


def test_a_probability_of_every_hundredth_is_positive_at_its_own_threshold() -> None:
    for threshold in DECISION_THRESHOLDS[1:]:
        assert net_benefit([1], [round(float(threshold), 2)], threshold) == 1.0


def test_the_rules_of_the_optimal_threshold_mean_what_they_say() -> None:
    y, p = [0, 0, 0, 1, 0, 1], [0.05, 0.1, 0.2, 0.3, 0.5, 0.8]
    found = {rule: dca_optimal_threshold(y, p, rule=rule) for rule in DCA_RULES}
    benefit, everyone = (
        f(DECISION_THRESHOLDS[1:]) for f in (lambda t: net_benefit(y, p, t), lambda t: treat_all(y, t))
    )
    at = DECISION_THRESHOLDS[1:]
    assert found["highest_net_benefit"] == at[np.argmax(benefit)]
    assert found["highest_gain"] == at[np.argmax(np.round(benefit - np.maximum(everyone, 0), 9))]
    assert found["last_positive_net_benefit"] == 0.8


def test_a_useless_model_has_no_threshold_of_highest_gain() -> None:
    assert np.isnan(dca_optimal_threshold([0, 1], [0.5, 0.5], rule="highest_gain"))


@pytest.mark.parametrize("threshold", [1.0, -0.1, float("nan")])
def test_thresholds_outside_the_range_are_refused(threshold: float) -> None:
    for function in (lambda: net_benefit([0, 1], [0.1, 0.9], threshold), lambda: treat_none(threshold)):
        with pytest.raises(ValueError, match="0 <= threshold < 1"):
            function()
