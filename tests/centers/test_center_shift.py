from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from her2mri.centers.center_shift import (
    DEVELOPMENT,
    NEW_CENTER,
    REWEIGHTED,
    CenterShift,
    Lesions,
    center_shift,
)
from her2mri.centers.membership import fit_membership, ridge_logistic, trimmed_weights
from her2mri.centers.reweighting import weighted_scores
from her2mri.dictionary import Variable
from her2mri.dictionary.variable import Level
from her2mri.errors import TableError
from her2mri.evaluation.calibration import brier, calibration_in_the_large
from her2mri.evaluation.discrimination import auc

X1 = Variable("x1", "Size", "continuous", "predictor", "mri", unit="cm")
X2 = Variable(
    "x2", "Shape", "category", "predictor", "mri", levels=(Level("a", "Round"), Level("b", "Irregular"))
)


def _side(n: int, *, mean: float = 0.0, sd: float = 1.0, shift: float = 0.0, seed: int = 1) -> Lesions:
    """Lesions whose log odds are x1 - 0.5 + ``shift``; the model knows all but the shift."""
    rng = np.random.default_rng(seed)
    x1 = rng.normal(mean, sd, n)
    frame = pd.DataFrame({"x1": x1, "x2": rng.choice(["a", "b"], n)})
    y = (rng.random(n) < expit(x1 - 0.5 + shift)).astype(int)
    return Lesions(frame, y, expit(x1 - 0.5), np.arange(n) // 2)


def _shift(new: Lesions, **options: int) -> CenterShift:
    return center_shift(_side(500), new, [X1, X2], seed=4, **{"n_resamples": 20, **options})


def _estimates(found: CenterShift) -> pd.Series:
    return found.frame().set_index(["sample", "metric"])["estimate"]


def test_weighted_metrics_are_those_of_repeated_lesions() -> None:
    rng = np.random.default_rng(2)
    y, p, counts = rng.integers(0, 2, 60), rng.random(60).round(1), rng.integers(0, 4, 60)
    found = weighted_scores(y.astype(float), p, counts.astype(float))
    again = np.repeat(np.arange(60), counts)
    expected = [
        auc(y[again], p[again]),
        brier(y[again], p[again]),
        calibration_in_the_large(y[again], p[again]).estimate,
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_ridge_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    X, weights = rng.normal(size=(80, 3)), rng.integers(0, 3, 80).astype(float)
    y = (rng.random(80) < expit(X[:, 0])).astype(int)
    ours = ridge_logistic(X, y, 3.0, weights=weights)
    theirs = LogisticRegression(C=1 / 3.0, tol=1e-10, max_iter=1000).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(ours, [*theirs.intercept_, *theirs.coef_[0]], atol=1e-5)


def test_centers_of_one_kind_cannot_be_told_apart_and_weights_change_nothing() -> None:
    found = _shift(_side(300, seed=9))
    values = _estimates(found)
    low, high = found.frame().loc[0, ["conf_low", "conf_high"]]
    assert low < 0.5 < high + 0.03
    assert values[REWEIGHTED, "auc"] == pytest.approx(values[DEVELOPMENT, "auc"], abs=0.02)
    effective = found.frame().set_index(["sample", "metric"])["effective_n"]
    assert effective[REWEIGHTED, "auc"] > 0.9 * 500


def test_a_narrower_case_mix_explains_the_lower_auc() -> None:
    values = _estimates(_shift(_side(500, sd=0.5, seed=7)))
    assert values["both", "membership_auc"] > 0.6
    assert values[NEW_CENTER, "linear_predictor_sd"] < 0.6 < values[DEVELOPMENT, "linear_predictor_sd"]
    assert values[REWEIGHTED, "linear_predictor_sd"] == pytest.approx(
        values[NEW_CENTER, "linear_predictor_sd"], abs=0.12
    )
    assert values[DEVELOPMENT, "auc"] - values[NEW_CENTER, "auc"] > 0.08
    assert values[REWEIGHTED, "auc"] == pytest.approx(values[NEW_CENTER, "auc"], abs=0.06)


def test_what_case_mix_does_not_explain_stays_between_reweighted_and_new() -> None:
    values = _estimates(_shift(_side(500, mean=0.6, shift=1.0, seed=7)))
    metric = "calibration_in_the_large"
    assert values[REWEIGHTED, metric] == pytest.approx(values[DEVELOPMENT, metric], abs=0.2)
    assert values[NEW_CENTER, metric] == pytest.approx(1.0, abs=0.3)


def test_weights_are_trimmed_and_have_mean_one() -> None:
    weights = trimmed_weights(np.array([*np.ones(199), 1e6]))
    assert weights.mean() == pytest.approx(1.0)
    assert weights.max() < 1e5


def test_membership_probability_of_a_patient_comes_from_others() -> None:
    """A column that names each patient tells nothing of others: no better than chance."""
    n = 60
    frame = pd.DataFrame({"x2": [f"p{i // 2}" for i in range(n)]})
    names = Variable(
        "x2",
        "Name",
        "category",
        "predictor",
        "g",
        levels=tuple(Level(v, v) for v in dict.fromkeys(frame["x2"])),
    )
    member = np.repeat([0, 1], n // 2)
    found = fit_membership(frame, [names], member, np.arange(n) // 2, seed=1)
    assert found.auc.estimate <= 0.5


def test_differences_have_a_sign_and_gaps_are_shown() -> None:
    new = _side(300, mean=1.0, seed=5)
    new.frame.loc[:60, "x1"] = np.nan
    table = _shift(new, n_resamples=2).differences_frame().set_index("label")["standardised_difference"]
    assert table["Size (cm)"] == pytest.approx(1.0, abs=0.2)
    assert table["Size: missing"] > 0.4
    assert abs(table["Shape: Irregular"]) < 0.2


def test_the_plots_draw_both_sides_and_every_difference() -> None:
    found = _shift(_side(100, mean=1.0, seed=5), n_resamples=2)
    legend = [text.get_text() for text in found.plot().get_legend().get_texts()]
    assert [text.split(":")[0] for text in legend] == ["Development", "New center"]
    drawn = [tick.get_text() for tick in found.plot_differences().get_yticklabels()]
    assert sorted(drawn) == sorted(found.differences_frame()["label"])


def test_linear_predictors_are_of_the_one_model_and_performance_of_the_honest_probabilities() -> None:
    old = _side(500)
    halved = Lesions(old.frame, old.y, old.probability, old.patient, expit((old.frame["x1"] - 0.5) / 2))
    plain, other = (
        _estimates(center_shift(one, _side(100, seed=5), [X1], seed=4, n_resamples=2))
        for one in (old, halved)
    )
    assert other[DEVELOPMENT, "linear_predictor_sd"] == pytest.approx(
        plain[DEVELOPMENT, "linear_predictor_sd"] / 2
    )
    assert other[DEVELOPMENT, "brier"] == plain[DEVELOPMENT, "brier"]


def test_the_display_has_three_samples_side_by_side() -> None:
    table = _shift(_side(100, seed=5), n_resamples=2).display()
    assert len(table.header) == 4
    assert table.rows[0][0] == "Lesions (effective)"
    assert "Membership AUC 0." in table.note


def test_the_same_seed_gives_the_same_table() -> None:
    first, again = (_shift(_side(80, seed=5)).frame() for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def test_a_side_of_a_few_patients_is_refused() -> None:
    with pytest.raises(TableError, match="6 patients"):
        _shift(_side(12))
