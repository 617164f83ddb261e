"""A lesion table as one reader filled it in, ready to be compared with another's."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2mri.cohort.read import RawTable
from her2mri.dictionary import DataDictionary
from her2mri.errors import Fault, TableError
from her2mri.readers.cells import Cells


def feature_readings(table: RawTable, dictionary: DataDictionary, *, group: str) -> pd.DataFrame:
    """The features of a group as the dictionary stores them, with lesion_id (and patient_id where given).

    Raises TableError with every fault, also where no feature of the group is there.
    """
    cells = Cells(table)
    cells.require(["lesion_id"])
    lesion = cells.text("lesion_id", required=True)
    for row in lesion.index[lesion.duplicated() & (lesion != "")]:
        cells.fault(row, "lesion_id", "the lesion stands twice", lesion[row])
    columns: dict[str, pd.Series[str] | pd.Series[float]] = {"lesion_id": lesion}
    if "patient_id" in cells.frame.columns:
        columns["patient_id"] = cells.text("patient_id", required=True)
    features = [v for v in dictionary.with_role("predictor", "descriptor") if v.group == group]
    for variable in features:
        if variable.name not in cells.frame.columns:
            continue
        if variable.is_categorical:
            level = cells.level(variable.name, variable.spellings(), required=False)
            columns[variable.name] = level.where(level != "")
        else:
            low, high = variable.bounds or (-np.inf, np.inf)
            columns[variable.name] = cells.number(
                variable.name, f"{low:g} to {high:g} {variable.unit}".strip(), low=low, high=high
            )
    if not any(variable.name in columns for variable in features):
        raise TableError([Fault(table.name, f"holds no feature of the group {group!r}")])
    cells.raise_faults()
    return pd.DataFrame(columns).reset_index(drop=True)
