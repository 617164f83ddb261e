from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import TableError
from her2mri.models.development import ConstantModel
from her2mri.study.freeze import bundles
from her2mri.study.recommended import steps
from her2mri.study.recommended.choice import choose
from her2mri.study.recommended.plan import RecommendedPlan
from her2mri.study.recommended.three_classes import _second
from her2mri.study.study import Study
from her2mri.study.task_data import candidates
from her2mri.vocabulary import CROSS_VALIDATED, EXTERNAL_VALIDATION, OPTIMISM_CORRECTED, TRAINING

SMALL = {
    "protocol": "recommended",
    "models": {"families": ["LR"]},
    "resampling": {"n_bootstrap": 20, "challengers": ["EN"], "folds": 3, "repeats": 1, "imputations": 2},
}


@pytest.fixture(scope="module")
def incomplete(lesions):
    """Lesions of three centers of which every eleventh lacks its ADC."""
    frame = lesions.copy()
    frame.loc[frame.index % 11 == 0, "adc"] = np.nan
    frame["center"] = frame["center"].where(frame.index >= 100, "West")
    return frame


@pytest.fixture(scope="module")
def small(settings):
    return {**settings, **SMALL, "tasks": ["her2_positive"]}


@pytest.fixture(scope="module")
def found(incomplete, small):
    return Study.from_frame(incomplete, **small).run()


@pytest.fixture(scope="module")
def both(lesions, settings):
    """Both tasks on complete lesions."""
    return Study.from_frame(lesions, **{**settings, **SMALL}).run(workers=2)


@pytest.fixture(scope="module")
def task(found):
    return found.recommended.tasks["her2_positive"]


def test_every_lesion_that_is_not_external_develops(task, incomplete):
    assert set(task.plan.data.samples) == {TRAINING, EXTERNAL_VALIDATION}
    assert len(task.plan.developing.y) == (incomplete["center"] != "South").sum()


def test_lesions_with_gaps_are_kept_and_predicted_while_the_published_protocol_leaves_them_out(found, task):
    gaps = task.plan.data.frame["adc"].isna()
    predicted = {lesion for p in task.predictions for lesion in p.lesion}
    assert set(task.plan.data.frame.loc[gaps, "lesion_id"]) <= predicted
    assert found.tasks["her2_positive"].data.frame["adc"].notna().all()


def test_every_model_has_held_out_and_corrected_figures_with_intervals(task):
    rows = task.performance_frame().query("metric == 'auc'")
    for sample in (CROSS_VALIDATED, EXTERNAL_VALIDATION, OPTIMISM_CORRECTED):
        of_sample = rows[rows["sample"] == sample]
        assert set(of_sample["model"]) == {"LR", "EN"}
        assert of_sample[["conf_low", "conf_high"]].notna().all(axis=None)
    assert set(rows["positive"]) == {"HER2-positive"}


def test_the_cut_off_of_held_out_lesions_is_carried_to_the_external_set(task):
    rows = task.evaluation.frame().query("threshold_rule == 'youden_training' and model == 'LR'")
    assert rows["threshold"].nunique() == 1
    assert set(rows["sample"]) == {CROSS_VALIDATED, EXTERNAL_VALIDATION}


def test_what_the_lesions_carry_is_there_and_what_they_do_not_carry_is_said(task):
    assert task.missing is not None
    assert task.complete_cases is not None
    assert set(task.internal_external.frame()["center"]) >= {"North", "South", "West"}
    assert set(task.subgroups.frame()["variable"]) >= {"Age band", "Center"}
    said = " ".join(caveat.message for caveat in task.caveats)
    for name, part in (("Center shift", task.shift), ("Harmonisation", task.harmonisation)):
        assert part is not None or f"{name} cannot be given" in said


def test_the_lesions_of_the_study_carry_their_held_out_probabilities(found, task):
    lesions = found.lesions().set_index("lesion_id")
    for prediction in task.predictions:
        held_out = lesions.loc[prediction.lesion, f"held_out_her2_positive_{prediction.model}"]
        np.testing.assert_array_equal(held_out, prediction.probability)
    assert lesions["probability_her2_positive_LR"].isna().sum() == lesions["adc"].isna().sum()


def test_every_table_names_its_task(found):
    tables = found.recommended.tables()
    assert {"recommended_performance", "recommended_optimism", "recommended_sample_size"} <= set(tables)
    for name, table in tables.items():
        if name != "recommended_flow" and len(table):
            assert table["task"].notna().all(), name


def test_both_tasks_chained_give_three_classes_of_every_lesion_that_both_models_never_met(both):
    found = both.recommended
    called = found.classes.table_frame().query(
        "sample == 'cross_validated' and call == 'highest_probability'"
    )
    first, second = (found.tasks[name].plan.developing.frame for name in ("her2_positive", "her2_low"))
    bystanders = first[~first["lesion_id"].isin(second["lesion_id"])]
    met = bystanders["patient_id"].isin(second["patient_id"]).sum()
    assert called["count"].sum() == len(first) - met
    assert set(called["class"]) == {"HER2-positive", "HER2-low", "HER2-zero"}


def test_the_chain_never_asks_a_model_about_a_patient_it_was_developed_on(both):
    first, second = both.recommended.tasks["her2_positive"], both.recommended.tasks["her2_low"]
    frame = first.plan.developing.frame.set_index("lesion_id", drop=False).rename_axis(None)
    own = frame.index.isin(second.plan.developing.frame["lesion_id"])
    # One lesion was in no fold that succeeded; one event is of a patient with a lesion of the second task.
    lost, event = frame.index[own][0], frame.index[~own][0]
    frame.loc[event, "patient_id"] = frame.loc[frame.index[own][1], "patient_id"]
    kept = tuple(
        replace(
            p,
            **{
                name: getattr(p, name)[p.lesion != lost] for name in ("lesion", "patient", "y", "probability")
            },
        )
        if p.sample == CROSS_VALIDATED
        else p
        for p in second.predictions
    )
    said = _second(replace(second, predictions=kept), CROSS_VALIDATED, frame.drop(columns="lesion_id"))
    found = pd.Series(said, index=frame.index)
    assert found[[lost, event]].isna().all()
    assert found.drop([lost, event]).notna().sum() >= len(frame) - 2 - (~own).sum()


def test_complete_lesions_give_frozen_models_with_the_held_out_cut_off(both):
    frozen = bundles(both)
    assert {"her2_positive/recommended/LR", "her2_positive/recommended/EN", "her2_positive/LR"} <= set(frozen)
    rows = both.recommended.tasks["her2_positive"].evaluation.frame()
    cutoff = rows.query("threshold_rule == 'youden_training' and model == 'LR'")["threshold"].iloc[0]
    assert frozen["her2_positive/recommended/LR"].locked_threshold == cutoff


def performance(**auc: tuple[float, float]) -> pd.DataFrame:
    """Held-out AUC and Brier score by model."""
    rows = [
        {
            "model": model,
            "sample": CROSS_VALIDATED,
            "metric": metric,
            "estimate": value,
            "conf_low": value - 0.1,
        }
        for model, pair in auc.items()
        for metric, value in zip(("auc", "brier"), pair, strict=True)
    ]
    return pd.DataFrame(rows)


def compared(**p_holm: float) -> pd.DataFrame:
    rows = [
        {"model": "LR", "comparator": other, "sample": CROSS_VALIDATED, "p_holm": p}
        for other, p in p_holm.items()
    ]
    return pd.DataFrame(rows, columns=["model", "comparator", "sample", "p_holm"])


@pytest.mark.parametrize(
    ("scores", "p", "chosen"),
    [
        ({"LR": (0.70, 0.20), "GB": (0.75, 0.19)}, {"GB": 0.2}, "LR"),
        ({"LR": (0.70, 0.20), "GB": (0.75, 0.21)}, {"GB": 0.001}, "LR"),
        ({"LR": (0.70, 0.20), "GB": (0.75, 0.19)}, {"GB": 0.001}, "GB"),
        ({"LR": (0.70, 0.20), "EN": (0.74, 0.19), "GB": (0.75, 0.19)}, {"EN": 0.01, "GB": 0.01}, "GB"),
        ({"LR": (0.70, 0.20), "EN": (0.69, 0.19)}, {"EN": 0.001}, "LR"),
    ],
)
def test_a_less_simple_model_is_advised_only_where_it_is_better_by_both_accounts(scores, p, chosen):
    choice = choose(performance(**scores), compared(**p), list(scores))
    assert choice.model == chosen


def test_the_reason_does_not_deny_a_better_order_where_the_brier_score_decides():
    choice = choose(performance(LR=(0.70, 0.20), GB=(0.75, 0.21)), compared(GB=0.001), ["LR", "GB"])
    assert "orders held-out lesions better than logistic regression" in choice.reason
    assert "no lower Brier score" in choice.reason


def test_a_model_that_gives_classes_has_no_lower_brier_score():
    scores = performance(LR=(0.70, 0.20), **{"k-NN": (0.75, np.nan)})
    assert choose(scores, compared(**{"k-NN": 0.001}), ["LR", "k-NN"]).model == "LR"


@pytest.fixture
def shifted(lesions, settings):
    """Two external centers, the second one the larger, whose lesions alone are of one level."""
    frame = lesions.copy()
    south = frame.index[frame["center"] == "South"]
    frame.loc[south[: len(south) // 3], "center"] = "East"
    level, other = frame["quadrant"].value_counts().index[:2]
    here = (frame["center"] == "North") & (frame["quadrant"] == level)
    frame.loc[here, "quadrant"] = other
    file = {**settings, **SMALL, "data": {"external_centers": ["South", "East"]}}
    return Study.from_frame(frame, **file), level


def planned(study):
    variables = candidates(study.cohort, study.file)[0]
    return RecommendedPlan.of(study.file, study.cohort, "her2_positive", variables)


def test_harmonisation_is_of_one_external_center_and_develops_on_no_other(shifted, monkeypatch):
    given = {}
    monkeypatch.setattr(steps, "combat_effect", lambda *args, **named: given.update(named, center=args[4]))
    steps.harmonised(planned(shifted[0]), "LR")
    assert given["new_center"] == "South"
    assert set(given["center"]) == {"North", "South"}


def test_a_center_that_was_developed_on_is_not_harmonised_as_new(lesions, settings):
    frame = lesions.assign(
        center="North", set=np.where(lesions["center"] == "South", EXTERNAL_VALIDATION, TRAINING)
    )
    file = {**settings, **SMALL, "data": {}}
    with pytest.raises(TableError, match="it is no new center"):
        steps.harmonised(planned(Study.from_frame(frame, **file)), "LR")


def test_levels_and_measurements_that_development_cannot_speak_of_are_said(shifted):
    study, level = shifted
    plan = planned(study)
    plan.data.frame.loc[plan.data.in_sample(EXTERNAL_VALIDATION), "adc"] = np.nan
    model = ConstantModel(0.5, ("quadrant", "adc"))
    caveats = steps.met_for_the_first_time(plan, {"LR": model})
    assert {(c.code, c.column) for c in caveats} == {("unmet_level", "quadrant"), ("never_measured", "adc")}
    assert {c.value for c in caveats if c.code == "unmet_level"} == {level}
    assert not steps.met_for_the_first_time(plan, {"LR": ConstantModel(0.5)})


@pytest.fixture(scope="module")
def unmeasured(lesions, small):
    """The external center never measured ADC; every ninth lesion of the other one lacks its EER."""
    frame = lesions.copy()
    frame.loc[frame["center"] == "South", "adc"] = np.nan
    frame.loc[(frame["center"] == "North") & (frame.index % 9 == 0), "eer"] = np.nan
    return Study.from_frame(frame, **small).run()


def test_where_complete_lesions_carry_no_study_the_recommended_protocol_goes_on_and_says_so(unmeasured):
    assert unmeasured.tasks == {}
    task = unmeasured.recommended.tasks["her2_positive"]
    assert {p.sample for p in task.predictions} == {CROSS_VALIDATED, EXTERNAL_VALIDATION}
    (said,) = (c.message for c in unmeasured.caveats if c.code == "published_left_out")
    assert "the external centers: no lesion has a value of Minimum ADC" in said
    assert unmeasured.left_out == said
    assert task.net_benefit is None
    assert not task.beside_published
    assert set(unmeasured.sets()["sample"]) == {TRAINING, EXTERNAL_VALIDATION}
    assert unmeasured.sets()["lesions"].sum() == len(task.plan.data.frame)


def test_candidates_with_gaps_take_part_in_the_comparison_of_centers(unmeasured):
    task = unmeasured.recommended.tasks["her2_positive"]
    compared = set(task.shift.differences_frame()["variable"])
    assert compared == {variable.name for variable in task.plan.candidates} - {"adc"}
    assert "Early enhancement ratio: missing" in set(task.shift.differences_frame()["label"])


def test_only_families_that_follow_their_lesions_are_shown_by_an_out_of_fold_linear_predictor(found, task):
    chosen, (out_of_fold, *_) = task.plan, task.cross_validation.probability["LR"]
    spread = {}
    for family in ("LR", "GB"):  # the same model under both names: only the family decides
        named = tuple(replace(p, model=family) for p in task.predictions if p.model == "LR")
        shift = steps.shift_of(chosen, named, family, task.developed["LR"], out_of_fold[None])
        rows = shift.frame().set_index(["sample", "metric"])
        spread[family] = rows.loc[("development", "linear_predictor_sd")]
        assert "out-of-fold" not in rows.loc[("new_center", "linear_predictor_sd"), "method"]
    assert spread["LR"]["method"].startswith("of the model;")
    assert spread["GB"]["method"].startswith("of one out-of-fold prediction")
    assert spread["GB"]["estimate"] == pytest.approx(np.std(np.log(out_of_fold / (1 - out_of_fold))))


def test_a_study_without_an_anticipated_auc_sizes_its_external_set_by_its_own_corrected_one(task):
    rows = task.validation.frame()
    corrected = rows[(rows["model"] == task.choice.model) & (rows["metric"] == "auc")]["estimate"].iloc[0]
    assert task.size.found_auc == corrected
    assert set(task.size.frame()["purpose"]) == {"development", "validation"}


def test_a_model_whose_interval_reaches_one_half_is_not_called_better_than_chance():
    choice = choose(performance(LR=(0.55, 0.25)), compared(), ["LR"])
    assert not choice.better_than_chance
