"""The reads of a reader study: one row for each time a reader called a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.cohort.read import RawTable, read_table
from her2mri.dictionary import DataDictionary
from her2mri.errors import TableError
from her2mri.readers.cells import Cells
from her2mri.readers.design_checks import design_caveats
from her2mri.readers.truth import Truth, read_truth

UNAIDED: Final = "unaided"
AIDED: Final = "aided"
ARMS: Final = (UNAIDED, AIDED)

READ_COLUMNS: Final = (
    "reader", "experience", "case", "patient", "arm", "session", "order", "date", "call", "confidence",
    "seconds",
)  # fmt: skip
"""Columns of a reads file; all but reader, case, arm and call may be missing or empty."""

SENIOR_YEARS: Final = 10
"""Where experience is given in years: from how many on a reader is a senior."""

_REQUIRED: Final = ("reader", "case", "arm", "call")


@dataclass(frozen=True, eq=False)
class Reads:
    """Reads with the truth of their cases: ``READ_COLUMNS`` and ``truth``, a row a read.

    ``call`` and ``truth`` are levels of ``outcome``; ``experience`` is junior, senior or what the file says,
    empty where unknown. ``confidence`` is 0 to 100 in the reader's own call.
    """

    frame: pd.DataFrame
    dictionary: DataDictionary
    outcome: str
    caveats: tuple[Caveat, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def readers(self) -> tuple[str, ...]:
        """The readers' names, in the order of the file."""
        return tuple(dict.fromkeys(self.frame["reader"]))

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that were read, unaided first."""
        return tuple(arm for arm in ARMS if bool((self.frame["arm"] == arm).any()))

    def of_reader(self, reader: str) -> pd.DataFrame:
        """The reads of one reader; KeyError names those there are."""
        if reader not in self.readers:
            raise KeyError(f"no reader {reader!r}: {', '.join(self.readers)}")
        return self.frame[self.frame["reader"] == reader]


def read_reads(
    path: Path,
    truth: Path,
    dictionary: DataDictionary,
    *,
    schedule: Path | None = None,
    senior_years: float = SENIOR_YEARS,
    washout_days: int = 28,
) -> Reads:
    """Read and check a reads file against the lesion table that holds the truth.

    With a ``schedule`` (of ``readers design``) readers and reads outside it are faults. Raises TableError with
    every fault; what can be lived with becomes a caveat of the result.
    """
    plan = None if schedule is None else read_table(schedule)
    return reads_of(
        read_table(path),
        read_truth(truth, dictionary),
        dictionary,
        schedule=plan,
        senior_years=senior_years,
        washout_days=washout_days,
    )


def reads_of(
    table: RawTable,
    truth: Truth,
    dictionary: DataDictionary,
    *,
    schedule: RawTable | None = None,
    senior_years: float = SENIOR_YEARS,
    washout_days: int = 28,
) -> Reads:
    """Check raw reads; see ``read_reads``."""
    cells = Cells(table)
    cells.require(_REQUIRED, remedy=f"the columns of a reads file are {', '.join(READ_COLUMNS)}")
    frame = _columns(cells, dictionary[truth.outcome].spellings())
    _check_confidence(cells, frame)
    _check_repeats(cells, frame)
    _join_truth(cells, frame, truth)
    _join_experience(cells, frame, senior_years)
    planned = None if schedule is None else _check_schedule(cells, frame, Cells(schedule))
    cells.raise_faults()
    frame = frame.reset_index(drop=True)
    caveats = design_caveats(frame, planned=planned, washout_days=washout_days)
    sources = {table.name: table.sha256, truth.name: truth.sha256}
    return Reads(frame, dictionary, truth.outcome, tuple(caveats), sources)


def _columns(cells: Cells, levels: dict[str, str]) -> pd.DataFrame:
    positive, above = "a whole number from 1", "a number above 0"
    return pd.DataFrame(
        {
            "reader": cells.text("reader", required=True),
            "experience": cells.text("experience", required=False),
            "case": cells.text("case", required=True),
            "patient": cells.text("patient", required=False),
            "arm": cells.level("arm", {arm: arm for arm in ARMS}, required=True),
            "session": cells.number("session", positive, low=1, whole=True),
            "order": cells.number("order", positive, low=1, whole=True),
            "date": cells.date("date"),
            "call": cells.level("call", levels, required=True),
            "confidence": cells.number("confidence", "a number from 0 to 100", low=0, high=100),
            "seconds": cells.number("seconds", above, low=np.nextafter(0.0, 1.0)),
        }
    )


def _check_confidence(cells: Cells, frame: pd.DataFrame) -> None:
    """Confidence ranks the calls, so it must be there for all reads or for none."""
    if "confidence" not in cells.frame.columns:
        return
    empty = cells.frame["confidence"].isna()
    if empty.any() and not empty.all():
        for row in frame.index[empty]:
            cells.fault(row, "confidence", "is empty, although other reads have one")


def _check_repeats(cells: Cells, frame: pd.DataFrame) -> None:
    named = (frame["reader"] != "") & (frame["case"] != "") & (frame["arm"] != "")
    for row in frame.index[named & frame.duplicated(["reader", "case", "arm"])]:
        read = frame.loc[row]
        value = f"{read['reader']}, {read['case']}, {read['arm']}"
        cells.fault(row, "case", "the reader reads the case twice in this arm", value)
    placed = frame[["session", "order"]].notna().all(axis=1)
    for row in frame.index[placed & frame.duplicated(["reader", "session", "order"])]:
        cells.fault(row, "order", "two reads of one session have this order", int(frame.loc[row, "order"]))


def _join_truth(cells: Cells, frame: pd.DataFrame, truth: Truth) -> None:
    known = truth.frame.set_index("case")
    level = frame["case"].map(known["truth"]).fillna("")
    patient = frame["case"].map(known["patient"]).fillna("")
    new = ~frame["case"].duplicated() & (frame["case"] != "")
    for row in frame.index[new & ~frame["case"].isin(known.index)]:
        cells.fault(row, "case", f"is not in {truth.name}", frame.loc[row, "case"])
    for row in frame.index[new & frame["case"].isin(known.index) & (level == "")]:
        problem = f"has no {truth.outcome} in {truth.name}: a case needs its truth"
        cells.fault(row, "case", problem, frame.loc[row, "case"])
    for row in frame.index[(frame["patient"] != "") & (patient != "") & (frame["patient"] != patient)]:
        cells.fault(row, "patient", f"is another patient in {truth.name}", frame.loc[row, "patient"])
    frame["patient"] = patient
    frame["truth"] = level


def _join_experience(cells: Cells, frame: pd.DataFrame, senior_years: float) -> None:
    """One experience a reader; years become junior or senior."""
    given = frame.loc[frame["experience"] != ""]
    for reader, rows in given.groupby("reader", sort=False):
        if rows["experience"].nunique() > 1:
            found = ", ".join(dict.fromkeys(rows["experience"]))
            cells.fault(rows.index[0], "experience", f"reader {reader} has more than one", found)
    if given.empty:
        return
    first = given.drop_duplicates("reader").set_index("reader")["experience"]
    frame["experience"] = (
        frame["reader"].map(first.map(lambda value: _seniority(value, senior_years))).fillna("")
    )


def _seniority(value: str, senior_years: float) -> str:
    try:
        years = float(value)
    except ValueError:
        return value.casefold()
    return "senior" if years >= senior_years else "junior"


def _check_schedule(cells: Cells, frame: pd.DataFrame, plan: Cells) -> pd.DataFrame:
    """Readers and reads that nobody planned are faults; returns the planned reads."""
    plan.require(["reader", "case", "arm"])
    planned = pd.DataFrame(
        {
            "reader": plan.text("reader", required=True),
            "case": plan.text("case", required=True),
            "arm": plan.level("arm", {arm: arm for arm in ARMS}, required=True),
            "session": plan.number("session", "a whole number", low=1, whole=True),
            "order": plan.number("order", "a whole number", low=1, whole=True),
        }
    )
    if plan.faults:
        raise TableError([*cells.faults, *plan.faults])
    names = set(planned["reader"])
    unknown = frame[~frame["reader"].isin(names) & (frame["reader"] != "")].drop_duplicates("reader")
    for row, reader in unknown["reader"].items():
        cells.fault(
            row, "reader", f"unknown reader: not in {plan.table.name}", reader, ", ".join(sorted(names))
        )
    keys = set(planned[["reader", "case", "arm"]].itertuples(index=False, name=None))
    for row, *key in frame.loc[frame["reader"].isin(names), ["reader", "case", "arm"]].itertuples(name=None):
        if tuple(key) not in keys and all(key):
            cells.fault(row, "case", f"was not planned for this reader and arm in {plan.table.name}", key[1])
    return planned
