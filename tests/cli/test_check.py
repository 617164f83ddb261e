from __future__ import annotations

import json

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from her2mri.cli import app as application
from her2mri.cli import check_command
from her2mri.errors import Fault, InputError

LESIONS = pd.DataFrame(
    {
        "patient_id": [f"p{i}" for i in range(20)],
        "lesion_id": [f"l{i}" for i in range(20)],
        "center": ["A", "B"] * 10,
        "her2_ihc": ["0", "1+", "3+", "2+"] * 5,
        "pure_nme": ["yes"] + ["no"] * 19,
        "adc": [0.8 + i / 100 for i in range(20)],
    }
)


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.callback()(lambda: None)
    check_command.register(app)
    return lambda *words: CliRunner().invoke(app, ["check", *map(str, words)], catch_exceptions=False)


@pytest.fixture
def table(tmp_path):
    def write(frame: pd.DataFrame):
        frame.to_csv(tmp_path / "t.csv", index=False)
        return tmp_path / "t.csv"

    return write


def test_check_of_a_sound_table_prints_the_flow_and_exits_0(run, table):
    result = run(table(LESIONS))
    assert result.exit_code == 0
    assert "Pure non-mass enhancement" in result.stdout
    assert "HER2 status cannot be said" in result.stdout
    assert "No fault" in result.stdout


def test_check_prints_equal_faults_once_and_json_has_every_one(run, table):
    path = table(LESIONS.assign(adc=LESIONS["adc"] * 1000))
    printed, data = run(path), json.loads(run(path, "--json").stdout)
    assert printed.exit_code == 2
    assert printed.stdout.count("looks like") == 1
    assert "2, 3, 4, 5, 6 and 15 more" in printed.stdout
    assert [fault["row"] for fault in data["faults"]] == list(range(2, 22))
    assert not data["ok"]
    assert data["flow"] == []


def test_json_of_a_sound_table_holds_flow_and_caveats(run, table):
    result = run(table(LESIONS.rename(columns={"adc": "acd"})), "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 0
    assert data["ok"]
    assert data["tables"][0]["rows"] == 20
    assert {caveat["code"] for caveat in data["caveats"]} == {"unknown_column", "not_labelled"}
    assert sum(row["lesions_excluded"] for row in data["flow"]) == 6


def test_check_counts_the_events_of_each_task_and_center(run, table):
    path = table(LESIONS.assign(her2_ihc=["0", "1+", "3+", "1+"] * 5))
    printed, data = run(path).stdout, json.loads(run(path, "--json").stdout)
    # the first lesion, of center A, is a pure non-mass enhancement
    found = {(row["task"], row["center"]): (row["n_events"], row["n_nonevents"]) for row in data["tasks"]}
    assert found == {
        ("her2_positive", "A"): (5, 4),
        ("her2_positive", "B"): (0, 10),
        ("her2_low", "A"): (0, 4),
        ("her2_low", "B"): (10, 0),
    }
    assert "10 HER2-low" in printed
    assert "No fault: the table can be studied." in printed


def test_a_table_of_one_class_has_a_caveat_and_is_not_called_fit_for_study(run, table):
    path = table(LESIONS.assign(her2_ihc="3+"))
    printed, data = run(path).stdout, json.loads(run(path, "--json").stdout)
    said = [caveat["message"] for caveat in data["caveats"] if caveat["code"] == "one_class"]
    assert len(said) == 3  # HER2-negative of the first task, both classes of the second
    assert "cannot be studied: 0 HER2-negative lesions are left" in said[0]
    assert "No fault, but not every task can be studied" in printed


def test_check_keeps_words_in_brackets_as_they_are(run, table):
    result = run(table(LESIONS.assign(her2_ihc="[red]4+[/red]")))
    assert "[red]4+[/red]" in result.stdout


def test_a_label_rule_that_does_not_exist_is_refused_with_those_there_are(run, table):
    with pytest.raises(InputError, match="asco_cap_2018, asco_cap_2023"):
        run(table(LESIONS), "--label-rule", "asco_cap_1998")


def test_faults_on_stderr_are_grouped_and_counted(capsys):
    faults = [
        Fault("t.csv", "is odd", "even numbers", row=row, column="age", value=str(row))
        for row in range(2, 12)
    ]
    application.report_faults(InputError(faults))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "10 faults in the input:"
    assert said[1:] == [
        "  t.csv, column age, rows 2, 3, 4, 5, 6 and 5 more: is odd (found 2, 3, 4 and 7 more); "
        "allowed: even numbers"
    ]
