from __future__ import annotations

import csv
import json

import pytest

from her2mri.cli import import_command
from her2mri.cohort.lesion_table import read_cohort
from her2mri.dictionary import load_dictionary

COLUMNS = {
    "bcr_patient_barcode": "TCGA-A2-0001", "tissue_source_site": "A2", "patient_id": "0001",
    "age_at_diagnosis": "61", "history_neoadjuvant_treatment": "No", "menopause_status": "[Unknown]",
    "ajcc_tumor_pathologic_pt": "T1c", "ajcc_nodes_pathologic_pn": "NX",
    "ajcc_metastasis_pathologic_pm": "M0", "er_status_by_ihc": "Positive", "pr_status_by_ihc": "Negative",
    "her2_status_by_ihc": "Negative", "her2_ihc_score": "0", "her2_fish_status": "[Not Evaluated]",
    "her2_cent17_ratio": "[Not Available]", "histological_type": "Medullary Carcinoma",
    "icd_o_3_histology": "8510/3", "anatomic_neoplasm_subdivision": "Right",
}  # fmt: skip


@pytest.fixture
def biotab(tmp_path):
    path = tmp_path / "biotab.txt"
    rows = [COLUMNS, COLUMNS, COLUMNS, COLUMNS.values()]
    path.write_text("\n".join("\t".join(row) for row in rows), encoding="latin-1")
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_an_imported_table_is_read_back_as_the_same_lesions(her2mri, biotab, out, ending):
    code, printed, _ = her2mri("import", "tcga", biotab, "-o", out / f"tcga.{ending}")
    assert code == 0
    assert printed.startswith("TCGA-BRCA: 1 lesions; HER2 zero 1\n")
    lesion = read_cohort([out / f"tcga.{ending}"], load_dictionary()).frame.iloc[0]
    assert lesion[["patient_id", "center", "her2_ihc", "t_category", "hr_status"]].tolist() == [
        "TCGA-A2-0001", "A2", "0", "T1", "positive",
    ]  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == sorted([f"tcga.{ending}", "tcga.mapping.csv"])


def test_what_could_not_be_mapped_is_said_and_written_beside_the_table(her2mri, biotab, out):
    _, _, err = her2mri("import", "tcga", biotab, "-o", out / "tcga.csv")
    assert "n_category                0  not mapped 1" in err
    assert "left out: 1 columns, 1 of them leaking" in err
    with (out / "tcga.mapping.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["source_column"]: row for row in csv.DictReader(file)}
    assert rows["ajcc_nodes_pathologic_pn"]["unmapped"] == "NX (1)"
    assert rows["her2_cent17_ratio"]["left_out"].startswith("leaking")


def test_json_says_what_was_written(her2mri, biotab, out):
    code, printed, _ = her2mri("import", "tcga", biotab, "-o", out / "tcga.csv", "--json")
    said = json.loads(printed)
    assert code == 0
    assert said["files"] == [str(out / "tcga.csv"), str(out / "tcga.mapping.csv")]
    assert (said["lesions"], said["centers"], said["her2_status"]) == (1, {"A2": 1}, {"zero": 1})


def test_nothing_is_overwritten_without_force(her2mri, biotab, out):
    out.mkdir()
    (out / "tcga.mapping.csv").write_text("mine")
    code, _, err = her2mri("import", "tcga", biotab, "-o", out / "tcga.csv")
    assert (code, [path.name for path in out.iterdir()]) == (2, ["tcga.mapping.csv"])
    assert "exists; --force replaces it" in err
    assert her2mri("import", "tcga", biotab, "-o", out / "tcga.csv", "--force")[0] == 0
    assert (out / "tcga.mapping.csv").read_text() != "mine"


def test_a_table_that_is_another_dataset_leaves_nothing_behind(her2mri, biotab, out):
    code, _, err = her2mri("import", "duke", biotab, "-o", out / "duke.csv")
    assert code == 2
    assert "biotab.txt: is not the clinical table of Duke-Breast-Cancer-MRI" in err
    assert not out.exists()


def test_an_interrupted_import_leaves_the_earlier_table(her2mri, biotab, out, monkeypatch):
    her2mri("import", "tcga", biotab, "-o", out / "tcga.csv")
    before = (out / "tcga.csv").read_bytes()

    def stop_at_the_second_file(table, path):
        if path.name == "tcga.mapping.csv":
            raise KeyboardInterrupt
        path.write_text("half")

    monkeypatch.setattr(import_command, "_write", stop_at_the_second_file)
    code, _, _ = her2mri("import", "tcga", biotab, "-o", out / "tcga.csv", "--force")
    assert code != 0
    assert (out / "tcga.csv").read_bytes() == before
    assert sorted(path.name for path in out.iterdir()) == ["tcga.csv", "tcga.mapping.csv"]


def test_every_fault_of_the_command_is_said_at_once(her2mri, out):
    code, _, err = her2mri("import", "duke", "-o", out / "duke.doc", "--cohort", "ISPY2")
    assert code == 2
    assert "3 faults in the input" in err
    assert "allowed: .csv, .xlsx, .parquet" in err
    assert "name the clinical file of duke, or its folder" in err
    assert "only mama-mia has cohorts" in err


def test_the_published_cohort_needs_no_source_and_says_what_it_is(her2mri, out):
    code, printed, err = her2mri("import", "published", "-o", out / "published.csv")
    assert code == 0
    assert printed.startswith("published cohort: 1030 lesions; ")
    assert "note: " in err
    assert [path.name for path in out.iterdir()] == ["published.csv"]
    assert len(read_cohort([out / "published.csv"], load_dictionary()).frame) == 1030
