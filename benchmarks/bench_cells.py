"""Intervals of AUC and five measures at Youden's cut-off in 15 cells (5 models, 3 samples), 2,000 bootstraps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.rows import Row, ask_r, fastest
from her2mri.datasets.published_cohort import published_cohort
from her2mri.evaluation.bootstrap import patient_weights, percentile_interval, seed_of
from her2mri.evaluation.classification import classification_measures
from her2mri.evaluation.cutoffs import counts_at_youden
from her2mri.evaluation.delong import delong_interval
from her2mri.evaluation.prediction import Prediction
from her2mri.models.family import FAMILIES
from her2mri.models.recipe import Recipe

B = 2000
MEASURES = ("sensitivity", "specificity", "accuracy", "npv", "ppv")
PEER_CELLS = 3


def predictions() -> list[Prediction]:
    """What the five models say of the three samples of the first task."""
    cohort = published_cohort()
    task = cohort.dictionary.task("her2_positive")
    frame = cohort.frame[cohort.frame[task.set_column].notna()].reset_index(drop=True)
    y = frame[task.outcome].isin(task.positive).to_numpy().astype(np.int64)
    patient = np.unique(frame["patient_id"].to_numpy(str), return_inverse=True)[1].astype(np.int64)
    predictors = [variable for variable in cohort.dictionary.variables if variable.name in task.published]
    sample = frame[task.set_column].to_numpy(str)
    training = sample == "training"
    recipe = Recipe(given=task.published)
    found = []
    for model in FAMILIES:
        fit = recipe.fit(model, frame[training], y[training], patient[training], predictors)
        for name in dict.fromkeys(sample):
            part = sample == name
            lesions = frame[part]
            found.append(
                Prediction(
                    task.name, model, name, lesions["lesion_id"].to_numpy(str),
                    lesions["patient_id"].to_numpy(str), y[part], fit.probability(lesions), task.positive_label,
                )
            )  # fmt: skip
    return found


def our_cell(prediction: Prediction, n_bootstrap: int = B) -> dict[str, tuple[float, float]]:
    """The intervals of one cell, as the performance table has them."""
    y, p = prediction.y, prediction.probability
    area = delong_interval(y, p, patient=prediction.patient)
    weights = patient_weights(
        prediction.patient, n_bootstrap, seed_of(1, prediction.model, prediction.sample)
    )
    measures = classification_measures(*counts_at_youden(y, p, weights))
    found = {"auc": (area.conf_low, area.conf_high)}
    for name in MEASURES:
        interval = percentile_interval(measures[name])
        found[name] = interval.conf_low, interval.conf_high
    return found


def bench(folder: Path) -> list[Row]:
    """Seconds of all 15 cells."""
    cells = predictions()
    pd.concat(
        pd.DataFrame({"cell": at, "y": cell.y, "probability": cell.probability})
        for at, cell in enumerate(cells)
    ).to_csv(folder / "cells.csv", index=False)
    ours = fastest(lambda: [our_cell(cell) for cell in cells], repeats=5)
    asked = ask_r("cells.R", folder, B, PEER_CELLS, packages=("pROC",))
    packaged = by_hand = None
    if asked:
        answers = pd.read_csv(folder / "cells_r.csv")
        by_hand = float(answers["hand"].sum())
        lesions = np.array([cell.n for cell in cells])
        packaged = float(answers["proc"].sum() / lesions[:PEER_CELLS].sum() * lesions.sum())
        gap = max(
            abs(our_cell(cell)[name][end] - answers.loc[at, f"{name}_{('low', 'high')[end]}"])
            for at, cell in enumerate(cells) for name in MEASURES for end in (0, 1)
        )  # fmt: skip
        print(f"  largest gap between our bounds and the hand-written R's (own random numbers): {gap:.3f}")
    work = "intervals of AUC and 5 measures, 15 cells, 2,000 bootstraps"
    said = f"15 cells of 613, 263 and 154 lesions; peer timed on {PEER_CELLS} cells, scaled by lesions"
    return [
        Row(f"{work} (pROC::ci.auc, ci.coords)", ours, packaged, said),
        Row(f"{work} (pROC::ci.auc, bootstrap written out in fast R)", ours, by_hand, "15 cells, all timed"),
    ]
