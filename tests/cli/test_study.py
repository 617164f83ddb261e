from __future__ import annotations

import json

import pytest

STUDY = """
title = "Two centers"
protocol = "paper"
tasks = ["her2_low"]
[data]
tables = ["lesions.csv"]
external_centers = ["South"]
[selection]
predictors = ["shape", "eer", "adc", "er_status"]
[models]
families = ["LR"]
[evaluation]
n_bootstrap = 100
[explanation]
background = 10
"""


@pytest.fixture
def project(tmp_path, lesions):
    lesions.to_csv(tmp_path / "lesions.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def test_one_command_writes_the_study_and_says_where_to_look(project, her2mri):
    code, out, err = her2mri("study", project / "study.toml", "-o", project / "out", "--workers", 1)
    assert code == 0
    assert "AUC of logistic regression in external validation" in out
    assert f"Report: {project / 'out' / 'report.html'}" in out
    assert (project / "out" / "report.html").is_file()
    assert "Tune and fit models" in err


def test_options_override_the_study_file(project, her2mri):
    arguments = ["--task", "her2_positive", "--seed", 7, "--workers", 1, "--json"]
    code, out, _ = her2mri("study", project / "study.toml", "-o", project / "out", *arguments)
    assert code == 0
    assert json.loads(out)["folder"] == str(project / "out")
    study = json.loads((project / "out" / "study.json").read_text())["study"]
    assert (study["tasks"], study["seed"]) == (["her2_positive"], 7)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda p: (p / "lesions.csv").write_text(""), "lesions.csv"),
        (lambda p: (p / "lesions.csv").write_bytes(b"PK\x03\x04broken"), "lesions.csv"),
        (lambda p: (p / "lesions.csv").unlink(), "lesions.csv"),
        (lambda p: (p / "study.toml").write_text(STUDY.replace("South", "East")), "North, South"),
        (
            lambda p: (p / "study.toml").write_text(STUDY.replace("her2_low", "her2")),
            "her2_positive, her2_low",
        ),
        (lambda p: (p / "study.toml").write_text("tasks = ["), "study.toml"),
    ],
)
def test_bad_input_ends_with_exit_2_a_reason_and_no_folder(spoil, expected, project, her2mri):
    spoil(project)
    code, out, err = her2mri("study", project / "study.toml", "-o", project / "out", "--workers", 1)
    assert code == 2
    assert expected in err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(path.name for path in project.iterdir()) == sorted(
        {"study.toml", "lesions.csv"} & {path.name for path in project.iterdir()}
    )


def test_a_folder_with_other_files_is_refused_before_anything_runs(project, her2mri):
    code, _, err = her2mri("study", project / "study.toml", "-o", project)
    assert code == 2
    assert "the folder holds other files" in err
    assert "Tune" not in err
