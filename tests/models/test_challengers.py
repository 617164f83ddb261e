"""The families of the recommended protocol, and their development from one call."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from her2mri.cohort.split import grouped_folds
from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError
from her2mri.models.boosted_trees import BoostedTrees
from her2mri.models.development import RecipeDevelopment
from her2mri.models.elastic_net import ElasticNet
from her2mri.models.family import FAMILIES
from her2mri.models.firth_regression import FirthRegression
from her2mri.models.gradient_boosting import GradientBoosting
from her2mri.models.recipe import Recipe
from her2mri.models.spline_regression import SplineRegression
from her2mri.selection.lasso import cross_validated_lasso

NAMES = ("adc", "eer", "diameter_cm", "er_status", "shape", "ki67_status")


@pytest.fixture(scope="module")
def lesions():
    """300 made-up lesions: a curve of adc, a straight line of eer, a status, and three variables of nothing."""
    rng = np.random.default_rng(12)
    dictionary = load_dictionary()
    frame = pd.DataFrame({"adc": rng.normal(1, 0.2, 300), "eer": rng.normal(1, 0.4, 300)})
    frame["diameter_cm"] = np.exp(rng.normal(0.7, 0.4, 300))
    for name in NAMES[3:]:
        frame[name] = rng.choice(np.array(dictionary[name].values[:2]), 300)
    positive = (frame["er_status"] == dictionary["er_status"].values[1]).to_numpy()
    log_odds = -2 + 30 * (frame["adc"] - 1) ** 2 + 1.2 * (frame["eer"] - 1) + 1.2 * positive
    y = (rng.random(300) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return frame, y, np.arange(300) // 2, tuple(dictionary[name] for name in NAMES)


@pytest.fixture(scope="module")
def developed(lesions):
    frame, y, patient, candidates = lesions
    return RecipeDevelopment(Recipe(), ("LR", "EN", "Firth", "RCS", "GB"), candidates)(frame, y, patient)


def test_spline_regression_is_the_penalised_regression_of_rms(golden: Path) -> None:
    data, trace, fit = (
        pd.read_csv(golden / "models" / f"penalised_{name}.csv") for name in ("data", "trace", "fit")
    )
    X, y = data.drop(columns="y").to_numpy(), data["y"].to_numpy()
    found = SplineRegression().fit(X, y)
    search = found.search().sort_values("penalty")
    null = -2 * np.sum(y * np.log(y.mean()) + (1 - y) * np.log(1 - y.mean()))
    np.testing.assert_allclose(search["effective"], trace["effective"], atol=1e-5)
    np.testing.assert_allclose(null - search["aicc"], trace["aic_c"], atol=1e-5)
    assert found.penalty_ == trace["penalty"][trace["aic_c"].idxmax()]
    np.testing.assert_allclose([found.intercept_, *found.coef_], fit["estimate"], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(np.diag(found.covariance_), fit["variance"], rtol=1e-4)


def test_the_elastic_net_takes_the_share_of_lowest_deviance_in_folds_that_part_no_patient(lesions) -> None:
    frame, y, patient, _ = lesions
    X = frame[["adc", "eer", "diameter_cm"]].to_numpy()
    net = ElasticNet(alphas=(1.0, 0.5), random_state=3).fit(X, y, patient)
    folds = grouped_folds(y, patient, 5, 3)
    expected = {
        alpha: cross_validated_lasso(X, y, folds, alpha=alpha, n_penalties=50).deviance.min()
        for alpha in (1.0, 0.5)
    }
    assert net.search()["cross_validated_deviance"].tolist() == list(expected.values())
    assert net.alpha_ == min(expected, key=expected.__getitem__)
    assert net.search().loc[net.search()["chosen"], "alpha"].tolist() == [net.alpha_]


def test_an_elastic_net_that_leaves_nothing_gives_everybody_the_share_of_events() -> None:
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(90, 2)), np.tile([0, 0, 1], 30)
    net = ElasticNet(alphas=(1.0,)).fit(X, y)
    assert not net.used_columns().any()
    np.testing.assert_allclose(net.predict_proba(X)[:, 1], 1 / 3)
    assert net.notes() == ("No variable is left: all lesions have the same probability.",)


def test_the_smallest_penalty_is_noted_as_the_edge_of_the_grid() -> None:
    x = np.linspace(-1, 1, 200)
    y = ((x > 0) ^ (np.arange(200) % 25 == 0)).astype(np.int64)
    net = ElasticNet(alphas=(0.0,)).fit(x[:, None], y)
    assert net.paths_[0.0].index_min == 99
    assert net.notes()[0].startswith("Chosen at the edge of the grid: penalty 0.")


@pytest.mark.parametrize("estimator", [ElasticNet(), FirthRegression(), SplineRegression()])
def test_the_mean_probability_of_a_penalised_regression_is_the_share_of_events(estimator, lesions) -> None:
    frame, y, patient, _ = lesions
    X = frame[["adc", "eer"]].to_numpy()
    assert estimator.fit(X, y, patient).predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=1e-6)


@pytest.mark.parametrize("estimator", [FirthRegression(), SplineRegression()])
def test_a_term_that_separates_the_classes_has_a_finite_coefficient(estimator, lesions) -> None:
    frame, y, _, _ = lesions
    X = np.column_stack([frame["adc"], y * (np.arange(300) % 3 == 0)])
    estimator.fit(X, y)
    assert 0 < estimator.coef_[1] < 15
    if isinstance(estimator, FirthRegression):
        assert estimator.notes() == (
            "A term separates the classes: its estimate is finite by the penalty alone.",
        )


def test_boosting_gives_the_same_probabilities_twice_and_says_where_its_grid_ends(lesions) -> None:
    frame, y, patient, _ = lesions
    X = frame[["adc", "eer"]].to_numpy()
    first, second = (GradientBoosting((1, 2), 20, random_state=4).fit(X, y, patient) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert (first.depth_, first.n_trees_) == (2, 20)
    assert first.notes() == ("Chosen at the edge of the grid: depth 2, 20 trees.",)
    assert first.search()["cross_validated_deviance"].idxmin() == 1


def test_splines_find_the_curve_that_a_straight_line_misses(lesions) -> None:
    frame, y, patient, candidates = lesions
    fits = {name: Recipe().fit(name, frame, y, patient, candidates[:2]) for name in ("LR", "RCS")}
    probability = {name: fit.probability(frame) for name, fit in fits.items()}
    brier = {name: np.mean((values - y) ** 2) for name, values in probability.items()}
    assert brier["RCS"] < 0.95 * brier["LR"]
    assert fits["RCS"].encoding.names == ("adc", "adc'", "adc''", "eer", "eer'", "eer''")


def test_one_call_develops_each_family_from_what_it_takes(developed) -> None:
    selected = developed["LR"].selected
    assert 0 < len(selected) < len(NAMES)
    for name, model in developed.items():
        encoded = {variable.name for variable in model.fit.encoding.variables}
        assert encoded == (set(selected) if FAMILIES[name].predictors == "selected" else set(NAMES))
        assert set(model.selected) <= encoded
    assert {developed[name].selected for name in ("LR", "Firth", "RCS")} == {selected}
    net = developed["EN"].fit
    terms = zip(net.encoding.terms, net.estimator.coef_, strict=True)
    assert set(developed["EN"].selected) == {term.variable for term, coefficient in terms if coefficient}


def test_the_predictors_are_selected_once_and_not_at_all_where_no_family_asks(lesions, monkeypatch) -> None:
    frame, y, patient, candidates = lesions
    calls, select = [], Recipe.select

    def counted(self, *arguments, **options):
        calls.append(1)
        return select(self, *arguments, **options)

    monkeypatch.setattr(Recipe, "select", counted)
    RecipeDevelopment(Recipe(), ("LR", "Firth", "RCS"), candidates)(frame, y, patient)
    assert len(calls) == 1
    RecipeDevelopment(Recipe(), ("EN",), candidates)(frame, y, patient)
    assert len(calls) == 1


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_boosted_trees_are_those_of_scikit_learn(depth) -> None:
    rng = np.random.default_rng(depth)
    X = rng.normal(size=(240, 7))
    X[:, 4:] = X[:, 4:] > [0, 0.5, 1]
    y = (rng.random(240) < 1 / (1 + np.exp(-X[:, 0] * X[:, 1] - X[:, 2] - X[:, 4]))).astype(np.int64)
    theirs = GradientBoostingClassifier(
        n_estimators=60,
        learning_rate=0.05,
        max_depth=depth,
        min_samples_leaf=8,
        subsample=0.5,
        random_state=7,
    ).fit(X, y)
    ours = BoostedTrees.grown(X, y, depth=depth, n_trees=60, rate=0.05, min_samples_leaf=8, random_state=7)
    other = rng.normal(size=(50, 7))
    staged = [both[:, 1] for both in theirs.staged_predict_proba(other)]
    np.testing.assert_allclose(ours.staged_probability(other), staged, atol=1e-13)
    np.testing.assert_array_equal(ours.used(7), theirs.feature_importances_ > 0)


def test_what_was_chosen_reads_as_words_for_every_family(lesions, developed) -> None:
    frame, y, patient, candidates = lesions
    said = {name: model.fit.settings() for name, model in developed.items()}
    assert (said["LR"], said["Firth"]) == ("", "")
    tree = Recipe().fit("DT", frame, y, patient, candidates[:1])
    for settings, pattern in (
        (said["EN"], r"share of LASSO [\d.]+, penalty [\d.]+, \d+ terms left"),
        (said["RCS"], r"ridge penalty [\d.]+, [\d.]+ effective coefficients"),
        (said["GB"], r"depth [123], \d+ trees"),
        (tree.settings(), r"depth \d, at least \d+ lesions a leaf"),
    ):
        assert re.fullmatch(pattern, settings), settings


def test_a_resample_without_a_level_still_predicts_the_lesions_that_have_it(lesions) -> None:
    frame, y, patient, candidates = lesions
    without = (frame["shape"] == frame["shape"].iloc[0]).to_numpy()
    models = RecipeDevelopment(Recipe(), ("EN",), candidates)(frame[without], y[without], patient[without])
    assert np.isfinite(models["EN"].probability(frame)).all()


@pytest.mark.parametrize(
    ("name", "n_events", "problem"),
    [
        ("EN", 2, "3 patients of each class, got 2"),
        ("GB", 1, "two patients"),
        ("RCS", 0, "RCS: .* one class"),
    ],
)
def test_lesions_that_carry_no_model_are_refused_as_every_development_refuses_them(
    lesions, name, n_events, problem
) -> None:
    frame, _, _, candidates = lesions
    y = (np.arange(300) < n_events).astype(np.int64)
    with pytest.raises(EstimationError, match=problem):
        Recipe().fit(name, frame, y, np.arange(300), candidates)
