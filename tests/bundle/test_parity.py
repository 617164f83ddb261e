"""One model, one probability: estimator, bundle, nomogram and R agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up import PREDICTORS, developed_from

from her2mri.explanation.nomogram import build_nomogram, development_ranges
from her2mri.study.freeze import freeze


def asked(bundle, frame: pd.DataFrame) -> list:
    names = [known.variable.name for known in bundle.inputs]
    return [bundle.predict(lesion) for lesion in frame[names].to_dict("records")]


@pytest.mark.parametrize("model", ["LR", "DT", "ANN", "SVM", "k-NN"])
def test_bundle_and_estimator_give_the_same_probability(study, frozen, frame, model):
    fits, _ = study
    found = np.array([answer.probability for answer in asked(frozen[model], frame)])
    np.testing.assert_allclose(found, fits[model].probability(frame), rtol=0, atol=1e-9)


def test_points_of_the_bundle_are_those_of_the_nomogram(study, frozen, frame):
    fit = study[0]["LR"]
    nomogram = build_nomogram(
        fit.encoding, fit.estimator.intercept_, fit.estimator.coef_,
        ranges=development_ranges(fit.encoding, frame), positive_label="HER2-positive",
    )  # fmt: skip
    answers = asked(frozen["LR"], frame)
    total = np.array([answer.total_points for answer in answers])
    np.testing.assert_allclose(total, nomogram.total_points(frame), atol=1e-9)
    points = np.array([list(answer.points.values()) for answer in answers])
    np.testing.assert_allclose(points, nomogram.points(frame), atol=1e-9)
    read_off = nomogram.probability_of(total)
    np.testing.assert_allclose([answer.probability for answer in answers], read_off, rtol=0, atol=1e-9)


def test_contributions_add_up_to_the_linear_predictor(study, frozen, frame):
    fit = study[0]["LR"]
    eta = fit.estimator.decision_function(fit.encoding.matrix(frame))
    for answer, expected in zip(asked(frozen["LR"], frame), eta, strict=True):
        assert answer.baseline + sum(answer.contributions.values()) == pytest.approx(expected, abs=1e-9)
        assert answer.linear_predictor == pytest.approx(expected, abs=1e-9)


def test_linear_predictor_and_interval_are_those_of_rms(golden):
    lesions = pd.read_csv(golden / "explanation" / "lesions.csv")
    expected = pd.read_csv(golden / "bundle" / "predictions.csv")
    lesions["her2_status"] = np.where(lesions["outcome"] == 1, "positive", "low")
    names = ("ki67_status", "quadrant", "eer", "adc", "age")
    fits, source = developed_from(lesions, ("LR",), predictors=names)
    answers = asked(freeze(fits["LR"], source), lesions)
    found = np.array([answer.linear_predictor for answer in answers])
    np.testing.assert_allclose(found, expected["linear_predictor"], atol=1e-6)
    for side, name in ((-1, "conf_low"), (1, "conf_high")):
        end = expected["linear_predictor"] + side * 1.959963984540054 * expected["std_error"]
        bound = np.array([getattr(answer, name) for answer in answers])
        np.testing.assert_allclose(bound, 1 / (1 + np.exp(-end)), atol=1e-6)


def test_a_bundle_asks_for_the_predictors_of_its_model(frozen):
    assert {known.variable.name for known in frozen["LR"].inputs} == set(PREDICTORS)
