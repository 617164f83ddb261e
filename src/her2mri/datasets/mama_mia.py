"""MAMA-MIA (Garrucho et al. 2025, doi:10.1038/s41597-025-04707-4) as a lesion table, by cohort."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from her2mri.datasets.duke import CENTER as DUKE_CENTER
from her2mri.datasets.imported import (
    LATER,
    LEAKING,
    MAPPING_COLUMNS,
    ColumnImport,
    Imported,
    Recode,
    as_text,
    assemble,
    identifier,
    not_that_dataset,
    number,
    read_sheet,
    require_columns,
    source_file,
    unused,
)
from her2mri.errors import Fault, InputError

DATASET: Final = "MAMA-MIA"
FILE: Final = "clinical_and_imaging_info.xlsx"
CURVES_FILE: Final = "nottingham_summary_TIC.csv"
COHORTS: Final = ("ISPY2", "NACT", "ISPY1", "DUKE")
DEFAULT_COHORTS: Final = ("ISPY2", "NACT")
"""DUKE and ISPY1 repeat patients of other public tables, so they come only when asked for."""

_STATUS: Final = {"0": "negative", "1": "positive"}
_PREMENOPAUSAL: Final = (
    "pre",
    "pre (<6 months since LMP AND no prior bilateral ovariectomy AND not on estrogen replacement)",
    "pre (< 6 months since LMP AND no prior bilateral ovariectomy AND not on estrogen replacement)",
)

RECODES: Final = (
    Recode("her2", "her2_status", _STATUS, "two classes only: no IHC score, so neither low nor zero"),
    Recode("er", "er_status", _STATUS, "not given in ISPY2"),
    Recode("pr", "pr_status", _STATUS, "not given in ISPY2"),
    Recode("hr", "hr_status", _STATUS, "as given: the only receptor status of ISPY2"),
    Recode("nottingham_grade", "grade", {"low": "I", "intermediate": "II", "high": "III"}, "DUKE only"),
    Recode(
        "menopause",
        "menopausal_status",
        {**dict.fromkeys(_PREMENOPAUSAL, "premenopausal"), "post": "postmenopausal"},
        "perimenopausal is missing",
    ),
    Recode("multifocal_cancer", "lesion_number", {"0": "single", "1": "multiple"}),
    Recode("field_strength", "field_strength", {"1.5": "1.5", "3": "3", "3.0": "3"}),
)

_REASONS: Final = {
    "tumor_subtype": LEAKING,
    "anti_her2_neu_therapy": LEAKING,
    "nac_agent": f"{LEAKING} (the agent was chosen by HER2 status)",
    "oncotype_score": f"{LEAKING} (HER2 is one of its genes)",
    "bilateral_breast_cancer": "which breast the row is about is not said",
    "acquisition_date": "need not be the real date",
    "site": "center is the cohort: many sites have a handful of patients",
    **dict.fromkeys(
        (
            "endocrine_therapy", "pcr", "mastectomy_post_nac", "days_to_follow_up", "days_to_recurrence",
            "days_to_metastasis", "days_to_death",
        ),
        LATER,
    ),
}  # fmt: skip
_CURVES: Final = (
    "not a reader's curve type: computed from whole-tumour voxels and the peak, type I cannot occur, "
    "so neither tic nor eer"
)
_NOTES: Final = (
    "Every patient had neoadjuvant chemotherapy after this MRI, so it is not prior_treatment; the patients "
    "are selected by it.",
)


def import_mama_mia(source: Path, *, cohorts: Sequence[str] = DEFAULT_COHORTS) -> Imported:
    """The clinical table of MAMA-MIA as lesions, one a patient, center = cohort.

    ``source`` is the workbook or its folder. A patient of the DUKE cohort keeps the identifiers and center of
    the Duke table, so that one table loaded beside the other is noticed. Raises InputError where the workbook
    is another, or a cohort is none of ``COHORTS``.
    """
    if unknown := [cohort for cohort in cohorts if cohort not in COHORTS]:
        raise InputError(
            Fault("cohort", f"{DATASET} has no such cohort", allowed=", ".join(COHORTS), value=cohort)
            for cohort in unknown
        )
    path = source_file(source, FILE, DATASET)
    raw = _read(path)
    raw = raw[raw["dataset"].isin(cohorts)].reset_index(drop=True)
    patient = raw["patient_id"].str.replace(r"^DUKE_", "Breast_MRI_", regex=True)
    center = raw["dataset"].replace("DUKE", DUKE_CENTER)
    columns = [
        identifier(raw["patient_id"], "patient_id", patient, "DUKE rows carry the Duke table's identifier"),
        identifier(raw["patient_id"], "lesion_id", patient, "one lesion a patient"),
        ColumnImport(("dataset",), "center", raw["dataset"], center),
        number(raw["age"], "age"),
        *(recode.of(raw) for recode in RECODES),
    ]
    imported = assemble(DATASET, raw, columns, left_out=_REASONS, notes=_notes(cohorts))
    if not path.with_name(CURVES_FILE).is_file():
        return imported
    curves = pd.DataFrame([unused(CURVES_FILE, _CURVES)], columns=list(MAPPING_COLUMNS))
    mapping = pd.concat([imported.mapping, curves], ignore_index=True)
    return Imported(imported.name, imported.frame, mapping, imported.notes)


def _read(path: Path) -> pd.DataFrame:
    raw = as_text(read_sheet(path, "dataset_info", DATASET, header=0))
    require_columns(
        raw, ["patient_id", "dataset", "age", *(recode.source for recode in RECODES)], path, DATASET
    )
    if not raw["dataset"].isin(COHORTS).all():
        raise not_that_dataset(path, DATASET, f"cohorts {', '.join(COHORTS)} in the column 'dataset'")
    return raw


def _notes(cohorts: Sequence[str]) -> tuple[str, ...]:
    left_out = [cohort for cohort in COHORTS if cohort not in cohorts]
    notes = [*_NOTES, f"Cohorts: {', '.join(cohorts)}; left out: {', '.join(left_out) or 'none'}."]
    if "DUKE" in cohorts:
        notes.append("DUKE rows are patients of Duke-Breast-Cancer-MRI: never use both tables in one study.")
    if "ISPY1" in cohorts:
        notes.append("ISPY1 rows are patients of the I-SPY1 collection: never use both in one study.")
    return tuple(notes)
