from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError, StudyFileError, TableError
from her2mri.study.freeze import bundles
from her2mri.study.study import Study
from her2mri.vocabulary import MODELS, PERFORMANCE_COLUMNS, SAMPLES, SELECTION_COLUMNS


@pytest.fixture(scope="module")
def result(lesions, settings):
    return Study.from_frame(lesions, **settings).run()


def test_a_study_answers_every_task_with_every_model_in_every_set(result):
    performance = result.tables()["performance"]
    areas = performance[performance["metric"] == "auc"]
    expected = {(t, m, s) for t in ("her2_positive", "her2_low") for m in MODELS for s in list(SAMPLES)[:3]}
    assert set(zip(areas["task"], areas["model"], areas["sample"], strict=True)) == expected
    assert (areas["conf_low"] < areas["estimate"]).all()


def test_the_tables_have_the_columns_of_the_vocabulary(result):
    tables = result.tables()
    assert tuple(tables["performance"].columns) == PERFORMANCE_COLUMNS
    assert tuple(tables["selection_her2_low"].columns) == SELECTION_COLUMNS


def test_the_positive_class_is_named_in_every_performance_row(result):
    positive = result.tables()["performance"].groupby("task")["positive"].unique()
    assert {task: list(names) for task, names in positive.items()} == {
        "her2_positive": ["HER2-positive"],
        "her2_low": ["HER2-low"],
    }


def test_external_validation_is_the_center_kept_apart(result):
    data = result.tasks["her2_positive"].data
    assert set(data.frame.loc[data.in_sample("external_validation"), "center"]) == {"South"}
    assert set(data.frame.loc[~data.in_sample("external_validation"), "center"]) == {"North"}


def test_no_patient_is_on_both_sides_of_a_split(result):
    for task in result.tasks.values():
        sets = pd.Series(task.data.sample).groupby(task.data.patient).nunique()
        assert sets.max() == 1


def test_the_nomogram_gives_the_logistic_models_probability_back(result):
    for task in result.tasks.values():
        lesions = task.data.frame
        total = task.nomogram.total_points(lesions)
        expected = task.fits["LR"].probability(lesions)
        np.testing.assert_allclose(task.nomogram.probability_of(total), expected, atol=1e-12)


def test_shapley_values_of_every_model_add_up_to_its_predictions(result):
    for task in result.tasks.values():
        training = task.data.frame[task.data.in_sample("training")]
        for model, values in task.shapley.items():
            assert values.adds_up
            np.testing.assert_allclose(values.prediction, task.fits[model].probability(training), atol=1e-9)


def test_every_result_draws_itself_on_the_axes_given(result):
    task = result.tasks["her2_low"]
    for part in (task.evaluation, task.selection, task.shapley["LR"], task.nomogram, result.flow):
        ax = Figure(figsize=(8, 6)).subplots()
        assert part.plot(ax=ax) is ax
        assert not part.frame().empty
        assert ax.lines or ax.collections or ax.patches or ax.texts


def test_the_lesions_table_carries_every_prediction_beside_the_input(result, lesions):
    table = result.lesions()
    assert list(table["lesion_id"]) == list(lesions["lesion_id"])
    for model in MODELS:
        asked = table[f"probability_her2_low_{model}"].notna()
        assert (asked == (lesions["her2_status"] != "positive")).all()
    given = result.tasks["her2_positive"].fits["SVM"].probability(table)
    np.testing.assert_allclose(table["probability_her2_positive_SVM"], given, atol=1e-12)


def test_neighbours_by_label_have_no_calibration_and_no_decision_curve(lesions, settings):
    small = {**settings, "tasks": ["her2_low"], "models": {"families": ["LR", "k-NN"], "knn_labels": True}}
    result = Study.from_frame(lesions, **small).run()
    tables = result.tables()
    metrics = tables["performance"][tables["performance"]["model"] == "k-NN"].set_index("metric")
    assert metrics.loc[["calibration_slope", "dca_optimal_threshold"], "estimate"].isna().all()
    assert metrics.loc["calibration_slope", "method"].str.contains("not applicable").all()
    assert "k-NN" not in set(tables["decision_curve"]["model"])
    assert metrics.loc["auc", "estimate"].notna().all()


def test_given_predictors_are_not_selected_again(lesions, settings):
    given = {"method": "published", "predictors": ["shape", "age"]}
    small = {**settings, "tasks": ["her2_low"], "models": {"families": ["LR"]}, "selection": given}
    result = Study.from_frame(lesions, **small).run()
    assert set(result.tasks["her2_low"].selection.variables) == {"shape", "age"}


def test_a_level_that_training_never_met_is_said_and_not_predicted(lesions, settings):
    strange = lesions.copy()
    south = strange.index[strange["center"] == "South"]
    strange.loc[south[:4], "quadrant"] = "left_central"
    strange.loc[strange["center"] == "North", "quadrant"] = "upper_left"
    strange.loc[strange.index[:100], "quadrant"] = "upper_right"
    given = {"method": "published", "predictors": ["quadrant", "pr_status"]}
    small = {**settings, "tasks": ["her2_positive"], "models": {"families": ["LR"]}, "selection": given}
    result = Study.from_frame(strange, **small).run()
    unmet = result.caveat_frame().query("code == 'unmet_level'")
    assert unmet["value"].str.contains("left_central").any()
    table = result.lesions().set_index("lesion_id")
    assert table.loc[strange.loc[south[:4], "lesion_id"], "probability_her2_positive_LR"].isna().all()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda f: f.assign(her2_status="positive"), "HER2-negative"),
        (lambda f: f.assign(center="North"), "South"),
        (lambda f: f.drop(columns="adc"), "adc"),
        (lambda f: f.assign(adc=np.nan), "adc"),
        (lambda f: f.assign(lesion_id="L1"), "lesion_id"),
        (lambda f: f.assign(patient_id="P1"), "center"),
        (lambda f: f.iloc[:0], "no lesion|no row|empty"),
        (lambda f: f.drop(columns="her2_status"), "none of the 320 lesions is left.*not_labelled: 320"),
        (lambda f: f.assign(er_status="maybe"), "er_status"),
    ],
)
def test_lesions_that_cannot_carry_the_study_are_refused_with_the_reason(change, expected, lesions, settings):
    with pytest.raises(InputError, match=expected):
        Study.from_frame(change(lesions), **settings).run()


def with_events(lesions: pd.DataFrame, n: int) -> pd.DataFrame:
    few = lesions.copy()
    positive = few.index[few["her2_status"] == "positive"]
    few.loc[positive[n:], "her2_status"] = "zero"
    return few


def test_five_events_are_too_few_for_three_sets_and_refused(lesions, settings):
    with pytest.raises(TableError, match="HER2-positive"):
        Study.from_frame(with_events(lesions, 5), **{**settings, "tasks": ["her2_positive"]}).run()


def test_few_events_are_said(lesions, settings):
    given = {"method": "published", "predictors": ["pr_status"]}
    small = {"tasks": ["her2_positive"], "models": {"families": ["LR"]}, "selection": given, "data": {}}
    result = Study.from_frame(with_events(lesions, 12), **{**settings, **small}).run()
    assert "few_events" in set(result.caveat_frame()["code"])


def test_a_table_without_the_asked_predictors_is_a_fault_that_names_them(lesions, settings):
    asked = {**settings, "selection": {"predictors": ["birads", "age"]}}
    with pytest.raises(StudyFileError, match="birads"):
        Study.from_frame(lesions, **asked).run()


@pytest.fixture(scope="module")
def separated(lesions, settings):
    """A study of HER2-positive in which no event is in the upper left quadrant."""
    frame = lesions.copy()
    positive = frame["her2_status"] == "positive"
    frame.loc[positive & (frame["quadrant"] == "upper_left"), "quadrant"] = "upper_right"
    given = {"method": "published", "predictors": ["quadrant", "adc"]}
    small = {**settings, "tasks": ["her2_positive"], "models": {"families": ["LR"]}, "selection": given}
    return Study.from_frame(frame, **small).run()


def test_under_separation_selection_nomogram_and_bundle_carry_the_model_that_predicts(separated):
    task = separated.tasks["her2_positive"]
    inside = task.data.in_sample("training")
    training, fit = task.data.frame[inside], task.fits["LR"]
    probability = fit.probability(training)
    assert fit.estimator.used_firth_
    assert probability.mean() == pytest.approx(task.data.y[inside].mean(), abs=1e-9)
    points = task.nomogram.total_points(training)
    np.testing.assert_allclose(task.nomogram.probability_of(points), probability, atol=1e-12)
    assert task.selection.final.coefficients[0] == pytest.approx(fit.estimator.intercept_, abs=1e-12)
    frozen = bundles(separated)["her2_positive/LR"]
    assert frozen.content["parameters"]["intercept"] == fit.estimator.intercept_


def test_separation_is_a_caveat_that_names_the_levels_and_their_counts(separated, result):
    (caveat,) = [c for c in separated.tasks["her2_positive"].caveats if c.code == "separation"]
    training = separated.tasks["her2_positive"].data
    n = int((training.frame.loc[training.in_sample("training"), "quadrant"] == "upper_left").sum())
    label = load_dictionary()["quadrant"].label_of("upper_left")
    assert f"quadrant {label} (0 of {n} lesions HER2-positive)" in caveat.message
    assert "Firth" in caveat.message
    assert "separation" not in set(result.caveat_frame()["code"])


def test_the_published_protocol_alone_names_a_predictor_that_the_external_center_never_measured(
    lesions, settings
):
    frame = lesions.copy()
    frame.loc[frame["center"] == "South", "adc"] = np.nan
    with pytest.raises(TableError, match="external centers, column adc: no lesion has a value"):
        Study.from_frame(frame, **settings).run()
