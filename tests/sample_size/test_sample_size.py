"""Sizes against the published examples of pmsampsize and pmvalsampsize, and against simulation and identities."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2mri.sample_size.developing import development_size, expected_shrinkage, most_parameters
from her2mri.sample_size.explained_variation import (
    cox_snell_of_auc,
    cox_snell_of_nagelkerke,
    largest_cox_snell,
    linear_predictor_of_auc,
)
from her2mri.sample_size.validating import DecisionPoint, standard_error_of_auc, validation_size
from her2mri.sample_size.verdict import size_verdict


def sizes(answer):
    return {criterion.name: criterion.n for criterion in answer.criteria}


@pytest.mark.parametrize(
    ("cox_snell", "published"),
    [(0.288, (623, 662, 221)), (cox_snell_of_auc(0.89, 0.174), (615, 660, 221))],
    ids=["R squared 0.288", "AUC 0.89"],
)
def test_developing_asks_for_what_pmsampsize_publishes(cox_snell, published):
    found = sizes(development_size(prevalence=0.174, parameters=24, cox_snell=cox_snell))
    assert (found["shrinkage"], found["optimism"], found["overall_risk"]) == published


def test_validating_asks_for_what_pmvalsampsize_publishes():
    """Prevalence 0.2, AUC 0.78, LP ~ N(-1.75, 1.22): 1538, 2958 and 511 are published.

    Its slope is simulated, and its standard error of O/E found in steps of 0.0001, the last of which goes too far:
    ours are the exact ones.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    answer = validation_size(
        prevalence=0.2, auc=0.78, linear_predictor=-1.75 + 1.22 * nodes, weights=weights / weights.sum()
    )
    found = sizes(answer)
    assert found["auc"] == 511
    assert found["calibration_slope"] == pytest.approx(2958, abs=3)
    assert found["observed_expected"] == pytest.approx(1538, abs=5)
    assert answer.n == found["calibration_slope"]


@given(auc=st.floats(0.55, 0.95), prevalence=st.floats(0.02, 0.98))
def test_an_anticipated_linear_predictor_is_well_calibrated(auc, prevalence):
    values, weights = linear_predictor_of_auc(auc, prevalence)
    assert weights.sum() == pytest.approx(1)
    assert weights @ (1 / (1 + np.exp(-values))) == pytest.approx(prevalence, abs=1e-6)
    assert 0 < cox_snell_of_auc(auc, prevalence) < largest_cox_snell(prevalence)


def test_an_anticipated_auc_explains_what_a_simulated_model_does():
    random = np.random.default_rng(1)
    y = (random.random(400_000) < 0.3).astype(float)
    distance = np.sqrt(2) * 0.8416212
    linear_predictor = np.log(0.3 / 0.7) + distance * (random.normal(size=len(y)) + distance * (y - 0.5))
    gained = np.mean(y * linear_predictor - np.logaddexp(0, linear_predictor))
    null = 0.3 * np.log(0.3) + 0.7 * np.log(0.7)
    assert cox_snell_of_auc(0.8, 0.3) == pytest.approx(1 - np.exp(2 * (null - gained)), abs=0.003)


@given(parameters=st.integers(1, 80), prevalence=st.floats(0.05, 0.95), nagelkerke=st.floats(0.05, 0.6))
def test_the_expected_shrinkage_of_the_size_asked_for_is_that_asked_for(parameters, prevalence, nagelkerke):
    cox_snell = cox_snell_of_nagelkerke(nagelkerke, prevalence)
    answer = development_size(prevalence=prevalence, parameters=parameters, cox_snell=cox_snell)
    n = sizes(answer)["shrinkage"]
    assert expected_shrinkage(n, parameters=parameters, cox_snell=cox_snell) >= 0.9 - 1e-9
    # Any size has an answer, the smaller the lower.
    assert cox_snell <= expected_shrinkage(1, parameters=parameters, cox_snell=cox_snell) < 0.9
    enough = max(sizes(answer)["shrinkage"], sizes(answer)["optimism"])
    assert most_parameters(enough, prevalence=prevalence, cox_snell=cox_snell) >= parameters


def test_a_decision_point_adds_a_criterion_that_perfect_accuracy_makes_free():
    values, weights = linear_predictor_of_auc(0.8, 0.3)

    def at(sensitivity, specificity):
        point = DecisionPoint(0.2, sensitivity, specificity)
        answer = validation_size(
            prevalence=0.3, auc=0.8, linear_predictor=values, weights=weights, decision=point
        )
        return sizes(answer)["net_benefit"]

    assert at(1.0, 1.0) == 0 < at(0.9, 0.7)


def test_the_variance_of_net_benefit_is_that_of_simulated_samples():
    random, n, prevalence, point = np.random.default_rng(2), 400, 0.3, DecisionPoint(0.3, 0.8, 0.6)
    events = random.binomial(n, prevalence, 40_000)
    found = random.binomial(events, point.sensitivity)
    wrong = random.binomial(n - events, 1 - point.specificity)
    net_benefit = (found - wrong * 0.3 / 0.7) / n / (events / n)
    values, weights = linear_predictor_of_auc(0.8, prevalence)
    answer = validation_size(
        prevalence=prevalence, auc=0.8, linear_predictor=values, weights=weights, decision=point
    )
    width = 2 * 1.96 * net_benefit.std()
    assert sizes(answer)["net_benefit"] * 0.2**2 == pytest.approx(n * width**2, rel=0.03)


def test_the_standard_error_of_the_auc_halves_with_four_times_the_lesions():
    ratio = standard_error_of_auc(0.75, 4000, 0.3) / standard_error_of_auc(0.75, 1000, 0.3)
    assert ratio == pytest.approx(0.5, abs=0.001)


def test_a_verdict_says_which_sample_falls_short_and_what_it_carries():
    verdict = size_verdict(
        n_development=613,
        prevalence=0.22,
        parameters=45,
        n_validation={"external_validation": 154},
        anticipated_auc=0.8,
    )
    frame = verdict.frame()
    assert set(frame["purpose"]) == {"development", "validation"}
    assert not frame.loc[frame["sample"] == "external_validation", "met"].any()
    assert 0 < verdict.parameters_carried < 45
    assert f"an AUC of 0.8 assumed: {verdict.development.n:,} are asked for" in verdict.sentence()


def test_an_auc_that_the_study_found_itself_sizes_validating_and_not_developing():
    sizes = {"n_development": 613, "prevalence": 0.22, "n_validation": {"external_validation": 154}}
    blind, found = (size_verdict(**sizes, parameters=1, found_auc=auc) for auc in (None, 0.8))
    asked = size_verdict(**sizes, parameters=1, anticipated_auc=0.8)
    assert found.development == blind.development != asked.development
    assert found.validation == asked.validation is not None
    assert found.sentence() == blind.sentence()
    assert "for 1 candidate term," in found.sentence()
    said = found.validation_sentence("external_validation", "external validation")
    assert (
        "an AUC of 0.8 that the study found itself, corrected: 154 patients in the external validation"
        in said
    )
    assert f", {found.validation.n:,} are asked for." in said
    nothing = size_verdict(**sizes, parameters=1, found_auc=0.49)
    assert nothing.validation is None
    assert nothing.validation_sentence("external_validation", "") == ""


def test_without_any_auc_only_developing_has_a_size():
    verdict = size_verdict(n_development=10_000, prevalence=0.2, parameters=5, n_validation={"x": 9})
    assert verdict.validation is None
    assert verdict.sentence().endswith("a Nagelkerke R² of 0.15 assumed: enough.")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"parameters": 0}, "1 or more"),
        ({"cox_snell": 0.99}, "cox_snell <"),
        ({"shrinkage": 1.0}, "shrinkage < 1"),
        ({"prevalence": 0.0}, "0 < prevalence < 1"),
    ],
)
def test_an_impossible_question_is_refused_with_the_rule(changed, rule):
    with pytest.raises(ValueError, match=rule):
        development_size(**{"prevalence": 0.2, "parameters": 10, "cox_snell": 0.1, **changed})


def test_the_command_answers_both_questions(her2mri):
    _, printed, _ = her2mri(
        "samplesize", "--prevalence", "0.174", "--parameters", "24", "--auc", "0.89", "--json"
    )
    answer = json.loads(printed)
    assert answer["development"]["criteria"][1]["n"] == 660
    assert {c["name"] for c in answer["validation"]["criteria"]} == {
        "observed_expected",
        "calibration_slope",
        "auc",
    }


def test_the_command_refuses_with_every_fault_at_once(her2mri):
    code, _, said = her2mri("samplesize", "--prevalence", "2", "--auc", "0.4", "--threshold", "0.3")
    assert code == 2
    assert "3 faults" in said
