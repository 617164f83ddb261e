"""Splines and penalised models behind the same door: nothing made up where nothing is known."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from made_up import LESION, developed_from, recommended_bundles

from her2mri.bundle import Bundle
from her2mri.bundle.canonical import digest
from her2mri.bundle.chain import Chain
from her2mri.errors import BundleError
from her2mri.study.freeze import freeze

MODELS = ("EN", "Firth", "RCS")


@pytest.fixture(scope="module")
def made(frame):
    fits, source = developed_from(frame, MODELS)
    return fits, {model: freeze(fit, source) for model, fit in fits.items()}


@pytest.mark.parametrize("model", MODELS)
def test_a_linear_model_of_any_name_has_one_probability_and_contributions_that_add_up(made, frame, model):
    fits, bundles = made
    bundle = bundles[model]
    assert bundle.content["format"] == 2
    answers = [bundle.predict(lesion) for lesion in frame[list(bundle.design.inputs)].to_dict("records")]
    found = np.array([answer.probability for answer in answers])
    np.testing.assert_allclose(found, fits[model].probability(frame), rtol=0, atol=1e-9)
    for answer in answers:
        total = answer.baseline + sum(answer.contributions.values())
        assert total == pytest.approx(answer.linear_predictor, abs=1e-9)


def test_a_model_without_inference_says_that_it_has_no_interval(made):
    answer = made[1]["EN"].predict({**LESION, "adc": None})
    assert (answer.conf_low, answer.conf_high, answer.interval) == (None, None, "")
    assert "no_interval" in [warned.code for warned in answer.warnings]
    assert answer.spread_low < answer.probability < answer.spread_high


def test_a_chain_has_no_interval_where_one_of_its_models_has_none():
    one, other = recommended_bundles()
    lesion = {"ki67_status": "high", "adc": 0.9, "shape": "irregular"}
    classes = Chain.of(one, other).predict(lesion).classes
    assert sum(part.probability for part in classes) == pytest.approx(1, abs=1e-12)
    assert {(part.conf_low, part.conf_high) for part in classes} == {(None, None)}


def test_a_missing_measurement_is_averaged_over_the_curve_not_put_at_its_mean(made):
    """The average over the stored distribution, here computed on a fine grid of the missing value."""
    bundle = made[1]["RCS"]
    whole = {**LESION, "adc": None}
    x, _, gaps = bundle.design.plain_row({**whole})
    grid, weight = bundle.joint.completions(x, gaps, smooth=False)
    answers = [bundle.predict({**LESION, "adc": float(value)}) for value in grid[:, -1]]
    expected = sum(w * answer.probability for w, answer in zip(weight, answers, strict=True))
    assert bundle.predict(whole).probability == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c["encoding"]["variables"][-1]["knots"].reverse(), "knots of adc must rise"),
        (lambda c: c["encoding"]["variables"][-1].pop("knots"), "terms do not follow"),
        (lambda c: c["encoding"]["terms"][-1].update(basis=1), "terms do not follow"),
        (lambda c: c["encoding"]["variables"][0].update(knots=[1, 2, 3]), "a category has none"),
        (lambda c: c["model"].update(name="DT"), "not the family of the parameters"),
    ],
)
def test_a_spline_that_contradicts_itself_is_refused(made, change, reason):
    content = copy.deepcopy(made[1]["RCS"].content)
    change(content)
    with pytest.raises(BundleError, match=reason):
        Bundle.of({**content, "sha256": digest(content)})


def test_a_format_older_than_its_content_is_refused(made):
    content = {**json.loads(made[1]["RCS"].dumps()), "format": 1}
    with pytest.raises(BundleError, match="such a content has format 2"):
        Bundle.of({**content, "sha256": digest(content)})
