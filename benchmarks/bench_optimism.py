"""Optimism of a fixed logistic model: rms::validate and ours, on the same resamples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.published import published_training
from benchmarks.rows import Row, ask_r, fastest
from her2mri.validation.fixed_logistic import optimism_of_fixed_logistic

B, PEER_B = 2000, 500
PREDICTORS = (
    "er_status", "pr_status", "ki67_status", "lesion_number", "quadrant", "accompanying_signs", "age", "adc",
)  # fmt: skip
"""Without the N category, one level of which holds no event: rms::validate would refuse most resamples."""


def bench(folder: Path) -> list[Row]:
    """Seconds of 2,000 resamples; the figures must be R's."""
    training = published_training()
    X = training.matrix(PREDICTORS)
    model = pd.DataFrame(X, columns=[f"x{column}" for column in range(X.shape[1])]).assign(y=training.y)
    model.to_csv(folder / "model.csv", index=False)
    ours = fastest(
        lambda: optimism_of_fixed_logistic(X, training.y, patient=training.patient, n_bootstrap=B), repeats=5
    )
    peer = None
    if ask_r("optimism.R", folder, PEER_B, packages=("rms",)):
        answers = pd.read_csv(folder / "optimism_r.csv").set_index("metric")
        peer = float(answers["seconds"].iloc[0]) * B / PEER_B
        drawn = np.loadtxt(folder / "drawn.csv", delimiter=",")
        found = (
            optimism_of_fixed_logistic(X, training.y, weights=drawn).frame().set_index("metric")["optimism"]
        )
        theirs = answers["optimism"]
        pairs = [(2 * found["auc"], theirs["Dxy"]), (found["brier"], theirs["B"])]
        pairs += [(found[f"calibration_{name.lower()}"], theirs[name]) for name in ("Intercept", "Slope")]
        print(
            f"  largest gap from rms::validate on its own resamples: {max(abs(a - b) for a, b in pairs):.1e}"
        )
    said = f"613 lesions, {X.shape[1] + 1} coefficients, B = {B}; peer timed at B = {PEER_B}, scaled"
    return [Row("optimism of a fixed logistic model (rms::validate)", ours, peer, said)]
