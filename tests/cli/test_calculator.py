"""The verb ``calculator``: one file or exit 2, never half a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from her2mri.bundle import Bundle
from her2mri.cli import main


@pytest.fixture(scope="module")
def files(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {model: golden / "bundle" / f"her2_positive_{model}.json" for model in ("LR", "DT")}
    found["k-NN"] = tmp_path_factory.mktemp("bundles") / "k-NN.json"
    found["k-NN"].write_bytes(with_patients(json.loads(found["LR"].read_bytes())).dumps())
    return found


def with_patients(content: dict) -> Bundle:
    """The bundle as if its parameters were the rows of two patients."""
    width = len(content["encoding"]["terms"])
    content["model"] = {**content["model"], "name": "k-NN"}
    content["contains_patient_data"] = True
    content["parameters"] = {
        "family": "k-NN",
        "scaler": {"mean": [0.0] * width, "scale": [1.0] * width},
        "rows": [[0.0] * width, [1.0] * width],
        "events": [0, 1],
        "k": 1,
        "as_labels": False,
    }
    return Bundle.sealed(content, [check["lesion"] for check in content["checks"]])


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["her2mri", "calculator", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_one_bundle_makes_one_file(monkeypatch, files, tmp_path):
    out = tmp_path / "calculator.html"
    assert run(monkeypatch, files["LR"], "-o", out) == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [out]


def test_an_existing_file_is_replaced_only_when_asked(monkeypatch, files, tmp_path, capsys):
    out = tmp_path / "calculator.html"
    out.write_text("mine")
    assert run(monkeypatch, files["LR"], "-o", out) == 2
    assert out.read_text() == "mine"
    assert "--force" in capsys.readouterr().err
    assert run(monkeypatch, files["LR"], "-o", out, "--force") == 0
    assert out.read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["k-NN"], "holds rows of patients"),
        (["DT"], "has no nomogram"),
        (["LR", "LR"], "do not make a chain"),
        (["LR", "LR", "LR"], "one or two make an answer"),
    ],
)
def test_bundles_that_cannot_be_a_page_are_refused(monkeypatch, files, tmp_path, capsys, models, said):
    out = tmp_path / "calculator.html"
    assert run(monkeypatch, *(files[model] for model in models), "-o", out) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_is_no_place_for_the_page(monkeypatch, files, tmp_path):
    assert run(monkeypatch, files["LR"], "-o", tmp_path, "--force") == 2
    assert run(monkeypatch, files["LR"], "-o", tmp_path / "none" / "calculator.html") == 2
