"""The TRIPOD+AI checklist: every item with the number or the file in the run that answers it."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import Final

import pandas as pd

from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import listing
from her2mri.report.checklist_evidence import MET, MISSING, NOT_APPLICABLE, OF_METHODS, PARTLY
from her2mri.report.checklist_results import OF_RESULTS
from her2mri.report.section import Folded, Section
from her2mri.study.results import StudyResult

EVIDENCE: Final = {**OF_METHODS, **OF_RESULTS}
"""The function that answers each key of ``tripod_ai.toml``."""

AUTHORS: Final = "for the authors"
STATES: Final = (MET, PARTLY, MISSING, NOT_APPLICABLE, AUTHORS)


@dataclass(frozen=True)
class Item:
    """One item of the checklist; ``evidence`` is the key of the function that answers it, empty where none can."""

    number: str
    section: str
    asks: str
    evidence: str = ""


def items() -> tuple[Item, ...]:
    """All 52 items, in the order of the checklist.

    >>> len(items())
    52
    """
    text = resources.files("her2mri.report").joinpath("tripod_ai.toml").read_text(encoding="utf-8")
    return tuple(Item(**entry) for entry in tomllib.loads(text)["items"])


def checklist_frame(result: StudyResult) -> pd.DataFrame:
    """One row an item: number, section, asks, state, where. The study must have the recommended protocol."""
    rows = []
    for item in items():
        found = EVIDENCE[item.evidence](result) if item.evidence else None
        state, where = (AUTHORS, "") if found is None else (found.state, found.where)
        rows.append((item.number, item.section, item.asks, state, where))
    return pd.DataFrame(rows, columns=["number", "section", "asks", "state", "where"])


def summary(frame: pd.DataFrame) -> str:
    """How many items are in each state."""
    counts = Counter(frame["state"])
    return listing([f"{counts[state]} {state}" for state in STATES if counts[state]])


def checklist_section(result: StudyResult) -> Section:
    """The checklist as the page shows it."""
    frame = checklist_frame(result)
    open_items = frame[frame["state"].isin((MISSING, PARTLY))]
    return Section(
        "checklist",
        "TRIPOD+AI checklist",
        (
            f"Of {len(frame)} items: {summary(frame)}. Each state is computed from this run; what a run cannot know "
            "is left to the authors.",
        ),
        (_table("Missing or met in part", open_items),),
        (Folded(f"All {len(frame)} items", (_table("Every item", frame),)),),
    )


def _table(title: str, frame: pd.DataFrame) -> DisplayTable:
    rows: list[tuple[str, ...]] = []
    for section, of_section in frame.groupby("section", sort=False):
        rows.append((str(section), "", "", ""))
        rows += [
            (row["number"], row["asks"], row["state"], row["where"]) for row in of_section.to_dict("records")
        ]
    return DisplayTable(
        title,
        ("Item", "Asks for", "State", "Where"),
        tuple(rows),
        note=(
            "Items of Collins et al 2024 (doi:10.1136/bmj-2023-078378) in our own words. All stand in "
            "tables/tripod_ai.csv."
        ),
        label_columns=4,
    )
