from __future__ import annotations

import pytest

from her2mri.cohort.lesion_table import read_cohort
from her2mri.datasets.published_cohort import NOTICE, acknowledge, published_cohort
from her2mri.datasets.published_tables import performance
from her2mri.dictionary import load_dictionary
from her2mri.report.published_comparison import published_comparison
from her2mri.study.study import Study


@pytest.fixture(scope="module")
def result():
    small = {"protocol": "paper", "models": {"families": ["LR"]}, "evaluation": {"n_bootstrap": 100}}
    return Study.from_toml(None, **small, explanation={"background": 10}).run()


@pytest.mark.parametrize("task", ["her2_positive", "her2_low"])
def test_the_published_selection_finds_the_published_predictors(result, task):
    assert set(result.tasks[task].selection.variables) == set(load_dictionary().task(task).published)


def test_the_logistic_models_auc_lies_in_the_printed_interval_in_every_set_of_both_tasks(result):
    printed = performance().query("metric == 'auc' and model == 'LR'")
    ours = result.tables()["performance"].query("metric == 'auc'").set_index(["task", "sample"])["estimate"]
    assert len(printed) == 6
    for row in printed.itertuples():
        assert row.conf_low <= ours[row.task, row.sample] <= row.conf_high


def test_the_design_matrix_has_the_published_size(result):
    step = result.tasks["her2_positive"].selection.steps[0]
    training = result.tasks["her2_positive"].data.in_sample("training")
    assert (int(training.sum()), len(step.looked_at.terms)) == (613, 45)


def test_the_report_sets_every_auc_beside_the_printed_one(result):
    found = published_comparison(result)
    assert "inside the printed interval in every set" in found.text
    assert [row[-1] for row in found.table.rows if row[-1]] == ["yes"] * 6


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "lesions.csv"
    published_cohort().frame.to_csv(path, index=False)
    return path


def test_the_reconstruction_is_still_acknowledged_after_an_export(exported):
    assert acknowledge(read_cohort([exported], load_dictionary())).notice == NOTICE


def test_a_few_lesions_of_the_reconstruction_among_others_are_noticed_and_counted(exported):
    cohort = read_cohort([exported], load_dictionary())
    changed = cohort.frame.assign(age=cohort.frame["age"].where(cohort.frame.index < 7, 44.25))
    assert acknowledge(cohort.with_frame(changed)).notice.startswith("7 of the 1030 lesions are")


def test_other_lesions_are_not_taken_for_the_reconstruction(lesions):
    assert Study.from_frame(lesions).cohort.notice == ""
