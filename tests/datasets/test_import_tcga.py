from __future__ import annotations

import pytest

from her2mri.datasets.tcga import import_tcga
from her2mri.errors import InputError

PATIENT = {
    "bcr_patient_barcode": "TCGA-A2-0001", "tissue_source_site": "A2", "patient_id": "0001",
    "age_at_diagnosis": "61", "gender": "FEMALE", "history_neoadjuvant_treatment": "No",
    "menopause_status": "Indeterminate (neither Pre or Postmenopausal)",
    "ajcc_tumor_pathologic_pt": "T1c", "ajcc_nodes_pathologic_pn": "N0 (i+)",
    "ajcc_metastasis_pathologic_pm": "MX", "er_status_by_ihc": "Positive", "pr_status_by_ihc": "Indeterminate",
    "er_status_ihc_Percent_Positive": "<10%", "her2_status_by_ihc": "Equivocal", "her2_ihc_score": "2+",
    "her2_fish_status": "Negative", "her2_cent17_ratio": "1.1", "histological_type": "Mucinous Carcinoma",
    "icd_o_3_histology": "8480/3", "anatomic_neoplasm_subdivision": "Left Upper Outer Quadrant|Left",
}  # fmt: skip
NO_SCORE = {"her2_ihc_score": "[Not Available]"}


@pytest.fixture
def biotab(tmp_path):
    """Writes the table of some patients; each is a dictionary of what differs from the one above."""

    def write(*patients):
        rows = [list(PATIENT), [f"long {name}" for name in PATIENT], ["CDE_ID:1"] * len(PATIENT)]
        for number, patient in enumerate(patients):
            rows.append(list({**PATIENT, "patient_id": f"{number:04}", **patient}.values()))
        path = tmp_path / "nationwidechildrens.org_clinical_patient_brca.1097.txt"
        path.write_text("\n".join("\t".join(row) for row in rows), encoding="latin-1")
        return path

    return write


def test_every_column_of_tcga_reaches_its_own(biotab):
    frame = import_tcga(biotab({"patient_id": "0001"})).frame
    assert frame.iloc[0].dropna().to_dict() == {
        "patient_id": "TCGA-A2-0001", "lesion_id": "TCGA-A2-0001", "center": "A2", "invasive": "yes",
        "prior_treatment": "no", "her2_ihc": "2+", "her2_ish": "not_amplified", "er_status": "positive",
        "histological_subtype": "mucinous", "age": 61.0, "n_category": "N0", "t_category": "T1",
        "location": "left", "quadrant": "upper_left",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("called", "fish", "status"),
    [
        ("Negative", "[Not Evaluated]", "negative"),
        ("Negative", "Negative", "negative"),
        ("Negative", "Positive", None),
        ("Positive", "[Not Evaluated]", "positive"),
        ("Positive", "Negative", None),
        ("Equivocal", "Negative", "negative"),
        ("[Not Available]", "Positive", "positive"),
        ("Equivocal", "Equivocal", None),
        ("[Not Available]", "[Not Available]", None),
    ],
)
def test_without_a_score_her2_is_what_call_and_fish_agree_on(biotab, called, fish, status):
    frame = import_tcga(biotab({**NO_SCORE, "her2_status_by_ihc": called, "her2_fish_status": fish})).frame
    assert [value if isinstance(value, str) else None for value in frame["her2_status"]] == [status]


def test_with_a_score_the_label_rule_decides_and_the_call_is_not_used(biotab):
    patients = [{"her2_ihc_score": "1+", "her2_status_by_ihc": "Positive", "her2_fish_status": "Positive"}]
    imported = import_tcga(biotab(*patients))
    assert imported.frame["her2_status"].isna().all()
    assert imported.label_counts() == {"low": 1}


def test_a_misspelt_barcode_is_mended_from_its_parts(biotab):
    frame = import_tcga(biotab({"bcr_patient_barcode": "TCGA-A2-00no pr01", "patient_id": "0001"})).frame
    assert frame["patient_id"].tolist() == ["TCGA-A2-0001"]


@pytest.mark.parametrize(
    ("column", "source", "values"),
    [
        ("t_category", "ajcc_tumor_pathologic_pt", {"T4d": "T4", "T2b": "T2", "TX": None, "Tis": None}),
        (
            "n_category",
            "ajcc_nodes_pathologic_pn",
            {"N1mi": "N1", "N0 (mol+)": "N0", "N3c": "N3", "NX": None},
        ),
        ("distant_metastasis", "ajcc_metastasis_pathologic_pm", {"M1": "yes", "cM0 (i+)": "no", "MX": None}),
    ],
)
def test_stages_lose_their_suffix_and_x_is_missing(biotab, column, source, values):
    frame = import_tcga(biotab(*({source: value} for value in values))).frame
    found = [value if isinstance(value, str) else None for value in frame[column]]
    assert found == list(values.values())


@pytest.mark.parametrize(
    ("place", "location", "quadrant"),
    [
        ("Right", "right", None),
        ("Right|Right Lower Inner Quadrant", "right", "lower_right"),
        ("Left Upper Inner Quadrant|Left Upper Outer Quadrant|Left", "left", "upper_left"),
        ("Left Upper Outer Quadrant|Left Lower Outer Quadrant", "left", None),
        ("Left Upper Outer Quadrant|Right Upper Outer Quadrant", None, None),
        ("Lower Inner Quadrant", None, None),
    ],
)
def test_side_and_half_are_told_only_where_all_parts_agree(biotab, place, location, quadrant):
    lesion = import_tcga(biotab({"anatomic_neoplasm_subdivision": place})).frame.iloc[0].dropna()
    assert (lesion.get("location"), lesion.get("quadrant")) == (location, quadrant)


def test_percent_bands_and_her2_assays_are_left_out_with_the_reason(biotab):
    reasons = import_tcga(biotab({})).mapping.set_index("source_column")["left_out"]
    assert reasons["her2_cent17_ratio"].startswith("leaking")
    assert "spans the cut-off of 1 %" in reasons["er_status_ihc_Percent_Positive"]


@pytest.mark.parametrize(
    "content",
    [b"", b"a\tb\n1\t2\n", b"PK\x03\x04\x00\xff\x9f" * 99, b'"open quote\t1\n2\n3\n4'],
    ids=["empty", "other columns", "binary", "open quote"],
)
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "patients.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"patients\.txt: is not the clinical table of TCGA-BRCA"):
        import_tcga(path)


def test_a_table_without_patients_is_refused(biotab):
    with pytest.raises(InputError, match="the patients below them"):
        import_tcga(biotab())
