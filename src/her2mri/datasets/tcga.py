"""TCGA-BRCA clinical table (NCI GDC biotab of nationwidechildrens.org) as a lesion table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd

from her2mri.datasets.imported import (
    LATER,
    LEAKING,
    ColumnImport,
    Imported,
    Recode,
    as_text,
    assemble,
    identifier,
    not_that_dataset,
    number,
    require_columns,
    source_file,
)

DATASET: Final = "TCGA-BRCA"
FILE: Final = "nationwidechildrens.org_clinical_patient_brca.1097.txt"

_BARCODE, _SOURCE_SITE, _PATIENT = "bcr_patient_barcode", "tissue_source_site", "patient_id"
_STATUS, _SCORE, _FISH = "her2_status_by_ihc", "her2_ihc_score", "her2_fish_status"
_SITE: Final = "anatomic_neoplasm_subdivision"
_RECEPTOR: Final = {"Negative": "negative", "Positive": "positive"}
_AS_CALLED: Final = "as the hospital called it, by its cut-off of the time"

RECODES: Final = (
    Recode(_SCORE, "her2_ihc", {score: score for score in ("0", "1+", "2+", "3+")}),
    Recode(_FISH, "her2_ish", {"Negative": "not_amplified", "Positive": "amplified", "Equivocal": "equivocal"}),
    Recode("er_status_by_ihc", "er_status", _RECEPTOR, _AS_CALLED),
    Recode("pr_status_by_ihc", "pr_status", _RECEPTOR, _AS_CALLED),
    Recode(
        "histological_type",
        "histological_subtype",
        {
            "Infiltrating Ductal Carcinoma": "idc",
            "Infiltrating Lobular Carcinoma": "ilc",
            "Mucinous Carcinoma": "mucinous",
            "Mixed Histology (please specify)": "other",
            "Metaplastic Carcinoma": "other",
            "Medullary Carcinoma": "other",
            "Other, specify": "other",
        },
        "an accompanying DCIS is not told, so idc_dcis never occurs",
    ),
    Recode(
        "menopause_status",
        "menopausal_status",
        {
            "Pre (<6 months since LMP AND no prior bilateral ovariectomy AND not on estrogen replacement)":
                "premenopausal",
            "Pre (<6 months since LMP AND ior bilateral ovariectomy AND not on estrogen replacement)":
                "premenopausal",
            "Post (prior bilateral ovariectomy OR >12 mo since LMP with no prior hysterectomy)":
                "postmenopausal",
        },
        "peri and indeterminate are missing",
    ),
    Recode(
        "history_neoadjuvant_treatment",
        "prior_treatment",
        {"No": "no", "Yes": "yes"},
        "treated before the specimen that was read",
    ),
    Recode("ajcc_metastasis_pathologic_pm", "distant_metastasis", {"M0": "no", "cM0 (i+)": "no", "M1": "yes"}),
)  # fmt: skip
_FIRST_LETTERS: Final = (
    ("ajcc_tumor_pathologic_pt", "t_category", r"(T[1-4])(?:[a-d].*)?", "pathological"),
    (
        "ajcc_nodes_pathologic_pn",
        "n_category",
        r"(N[0-3])(?:[a-c]|mi| \((?:i-|i\+|mol\+|mol-)\))?",
        "pathological, by the AJCC edition of the time (3rd to 7th)",
    ),
)

_BANDS: Final = "bands of 10 %: the lowest, <10 %, spans the cut-off of 1 %"
_REASONS: Final = {
    "er_status_ihc_Percent_Positive": _BANDS,
    "pr_status_ihc_percent_positive": _BANDS,
    "gender": "not in the dictionary: men are kept",
    "radiation_treatment_adjuvant": LATER,
    "pharmaceutical_tx_adjuvant": LATER,
}
_NOTES: Final = (
    "No MRI: every MRI variable is missing. Ki-67 and grade are not given.",
    "her2_status is given only where there is no IHC score; with a score the label rule decides.",
)


def import_tcga(source: Path) -> Imported:
    """The clinical table of TCGA-BRCA as lesions, one a patient, center = tissue source site.

    ``source`` is the biotab file or its folder. Raises InputError where it is not that table.
    """
    raw = _read(source_file(source, FILE, DATASET))
    barcode = "TCGA-" + raw[_SOURCE_SITE] + "-" + raw[_PATIENT]
    mended = "from the parts of the barcode, which is misspelt in a row of some copies"
    columns = [
        ColumnImport((_BARCODE, _SOURCE_SITE, _PATIENT), "patient_id", raw[_BARCODE], barcode, mended),
        ColumnImport(
            (_BARCODE, _SOURCE_SITE, _PATIENT), "lesion_id", raw[_BARCODE], barcode, "one a patient"
        ),
        identifier(raw[_SOURCE_SITE], "center", note="the tissue source site of the barcode"),
        number(raw["age_at_diagnosis"], "age", note="whole years; above 89 reads 90"),
        *(recode.of(raw) for recode in RECODES),
        *(
            ColumnImport((name,), target, raw[name], raw[name].str.extract(f"^{pattern}$")[0], note)
            for name, target, pattern, note in _FIRST_LETTERS
        ),
        _status_without_score(raw),
        _invasive(raw),
        *_place(raw),
    ]
    reasons = {str(name): LEAKING for name in raw if re.search("her2|cent_?17", str(name))} | _REASONS
    return assemble(DATASET, raw, columns, left_out=reasons, notes=_NOTES)


def _read(path: Path) -> pd.DataFrame:
    """The cells as text; the two rows of long names are no patients, placeholders in [] are missing."""
    expected = "the tab-separated biotab, three rows of names and the patients below them"
    try:
        raw = pd.read_csv(
            path, sep="\t", encoding="latin-1", skiprows=[1, 2], dtype=str, keep_default_na=False, quoting=3
        )
    except (OSError, ValueError) as error:
        raise not_that_dataset(path, DATASET, expected) from error
    needed = [_BARCODE, _SOURCE_SITE, _PATIENT, "age_at_diagnosis", _STATUS, _SITE, "icd_o_3_histology"]
    needed += [recode.source for recode in RECODES] + [name for name, *_ in _FIRST_LETTERS]
    require_columns(raw, needed, path, DATASET)
    if not len(raw) or not raw[_BARCODE].str.startswith("TCGA-").all():
        raise not_that_dataset(path, DATASET, f"{expected}, named TCGA-XX-XXXX")
    text = as_text(raw)
    return text.mask(text.apply(lambda column: column.str.fullmatch(r"\[.*\]", na=False)))


def _status_without_score(raw: pd.DataFrame) -> ColumnImport:
    """HER2 status of the lesions without an IHC score, from the called status and FISH where they agree.

    One of the two may be unknown; where they contradict each other nothing is said. Negative may be low or
    zero: the score alone tells them apart.
    """
    without = raw[_SCORE].isna()
    called, fish = raw[_STATUS], raw[_FISH]
    positive = ((called == "Positive") & (fish != "Negative")) | (
        ~called.isin(_RECEPTOR) & (fish == "Positive")
    )
    negative = ((called == "Negative") & (fish != "Positive")) | (
        ~called.isin(_RECEPTOR) & (fish == "Negative")
    )
    values = pd.Series(pd.NA, raw.index, dtype="str").mask(positive, "positive").mask(negative, "negative")
    told = without & (called.notna() | fish.notna())
    pair = called.fillna("-") + " / FISH " + fish.fillna("-")
    return ColumnImport(
        (_STATUS, _FISH),
        "her2_status",
        pair.where(told),
        values.where(without),
        "only where there is no IHC score; called status against FISH says nothing",
    )


def _invasive(raw: pd.DataFrame) -> ColumnImport:
    """The behaviour digit of the ICD-O-3 morphology: 3 invasive, 2 in situ."""
    codes = raw["icd_o_3_histology"]
    values = codes.str.extract(r"^\d{4}/(\d)$")[0].map({"2": "no", "3": "yes"})
    return ColumnImport(("icd_o_3_histology",), "invasive", codes, values, "the behaviour digit")


def _place(raw: pd.DataFrame) -> tuple[ColumnImport, ColumnImport]:
    """Side, and upper or lower where every quadrant named is of one half; the bare side is no quadrant."""
    places = raw[_SITE]
    side = pd.Series([_only(r"^(Left|Right)", place) for place in places], raw.index, dtype="str")
    half = pd.Series(
        [_only(r"(Upper|Lower) ", place, of="Quadrant") for place in places], raw.index, dtype="str"
    )
    location = side.str.lower()
    note = "upper or lower, where all quadrants named agree"
    return (
        ColumnImport((_SITE,), "location", places, location),
        ColumnImport((_SITE,), "quadrant", places, half.str.lower() + "_" + location, note),
    )


def _only(pattern: str, places: object, *, of: str = "") -> str | None:
    """What the pattern finds in every part (every part with the word ``of``); None where it differs."""
    parts = [part for part in str(places).split("|") if of in part]
    found = {match[1] if (match := re.search(pattern, part)) else None for part in parts}
    return found.pop() if len(found) == 1 else None
