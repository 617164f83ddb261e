from __future__ import annotations

import numpy as np
import pytest

from her2mri.evaluation import Prediction


def test_a_prediction_cannot_be_changed(make_prediction) -> None:
    prediction = make_prediction(10)
    with pytest.raises(ValueError, match="read-only"):
        prediction.probability[0] = 0.5


def test_numbers_as_identifiers_become_strings() -> None:
    prediction = Prediction("t", "LR", "training", [1, 2], [7, 7], [0, 1], [0.1, 0.9], "yes")
    assert prediction.frame()["lesion_id"].tolist() == ["1", "2"]
    assert prediction.n_patients == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": [0, 2]}, "y must be 0 or 1"),
        ({"y": [0, np.nan]}, "y must be 0 or 1"),
        ({"probability": [0.1, 1.1]}, "1 lesions do not"),
        ({"probability": [0.1, np.nan]}, "1 lesions do not"),
        ({"patient": ["a"]}, r"patient must have shape \(2,\)"),
        ({"lesion": ["a", "a"]}, "each lesion once"),
        ({"lesion": [], "patient": [], "y": [], "probability": []}, "one lesion or more"),
        ({"is_label": True}, "labels must have probability 0 or 1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed: dict, message: str) -> None:
    given = {"lesion": ["a", "b"], "patient": ["a", "b"], "y": [0, 1], "probability": [0.1, 0.9]} | changed
    with pytest.raises(ValueError, match=message):
        Prediction("t", "LR", "training", positive="yes", **given)
