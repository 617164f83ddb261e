"""Which files belong to which lesion, and measures put into a table that is there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError, TableError
from her2mri.imaging.given_table import fill_table
from her2mri.imaging.manifest import lesions_of


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name in ("a/dce", "a/dwi"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a/roi.nii.gz", "b/adc.nii", "b/adc.json", "b/roi.dcm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_folder_is_a_lesion_by_its_name(images: Path) -> None:
    first, second = lesions_of(images)
    assert (first.lesion_id, first.patient_id) == ("a", "a")
    assert first.dce == images / "a/dce"
    assert first.roi == images / "a/roi.nii.gz"
    assert second.adc == images / "b/adc.nii"
    assert second.dce is None


@pytest.mark.parametrize("kind", ["csv", "toml"])
def test_paths_of_a_manifest_begin_at_its_folder(images: Path, kind: str) -> None:
    path = images / f"lesions.{kind}"
    if kind == "csv":
        path.write_text("patient_id,lesion_id,center,dce,roi\np1,l1,A,a/dce,a/roi.nii.gz\n")
    else:
        path.write_text(
            '[[lesions]]\npatient_id="p1"\nlesion_id="l1"\ncenter="A"\ndce="a/dce"\nroi="a/roi.nii.gz"\n'
        )
    (lesion,) = lesions_of(path)
    assert (lesion.patient_id, lesion.lesion_id, lesion.center) == ("p1", "l1", "A")
    assert lesion.dce == images / "a/dce"


def test_what_headers_do_not_tell_may_stand_in_the_manifest(images: Path) -> None:
    path = images / "lesions.csv"
    path.write_text(
        'lesion_id,dce,roi,seconds,injection,precontrast\nl1,a/dce,a/roi.nii.gz,"-30, 60 120",12.5,2\n'
        "l2,a/dce,a/roi.nii.gz,,,\n"
    )
    told, silent = lesions_of(path)
    assert (told.seconds, told.injection, told.precontrast) == ((-30.0, 60.0, 120.0), 12.5, 2)
    assert (silent.seconds, silent.injection, silent.precontrast) == ((), None, 1)


def test_every_fault_of_a_manifest_is_told_at_once(images: Path) -> None:
    path = images / "lesions.csv"
    rows = [
        "lesion_id,dce,dwi,adc,roi,age,seconds,precontrast",
        "l1,,,,a/roi.nii.gz,50,soon,1.5",
        ",a/dce,,,a/roi.nii.gz,50,,",
        "l2,a/dce,a/dwi,b/adc.nii,,50,,",
        "l2,nowhere,,,a/roi.nii.gz,50,,",
    ]
    path.write_text("\n".join(rows))
    with pytest.raises(InputError) as refused:
        lesions_of(path)
    told = str(refused.value)
    for problem in (
        "no such column",
        "must be numbers (found 'soon')",
        "must be a count of phases (found '1.5')",
        "no images",
        "a lesion has no name",
        "both a diffusion series and an ADC map",
        "no region of interest",
        "there is no such file or folder (found 'nowhere')",
        "is there twice",
    ):
        assert problem in told
    assert "row 3" in told


@pytest.mark.parametrize(
    ("name", "content"), [("x.toml", "lesions = 3"), ("x.toml", "= ="), ("x.csv", "lesion_id\n")]
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError):
        lesions_of(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        lesions_of(tmp_path / "absent")


ROWS = [
    {"patient_id": "p1", "lesion_id": "l1", "center": "A", "eer": 1.2034, "tic": "washout", "adc": None},
    {"patient_id": "p2", "lesion_id": "l2", "center": "B", "eer": 0.8, "tic": "plateau", "adc": 0.91},
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "lesions.csv"
    path.write_text("lesion_id,age,Early enhancement ratio,tic\nl1,50,1.2,III\nl3,60,,\n")
    return path


def test_measures_fill_empty_cells_and_new_columns_of_a_table(table: Path) -> None:
    filled = fill_table(table, ROWS, load_dictionary())
    frame = filled.frame.set_index("lesion_id")
    assert filled.kept == ()
    assert list(frame.index) == ["l1", "l3", "l2"]
    assert frame.loc["l1", "Early enhancement ratio"] == "1.2"
    assert frame.loc["l2", "Early enhancement ratio"] == 0.8
    assert frame.loc["l2", "adc"] == 0.91
    assert frame.loc["l1", "age"] == "50"
    assert pd.isna(frame.loc["l3", "tic"])


def test_another_value_stays_and_is_told_unless_replaced(table: Path) -> None:
    rows = [{"lesion_id": "l1", "eer": 1.4, "tic": "plateau"}]
    filled = fill_table(table, rows, load_dictionary())
    assert filled.frame.loc[0, "Early enhancement ratio"] == "1.2"
    assert filled.kept == ("l1: eer stays 1.2, measured 1.4", "l1: tic stays washout, measured plateau")
    replaced = fill_table(table, rows, load_dictionary(), replace=True)
    assert replaced.frame.loc[0, "Early enhancement ratio"] == 1.4
    assert replaced.kept == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("age\n50\n", "no column lesion_id"),
        ("lesion_id\nl1\nl1\n", "a lesion is there twice"),
        ("lesion_id,eer\nl1,high\n", "number"),
    ],
)
def test_a_table_that_cannot_be_matched_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(TableError, match=problem):
        fill_table(path, ROWS, load_dictionary())
