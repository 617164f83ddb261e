from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from her2mri.cohort.split import grouped_folds
from her2mri.evaluation import evaluate
from her2mri.evaluation.discrimination import auc
from her2mri.validation import CrossValidation, cross_validate_development
from her2mri.validation.cross_validation import fold_seed
from her2mri.vocabulary import PERFORMANCE_COLUMNS

from .conftest import BestColumn, ConstantDevelopment, Failing, FixedDevelopment, OneFamilyFails

COLUMNS = tuple(f"x{j}" for j in range(10))
cross_validate = partial(
    cross_validate_development, task="a task", positive="event", seed=11, n_repeats=3, n_folds=5
)


@pytest.fixture(scope="module")
def found(simulated) -> CrossValidation:
    return cross_validate(BestColumn(COLUMNS), *simulated)


def test_each_lesion_is_predicted_by_a_model_that_never_saw_its_patient(simulated, found) -> None:
    frame, y, patient = simulated
    folds = grouped_folds(y, patient, 5, fold_seed(11, "a task", 1))
    held = folds == 2
    assert not set(patient[held]) & set(patient[~held])
    model = BestColumn(COLUMNS)(frame[~held], y[~held], patient[~held])["LR"]
    assert np.array_equal(found.probability["LR"][1][held], model.probability(frame[held]))


def test_estimates_are_means_of_the_repeats(found, simulated) -> None:
    rows = found.frame()
    assert list(rows.columns) == list(PERFORMANCE_COLUMNS)
    repeats = found.repeats_frame().query("metric == 'auc'")
    row = rows.set_index("metric").loc["auc"]
    assert row["estimate"] == pytest.approx(repeats["estimate"].mean())
    assert repeats["estimate"].iloc[0] == auc(simulated[1], found.probability["LR"][0])
    assert row["conf_low"] < row["estimate"] < row["conf_high"]


def test_cross_validated_estimates_lie_below_the_apparent_one(found, simulated) -> None:
    frame, y, patient = simulated
    apparent = auc(y, BestColumn(COLUMNS)(frame, y, patient)["LR"].probability(frame))
    assert found.frame().set_index("metric").loc["auc", "estimate"] < apparent


def test_out_of_fold_predictions_can_be_evaluated(found) -> None:
    (prediction,) = found.predictions()
    assert prediction.sample == "cross_validated"
    assert np.allclose(prediction.probability, found.probability["LR"].mean(axis=0))
    evaluation = evaluate([prediction], seed=1, n_bootstrap=20)
    assert not evaluation.decision_curve_frame().empty


def test_order_in_which_repeats_are_done_does_not_matter(simulated, found) -> None:
    def backwards(name, jobs):
        return [job() for job in reversed(jobs)][::-1]

    again = cross_validate(BestColumn(COLUMNS), *simulated, run=backwards)
    assert again.frame().to_csv() == found.frame().to_csv()
    assert again.probability["LR"].tobytes() == found.probability["LR"].tobytes()


def test_failed_folds_leave_their_lesions_out_and_are_counted(simulated) -> None:
    frame, y, patient = simulated
    patient = np.where(np.arange(len(patient)) == 1, 0, patient)  # patient 0 has two lesions: see Failing
    found = cross_validate(Failing(least_events=0), frame, y, patient)
    failures = found.failures_frame()
    # Only the fold that holds patient 0 out can be developed.
    assert failures[["reason", "n_failed", "n_developments"]].values.tolist() == [["is missing", 12, 15]]
    (prediction,) = found.predictions()
    assert prediction.n == np.isfinite(found.probability["LR"]).any(axis=0).sum() < len(y)


def test_a_family_that_fails_in_a_fold_leaves_the_others_their_lesions(simulated) -> None:
    frame, y, patient = simulated
    patient = np.where(np.arange(len(patient)) == 1, 0, patient)  # see OneFamilyFails
    found = cross_validate(OneFamilyFails(), frame, y, patient)
    (failed,) = found.failures_frame()[["model", "n_failed", "n_developments"]].values.tolist()
    assert failed == ["GB", 12, 15]
    steady, moody = found.predictions()
    assert steady.n == len(y) > moody.n
    assert np.isfinite(found.probability["LR"]).all()


def test_constant_model_has_an_auc_of_one_half(simulated) -> None:
    rows = cross_validate(ConstantDevelopment(), *simulated).frame().set_index("metric")
    assert rows.loc["auc", ["estimate", "conf_low", "conf_high"]].tolist() == [0.5, 0.5, 0.5]


def test_single_fold_is_refused(simulated) -> None:
    with pytest.raises(ValueError, match="2 folds or more, got 3 repeats of 1 folds"):
        cross_validate(FixedDevelopment(("x0",)), *simulated, n_folds=1)
