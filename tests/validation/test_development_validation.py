from __future__ import annotations

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.evaluation.discrimination import auc
from her2mri.jobs import run_jobs
from her2mri.models.development import NotDeveloped
from her2mri.validation import DevelopmentValidation, validate_development
from her2mri.validation.resampling import drawn_lesions
from her2mri.vocabulary import PERFORMANCE_COLUMNS

from .conftest import (
    BestColumn,
    Constant,
    ConstantDevelopment,
    ConstantOnResamples,
    Failing,
    FixedDevelopment,
    NamelessWhereTwice,
    OneFamilyFails,
    SometimesNothing,
)

COLUMNS = tuple(f"x{j}" for j in range(10))
validate = partial(validate_development, task="a task", positive="event", seed=11)


@pytest.fixture(scope="module")
def selecting(simulated) -> DevelopmentValidation:
    return validate(BestColumn(COLUMNS), *simulated, n_bootstrap=60)


def test_resamples_hold_whole_patients_as_many_as_there_are(simulated) -> None:
    patient = simulated[2]
    size = np.bincount(patient)
    rows = drawn_lesions(patient, np.random.SeedSequence(5))
    times = np.bincount(rows, minlength=len(patient))
    assert all(len(set(times[patient == who])) == 1 for who in range(100))
    assert (np.bincount(patient[rows], minlength=100) // size).sum() == 100


def test_constant_model_has_no_optimism(simulated) -> None:
    found = validate(ConstantDevelopment(), *simulated, n_bootstrap=30).optimism_frame().set_index("metric")
    assert found.loc["auc", "optimism"] == 0.0
    assert found.loc["auc", "point632plus"] == 0.5
    # Resamples have another share of events than the lesions, but the same on average.
    assert abs(found.loc["brier", "optimism"]) < 0.01
    assert "calibration_slope" not in found.index


def test_selection_among_noise_is_more_optimistic_than_a_fixed_model(simulated, selecting) -> None:
    fixed = validate(FixedDevelopment(("x0",)), *simulated, n_bootstrap=60)
    optimism = [found.optimism_frame().set_index("metric")["optimism"]["auc"] for found in (fixed, selecting)]
    assert abs(optimism[0]) < 0.01 < optimism[1]


def test_resamples_in_which_nothing_is_selected_do_not_thin_the_optimism(simulated) -> None:
    nothing, failed = (
        validate(SometimesNothing(COLUMNS, instead), *simulated, n_bootstrap=60)
        for instead in (Constant(0.3), NotDeveloped("no model"))
    )
    assert nothing.failures_frame().empty
    assert 30 < nothing.optimism_frame()["n_resamples"].max() < 60
    assert nothing.optimism_frame().to_csv() == failed.optimism_frame().to_csv()
    assert nothing.selection_frame()["share"].sum() < failed.selection_frame()["share"].sum()


def test_a_model_that_names_no_variable_but_tells_lesions_apart_is_no_constant(simulated) -> None:
    named, nameless = (
        validate(development(("x0", "x1")), *simulated, n_bootstrap=20)
        for development in (FixedDevelopment, NamelessWhereTwice)
    )
    assert () in nameless.models[0].selected
    assert nameless.optimism_frame().to_csv() == named.optimism_frame().to_csv()


def test_a_model_of_which_no_resample_is_of_its_kind_keeps_its_apparent_score_alone(simulated) -> None:
    frame, y, patient = simulated
    found = validate(ConstantOnResamples(("x0",), len(np.unique(patient))), frame, y, patient, n_bootstrap=8)
    row = found.optimism_frame().set_index("metric").loc["auc"]
    assert row["apparent"] > 0.5
    assert row["n_resamples"] == 0
    assert row[["optimism_corrected", "conf_low", "conf_high", "point632plus"]].isna().all()


def test_a_model_of_no_variables_is_corrected_by_resamples_of_none(simulated) -> None:
    frame, y, patient = simulated
    mostly = SometimesNothing(COLUMNS, Constant(0.3), most=1)
    found = validate(mostly, frame, y, patient, n_bootstrap=60).optimism_frame().set_index("metric")
    assert (found.loc["auc", "optimism_corrected"], found.loc["auc", "optimism"]) == (0.5, 0.0)
    assert 0 < found.loc["auc", "n_resamples"] < 60


def test_corrected_is_apparent_less_optimism_in_every_row(selecting) -> None:
    table = selecting.optimism_frame()
    assert np.allclose(table["optimism_corrected"], table["apparent"] - table["optimism"])
    assert (table["conf_low"] < table["conf_high"]).all()
    rows = selecting.frame()
    assert list(rows.columns) == list(PERFORMANCE_COLUMNS)
    assert set(rows["sample"]) == {"optimism_corrected"}
    assert rows.groupby("metric").size().to_dict() == {
        name: 2 if name in {"auc", "brier"} else 1 for name in table["metric"]
    }


def test_same_bytes_with_one_and_two_workers(simulated, selecting) -> None:
    again = validate(BestColumn(COLUMNS), *simulated, n_bootstrap=60, workers=2)
    for table in ("frame", "selection_frame", "instability_frame", "pairs_frame"):
        assert getattr(again, table)().to_csv() == getattr(selecting, table)().to_csv()


def test_results_survive_json_exactly(simulated, selecting) -> None:
    def through_json(name, jobs):
        return [json.loads(json.dumps(result, allow_nan=False)) for result in run_jobs(name, jobs)]

    again = validate(BestColumn(COLUMNS), *simulated, n_bootstrap=60, run=through_json)
    assert again.frame().to_csv() == selecting.frame().to_csv()


def test_more_resamples_begin_with_the_same_ones(simulated, selecting) -> None:
    fewer = validate(BestColumn(COLUMNS), *simulated, n_bootstrap=7)
    assert np.array_equal(fewer.models[0].probability, selecting.models[0].probability[:7])


def test_shares_of_variables_add_up_and_lie_in_their_intervals(selecting) -> None:
    table = selecting.selection_frame()
    assert table["share"].sum() == pytest.approx(1.0)
    assert table["share"].between(table["conf_low"], table["conf_high"]).all()
    assert table.iloc[0]["variable"] == "x0"
    assert table.loc[table["selected"], "variable"].tolist() == list(selecting.models[0].apparent_selected)


def test_pairs_are_counted_once_each(simulated) -> None:
    found = validate(FixedDevelopment(("x1", "x0")), *simulated, n_bootstrap=5).pairs_frame()
    assert found[["variable", "other", "n_together", "expected"]].values.tolist() == [["x0", "x1", 5, 1.0]]


def test_instability_is_the_spread_of_each_lesions_predictions(selecting) -> None:
    table, model = selecting.instability_frame(), selecting.models[0]
    lesion = 17
    again = model.probability[:, lesion]
    row = table.iloc[lesion]
    assert row["percentile_low"] == np.percentile(again, 2.5)
    assert row["mape"] == pytest.approx(np.mean(np.abs(again - row["probability"])))


def test_instability_curves_begin_with_the_models_own(selecting) -> None:
    table = selecting.calibration_instability_frame(n_curves=5)
    assert table["resample"].drop_duplicates().tolist() == [-1, 0, 1, 2, 3, 4]
    assert table["observed"].between(0, 1).all()


def test_failed_resamples_are_counted_with_their_reason_and_no_place(simulated) -> None:
    frame, y, patient = simulated
    found = validate(Failing(least_events=int(y.sum())), frame, y, patient, n_bootstrap=60)
    failures = found.failures_frame().set_index("reason")
    assert set(failures.index) == {"too few events", "is missing"}
    assert (failures["n_developments"] == 60).all()
    used = found.optimism_frame()["n_resamples"]
    assert (used == 60 - failures["n_failed"].sum()).all()
    assert f"{used.iloc[0]} of 60 resamples" in found.frame()["method"].iloc[0]


def test_a_family_that_fails_in_a_resample_takes_no_other_with_it(simulated) -> None:
    alone = validate(FixedDevelopment(("x0", "x1")), *simulated, n_bootstrap=40).optimism_frame()
    found = validate(OneFamilyFails(), *simulated, n_bootstrap=40)
    ((model, reason, n_failed),) = found.failures_frame()[["model", "reason", "n_failed"]].values.tolist()
    assert (model, reason) == ("GB", "no convergence")
    table = found.optimism_frame()
    of = {name: table[table["model"] == name].reset_index(drop=True) for name in ("LR", "GB")}
    pd.testing.assert_frame_equal(of["LR"], alone)
    assert 0 < n_failed < 40
    assert (of["GB"]["n_resamples"] == 40 - n_failed).all()


def test_development_that_fails_on_the_lesions_themselves_is_refused(simulated) -> None:
    with pytest.raises(EstimationError, match="on all lesions failed: too few events"):
        validate(Failing(least_events=10_000), *simulated)


def test_no_resamples_are_refused(simulated) -> None:
    with pytest.raises(ValueError, match="n_bootstrap must be 1 or more, got 0"):
        validate(ConstantDevelopment(), *simulated, n_bootstrap=0)


def test_corrected_auc_is_near_what_the_procedure_is_worth() -> None:
    rng = np.random.default_rng(2)
    effects = np.array([0.6] + [0.0] * 9)

    def drawn(n: int) -> tuple[pd.DataFrame, np.ndarray]:
        X = rng.normal(size=(n, 10))
        y = rng.random(n) < 1 / (1 + np.exp(0.8 - X @ effects))
        return pd.DataFrame(X, columns=list(COLUMNS)), y.astype(np.int64)

    new, truth = drawn(20_000)
    apparent, corrected, true = [], [], []
    development = FixedDevelopment(COLUMNS)
    for _ in range(20):
        frame, y = drawn(100)
        found = validate(development, frame, y, np.arange(100), n_bootstrap=15).optimism_frame()
        row = found.set_index("metric").loc["auc"]
        apparent.append(row["apparent"])
        corrected.append(row["optimism_corrected"])
        true.append(auc(truth, development(frame, y, np.arange(100))["LR"].probability(new)))
    assert np.mean(apparent) - np.mean(true) > 0.05
    assert abs(np.mean(corrected) - np.mean(true)) < 0.03
