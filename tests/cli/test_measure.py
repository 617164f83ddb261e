"""``her2mri measure`` from files to a prediction."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from imaging.lesion_files import lesion_folder, phantoms
from imaging.phantoms.dicom_dynamic import write_dynamic
from imaging.phantoms.nifti_files import write_nifti

Run = Callable[..., tuple[int, str, str]]
MARKER = "SECRET^NAME"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lesions that can be measured, one that cannot; every identifying tag holds the marker."""
    root = tmp_path_factory.mktemp("lesions")
    lesion_folder(root / "L1", "III", marker=MARKER)
    lesion_folder(root / "L2", "I", snr=20.0, marker=MARKER)
    (root / "L3" / "dce").mkdir(parents=True)
    (root / "L3" / "dce" / "readme.txt").write_text("no images")
    shutil.copy(root / "L1" / "roi.nii.gz", root / "L3")
    return root


@pytest.fixture(scope="module")
def two(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("manifest") / "lesions.csv"
    rows = ["patient_id,lesion_id,center,dce,dwi,roi"]
    rows += [f"P{n},L{n},A,{folder}/L{n}/dce,{folder}/L{n}/dwi,{folder}/L{n}/roi.nii.gz" for n in (1, 2)]
    path.write_text("\n".join(rows))
    return path


def test_one_lesion_becomes_a_row_a_sheet_and_a_structured_report(
    her2mri: Run, folder: Path, tmp_path: Path
) -> None:
    lesion = folder / "L1"
    out = tmp_path / "out"
    code, said, _ = her2mri(
        "measure", "--dce", lesion / "dce", "--dwi", lesion / "dwi", "--roi", lesion / "roi.nii.gz",
        "--lesion", "tumour 1", "--patient", "P9", "--center", "B", "-o", out,
    )  # fmt: skip
    assert code == 0
    assert "tumour 1: EER 1.20, curve washout, ADC 0.80" in said
    row = pd.read_csv(out / "lesions.csv").iloc[0]
    assert row[["patient_id", "lesion_id", "center", "tic"]].tolist() == ["P9", "tumour 1", "B", "washout"]
    assert (row["eer"], row["adc"]) == (pytest.approx(1.2, rel=0.01), pytest.approx(0.8, rel=0.01))
    sheet = (out / "sheets" / "tumour_1.html").read_text()
    assert sheet.count("research tool") == 1
    assert "http" not in sheet.replace("http-equiv", "")
    assert (out / "sheets" / "tumour_1.png").stat().st_size > 10_000
    assert (out / "sr" / "tumour_1.dcm").is_file()
    assert not (tmp_path / "out.unfinished").exists()


def test_one_bad_lesion_stops_no_other_and_finished_ones_are_not_measured_again(
    her2mri: Run,
    folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    with caplog.at_level(logging.DEBUG):
        code, said, wrong = her2mri("measure", folder, "-o", out)
    assert code == 2
    assert "lesion L3: dce: " in wrong
    assert pd.read_csv(out / "lesions.csv")["lesion_id"].tolist() == ["L1", "L2"]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for place in (written.decode("latin-1"), said, wrong, caplog.text):
        assert "SECRET" not in place

    def not_again(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("her2mri.imaging.batch.measure", not_again)
    again, repeated, _ = her2mri("measure", folder, "-o", out)
    assert (again, repeated) == (2, said)


def test_measures_are_taken_on_by_predict_and_by_effect(
    her2mri: Run, two: Path, golden: Path, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    others = "n_category,ki67_status,lesion_number,quadrant"
    rows = [f"patient_id,lesion_id,center,{others},adc", "P1,L1,A,N0,high,single,upper_left,0.95"]
    table.write_text("\n".join([*rows, "P2,L2,A,N1,low,single,upper_left,"]))
    out = tmp_path / "out"
    code, said, _ = her2mri("measure", two, "--table", table, "-o", out, "--json")
    assert code == 0
    (kept,) = json.loads(said)["kept"]
    assert kept.startswith("L1: adc stays 0.95, measured 0.")
    bundle = golden / "bundle" / "her2_positive_LR.json"
    code, answers, _ = her2mri("predict", bundle, out / "lesions.csv", "--json")
    assert code == 0
    answered = json.loads(answers)
    assert [one["lesion_id"] for one in answered] == ["L1", "L2"]
    assert all(0 < one["probability"] < 1 and not one["missing"] for one in answered)
    code, printed, told = her2mri(
        "measure", "effect", bundle, out / "lesions.csv", "--measurements", out / "measurements.csv",
        "-o", tmp_path / "effect",
    )  # fmt: skip
    assert code == 0
    assert printed.startswith("lesion_id,probability")
    assert "Errors of measurement move the probability" in told
    assert (tmp_path / "effect" / "error_effect.svg").is_file()


def test_two_sheets_give_repeatability(her2mri: Run, tmp_path: Path) -> None:
    for name, shift in (("one", 0.0), ("two", 0.1)):
        rows = [f"l{i},{1 + i / 10 + shift * (i % 2):.2f}" for i in range(6)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["lesion_id,eer", *rows]))
    code, said, _ = her2mri(
        "measure", "repeat", tmp_path / "one.csv", tmp_path / "two.csv", "-o", tmp_path / "r"
    )
    assert code == 0
    assert "repeatability_coefficient" in said
    assert (tmp_path / "r" / "repeatability.csv").is_file()
    assert (tmp_path / "r" / "repeatability.png").stat().st_size > 5000


def test_an_impossible_measure_is_told(her2mri: Run, tmp_path: Path) -> None:
    """A lesion that loses signal: the ratio is negative, and no lesion table takes it."""
    dynamic, _, roi = phantoms("I", eer=-0.3)
    write_dynamic(tmp_path / "lesions" / "L1" / "dce", dynamic)
    write_nifti(tmp_path / "lesions" / "L1" / "roi.nii", roi.mask, roi.geometry)
    code, said, _ = her2mri("measure", tmp_path / "lesions", "-o", tmp_path / "out", "--workers", 2)
    assert code == 0
    assert "L1: eer -0." in said
    assert "is impossible (0 to 5)" in said


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--lesion", "l"), "no region of interest"),
        (("--dce", "absent", "--roi", "absent", "--lesion", "l"), "there is no such file or folder"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_written(
    her2mri: Run, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    code, _, wrong = her2mri("measure", *arguments, "-o", tmp_path / "out")
    assert code == 2
    assert problem in wrong
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", ["adc", "adc=wide", "adc=-1"])
def test_an_error_that_is_no_number_is_refused(her2mri: Run, golden: Path, error: str) -> None:
    bundle = golden / "bundle" / "her2_positive_LR.json"
    code, _, wrong = her2mri("measure", "effect", bundle, golden / "absent.csv", "--error", error)
    assert code == 2
    assert "--error" in wrong
