"""The whole recipe per resample, ours and R's, on the same resamples and folds; and whether they choose alike."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.published import Training, published_training
from benchmarks.rows import Row, ask_r, fastest
from her2mri.cohort.design_matrix import Encoding, IntArray
from her2mri.selection.lasso import cross_validated_lasso
from her2mri.selection.paper_selection import Selection, paper_selection
from her2mri.selection.stepwise import stepwise_aic

PACKAGES = ("glmnet", "MASS")
FEW = 2
"""Resamples in which the stepwise search starts from all candidates too."""


def our_choice(training: Training, rows: IntArray, folds: IntArray) -> Selection:
    """The recipe on one resample with given folds, from the lesions on, as a study repeats it."""
    frame = training.frame.iloc[rows]
    encoding = Encoding.learn(frame, training.candidates)
    return paper_selection(encoding, encoding.matrix(frame), training.y[rows], folds, for_report=False)


def from_all_candidates(training: Training, rows: IntArray, folds: IntArray) -> set[str]:
    """The LASSO, and the variables that the stepwise search keeps when it starts from every candidate."""
    frame = training.frame.iloc[rows]
    encoding = Encoding.learn(frame, training.candidates)
    X, y = encoding.matrix(frame), training.y[rows]
    cross_validated_lasso(X, y, folds, whole=False)
    return {encoding.variables[group].name for group in stepwise_aic(X, y, encoding.groups).groups}


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


def bench(folder: Path, *, resamples: int = 6, repeats: int = 3) -> list[Row]:
    """Seconds a resample, the median of several."""
    training = published_training()
    drawn = training.resamples(resamples + 1)
    training.write(folder, drawn)
    asked = ask_r("recipe.R", folder, FEW, packages=PACKAGES)
    choices = [our_choice(training, rows, folds) for rows, folds in drawn]
    ours = _median([fastest(partial(our_choice, training, *each), repeats=repeats) for each in drawn[1:]])
    few = drawn[1 : FEW + 1]
    ours_all = _median([fastest(partial(from_all_candidates, training, *each), repeats=1) for each in few])
    peer = peer_firth = peer_level = peer_all = None
    if asked:
        answers = pd.read_csv(folder / "recipe_r.csv", keep_default_na=False)
        peer = _median(answers["seconds"].iloc[1:])
        peer_firth = _median(answers["firth_seconds"].iloc[1:])
        peer_level = _median(pd.to_numeric(answers["level_seconds"].iloc[1 : len(few) + 1]))
        peer_all = _median(pd.to_numeric(answers["full_seconds"].iloc[1 : len(few) + 1]))
        _report(choices, answers)
        theirs = answers["full"].iloc[1 : len(few) + 1]
        alike = sum(
            from_all_candidates(training, *each) == set(r.split())
            for each, r in zip(few, theirs, strict=True)
        )
        print(f"  same choices as stepAIC from all candidates: {alike} of {len(few)} resamples", flush=True)
    size = "613 x 45, 10 folds; median of"
    return [
        Row("recipe, whole, one resample (cv.glmnet, glm, stepAIC, glm)", ours, peer, f"{size} {resamples} resamples"),
        Row(
            "recipe, whole, Firth's penalty where classes separate, as ours (cv.glmnet, glm or Firth written out in R, "
            "stepAIC)", ours, peer_firth, f"{size} {resamples} resamples",
        ),
        Row(
            "recipe, whole, glmnet converged as far as ours (cv.glmnet with thresh 1e-12, glm, stepAIC, glm)", ours,
            peer_level, f"{size} {resamples} resamples, of the peer {len(few)}",
        ),
        Row(
            "recipe, stepwise from all 29 candidates (cv.glmnet, stepAIC)", ours_all, peer_all,
            f"{size} {len(few)} resamples",
        ),
    ]  # fmt: skip


def _median(seconds: Iterable[float]) -> float:
    return float(np.median(list(seconds)))


def _report(choices: list[Selection], answers: pd.DataFrame) -> None:
    found = [differences(ours, theirs) for ours, (_, theirs) in zip(choices, answers.iterrows(), strict=True)]
    alike = sum(not difference for difference in found)
    print(f"  same choices as R on the same folds: {alike} of {len(found)} resamples", flush=True)
    for number, difference in enumerate(found):
        for step, (ours, theirs) in difference.items():
            column = {"lasso": "lasso_tight", "final": "final_tight"}.get(step, step)
            print(f"    resample {number}, {step}: only ours {ours}, only R's {theirs}")
            print(f"      R with glmnet converged further: {answers.loc[number, column]}")
