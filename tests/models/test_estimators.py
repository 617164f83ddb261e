from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.base import clone

from her2mri.dictionary import load_dictionary
from her2mri.errors import TableError
from her2mri.models.family import FAMILIES
from her2mri.models.logistic_regression import LogisticRegression
from her2mri.models.nearest_neighbours import NearestNeighbours
from her2mri.models.recipe import Recipe
from her2mri.models.support_vector_machine import SupportVectorMachine, platt_sigmoid, radial_margin
from her2mri.models.tuning import make, tune
from her2mri.vocabulary import CHALLENGERS, MODELS

EVERY_MODEL = (*MODELS, *CHALLENGERS)


@pytest.fixture(scope="module")
def lesions():
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.normal(size=(160, 2)), rng.integers(0, 2, size=(160, 2))]).astype(float)
    y = (rng.random(160) < 1 / (1 + np.exp(-X[:, 0] - X[:, 2]))).astype(np.int64)
    return X, y, np.arange(160) // 2


def test_the_families_are_those_of_the_vocabulary_in_its_order():
    assert tuple(FAMILIES) == EVERY_MODEL


SLOWEST = pytest.param("GB", marks=pytest.mark.thorough)


@pytest.mark.parametrize("name", [SLOWEST if name == "GB" else name for name in EVERY_MODEL])
def test_every_family_is_a_scikit_learn_estimator_that_gives_probabilities(name, lesions):
    X, y, patient = lesions
    estimator = clone(make(FAMILIES[name], FAMILIES[name].settings()[0], seed=1)).fit(X, y, patient)
    probability = estimator.predict_proba(X)
    assert probability.shape == (160, 2)
    assert np.all((probability >= 0) & (probability <= 1))
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_array_equal(estimator.predict(X), (probability[:, 1] >= 0.5).astype(int))


@pytest.mark.parametrize("name", EVERY_MODEL)
def test_every_family_refuses_a_single_class(name, lesions):
    X, _, patient = lesions
    with pytest.raises(ValueError, match="two classes, got 1"):
        make(FAMILIES[name], FAMILIES[name].settings()[0], seed=1).fit(X, np.ones(160, dtype=int), patient)


def test_neighbours_by_label_give_the_majority_class(lesions):
    X, y, _ = lesions
    share = NearestNeighbours(n_neighbors=9).fit(X, y).predict_proba(X)[:, 1]
    label = NearestNeighbours(n_neighbors=9, as_labels=True).fit(X, y).predict_proba(X)[:, 1]
    np.testing.assert_array_equal(label, share >= 0.5)


def test_the_margin_is_libsvms(lesions):
    X, y, patient = lesions
    machine = SupportVectorMachine(C=2.0, gamma=0.2).fit(X, y, patient)
    expected = machine.machine_.decision_function(machine.scaler_.transform(X))
    np.testing.assert_allclose(machine.decision_function(X), expected, atol=1e-10)
    np.testing.assert_allclose(
        radial_margin(machine.machine_, X, rows_at_once=7), radial_margin(machine.machine_, X)
    )


def test_platts_sigmoid_minimises_the_smoothed_log_loss():
    rng = np.random.default_rng(8)
    margin = rng.normal(size=80)
    y = (margin + rng.normal(size=80) > 0).astype(np.int64)
    target = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))

    def loss(beta):
        score = beta[0] * margin + beta[1]
        return np.sum(np.logaddexp(0, score) - target * score)

    expected = minimize(loss, [0.0, 0.0], tol=1e-12).x
    np.testing.assert_allclose(platt_sigmoid(margin, y), expected, atol=1e-5)


def test_platts_sigmoid_stays_finite_when_the_margin_separates():
    slope, intercept = platt_sigmoid(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0, 0, 1, 1]))
    assert 0 < slope < 10
    assert abs(intercept) < 1e-6


def test_a_margin_against_the_outcome_gives_the_prevalence_to_all():
    slope, intercept = platt_sigmoid(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1, 1, 0, 0]))
    assert (slope, round(intercept, 12)) == (0.0, 0.0)


def test_the_sigmoid_is_fitted_without_parting_a_patient(lesions, monkeypatch):
    X, y, patient = lesions
    parted = []
    from sklearn.model_selection import StratifiedGroupKFold

    split = StratifiedGroupKFold.split

    def watched(self, X, y=None, groups=None):
        for fitted, held_out in split(self, X, y, groups):
            parted.append(set(groups[fitted]) & set(groups[held_out]))
            yield fitted, held_out

    monkeypatch.setattr(StratifiedGroupKFold, "split", watched)
    SupportVectorMachine().fit(X, y, patient)
    assert parted == [set()] * 5


@pytest.mark.parametrize("separated", [True, False])
def test_the_mean_probability_of_logistic_regression_is_the_share_of_events(lesions, separated):
    X, y, _ = lesions
    column = np.where(separated, np.where(y == 1, X[:, 2], 0), X[:, 2])
    estimator = LogisticRegression().fit(np.column_stack([X[:, 0], column]), y)
    assert estimator.used_firth_ == separated
    probability = estimator.predict_proba(np.column_stack([X[:, 0], column]))[:, 1]
    assert probability.mean() == pytest.approx(y.mean(), abs=1e-9)
    assert estimator.inference_.coefficients.tolist() == [estimator.intercept_, *estimator.coef_]


def test_tuning_takes_the_simplest_of_equal_settings():
    X, y = np.repeat([[0.0], [1.0]], 60, axis=0), np.repeat([0, 1], 60)
    folds = np.tile(np.arange(4), 30)
    estimator, frame = tune(FAMILIES["DT"], X, y, np.arange(120), folds, seed=0)
    assert frame["cross_validated_auc"].eq(1).all()
    assert frame["chosen"].tolist() == [True] + [False] * (len(frame) - 1)
    assert (estimator.max_depth, estimator.min_samples_leaf) == (2, 45)


def test_the_machine_ranks_lesions_alike_with_and_without_its_sigmoid(lesions):
    X, y, patient = lesions
    whole, quick = (
        make(FAMILIES["SVM"], {"C": 1.0, "gamma": 0.03}, seed=0, ranking_only=only).fit(X, y, patient)
        for only in (False, True)
    )
    assert whole.with_sigmoid
    assert whole.slope_ > 0
    order = [np.argsort(machine.predict_proba(X)[:, 1]).tolist() for machine in (whole, quick)]
    assert order[0] == order[1]


def test_a_setting_at_the_end_of_its_grid_is_noted_and_one_inside_is_not():
    X, y = np.repeat([[0.0], [1.0]], 60, axis=0), np.repeat([0, 1], 60)
    frame = pd.DataFrame({"adc": X[:, 0]})
    fit = Recipe().fit("DT", frame, y, np.arange(120), [load_dictionary()["adc"]])
    assert fit.notes == ("Chosen at the edge of the grid: depth 2, at least 45 lesions a leaf.",)
    assert FAMILIES["SVM"].at_edge({"C": 1.0, "gamma": 0.03}) == []
    assert FAMILIES["LR"].at_edge({}) == []


def test_tuning_leaves_out_folds_that_hold_one_class_and_says_how_many_it_used(lesions):
    X, y, patient = lesions
    folds = np.where(y == 1, np.arange(160) % 3, np.arange(160) % 2)
    _, frame = tune(FAMILIES["DT"], X, y, patient, folds, seed=0)
    assert frame["folds_used"].eq(2).all()


def test_lesions_that_a_model_cannot_speak_of_are_refused_with_every_fault():
    rng = np.random.default_rng(4)
    dictionary = load_dictionary()
    frame = pd.DataFrame({"adc": rng.normal(1, 0.2, 80), "quadrant": rng.choice(["a", "b"], 80)})
    levels = dictionary["quadrant"].values[:2]
    frame["quadrant"] = frame["quadrant"].map({"a": levels[0], "b": levels[1]})
    y = rng.integers(0, 2, 80)
    fit = Recipe().fit("LR", frame, y, np.arange(80), [dictionary["adc"], dictionary["quadrant"]])
    assert fit.probability(frame) == pytest.approx(fit.predict(fit.encoding.matrix(frame)))
    strange = frame.iloc[:4].assign(lesion_id=["L1", "L2", "L3", "L4"])
    strange.loc[1, "adc"], strange.loc[2, "adc"] = np.nan, np.inf
    strange.loc[2, "quadrant"], strange.loc[3, "quadrant"] = dictionary["quadrant"].values[2], None
    with pytest.raises(TableError) as caught:
        fit.probability(strange)
    told = {(f.where, f.row, f.column, f.value, f.problem) for f in caught.value.faults}
    assert told == {
        ("L2", 3, "adc", "", "is missing"),
        ("L3", 4, "adc", "inf", "is not a finite number"),
        (
            "L3",
            4,
            "quadrant",
            dictionary["quadrant"].values[2],
            "no lesion that the model was fitted to has this level",
        ),
        ("L4", 5, "quadrant", "", "is missing"),
    }
    assert f"allowed: {levels[0]}, {levels[1]}" in str(caught.value)
    with pytest.raises(TableError, match="column quadrant: the model needs this column"):
        fit.probability(frame[["adc"]])
