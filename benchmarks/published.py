"""The 613 x 45 training matrix of the published cohort, and the resamples that we and our peers share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import Encoding, FloatArray, IntArray
from her2mri.cohort.split import grouped_folds
from her2mri.datasets.published_cohort import published_cohort
from her2mri.dictionary import Variable
from her2mri.validation.resampling import Lesions

SEED = 20260


@dataclass(frozen=True)
class Training:
    """The training lesions of the first task: frame, outcome, patient, and the candidate variables."""

    frame: pd.DataFrame
    y: IntArray
    patient: IntArray
    candidates: tuple[Variable, ...]

    @property
    def encoding(self) -> Encoding:
        """The encoding of every candidate."""
        return Encoding.learn(self.frame, self.candidates)

    def matrix(self, predictors: tuple[str, ...] = ()) -> FloatArray:
        """The design matrix of some candidates, or of all."""
        chosen = [v for v in self.candidates if not predictors or v.name in predictors]
        return Encoding.learn(self.frame, chosen).matrix(self.frame)

    def resamples(self, n: int) -> list[tuple[IntArray, IntArray]]:
        """Rows and folds of each resample; the first is the sample itself, the others are of patients."""
        names = np.unique(self.patient)
        rows_of = [np.flatnonzero(self.patient == name) for name in names]
        drawn = []
        for number in range(n):
            rng = np.random.default_rng(np.random.SeedSequence([SEED, number]))
            rows = np.concatenate([rows_of[k] for k in rng.integers(0, len(names), len(names))])
            rows = np.arange(len(self.y)) if number == 0 else rows
            drawn.append((rows, grouped_folds(self.y[rows], self.patient[rows], 10, number)))
        return drawn

    def write(self, folder: Path, resamples: list[tuple[IntArray, IntArray]]) -> None:
        """The lesions, the levels in their order, and the resamples, as CSV for R."""
        names = [variable.name for variable in self.candidates]
        self.frame[names].assign(y=self.y, patient=self.patient).to_csv(folder / "lesions.csv", index=False)
        levels = [
            {"variable": variable.name, "level": level}
            for variable in self.candidates
            for level in (variable.values if variable.is_categorical else ("",))
        ]
        pd.DataFrame(levels).to_csv(folder / "levels.csv", index=False)
        pd.concat(
            pd.DataFrame({"resample": number, "row": rows + 1, "fold": folds + 1})
            for number, (rows, folds) in enumerate(resamples)
        ).to_csv(folder / "resamples.csv", index=False)


def published_training(task_name: str = "her2_positive") -> Training:
    """The training set of a task of the published cohort, its text as categories, as a study resamples it."""
    cohort = published_cohort()
    task = cohort.dictionary.task(task_name)
    inside = (cohort.frame[task.set_column] == "training") & cohort.frame[task.outcome].isin(task.eligible)
    frame = cohort.frame[inside].reset_index(drop=True)
    candidates = tuple(v for v in cohort.dictionary.with_role("predictor") if v.name in frame)
    y = frame[task.outcome].isin(task.positive).to_numpy().astype(np.int64)
    patient = np.unique(frame["patient_id"].to_numpy(str), return_inverse=True)[1].astype(np.int64)
    return Training(Lesions.of(frame, y, patient).frame, y, patient, candidates)
