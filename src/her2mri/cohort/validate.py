"""What can only be seen across rows: identifiers, patients, and columns that look as if in another unit."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.dictionary import DataDictionary, Variable
from her2mri.errors import Fault

ENOUGH_FOR_A_MEDIAN: Final = 10
"""With fewer values a median outside the typical range is said, but not refused."""


def identifier_faults(frame: pd.DataFrame, places: pd.DataFrame) -> Iterator[Fault]:
    """Lesions that share an identifier, and patients that are in more than one center.

    ``places`` has the table (``where``) and the row of each lesion.
    """
    lesion = _column(frame, "lesion_id")
    for position in _positions(lesion.notna() & lesion.duplicated(keep=False)):
        yield _fault_at(
            places,
            position,
            "lesion_id",
            str(lesion.iloc[position]),
            problem="is not unique: another row has it too",
            allowed="one row a lesion",
            remedy="delete the repeated row, or number the lesions of a patient",
        )
    patient, center = _column(frame, "patient_id"), _column(frame, "center")
    n_centers = center.groupby(patient).transform("nunique")
    for position in _positions(n_centers > 1):
        yield _fault_at(
            places,
            position,
            "patient_id",
            str(patient.iloc[position]),
            problem="is found in more than one center",
            allowed="a patient in one center",
            remedy="if they are different people, put the center before the number",
        )


def patient_caveats(
    frame: pd.DataFrame, places: pd.DataFrame, dictionary: DataDictionary
) -> Iterator[Caveat]:
    """Lesions of one patient that differ in what a patient has once."""
    patient = _column(frame, "patient_id")
    for variable in dictionary.variables:
        if not variable.per_patient or variable.name not in frame:
            continue
        values = frame[variable.name]
        for position in _positions(values.groupby(patient).transform("nunique") > 1):
            yield Caveat(
                "patient_varies",
                f"lesions of one patient differ in {variable.label.lower()}",
                row=int(places["row"].iloc[position]),
                column=variable.name,
                value=_shown(values.iloc[position]),
                where=str(places["where"].iloc[position]),
            )


def unit_findings(variable: Variable, values: pd.Series[float], where: str) -> Iterator[Fault | Caveat]:
    """Whether the whole column looks as if it were in another unit, though no single value is impossible."""
    found = values.dropna()
    if found.empty:
        return
    if variable.unit == "%" and _looks_like_fractions(found):
        yield Fault(
            where,
            "the column looks like fractions, not per cent",
            allowed="0 to 100 %",
            remedy="multiply the column by 100",
            column=variable.name,
            value=f"largest value {found.max():g}",
        )
    if variable.typical is None:
        return
    low, high = variable.typical
    median = float(found.median())
    if low <= median <= high:
        return
    allowed = f"a median of {low:g} to {high:g} {variable.unit}".rstrip()
    for slip in variable.unit_slips:
        if low <= median * slip.factor <= high and len(found) >= ENOUGH_FOR_A_MEDIAN:
            yield Fault(
                where,
                f"the column looks like {slip.unit}",
                allowed=allowed,
                remedy=f"multiply the column by {slip.factor:g}",
                column=variable.name,
                value=f"median {median:g}",
            )
            return
    message = f"the median is unusual: expected is {allowed}"
    yield Caveat("unusual_median", message, column=variable.name, value=f"{median:g}", where=where)


def column_caveats(
    frame: pd.DataFrame, dictionary: DataDictionary, *, faulty: Collection[str] = ()
) -> Iterator[Caveat]:
    """Columns that are there but say nothing: all empty, or a predictor that never varies.

    Nothing is said of the ``faulty`` columns, some of whose values could not be read.
    """
    for variable in dictionary.variables:
        if variable.name not in frame or variable.name in faulty:
            continue
        values = frame[variable.name]
        if values.isna().all():
            yield Caveat("empty_column", f"{variable.label} has no value in any row", column=variable.name)
        elif variable.role == "predictor" and len(values) > 1 and values.nunique(dropna=False) == 1:
            yield Caveat(
                "constant_column",
                f"{variable.label} is the same in every row",
                column=variable.name,
                value=_shown(values.iloc[0]),
            )


def _looks_like_fractions(found: pd.Series[float]) -> bool:
    return (
        len(found) >= ENOUGH_FOR_A_MEDIAN
        and bool(found.max() <= 1)
        and bool(((found > 0) & (found < 1)).any())
    )


def _column(frame: pd.DataFrame, name: str) -> pd.Series[str]:
    """A column of the frame, all missing if it is not there (which is a fault of its own)."""
    return frame[name] if name in frame else pd.Series(np.nan, index=frame.index, dtype="str")


def _positions(mask: pd.Series[bool]) -> list[int]:
    """Where a mask is true, as positions."""
    return [int(position) for position in np.flatnonzero(mask.to_numpy(dtype=bool))]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fault_at(
    places: pd.DataFrame, position: int, column: str, value: str, *, problem: str, allowed: str, remedy: str
) -> Fault:
    return Fault(
        str(places["where"].iloc[position]),
        problem,
        allowed=allowed,
        remedy=remedy,
        row=int(places["row"].iloc[position]),
        column=column,
        value=value,
    )
