"""Two bundles, three classes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from made_up import LESION, PREDICTORS

from her2mri.bundle.chain import Chain, read_chain
from her2mri.errors import BundleError, LesionError


def test_three_classes_are_the_product_of_two_answers_and_sum_to_1(frozen, second, frame):
    chain = Chain.of(frozen["LR"], second)
    for lesion in frame[list(PREDICTORS)].head(50).to_dict("records"):
        answer = chain.predict(lesion)
        p, q = answer.first.probability, answer.second.probability
        found = {part.label: part.probability for part in answer.classes}
        assert found == pytest.approx(
            {"HER2-positive": p, "HER2-low": (1 - p) * q, "HER2-zero": (1 - p) * (1 - q)}
        )
        assert sum(found.values()) == pytest.approx(1, abs=1e-15)
        assert all(part.conf_low < part.probability < part.conf_high for part in answer.classes)


def test_the_order_of_the_bundles_makes_no_difference(frozen, second):
    one, other = (
        Chain.of(*pair).predict(LESION) for pair in ((frozen["LR"], second), (second, frozen["LR"]))
    )
    assert one == other


def test_the_intervals_are_those_of_drawn_coefficients(frozen, second):
    """Against 40,000 draws of both linear predictors."""
    answer = Chain.of(frozen["LR"], second).predict(LESION)
    rng = np.random.default_rng(3)
    draws = []
    for own in (answer.first, answer.second):
        sd = (np.log(own.conf_high / (1 - own.conf_high)) - own.linear_predictor) / 1.959963984540054
        draws.append(1 / (1 + np.exp(-rng.normal(own.linear_predictor, sd, 40_000))))
    low = (1 - draws[0]) * draws[1]
    expected = np.quantile(low, (0.025, 0.975))
    part = answer.classes[1]
    np.testing.assert_allclose((part.conf_low, part.conf_high), expected, atol=0.01)


def test_a_chain_without_intervals_still_answers(frozen, second):
    answer = Chain.of(frozen["ANN"], second).predict(LESION)
    assert [part.conf_low for part in answer.classes] == [None, None, None]
    json.dumps(answer.as_dict(), allow_nan=False)


def test_a_lesion_that_one_model_refuses_has_no_classes(frozen, second):
    answer = Chain.of(frozen["LR"], second).predict({**LESION, "pure_nme": "yes"})
    assert answer.classes == ()
    assert answer.refused.count("Pure non-mass") == 1


def test_a_chain_says_each_fault_once(frozen, second):
    with pytest.raises(LesionError) as caught:
        Chain.of(frozen["LR"], second).predict({**LESION, "adc": "x", "nonsense": 1})
    assert len(caught.value.faults) == 1


def test_two_models_of_one_task_are_no_chain(frozen, second):
    with pytest.raises(BundleError, match="do not make a chain"):
        Chain.of(frozen["LR"], frozen["DT"])
    with pytest.raises(BundleError, match="one or two"):
        read_chain([frozen["LR"], frozen["DT"], second])
