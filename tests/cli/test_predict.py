"""``her2mri predict``, ``validate`` and ``update`` from the outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from her2mri.bundle import Bundle
from her2mri.cli import app as application
from her2mri.cli import predict_command, update_command, validate_command
from her2mri.errors import BundleError, InputError, LesionError

GOLDEN = Path(__file__).parents[1] / "golden" / "bundle"
POSITIVE, LOW = (str(GOLDEN / f"{task}_LR.json") for task in ("her2_positive", "her2_low"))
LESION = {"n_category": "N1", "ki67_status": "high", "lesion_number": "single", "quadrant": "upper_left",
          "eer": 1.1, "adc": 0.9}  # fmt: skip


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    for command in (predict_command, update_command, validate_command):
        command.register(app)
    return lambda *words, given="": CliRunner().invoke(
        app, list(map(str, words)), input=given, catch_exceptions=False
    )


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(4)
    n = 80
    frame = pd.DataFrame({"patient_id": [f"p{i}" for i in range(n)], "lesion_id": [f"l{i}" for i in range(n)],
                          "center": "B", "her2_ihc": rng.choice(["0", "1+", "3+"], n)})  # fmt: skip
    frame["ki67_percent"], frame["adc"] = rng.integers(1, 90, n), rng.normal(0.9, 0.1, n).round(2)
    frame["eer"], frame["n_category"] = rng.normal(1.1, 0.2, n).round(2), rng.choice(["N0", "N1"], n)
    frame["lesion_number"], frame["quadrant"] = "single", rng.choice(["upper left", "lower right"], n)
    frame.to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def test_one_lesion_on_stdin_gets_the_bundles_answer(run):
    found = json.loads(run("predict", POSITIVE, "-", "--json", given=json.dumps(LESION)).stdout)
    assert found == json.loads(json.dumps(Bundle.load(POSITIVE).predict(LESION).as_dict()))


def test_one_lesion_is_answered_in_words(run):
    said = run("predict", POSITIVE, "-", given=json.dumps(LESION)).stdout
    assert "Probability of HER2-positive: 0." in said
    assert "Total points:" in said
    assert "Ki-67 status" in said


def test_two_bundles_give_three_classes_that_sum_to_1(run):
    found = json.loads(run("predict", POSITIVE, LOW, "-", "--json", given=json.dumps(LESION)).stdout)
    assert [part["label"] for part in found["classes"]] == ["HER2-positive", "HER2-low", "HER2-zero"]
    assert sum(part["probability"] for part in found["classes"]) == pytest.approx(1)
    said = run("predict", POSITIVE, LOW, "-", given=json.dumps(LESION)).stdout
    assert "HER2-zero: 0." in said


def test_a_table_gets_a_row_a_lesion_with_derived_variables(run, table):
    ran = run("predict", POSITIVE, table)
    found = pd.read_csv(pd.io.common.StringIO(ran.stdout))
    raw = pd.read_csv(table)
    assert found["lesion_id"].tolist() == raw["lesion_id"].tolist()
    first = {**raw.loc[0, ["n_category", "lesion_number", "quadrant", "eer", "adc"]].to_dict(),
             "ki67_status": "high" if raw.loc[0, "ki67_percent"] >= 20 else "low"}  # fmt: skip
    assert found.loc[0, "probability"] == pytest.approx(Bundle.load(POSITIVE).predict(first).probability)


def test_a_table_without_identifiers_numbers_its_rows(run, tmp_path):
    (tmp_path / "t.csv").write_text("adc,ki67_status,pure_nme\n0.9,high,no\n0.8,,yes\n", encoding="utf-8")
    found = json.loads(run("predict", POSITIVE, LOW, tmp_path / "t.csv", "--json").stdout)
    assert [lesion["lesion_id"] for lesion in found] == ["row 2", "row 3"]
    assert found[0]["classes"]
    assert "Pure non-mass" in found[1]["refused"]


def test_a_prevalence_moves_the_answer(run):
    low, high = (
        json.loads(
            run("predict", POSITIVE, "-", "--json", "--prevalence", share, given=json.dumps(LESION)).stdout
        )
        for share in ("0.1", "0.5")
    )
    assert low["probability"] < high["probability"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([POSITIVE], "give a bundle and then a table"),
        ([POSITIVE, "-", "--prevalence", "2"], "between 0 and 1"),
        ([POSITIVE, LOW, "-", "--prevalence", "0.2"], "one for each"),
    ],
)
def test_a_wrong_call_is_explained(run, words, reason):
    ran = run("predict", *words)
    assert ran.exit_code == 2
    assert reason in ran.stderr


@pytest.mark.parametrize("given", ["", "[]", "{", '{"adc": NaN}', '{"adc": "x"}', '{"adc": 1, "adc": 2}'])
def test_what_is_no_lesion_is_the_fault_of_the_input(run, given):
    with pytest.raises(LesionError):
        run("predict", POSITIVE, "-", given=given)


def test_a_table_in_place_of_a_bundle_is_the_fault_of_the_input(run, table):
    with pytest.raises(BundleError):
        run("predict", table, table)


def test_validate_reports_performance_and_case_mix(run, table):
    found = json.loads(run("validate", POSITIVE, table, "--bootstrap", 100, "--json").stdout)
    assert found["lesions"] == 80
    assert {row["metric"] for row in found["performance"]} >= {"auc", "calibration_slope", "net_benefit"}
    assert {row["variable"] for row in found["case_mix"]} >= {"adc", "linear_predictor", "outcome"}
    said = run("validate", POSITIVE, table, "--bootstrap", 100).stdout
    assert "calibration_slope" in said
    assert "Case mix" in said


def test_update_writes_a_bundle_that_names_its_parent_and_never_overwrites(run, table, tmp_path):
    out = tmp_path / "new.json"
    found = json.loads(run("update", POSITIVE, table, "--method", "intercept", "-o", out, "--json").stdout)
    assert Bundle.load(out).sha256 == found["sha256"]
    assert Bundle.load(out).content["lineage"]["parent"] == Bundle.load(POSITIVE).sha256 == found["parent"]
    with pytest.raises(InputError, match="exists"):
        run("update", POSITIVE, table, "--method", "intercept", "-o", out)


def test_the_command_itself_stays_light_until_it_predicts():
    """A fresh process, as a reading room starts it: one lesion, neither pandas nor scipy nor scikit-learn."""
    script = (
        "import sys, json\n"
        "from her2mri.cli.app import main\n"
        f"sys.argv = ['her2mri', 'predict', {POSITIVE!r}, '-', '--json']\n"
        "try:\n    main()\n"
        "finally:\n    print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(LESION), capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout)["probability"] == Bundle.load(POSITIVE).predict(LESION).probability
    heavy = (
        "pandas",
        "scipy",
        "sklearn",
        "matplotlib",
        "numba",
        "her2mri.cohort.design_matrix",
        "her2mri.study",
    )
    assert [name for name in json.loads(ran.stderr) if name.startswith(heavy)] == []


def test_a_fault_ends_with_exit_2_and_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["her2mri", "predict", "none.json", "-"])
    with pytest.raises(SystemExit) as ended:
        application.main()
    assert ended.value.code == 2
    assert "none.json: cannot be read" in capsys.readouterr().err
