"""Duke-Breast-Cancer-MRI (Saha et al. 2018, doi:10.1038/s41416-018-0185-8) as a lesion table."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from her2mri.datasets.duke_position import quadrant_of, side_of
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
    read_sheet,
    require_columns,
    source_file,
)

DATASET: Final = "Duke-Breast-Cancer-MRI"
FILE: Final = "Clinical_and_Other_Features.xlsx"
CENTER: Final = "Duke"

_STATUS: Final = {"0": "negative", "1": "positive"}
_NO_YES: Final = {"0": "no", "1": "yes"}
_SCORES: Final = ("Tumor Grade", "Tumor Grade(N) (Nuclear)", "Tumor Grade(M) (Mitotic)")
_BIRTH: Final = "Date of Birth (Days)"
_DAYS_PER_YEAR: Final = 365.25
_METASTASIS: Final = (
    "Metastatic at Presentation (Outside of Lymph Nodes)",
    "Staging(Metastasis)#(Mx -replaced by -1)[M]",
)
_SIGNS: Final = ("Skin/Nipple Invovlement", "Pec/Chest Involvement")
_SIDE, _POSITION = "Tumor Location", "Position"
_ALLRED: Final = "positive by Allred score, which is not the 1 % cut-off"

RECODES: Final = (
    Recode("HER2", "her2_status", _STATUS, "two classes only: no IHC score, so neither low nor zero"),
    Recode("ER", "er_status", _STATUS, _ALLRED),
    Recode("PR", "pr_status", _STATUS, _ALLRED),
    Recode("Nottingham grade", "grade", {"1": "I", "2": "II", "3": "III"}, "else from the three scores"),
    Recode(
        "Histologic type",
        "histological_subtype",
        {"1": "idc", "2": "ilc", "8": "mucinous", "9": "mucinous",
         **dict.fromkeys(("3", "5", "6", "7", "10"), "other")},
        "an accompanying DCIS is not told, so idc_dcis never occurs",
    ),
    Recode(
        "Histologic type",
        "invasive",
        {"0": "no", "4": "no", **dict.fromkeys(("1", "2", "3", "5", "6", "7", "8", "9", "10"), "yes")},
    ),
    Recode("Menopause (at diagnosis)", "menopausal_status", {"0": "premenopausal", "1": "postmenopausal"}),
    Recode("Staging(Tumor Size)# [T]", "t_category", {str(i): f"T{i}" for i in range(1, 5)}),
    Recode("Staging(Nodes)#(Nx replaced by -1)[N]", "n_category", {str(i): f"N{i}" for i in range(4)}),
    Recode(
        "Multicentric/Multifocal",
        "lesion_number",
        {"0": "single", "1": "multiple"},
        "from the MRI report's wording; its makers call it not very reliable",
    ),
    Recode("Lymphadenopathy or Suspicious Nodes", "lymphadenectasis", _NO_YES),
    Recode("Field Strength (Tesla)", "field_strength", {"0": "1.5", "1": "1.5", "2": "3", "3": "3"}),
)  # fmt: skip

_LATER_GROUPS: Final = (
    "SURGERY", "Radiation Therapy", "Tumor Response", "Recurrence", "Follow Up", "Chemotherapy",
    "Endocrine Therapy", "Neoadjuvant therapy", "Pathologic Response to Neoadjuvant Therapy",
    "Near Complete Response",
)  # fmt: skip
_OTHER_GROUPS: Final = {
    "Mammography Characteristics": "a mammography reading, not an MRI reading",
    "US features": "an ultrasound reading, not an MRI reading",
    "Anti-Her2 Neu Therapy": LEAKING,
}
_REASONS: Final = {
    "Mol Subtype": LEAKING,
    "Oncotype score": f"{LEAKING} (HER2 is one of its genes)",
    "Days to MRI (From the Date of Diagnosis)": "not a stated biopsy or treatment: prior_treatment stays missing",
    "Contralateral Breast Involvement": "about the other breast",
}
_NOTES: Final = (
    "prior_treatment is missing: diagnosis, so biopsy, came before most of these MRIs, and the published "
    "study's exclusion of biopsied lesions cannot be repeated.",
    "Neoadjuvant treatment came after the MRI and is not prior_treatment.",
)


def import_duke(source: Path) -> Imported:
    """The clinical table of Duke-Breast-Cancer-MRI as lesions, one a patient.

    ``source`` is the workbook or its folder. Raises InputError where it is not that table.
    """
    raw, reasons = _read(source_file(source, FILE, DATASET))
    patient = raw["Patient ID"]
    columns = [
        identifier(patient, "patient_id"),
        identifier(patient, "lesion_id", note="one lesion a patient, the annotated one"),
        identifier(patient, "center", pd.Series(CENTER, raw.index)),
        number(raw[_BIRTH], "age", factor=-1 / _DAYS_PER_YEAR, note="at diagnosis"),
        *(
            number(raw[source_name], target)
            for source_name, target in zip(
                _SCORES, ("tubule_score", "nuclear_score", "mitotic_score"), strict=True
            )
        ),
        *(recode.of(raw) for recode in RECODES),
        _either(raw, _METASTASIS, "distant_metastasis", "yes if either says so"),
        _either(raw, _SIGNS, "accompanying_signs", "yes if either is involved"),
        *_place(raw),
    ]
    return assemble(DATASET, raw, columns, left_out=reasons, notes=_NOTES)


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """The cells as text under one name a column, and why a column that is not used is left out."""
    sheet = read_sheet(path, "Data", DATASET, header=None)
    if len(sheet) < 4:
        raise not_that_dataset(path, DATASET, "three rows of headings and the patients below them")
    heads = as_text(sheet.iloc[:3])
    groups = heads.iloc[0].ffill().fillna("")
    plain = heads.iloc[1].fillna(heads.iloc[2]).fillna("(no name)")
    repeated = plain.duplicated(keep=False)
    names = plain.where(~repeated, groups + ": " + plain)
    raw = as_text(sheet.iloc[3:]).set_axis(names, axis="columns").reset_index(drop=True)
    needed = ("Patient ID", _BIRTH, *_SCORES, *_METASTASIS, *_SIGNS, _SIDE, _POSITION)
    require_columns(raw, [*needed, *(recode.source for recode in RECODES)], path, DATASET)
    if not raw["Patient ID"].str.fullmatch(r"Breast_MRI_\d+").all():
        raise not_that_dataset(path, DATASET, "patients named Breast_MRI_001, Breast_MRI_002, ...")
    reasons = {name: _reason(name, group) for name, group in zip(names, groups, strict=True)}
    return raw, {name: reason for name, reason in reasons.items() if reason}


def _reason(name: str, group: str) -> str:
    if name in _REASONS:
        return _REASONS[name]
    if "(for the other side)" in name:
        return LEAKING if "HER2" in name or "Mol Subtype" in name else "about the other breast"
    return LATER if group in _LATER_GROUPS else _OTHER_GROUPS.get(group, "")


def _either(raw: pd.DataFrame, sources: tuple[str, str], target: str, note: str) -> ColumnImport:
    """``yes`` where one of two findings is, ``no`` where the first is not and the second not either."""
    first, second = (raw[source] for source in sources)
    values = first.map(_NO_YES).mask(second == "1", "yes")
    return ColumnImport(sources, target, first + " / " + second, values, note)


def _place(raw: pd.DataFrame) -> tuple[ColumnImport, ColumnImport]:
    """Side and quadrant: the stated side, else that of the biopsies; the quadrant where all biopsies agree."""
    position = raw[_POSITION]
    side = raw[_SIDE].fillna(position.map(side_of, na_action="ignore"))
    quadrant = pd.Series(
        [
            quadrant_of(where, breast) if pd.notna(where) and pd.notna(breast) else None
            for where, breast in zip(position, side, strict=True)
        ],
        index=raw.index,
        dtype="str",
    )
    location = side.map({"L": "left", "R": "right"})
    stated = raw[_SIDE].fillna("(blank, biopsies " + side.fillna(position) + ")")
    return (
        ColumnImport((_SIDE, _POSITION), "location", stated, location, "the annotated breast"),
        ColumnImport(
            (_POSITION,), "quadrant", position, quadrant,
            "only where every biopsy is in one half of that breast: 3 and 9 o'clock are the border",
        ),
    )  # fmt: skip
