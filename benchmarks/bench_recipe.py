"""The whole recipe per resample, ours and R's, on the same resamples and folds; and whether they choose alike."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from benchmarks.published import Training, published_training
from benchmarks.rows import Row, ask_r
from her2mri.cohort.design_matrix import Encoding, IntArray
from her2mri.selection.paper_selection import Selection, paper_selection

PACKAGES = ("glmnet", "MASS")
STEPS = ("lasso", "multivariable", "stepwise", "final")


def our_choice(training: Training, rows: IntArray, folds: IntArray) -> Selection:
    """The recipe on one resample with given folds, from the lesions on."""
    frame = training.frame.iloc[rows]
    encoding = Encoding.learn(frame, training.candidates)
    return paper_selection(encoding, encoding.matrix(frame), training.y[rows], folds)


def differences(ours: Selection, theirs: pd.Series) -> dict[str, tuple[list[str], list[str]]]:
    """By step, the variables that only we keep and only R keeps; empty where the choices are one."""
    kept = {step.name: set(step.kept) for step in ours.steps}
    found = {}
    for name in ("lasso", "multivariable", "final"):
        mine = set(ours.variables) if name == "final" else kept[name]
        other = set(theirs[name].split())
        if mine != other:
            found[name] = sorted(mine - other), sorted(other - mine)
    return found


def bench(folder: Path, *, resamples: int = 10, repeats: int = 3) -> list[Row]:
    """Seconds a resample, the median of several."""
    training = published_training()
    drawn = training.resamples(resamples + 1)
    training.write(folder, drawn)
    asked = ask_r("recipe.R", folder, packages=PACKAGES)
    choices, seconds = [], []
    for rows, folds in drawn:
        choices.append(our_choice(training, rows, folds))
        seconds.append(min(_seconds(training, rows, folds) for _ in range(repeats)))
    ours = float(pd.Series(seconds[1:]).median())
    peer = None
    if asked:
        answers = pd.read_csv(folder / "recipe_r.csv", keep_default_na=False)
        peer = float(answers["seconds"].iloc[1:].median())
        _report(choices, answers)
    work = "recipe, whole, one resample (cv.glmnet, glm, stepAIC, glm)"
    return [Row(work, ours, peer, f"613 x 45, 10 folds; median of {resamples} resamples")]


def _seconds(training: Training, rows: IntArray, folds: IntArray) -> float:
    start = time.process_time()
    our_choice(training, rows, folds)
    return time.process_time() - start


def _report(choices: list[Selection], answers: pd.DataFrame) -> None:
    found = [differences(ours, theirs) for ours, (_, theirs) in zip(choices, answers.iterrows(), strict=True)]
    alike = sum(not difference for difference in found)
    print(f"  same choices as R on the same folds: {alike} of {len(found)} resamples", flush=True)
    for number, difference in enumerate(found):
        for step, (ours, theirs) in difference.items():
            column = {"lasso": "lasso_tight", "final": "final_tight"}.get(step, step)
            print(f"    resample {number}, {step}: only ours {ours}, only R's {theirs}")
            print(f"      R with glmnet converged further: {answers.loc[number, column]}")
