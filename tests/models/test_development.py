from __future__ import annotations

import numpy as np
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.errors import NothingSelectedError
from her2mri.models.development import ConstantModel, RecipeDevelopment
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
