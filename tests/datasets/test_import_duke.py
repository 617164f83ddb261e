from __future__ import annotations

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2mri.datasets.duke import import_duke
from her2mri.datasets.duke_position import quadrant_of, side_of
from her2mri.errors import InputError

# group, variable, coding as in the workbook's three rows of headings, and one patient's cell
COLUMNS = [
    ("Patient Information", "Patient ID", None, "Breast_MRI_001"),
    ("MRI Technical Information", "Field Strength (Tesla)", "1.494=0,1.5=1,2.8936=2,3=3", 2),
    ("Demographics", "Date of Birth (Days)", "(day 0 is the diagnosis)", -14610),
    (None, "Menopause (at diagnosis)", "{0 = pre,\n1 = post,\n2 = N/A}", 1),
    (None, "Metastatic at Presentation (Outside of Lymph Nodes)", "{0 = no 1 = yes}", 0),
    ("Tumor Characteristics", "ER", "{0 = neg, 1 = pos}", 1),
    (None, "PR", "{0 = neg, 1 = pos}", 0),
    (None, "HER2", "{0 = neg, 1 = pos, 2 = borderline}", 1),
    (None, "Mol Subtype", "{0 = luminal-like}", 1),
    (None, "Oncotype score", None, None),
    (None, "Staging(Tumor Size)# [T]", None, 2),
    (None, "Staging(Nodes)#(Nx replaced by -1)[N]", None, 3),
    (None, "Staging(Metastasis)#(Mx -replaced by -1)[M]", None, -1),
    (None, "Tumor Grade", "Tumor Grade(T)\n(Tubule)", 3),
    (None, None, "Tumor Grade(N)\n(Nuclear)", 2),
    (None, None, "Tumor Grade(M)\n(Mitotic)", 1),
    (None, "Nottingham grade", "1=low 2=intermediate 3=high\n", 2),
    (None, "Histologic type", "0=DCIS 1=ductal", 1),
    (None, "Tumor Location", "Side of cancer", "L"),
    (None, "Position", "every biopsy", "L 2, L 12 with calcs"),
    (None, None, "HER2 (for the other side)\n{0 = neg, 1 = pos}", "NP"),
    ("MRI Findings", "Multicentric/Multifocal", "{0 = no, 1 = yes}", 1),
    (None, "Lymphadenopathy or Suspicious Nodes", "{0 = no, 1 = yes}", 0),
    (None, "Skin/Nipple Invovlement", "{0 = no, 1 = yes}", 0),
    (None, "Pec/Chest Involvement", "{0 = no, 1 = yes}", 1),
    ("Anti-Her2 Neu Therapy", "Adjuvant Anti-Her2 Neu Therapy", "{0 = no, 1 = yes}", 1),
    ("US features", "Shape", "{0=oval}", 0),
    ("Mammography Characteristics", "Shape", "{0=oval}", 0),
]


@pytest.fixture
def workbook(tmp_path):
    """Writes the workbook of some patients; each is a dictionary of what differs from the one above."""

    def write(*patients, sheet="Data", columns=COLUMNS):
        book = openpyxl.Workbook()
        cells = book.active
        cells.title = sheet
        for heading in range(3):
            cells.append([column[heading] for column in columns])
        for patient in patients:
            cells.append([patient.get(variable or coding, cell) for _, variable, coding, cell in columns])
        book.save(tmp_path / "Clinical_and_Other_Features.xlsx")
        return tmp_path

    return write


def test_every_column_of_duke_reaches_its_own(workbook):
    lesion = import_duke(workbook({})).frame.iloc[0].to_dict()
    assert lesion.pop("age") == pytest.approx(40.0)
    assert lesion == {
        "patient_id": "Breast_MRI_001", "lesion_id": "Breast_MRI_001", "center": "Duke", "field_strength": "3",
        "distant_metastasis": "no", "invasive": "yes", "her2_status": "positive", "er_status": "positive",
        "pr_status": "negative", "tubule_score": 3, "nuclear_score": 2, "mitotic_score": 1, "grade": "II",
        "histological_subtype": "idc", "menopausal_status": "postmenopausal", "n_category": "N3",
        "t_category": "T2", "lesion_number": "multiple", "location": "left", "quadrant": "upper_left",
        "lymphadenectasis": "no", "accompanying_signs": "yes",
    }  # fmt: skip


def test_a_code_without_a_place_is_missing_and_counted(workbook):
    patients = [{"HER2": 2, "Menopause (at diagnosis)": 2}, {"Menopause (at diagnosis)": 2}]
    imported = import_duke(workbook(*patients))
    report = imported.mapping.set_index("column")
    assert imported.frame["menopausal_status"].isna().all()
    assert (report.loc["menopausal_status", "n_unmapped"], report.loc["her2_status", "n_unmapped"]) == (2, 1)
    assert report.loc["menopausal_status", "unmapped"] == "2 (2)"


def test_in_situ_carcinoma_is_not_invasive_and_has_no_invasive_type(workbook):
    lesion = import_duke(workbook({"Histologic type": 0})).frame.iloc[0]
    assert lesion["invasive"] == "no"
    assert pd.isna(lesion["histological_subtype"])


def test_a_patient_metastatic_in_either_column_is_metastatic(workbook):
    patients = [{"Staging(Metastasis)#(Mx -replaced by -1)[M]": 1}, {}]
    assert import_duke(workbook(*patients)).frame["distant_metastasis"].tolist() == ["yes", "no"]


def test_leaking_columns_are_left_out_and_named_so(workbook):
    mapping = import_duke(workbook({})).mapping
    leaking = mapping.loc[mapping["left_out"].str.startswith("leaking"), "source_column"]
    assert [name.split(" (")[0] for name in leaking] == [
        "Mol Subtype", "Oncotype score", "HER2", "Adjuvant Anti-Her2 Neu Therapy",
    ]  # fmt: skip


def test_readings_that_are_not_of_the_mri_do_not_reach_the_shape(workbook):
    imported = import_duke(workbook({}))
    assert "shape" not in imported.frame
    reasons = imported.mapping.set_index("source_column")["left_out"]
    assert reasons["US features: Shape"] == "an ultrasound reading, not an MRI reading"


@pytest.mark.parametrize(
    ("position", "side", "quadrant"),
    [
        ("R 10", "R", "upper_right"),
        ("L 530", "L", "lower_left"),
        ("L 12-1, L 2:30 5cm from nipple", "L", "upper_left"),
        ("R upper outer quadrant", "R", "upper_right"),
        ("R retroareolar", "R", "right_central"),
        ("L 3", "L", None),  # the border
        ("L 1, L 5", "L", None),  # one above, one below
        ("L 1, R 2", "L", None),  # the other breast too
        ("L 2 subareolar", "L", None),
        ("L 14", "L", None),
        ("L", "L", None),
    ],
)
def test_a_quadrant_is_told_only_where_every_biopsy_agrees(position, side, quadrant):
    assert quadrant_of(position, side) == quadrant


@given(st.text(alphabet="LR 0123456789:-,/.abcm", max_size=30))
def test_any_position_is_read_without_an_error(position):
    assert side_of(position) in {None, "L", "R"}
    assert quadrant_of(position, "L") in {None, "upper_left", "lower_left"}


def test_the_side_falls_back_on_the_biopsies(workbook):
    patients = [{"Tumor Location": None, "Position": "R "}, {"Tumor Location": None, "Position": "L 3, R 7"}]
    imported = import_duke(workbook(*patients))
    assert imported.frame["location"].iloc[0] == "right"
    assert pd.isna(imported.frame["location"].iloc[1])
    assert imported.mapping.set_index("column").loc["location", "n_unmapped"] == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sheet": "Sheet1"}, "an Excel workbook with a sheet 'Data'"),
        ({"columns": COLUMNS[:5]}, "columns 'Tumor Grade'"),
        ({"columns": [("", "Patient ID", None, "P1"), *COLUMNS[1:]]}, "patients named Breast_MRI_001"),
    ],
)
def test_another_workbook_is_refused_by_what_was_expected(workbook, changes, expected):
    with pytest.raises(InputError, match=r"is not the clinical table of Duke-Breast-Cancer-MRI") as caught:
        import_duke(workbook({}, **changes))
    assert expected in str(caught.value)


def test_a_workbook_without_patients_is_refused(workbook):
    with pytest.raises(InputError, match="the patients below them"):
        import_duke(workbook())


def test_a_truncated_workbook_is_refused(workbook):
    path = workbook({}) / "Clinical_and_Other_Features.xlsx"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="is not the clinical table"):
        import_duke(path)


def test_a_folder_without_the_table_is_refused_with_its_name(tmp_path):
    with pytest.raises(InputError, match=r"Clinical_and_Other_Features\.xlsx or its folder"):
        import_duke(tmp_path)
