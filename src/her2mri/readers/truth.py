"""What the cases of a reader study really were."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2mri.cohort.read import RawTable, read_table
from her2mri.dictionary import DataDictionary
from her2mri.readers.cells import Cells


@dataclass(frozen=True, eq=False)
class Truth:
    """One row a case: case, patient, truth (a level of the outcome; empty where it is not known)."""

    name: str
    frame: pd.DataFrame
    outcome: str
    sha256: str = ""


def outcome_of(dictionary: DataDictionary) -> str:
    """The outcome that all tasks of a dictionary are about.

    Raises ValueError where they are about different ones: one call cannot answer them.
    """
    outcomes = sorted({task.outcome for task in dictionary.tasks})
    if len(outcomes) != 1:
        raise ValueError(f"a reader study needs tasks about one outcome, got {', '.join(outcomes)}")
    return outcomes[0]


def read_truth(path: Path, dictionary: DataDictionary) -> Truth:
    """The truth from a lesion table: lesion_id, patient_id and the outcome or what it derives from.

    Raises TableError with every fault.
    """
    return truth_of(read_table(path), dictionary)


def truth_of(table: RawTable, dictionary: DataDictionary) -> Truth:
    """The truth from a raw table; see ``read_truth``."""
    cells = Cells(table)
    cells.require(["lesion_id", "patient_id"], remedy="give the lesion table of the cases that were read")
    outcome = outcome_of(dictionary)
    case, patient = cells.text("lesion_id", required=True), cells.text("patient_id", required=True)
    if outcome in cells.frame.columns:
        level = cells.level(outcome, dictionary[outcome].spellings(), required=False)
    else:
        level = _derived(cells, dictionary)
    for row in case.index[case.duplicated() & (case != "")]:
        cells.fault(row, "lesion_id", "the lesion stands twice", case[row])
    cells.raise_faults()
    frame = pd.DataFrame({"case": case, "patient": patient, "truth": level}).reset_index(drop=True)
    return Truth(table.name, frame, outcome, table.sha256)


def _derived(cells: Cells, dictionary: DataDictionary) -> pd.Series[str]:
    """The outcome by the dictionary's label rule, from the columns it needs."""
    if not dictionary.label_rules:
        cells.require([outcome_of(dictionary)])
    rule = dictionary.label_rule()
    needed = list(rule.inputs)
    cells.require(needed, remedy=f"or give the outcome itself in a column {rule.target}")
    inputs = {name: cells.level(name, dictionary[name].spellings(), required=False) for name in needed}
    values = []
    for row in cells.frame.index:
        lesion = {name: inputs[name][row] or None for name in needed}
        values.append(rule.apply(lesion).value or "")
    return pd.Series(values, index=cells.frame.index, dtype="str")
