"""A small reader study that tests may spoil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from her2mri.cohort.read import RawTable
from her2mri.dictionary import load_dictionary
from her2mri.readers.reads import Reads, reads_of
from her2mri.readers.truth import truth_of

LEVELS = ("zero", "low", "positive")


def raw(name: str, frame: pd.DataFrame) -> RawTable:
    """A table as it comes from a spreadsheet: rows count from 2, empty is None."""
    cells = frame.astype(object).where(frame.notna(), None)
    return RawTable(name, cells.set_axis(range(2, len(frame) + 2), axis=0))


@dataclass
class StudyTables:
    """Raw tables of a study; ``check`` reads them as the package does."""

    reads: pd.DataFrame
    truth: pd.DataFrame
    lesions: pd.DataFrame
    schedule: pd.DataFrame | None = None
    options: dict[str, float] = field(default_factory=dict)

    def check(self) -> Reads:
        """The reads, or the faults."""
        dictionary = load_dictionary()
        truth = truth_of(raw("truth.csv", self.truth), dictionary)
        plan = None if self.schedule is None else raw("schedule.csv", self.schedule)
        return reads_of(raw("reads.csv", self.reads), truth, dictionary, schedule=plan, **self.options)


def make_study(
    *, readers: int = 3, cases: int = 60, seed: int = 1, help_of_aid: float = 0.7, patients: int | None = None
) -> StudyTables:
    """Readers whose calls follow the truth, more so with the aid."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(LEVELS, cases, p=[0.25, 0.45, 0.3])
    lesion = np.array([f"L{i:03}" for i in range(cases)])
    patient = np.array([f"P{i % (patients or cases):03}" for i in range(cases)])
    depth = np.array([LEVELS.index(level) for level in truth]) - 1.0
    model = depth + rng.normal(0.0, 0.9, cases)
    rows = []
    for reader in range(readers):
        own = 0.6 * depth + rng.normal(0.0, 0.8, cases)
        for session, arm in enumerate(("unaided", "aided"), start=1):
            felt = own + (help_of_aid * model if arm == "aided" else 0.0) + rng.normal(0.0, 0.2, cases)
            call = np.where(felt < -0.5, "zero", np.where(felt < 0.5, "low", "positive"))
            sure = np.clip(np.round(40 + 60 * np.abs(np.abs(felt) - 0.5)), 0, 100)
            seconds = np.round(np.exp(4.2 - 0.25 * (arm == "aided") + 0.3 * rng.normal(size=cases)), 1)
            order = rng.permutation(cases) + 1
            rows.append(
                pd.DataFrame(
                    {
                        "reader": f"R{reader + 1}",
                        "experience": 4 + 9 * (reader % 2),
                        "case": lesion,
                        "patient": patient,
                        "arm": arm,
                        "session": session,
                        "order": order,
                        "date": "2026-01-05" if session == 1 else "2026-02-09",
                        "call": call,
                        "confidence": sure,
                        "seconds": seconds,
                    }
                )
            )
    table = pd.DataFrame({"lesion_id": lesion, "patient_id": patient, "center": "A", "her2_status": truth})
    positive = 1.0 / (1.0 + np.exp(1.2 - 1.5 * model))
    lesions = table.assign(
        set_her2_positive=np.where(np.arange(cases) % 2, "training", "external_validation"),
        outcome_her2_positive=(truth == "positive").astype(int),
        probability_her2_positive_LR=positive,
    )
    return StudyTables(pd.concat(rows, ignore_index=True), table, lesions)


@pytest.fixture
def study() -> StudyTables:
    """Three readers, 60 cases, both arms."""
    return make_study()


@pytest.fixture
def studies() -> Callable[..., StudyTables]:
    """Makes a study of another shape."""
    return make_study
