from __future__ import annotations

import pandas as pd
import pytest

from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.datasets.mama_mia import import_mama_mia
from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError, TableError

PATIENT = {
    "patient_id": "ISPY2_1", "dataset": "ISPY2", "multifocal_cancer": 1, "nac_agent": "T-DM1 + Pertuzumab",
    "anti_her2_neu_therapy": None, "pcr": 1, "hr": 0, "er": None, "pr": None, "her2": 1,
    "nottingham_grade": None, "tumor_subtype": "her2_enriched", "age": 50, "menopause": "post",
    "field_strength": 1.5,
}  # fmt: skip


@pytest.fixture
def workbook(tmp_path):
    """Writes the workbook of some patients; each is a dictionary of what differs from the one above."""

    def write(*patients):
        table = pd.DataFrame([{**PATIENT, **patient} for patient in patients])
        table.to_excel(tmp_path / "clinical_and_imaging_info.xlsx", sheet_name="dataset_info", index=False)
        return tmp_path

    return write


def test_every_column_of_mama_mia_reaches_its_own(workbook):
    frame = import_mama_mia(workbook({})).frame
    assert frame.iloc[0].dropna().to_dict() == {
        "patient_id": "ISPY2_1", "lesion_id": "ISPY2_1", "center": "ISPY2", "her2_status": "positive",
        "hr_status": "negative", "age": 50.0, "menopausal_status": "postmenopausal",
        "lesion_number": "multiple", "field_strength": "1.5",
    }  # fmt: skip


def test_cohorts_that_repeat_other_tables_come_only_when_asked_for(workbook):
    folder = workbook(
        {},
        {"patient_id": "NACT_1", "dataset": "NACT"},
        {"patient_id": "DUKE_002", "dataset": "DUKE"},
        {"patient_id": "ISPY1_3", "dataset": "ISPY1"},
    )
    assert import_mama_mia(folder).frame["center"].tolist() == ["ISPY2", "NACT"]
    assert import_mama_mia(folder, cohorts=["ISPY1"]).frame["patient_id"].tolist() == ["ISPY1_3"]
    with pytest.raises(InputError, match="allowed: ISPY2, NACT, ISPY1, DUKE"):
        import_mama_mia(folder, cohorts=["duke"])


def test_a_duke_patient_in_both_tables_is_noticed(workbook):
    folder = workbook({"patient_id": "DUKE_002", "dataset": "DUKE"})
    again = import_mama_mia(folder, cohorts=["DUKE"]).frame
    duke = pd.DataFrame(
        {"patient_id": ["Breast_MRI_002"], "lesion_id": ["Breast_MRI_002"], "center": ["Duke"]}
    )
    with pytest.raises(TableError, match="is not unique: another row has it too"):
        cohort_from_frame(pd.concat([duke, again]), load_dictionary())


def test_perimenopausal_is_neither_pre_nor_post(workbook):
    imported = import_mama_mia(workbook({"menopause": "peri (6-12 months since LMP)"}))
    assert imported.frame["menopausal_status"].isna().all()
    assert imported.mapping.set_index("column").loc["menopausal_status", "n_unmapped"] == 1


def test_computed_curve_types_beside_the_sheet_are_said_not_to_be_readings(workbook):
    folder = workbook({})
    assert "nottingham_summary_TIC.csv" not in set(import_mama_mia(folder).mapping["source_column"])
    (folder / "nottingham_summary_TIC.csv").write_text("patient_id,dominant_type\nISPY2_1,III\n")
    imported = import_mama_mia(folder)
    assert not {"tic", "eer"} & set(imported.frame)
    reasons = imported.mapping.set_index("source_column")["left_out"]
    assert reasons["nottingham_summary_TIC.csv"].startswith("not a reader's curve type")


def test_what_follows_from_her2_is_left_out_as_leaking(workbook):
    mapping = import_mama_mia(workbook({})).mapping
    leaking = set(mapping.loc[mapping["left_out"].str.startswith("leaking"), "source_column"])
    assert leaking == {"tumor_subtype", "anti_her2_neu_therapy", "nac_agent"}


def test_another_workbook_is_refused_by_its_cohorts(workbook):
    with pytest.raises(InputError, match="cohorts ISPY2, NACT, ISPY1, DUKE in the column 'dataset'"):
        import_mama_mia(workbook({"dataset": "METABRIC"}))
