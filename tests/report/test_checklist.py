from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from her2mri.models.development import DevelopedModel
from her2mri.report.checklist import AUTHORS, EVIDENCE, STATES, checklist_frame, items, summary
from her2mri.vocabulary import EXTERNAL_VALIDATION, TRAINING


@pytest.fixture(scope="module")
def frame(both):
    return checklist_frame(both).set_index("number")


def test_every_key_of_the_checklist_has_a_function_and_every_function_a_key():
    asked = [item.evidence for item in items() if item.evidence]
    assert sorted(asked) == sorted(EVIDENCE)


def test_the_checklist_has_every_item_of_tripod_ai_once():
    numbers = [item.number for item in items()]
    assert len(numbers) == len(set(numbers)) == 52
    assert {re.match(r"\d+", number)[0] for number in numbers} == {str(n) for n in range(1, 28)}


def test_the_summary_counts_every_item_once(frame):
    counts = [int(n) for n in re.findall(r"\d+", summary(frame))]
    assert sum(counts) == 52
    assert set(frame["state"]) <= set(STATES)


def test_every_file_that_an_answer_points_to_is_written(frame, page_of_both):
    named = {
        name
        for where in frame["where"]
        for name in re.findall(r"(?:tables|models|figures)/[\w./<>]+\.\w+", where)
    }
    files = {path.relative_to(page_of_both).as_posix() for path in page_of_both.rglob("*")}
    task = "her2_positive"
    assert len(named) > 10
    assert {name.replace("<task>", task) for name in named} <= files


def test_the_written_checklist_is_the_one_on_the_page(frame, page_of_both):
    written = pd.read_csv(page_of_both / "tables" / "tripod_ai.csv", dtype=str, keep_default_na=False)
    assert written["state"].tolist() == frame["state"].tolist()
    assert summary(written) in (page_of_both / "report.html").read_text(encoding="utf-8")


def test_dates_are_met_with_their_range_and_missing_without_a_column(both, frame):
    assert frame.loc["5b", "state"] == "met"
    assert "2021-01-15 to 2021-12-15" in frame.loc["5b", "where"]
    cohort = both.recommended.cohort
    bare = replace(cohort, frame=cohort.frame.drop(columns="mri_date"))
    without = checklist_frame(replace(both, recommended=replace(both.recommended, cohort=bare))).set_index(
        "number"
    )
    assert without.loc["5b", "state"] == "missing"
    assert (without["state"] != frame["state"]).sum() == 1


def test_without_an_external_set_what_is_about_it_does_not_apply(both, frame):
    inside = {name: without_external(task) for name, task in both.recommended.tasks.items()}
    found = checklist_frame(replace(both, recommended=replace(both.recommended, tasks=inside))).set_index(
        "number"
    )
    assert found.loc[["16", "20c"], "state"].tolist() == ["not applicable"] * 2
    assert frame.loc[["16", "20c"], "state"].tolist() == ["met"] * 2
    assert (frame.loc["12g", "state"], found.loc["12g", "state"]) == ("met", "partly")


def without_external(task):
    data = task.plan.data
    sample = np.where(data.sample == EXTERNAL_VALIDATION, TRAINING, data.sample)
    return replace(task, plan=replace(task.plan, data=replace(data, sample=sample)), shift=None)


def test_lesions_that_were_imputed_are_counted(frame):
    assert re.match(r"3 of 200 lesions of HER2-positive vs HER2-negative", frame.loc["11", "where"])


def test_a_study_too_small_by_its_own_verdict_meets_the_item_on_size_in_part(frame):
    assert frame.loc["10", "state"] == "partly"
    assert "are asked for" in frame.loc["10", "where"]


def test_what_only_the_authors_know_is_left_to_them(frame):
    assert (frame.loc[["2", "17", "18a"], "state"] == AUTHORS).all()


def test_the_checklist_of_the_published_protocol_alone_is_refused(both):
    with pytest.raises(ValueError, match="recommended protocol"):
        checklist_frame(replace(both, recommended=None))


def test_a_task_whose_model_is_in_a_file_is_told_from_one_whose_model_is_not(both, frame):
    assert frame.loc["22", "state"] == "missing"
    tasks = dict(both.recommended.tasks)
    model = DevelopedModel(("adc",), both.tasks["her2_low"].fits["LR"])
    tasks["her2_low"] = replace(tasks["her2_low"], developed={tasks["her2_low"].choice.model: model})
    found = checklist_frame(replace(both, recommended=replace(both.recommended, tasks=tasks))).set_index(
        "number"
    )
    assert found.loc["22", "state"] == "partly"
    assert (
        "models/her2_low/recommended/LR.json; the chosen model of HER2-positive" in found.loc["22", "where"]
    )
