"""The reads of one task: three-way calls seen as positive or negative, and as a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.dictionary import Task
from her2mri.readers.reads import AIDED, UNAIDED, Reads


@dataclass(frozen=True, eq=False)
class TaskReads:
    """Reads of the cases a task is about.

    ``frame`` has the columns of the reads and ``y`` (1: the task's positive class), ``called`` (1, 0, or NaN
    for a call that is neither class of the task), ``right`` and ``score``: the confidence with the sign of
    the call, 0 for a call that is neither (the call alone where no confidence was asked for).
    """

    task: Task
    frame: pd.DataFrame

    @property
    def n_outside(self) -> int:
        """How many calls are neither class of the task."""
        return int(self.frame["called"].isna().sum())

    def of(self, reader: str, arm: str) -> pd.DataFrame:
        """The reads of one reader in one arm."""
        return self.frame[(self.frame["reader"] == reader) & (self.frame["arm"] == arm)]

    def paired(self, reader: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The reader's unaided and aided reads of the cases read in both arms, in one order of cases."""
        halves = [self.of(reader, arm).set_index("case", drop=False) for arm in (UNAIDED, AIDED)]
        both = halves[0].index.intersection(halves[1].index)
        return halves[0].loc[both], halves[1].loc[both]


def task_reads(reads: Reads, task: Task) -> TaskReads:
    """The reads of the cases whose truth is one of the task's levels."""
    frame = reads.frame[reads.frame["truth"].isin(task.eligible)].copy()
    positive, negative = frame["call"].isin(task.positive), frame["call"].isin(task.negative)
    frame["y"] = frame["truth"].isin(task.positive).astype(int)
    frame["called"] = np.select([positive, negative], [1.0, 0.0], np.nan)
    frame["right"] = np.where(frame["y"] == 1, positive, negative)
    sign = np.select([positive, negative], [1.0, -1.0], 0.0)
    frame["score"] = sign * (1.0 + frame["confidence"].fillna(0.0))
    return TaskReads(task, frame.reset_index(drop=True))
