from __future__ import annotations

import pytest

from her2mri.errors import StudyFileError
from her2mri.study.study_file import StudyFile, parse_study, read_study_file


def test_an_empty_file_is_the_published_study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("")
    assert read_study_file(path) == StudyFile()
    assert StudyFile().task_names == ("her2_positive", "her2_low")


def test_tables_are_looked_for_beside_the_study_file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('[data]\ntables = ["duke.csv"]\n')
    assert read_study_file(path).data.tables == (tmp_path / "duke.csv",)


def test_every_fault_of_a_study_file_is_told_at_once_with_its_setting():
    with pytest.raises(StudyFileError) as caught:
        parse_study({"seed": -1, "selection": {"lasso": "min"}, "models": {"families": ["LR", "XGB"]}})
    text = str(caught.value)
    assert len(caught.value.faults) == 3
    for expected in ("setting seed", "setting selection.lasso", "no such model: XGB; there are DT, SVM"):
        assert expected in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"selection": {"predictors": ["molecular_subtype"]}}, "its role is leaking"),
        ({"selection": {"predictors": ["her2_ihc"]}}, "its role is source"),
        ({"selection": {"predictors": ["tumour_size"]}}, "tumour_size is not a variable"),
        ({"tasks": ["her2"]}, "no task 'her2': her2_positive, her2_low"),
        ({"label_rule": "asco_cap_2013"}, "asco_cap_2018"),
        ({"models": {"families": ["DT"]}}, "LR must be among the families"),
        ({"protocol": "mine"}, "paper"),
    ],
)
def test_a_study_that_cannot_be_done_is_refused_with_what_is_allowed(content, expected):
    with pytest.raises(StudyFileError, match=expected):
        parse_study(content)


def test_unknown_words_and_wrong_fields_are_told_together():
    content = {
        "seed": -1,
        "tasks": ["her2", 3, "low"],
        "label_rule": "asco_cap_2013",
        "selection": {"predictors": ["tumour_size", "her2_ihc"], "final_p": 2},
        "models": {"families": ["XGB"]},
    }
    with pytest.raises(StudyFileError) as caught:
        parse_study(content)
    places = [fault.where.removeprefix("study, setting ") for fault in caught.value.faults]
    words = {
        "tasks.0",
        "tasks.1",
        "tasks.2",
        "label_rule",
        "selection.predictors.0",
        "selection.predictors.1",
    }
    assert set(places) == words | {"seed", "selection.final_p", "models.families"}
    families = next(fault for fault in caught.value.faults if fault.where.endswith("families"))
    assert "no such model: XGB" in families.problem
    assert "LR must be among" in families.problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"sead": 1}, "study, setting sead: no such setting (found '1'); allowed: title, protocol"),
        ({"sead": 1}, "did you mean seed?"),
        ({"selection": {"lasso_rul": "min"}}, "did you mean lasso_rule?"),
        ({"model": {"families": ["LR"]}}, "did you mean models?"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_nearest_there_is(content, said):
    with pytest.raises(StudyFileError) as caught:
        parse_study(content)
    assert said in str(caught.value)


def test_a_setting_like_no_other_is_told_with_all_there_are():
    with pytest.raises(StudyFileError) as caught:
        parse_study({"evaluation": {"xyz": 1}})
    (fault,) = caught.value.faults
    assert (fault.allowed, fault.remedy) == ("n_bootstrap, rule_out_probability", "")


@pytest.mark.parametrize("content", [b"title = ", b"\xff\xfe\x00", None])
def test_a_file_that_is_not_toml_is_a_fault(tmp_path, content):
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyFileError, match=r"study\.toml: cannot be read as a study file"):
        read_study_file(path)


def test_descriptors_may_be_predictors_when_the_study_asks_for_them():
    assert parse_study({"selection": {"predictors": ["hr_status"]}}).selection.predictors == ("hr_status",)
