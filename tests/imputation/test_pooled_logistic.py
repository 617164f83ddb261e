from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.datasets.tcga import import_tcga
from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError
from her2mri.imputation.complete_cases import COMPLETE_CASES, IMPUTED, auc, beside_complete_cases
from her2mri.imputation.imputer import Imputer
from her2mri.imputation.pooled_logistic import POOLED_COLUMNS, pooled_logistic
from her2mri.selection.logistic import fit_logistic

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_without_gaps_the_pooled_model_is_the_model(whole, variables):
    frame, y, _ = whole
    model = pooled_logistic([frame, frame], y, variables)
    fit = fit_logistic(model.encoding.matrix(frame), y)
    np.testing.assert_allclose(model.pooled.estimates, fit.coefficients)
    np.testing.assert_allclose(model.pooled.std_errors, fit.std_errors)
    assert model.probability(frame).mean() == pytest.approx(y.mean())


def test_the_table_has_a_row_a_term_and_a_joint_row_a_factor(gappy, variables):
    frame, y, patient = gappy
    imputer = Imputer.learn(frame, variables, y, patient)
    table = pooled_logistic(imputer.complete_development(4), y, variables).frame()
    assert tuple(table) == POOLED_COLUMNS
    joint = table[table["test"] == "joint test D1"]
    assert set(joint["variable"]) == {"grade", "quadrant"}
    assert joint["estimate"].isna().all()
    terms = table.drop(joint.index)
    assert ((terms["conf_low"] < terms["odds_ratio"]) & (terms["odds_ratio"] < terms["conf_high"])).all()
    assert terms["p_value"].between(0, 1).all()


def test_separated_classes_have_finite_pooled_coefficients(whole, variables):
    frame, _, _ = whole
    y = (frame["age"] > 0).to_numpy().astype(np.int64)
    model = pooled_logistic([frame, frame], y, variables[:3])
    assert model.method == "Firth, FLIC"
    assert np.abs(model.pooled.estimates).max() < 50


def test_a_term_that_follows_from_the_others_is_left_out_and_named(whole, variables):
    frame, y, _ = whole
    dictionary = load_dictionary()
    right = frame["quadrant"].str.endswith("right") | frame["quadrant"].str.startswith("right")
    frame = frame.assign(location=pd.Series(np.where(right, "right", "left"), dtype="str"))
    model = pooled_logistic([frame, frame], y, [dictionary["location"], dictionary["quadrant"]])
    assert len(model.left_out) == 1
    assert not set(model.left_out) & set(model.frame()["term"])


def test_nothing_that_varies_is_refused(whole, variables):
    frame, y, _ = whole
    with pytest.raises(EstimationError):
        pooled_logistic([frame, frame], np.ones_like(y), variables)


def test_imputation_has_every_lesion_and_complete_cases_have_the_whole_ones(gappy, variables):
    frame, y, patient = gappy
    beside = beside_complete_cases(Imputer.learn(frame, variables, y, patient), y, variables[:4])
    n_whole = int(frame[[variable.name for variable in variables[:4]]].notna().all(axis=1).sum())
    assert beside.sizes().set_index("method")["n"].to_dict() == {COMPLETE_CASES: n_whole, IMPUTED: len(y)}
    table = beside.frame()
    assert set(table["method"]) == {COMPLETE_CASES, IMPUTED}
    errors = table.pivot(index="term", columns="method", values="std_error").dropna()
    assert (errors[IMPUTED] < errors[COMPLETE_CASES]).mean() > 0.5


def test_complete_cases_that_carry_no_model_leave_a_reason(gappy, variables):
    frame, y, patient = gappy
    frame = frame.assign(eer=frame["eer"].where(y == 1))
    beside = beside_complete_cases(Imputer.learn(frame, variables, y, patient), y, variables)
    cases = beside.sizes().iloc[0]
    assert cases["note"] == "all lesions are of one class"
    assert np.isnan(cases["auc"])
    assert set(beside.frame()["method"]) == {IMPUTED}


def test_the_auc_counts_ties_half():
    assert auc(np.array([0, 1, 0, 1]), np.array([1.0, 1.0, 0.0, 2.0])) == pytest.approx(3.5 / 4)


def test_pooled_intervals_cover_the_truth_where_complete_cases_are_biased():
    simulation = runpy.run_path(str(BENCHMARKS / "simulate_imputation.py"))
    sample, answers, truth = simulation["sample"], simulation["answers"], pd.Series(simulation["TRUTH"])
    found = {"complete cases": [], "imputed": []}
    covered = []
    for at in range(12):
        one = answers(sample(500, np.random.default_rng([5, at])), m=5, seed=at)
        for method, estimates in found.items():
            estimates.append(one[method]["estimate"] - truth)
        covered.append((one["imputed"]["conf_low"] <= truth) & (truth <= one["imputed"]["conf_high"]))
    bias = {method: pd.concat(estimates, axis=1).mean(axis=1) for method, estimates in found.items()}
    assert bias["complete cases"]["age"] < -0.4
    assert abs(bias["imputed"]["age"]) < 0.15
    assert np.mean(covered) > 0.88


@pytest.mark.shared
def test_a_public_table_is_completed_without_contradicting_itself(shared):
    dictionary = load_dictionary()
    frame = import_tcga(shared / "data" / "tcga_brca").frame
    candidates = [
        dictionary[name] for name in ("age", "menopausal_status", "er_status", "location", "quadrant")
    ]
    y = np.random.default_rng(0).integers(0, 2, len(frame))
    for copy in Imputer.learn(frame, candidates, y, np.arange(len(frame))).complete_development(2):
        assert copy[[variable.name for variable in candidates]].notna().all(axis=None)
        assert (copy["quadrant"].str.extract("(left|right)")[0] == copy["location"]).all()
