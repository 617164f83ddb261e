from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.imputation.imputer import Imputer
from her2mri.models.development import RecipeDevelopment
from her2mri.models.imputed import ImputedDevelopment, ImputedModel, averaged
from her2mri.models.recipe import Recipe


@pytest.fixture(scope="module")
def development(variables):
    return RecipeDevelopment(Recipe(lasso_folds=5), ("LR", "k-NN"), variables)


@pytest.fixture(scope="module")
def halves(gappy):
    frame, y, patient = gappy
    first, second = frame.iloc[:180].reset_index(drop=True), frame.iloc[180:].reset_index(drop=True)
    return (first, y[:180], patient[:180]), second


@pytest.fixture(scope="module")
def developed(development, variables, halves):
    return ImputedDevelopment(development, variables, m=2, seed=2)(*halves[0])


def test_every_family_predicts_lesions_with_gaps(developed, halves):
    assert set(developed) == {"LR", "k-NN"}
    for model in developed.values():
        probability = model.probability(halves[1])
        assert np.all((probability >= 0) & (probability <= 1))
        assert np.ptp(probability) > 0


def test_outcomes_of_lesions_to_be_predicted_change_nothing(developed, halves):
    new = halves[1]
    before = developed["LR"].probability(new)
    for outcome in ("zero", "positive"):
        told = new.assign(her2_status=outcome, y=int(outcome == "positive"))
        np.testing.assert_array_equal(developed["LR"].probability(told), before)


def test_lesions_to_be_predicted_teach_the_imputer_nothing(development, variables, halves, developed):
    learned, new = halves
    fresh = ImputedDevelopment(development, variables, m=2, seed=2)(*learned)["LR"]
    fresh.probability(new.iloc[::-1].assign(age=99.0))
    np.testing.assert_array_equal(fresh.probability(new), developed["LR"].probability(new))


def test_a_prediction_does_not_depend_on_the_lesions_beside_it(developed, halves):
    new = halves[1]
    together = developed["LR"].probability(new)
    alone = [float(developed["LR"].probability(new.iloc[[at]])[0]) for at in range(6)]
    np.testing.assert_allclose(alone, together[:6], rtol=1e-12)


def test_without_gaps_the_development_is_the_plain_one_to_the_byte(development, variables, whole):
    frame, y, patient = whole
    plain = development(frame, y, patient)
    imputed = ImputedDevelopment(development, variables)(frame, y, patient)
    for name, model in imputed.items():
        assert len(model.models) == 1
        assert model.selected == plain[name].selected
        np.testing.assert_array_equal(model.probability(frame), plain[name].probability(frame))


def test_gaps_only_in_new_lesions_are_filled_too(development, variables, whole, gappy):
    frame, y, patient = whole
    model = ImputedDevelopment(development, variables, m=4)(frame, y, patient)["LR"]
    complete = model.probability(frame)
    guessed = model.probability(gappy[0])
    no_gap = gappy[0][[variable.name for variable in variables]].notna().all(axis=1).to_numpy()
    np.testing.assert_allclose(guessed[no_gap], complete[no_gap], rtol=1e-12)
    assert np.corrcoef(guessed, complete)[0, 1] > 0.7


@dataclass(frozen=True)
class Chosen:
    selected: tuple[str, ...]
    value: float = 0.5

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return np.full(len(frame), self.value)


def test_selected_is_what_at_least_half_of_the_imputations_chose(gappy, variables):
    frame, y, patient = gappy
    choices = [("age", "eer"), ("eer",), ("eer", "adc"), ("eer", "adc", "shape")]
    model = ImputedModel(tuple(map(Chosen, choices)), Imputer.learn(frame, variables, y, patient), 4)
    assert model.selected == ("eer", "adc")
    table = model.frame().set_index("variable")
    assert table["n_chosen"].to_dict() == dict.fromkeys(table.index, 0) | {
        "age": 1,
        "eer": 4,
        "adc": 2,
        "shape": 1,
    }
    assert (table["selected"] == (table["share"] >= 0.5)).all()


@dataclass(frozen=True)
class Failing:
    """Develops on as many completed tables as it is told, and on no other."""

    carried: list[bool]

    def __call__(self, frame, y, patient):
        if not self.carried.pop(0):
            raise EstimationError("no variable is left")
        return {"LR": Chosen(("age",), 0.3)}


def test_an_imputation_without_a_model_chose_nothing_and_the_others_are_averaged(gappy, variables):
    model = ImputedDevelopment(Failing([True, False, True, False]), variables, m=4)(*gappy)["LR"]
    assert model.frame().set_index("variable").loc["age", "share"] == 0.5
    np.testing.assert_allclose(model.probability(gappy[0]), 0.3)


def test_without_a_model_in_most_imputations_there_is_none(gappy, variables):
    with pytest.raises(EstimationError, match="no variable is left"):
        ImputedDevelopment(Failing([True, False, False]), variables, m=3)(*gappy)


def test_log_odds_are_averaged_and_certainty_that_all_share_is_kept():
    mean = averaged([np.array([0.1, 0.0, 1.0]), np.array([0.5, 0.0, 0.5])])
    assert mean[0] == pytest.approx(1 / (1 + 9**0.5))
    assert mean[1] == 0.0
    assert mean[2] == pytest.approx(1 / (1 + (0.001 / 0.999) ** 0.5))
