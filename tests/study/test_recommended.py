from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2mri.study.freeze import bundles
from her2mri.study.recommended.choice import choose
from her2mri.study.study import Study
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


def test_every_table_names_its_task(found):
    tables = found.recommended.tables()
    assert {"recommended_performance", "recommended_optimism", "recommended_sample_size"} <= set(tables)
    for name, table in tables.items():
        if name != "recommended_flow" and len(table):
            assert table["task"].notna().all(), name


def test_both_tasks_chained_give_three_classes_of_every_held_out_lesion(both):
    found = both.recommended
    called = found.classes.table_frame().query(
        "sample == 'cross_validated' and call == 'highest_probability'"
    )
    assert called["count"].sum() == len(found.tasks["her2_positive"].plan.developing.y)
    assert set(called["class"]) == {"HER2-positive", "HER2-low", "HER2-zero"}


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


def test_a_model_whose_interval_reaches_one_half_is_not_called_better_than_chance():
    choice = choose(performance(LR=(0.55, 0.25)), compared(), ["LR"])
    assert not choice.better_than_chance
