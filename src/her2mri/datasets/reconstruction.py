"""Builds the published cohort's lesion table: ``python -m her2mri.datasets.reconstruction FILE``.

Takes a few minutes. The stages: whole numbers of lesions for every printed count (``reconstruction_counts``,
seconds), values for the printed means and quartiles (``reconstruction_values``, most of the time; then
``reconstruction_exchange``), dependence (``reconstruction_published``, ``reconstruction_remaining``), patients.
Seeds are fixed, so that one version of numpy and scipy always gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from her2mri.datasets.reconstruction_cells import CENTERS, cells
from her2mri.datasets.reconstruction_draft import draft
from her2mri.datasets.reconstruction_published import tune_published
from her2mri.datasets.reconstruction_remaining import tune_remaining
from her2mri.dictionary import load_dictionary

SEED: Final = 1030
_SAME: Final = ("set_her2_positive", "center", "age", "menopausal_status")
"""What two lesions of one patient share."""


def reconstruct() -> pd.DataFrame:
    """The lesion table, lesions in random order within their center."""
    rng = np.random.default_rng(np.random.SeedSequence(SEED))
    return finished(tune_remaining(tune_published(draft(rng), rng), rng), rng)


def finished(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The tuned cells as a lesion table: sets, status, random order, patients."""
    frame = _with_design(frame).astype({"age": int})
    frame = frame.iloc[rng.permutation(len(frame))].sort_values("center", kind="stable")
    frame = _with_patients(frame.reset_index(drop=True))
    order = [variable.name for variable in load_dictionary().variables if variable.name in frame]
    return frame[order]


def _with_design(frame: pd.DataFrame) -> pd.DataFrame:
    found = [cells()[index] for index in frame["cell"]]
    return frame.assign(
        center=[cell.center for cell in found],
        set_her2_positive=[cell.first for cell in found],
        set_her2_low=[cell.second for cell in found],
        her2_status=[cell.status for cell in found],
    )


def _with_patients(frame: pd.DataFrame) -> pd.DataFrame:
    """Identifiers; the other lesion of a woman with two moves up behind the one read as bilateral."""
    other, frame = _other_lesions(frame)
    patient, lesion, row_of = [], [], []
    counts = dict.fromkeys(CENTERS, 0)
    seconds = set(other.values())
    for row in range(len(frame)):
        if row in seconds:
            continue
        center = str(frame["center"].iloc[row])
        counts[center] += 1
        name = f"C{CENTERS.index(center) + 1}-{counts[center]:03d}"
        for number, member in enumerate([row, *([other[row]] if row in other else [])], start=1):
            patient.append(name)
            lesion.append(f"{name}-{number}")
            row_of.append(member)
    return frame.iloc[row_of].reset_index(drop=True).assign(patient_id=patient, lesion_id=lesion)


def _other_lesions(frame: pd.DataFrame) -> tuple[dict[int, int], pd.DataFrame]:
    """For every lesion read as bilateral one of the other breast that may be the same woman's.

    Where there is none, another lesion of the same cell and quadrant is read as bilateral instead: the second
    answer is the table with such locations exchanged.
    """
    frame = frame.copy()
    side = frame["quadrant"].str.contains("left").map({True: "left", False: "right"})
    taken: dict[int, int] = {}
    for row in np.flatnonzero(frame["location"] == "bilateral"):
        like = (frame["cell"] == frame["cell"].iloc[row]) & (frame["quadrant"] == frame["quadrant"].iloc[row])
        instead = np.flatnonzero(like & (frame["location"] == side))
        for reader in [int(row), *(int(index) for index in instead)]:
            used = {*taken, *taken.values()}
            free = [] if reader in used else [i for i in _fitting(frame, side, reader) if i not in used]
            if free:
                taken[reader] = free[0]
                frame.loc[[int(row), reader], "location"] = frame["location"][[reader, int(row)]].to_numpy()
                break
        else:
            raise ValueError(f"no second lesion for row {row}")
    return taken, frame


def _fitting(frame: pd.DataFrame, side: pd.Series[str], row: int) -> list[int]:
    """Lesions that agree with this one in sets, age and menopausal status but lie on the other side.

    First those that agree in most of HER2 status, glandular tissue and its enhancement.
    """
    one = frame.iloc[row]
    fits = (frame["location"] == side) & (side != side.iloc[row])
    for name in _SAME:
        fits &= frame[name] == one[name]
    if one["set_her2_low"]:
        fits &= frame["set_her2_low"].isin([one["set_her2_low"], ""])
    alike = sum((frame[name] == one[name]).astype(int) for name in ("her2_status", "fgt", "bpe"))
    assert isinstance(alike, pd.Series)
    return [int(index) for index in alike[fits].sort_values(ascending=False, kind="stable").index]


def main() -> None:
    """Write the table to the file named."""
    reconstruct().to_csv(Path(sys.argv[1]), index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
