from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.evaluation import Prediction, evaluate
from her2mri.evaluation.decision_comparison import DECISION_COMPARISON_COLUMNS, compare_net_benefit
from her2mri.evaluation.decision_curve import (
    interventions_avoided,
    net_benefit,
    standardised_net_benefit,
)


@pytest.fixture
def pair(synthetic) -> tuple[Prediction, Prediction]:
    lesion, y = synthetic["lesion"], synthetic["y"]
    patient = [f"p{i // 2}" for i in range(len(y))]
    good, tied = (
        Prediction("task", model, "training", lesion, patient, y, synthetic[score], "positive")
        for model, score in (("LR", "good"), ("DT", "tied"))
    )
    return good, tied


def test_avoided_standardised_and_difference_are_those_counted_in_r(golden: Path, synthetic, pair) -> None:
    by_r = pd.read_csv(golden / "evaluation" / "decisions.csv")
    y, p, at = synthetic["y"], synthetic["good"], by_r["threshold"]
    np.testing.assert_allclose(net_benefit(y, p, at), by_r["net_benefit"], atol=1e-12)
    np.testing.assert_allclose(standardised_net_benefit(y, p, at), by_r["standardised"], atol=1e-12)
    np.testing.assert_allclose(interventions_avoided(y, p, at), by_r["avoided"], atol=1e-9)
    difference = compare_net_benefit(*pair, seed=1, thresholds=at, n_bootstrap=20).frame()["estimate"]
    np.testing.assert_allclose(difference, by_r["difference"], atol=1e-12)


def test_the_decision_curve_has_the_range_asked_for_and_a_band_about_each_figure(pair) -> None:
    at = np.arange(5, 61) / 100
    curve = evaluate(list(pair), seed=1, n_bootstrap=200, thresholds=at).decision_curve_frame()
    curve = curve[curve["model"] == "LR"]
    assert curve["threshold"].tolist() == at.tolist()
    for name, low, high in (
        ("net_benefit", "conf_low", "conf_high"),
        ("standardised_net_benefit", "standardised_low", "standardised_high"),
        ("interventions_avoided", "avoided_low", "avoided_high"),
    ):
        assert curve[name].between(curve[low], curve[high]).mean() > 0.95
    share = curve["n_events"] / curve["n"]
    assert (curve["standardised_net_benefit"] * share).tolist() == pytest.approx(
        curve["net_benefit"].tolist()
    )
    assert curve["locked_threshold"].nunique() == 1


def test_at_threshold_zero_no_intervention_is_needless(pair) -> None:
    curve = evaluate(list(pair), seed=1, n_bootstrap=50).decision_curve_frame()
    at_zero = curve[curve["threshold"] == 0][["interventions_avoided", "avoided_low", "avoided_high"]]
    assert at_zero.isna().all(axis=None)


def test_a_difference_changes_sign_with_its_order_and_is_nothing_from_itself(pair) -> None:
    good, tied = pair
    forth, back = (compare_net_benefit(*two, seed=1, n_bootstrap=100).frame() for two in (pair, (tied, good)))
    assert tuple(forth.columns) == DECISION_COMPARISON_COLUMNS
    assert forth["estimate"].tolist() == pytest.approx((-back["estimate"]).tolist())
    assert forth["estimate"].between(forth["conf_low"], forth["conf_high"]).mean() > 0.95
    same = compare_net_benefit(good, good, seed=1, n_bootstrap=20).frame()
    assert (same[["estimate", "conf_low", "conf_high"]] == 0).all(axis=None)


def test_models_on_other_lesions_and_labels_and_falling_thresholds_are_refused(pair, make_prediction) -> None:
    good = pair[0]
    with pytest.raises(ValueError, match="the same lesions of one task and sample"):
        compare_net_benefit(good, make_prediction(60), seed=1)
    labels = make_prediction(60, model="DT", is_label=True)
    with pytest.raises(ValueError, match="class labels"):
        compare_net_benefit(make_prediction(60), labels, seed=1)
    with pytest.raises(ValueError, match="rise"):
        compare_net_benefit(*pair, seed=1, thresholds=[0.3, 0.2])


def test_the_difference_is_drawn_as_the_rows_of_its_frame(pair) -> None:
    found = compare_net_benefit(*pair, seed=1, n_bootstrap=20)
    drawn = found.plot().get_lines()[1]
    np.testing.assert_array_equal(drawn.get_xydata(), found.frame()[["threshold", "estimate"]])
