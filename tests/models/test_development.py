from __future__ import annotations

import numpy as np
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError, NothingSelectedError
from her2mri.models.development import ConstantModel, RecipeDevelopment, parted
from her2mri.models.family import FAMILIES, ModelFamily
from her2mri.models.gradient_boosting import GradientBoosting
from her2mri.models.recipe import Recipe
from her2mri.validation.scores import scores


@pytest.fixture(scope="module")
def unrelated(lesions):
    """Lesions whose outcome has nothing to do with the candidates, the candidates, and patients."""
    candidates = [load_dictionary()[name] for name in ("age", "shape", "quadrant")]
    y = np.random.default_rng(3).integers(0, 2, len(lesions))
    patient = np.unique(lesions["patient_id"], return_inverse=True)[1]
    return lesions, y, patient, candidates


def test_a_development_that_selects_nothing_ends_with_the_share_of_events(unrelated):
    frame, y, patient, candidates = unrelated
    with pytest.raises(NothingSelectedError):
        Recipe().select(frame, y, patient, candidates)
    models = RecipeDevelopment(Recipe(), ("LR", "RCS", "EN"), candidates)(frame, y, patient)
    for name in ("LR", "RCS"):
        assert isinstance(models[name], ConstantModel)
        assert models[name].selected == ()
        np.testing.assert_allclose(models[name].probability(frame), y.mean())
    assert not isinstance(models["EN"], ConstantModel)


def test_a_constant_model_has_an_auc_of_one_half_and_no_slope():
    y = np.array([0, 1, 0, 1, 1, 0, 0])
    found = scores(y, ConstantModel(0.3).probability(np.empty((7, 0))))
    assert found["auc"] == 0.5
    assert np.isnan(found["calibration_slope"])
    assert found["brier"] == pytest.approx(np.mean((y - 0.3) ** 2))


class NeverConverges(GradientBoosting):
    def fit(self, *given):
        raise EstimationError("no convergence")


def test_a_family_that_cannot_be_fitted_takes_no_other_with_it(unrelated, monkeypatch):
    frame, y, patient, candidates = unrelated
    broken = ModelFamily("GB", NeverConverges, seeded=True, predictors="candidates")
    monkeypatch.setitem(FAMILIES, "GB", broken)
    found = RecipeDevelopment(Recipe(), ("LR", "GB", "EN"), candidates)(frame, y, patient)
    models, failed = parted(found)
    assert list(models) == ["LR", "EN"]
    assert failed == {"GB": "no convergence"}
    alone = RecipeDevelopment(Recipe(), ("EN",), candidates)(frame, y, patient)["EN"]
    np.testing.assert_array_equal(models["EN"].probability(frame), alone.probability(frame))


def test_where_the_selection_fails_families_that_weigh_by_themselves_still_stand(unrelated, monkeypatch):
    frame, y, patient, candidates = unrelated

    def no_selection(*asked, for_report):
        raise EstimationError("the path does not converge")

    monkeypatch.setattr(Recipe, "select", no_selection)
    models, failed = parted(RecipeDevelopment(Recipe(), ("LR", "RCS", "EN"), candidates)(frame, y, patient))
    assert list(models) == ["EN"]
    assert failed == dict.fromkeys(("LR", "RCS"), "the path does not converge")
