"""Whether corrected estimates come out at what a development is worth on lesions never seen, and their intervals.

python benchmarks/simulate_optimism.py [--samples 200] [--resamples 100] [--seed 1] [--size 150 600 2000]

Each sample is developed with the whole recipe (LASSO, multivariable, stepwise by p) from 15 candidates of which 5
tell of the outcome. What its model is worth is measured on 40,000 new lesions. With bilateral patients, four
patients in ten have two lesions, alike in candidates and in what the candidates do not say.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.models.development import RecipeDevelopment
from her2mri.models.recipe import Recipe
from her2mri.validation import DevelopmentValidation, validate_development
from her2mri.validation.scores import SCORES, scores, scores_of_resamples

EFFECTS = np.array([0.7, -0.5, 0.4, 0.3, -0.3] + [0.0] * 10)
INTERCEPT = -1.2
UNSAID = 0.8
"""SD of what a patient's lesions have in common beyond the candidates, in log odds."""
NEW_LESIONS = 40_000
CANDIDATES = tuple(
    Variable(f"x{j}", f"x{j}", "continuous", "predictor", "simulated") for j in range(len(EFFECTS))
)
Intervals = dict[str, tuple[float, float]]


def simulated_lesions(
    n: int, rng: np.random.Generator, *, bilateral: bool
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Candidates, outcome and patient of ``n`` lesions."""
    single = np.arange(n)
    patient = np.where(single < 4 * n // 7, single // 2, single) if bilateral else single
    patient = np.unique(patient, return_inverse=True)[1]
    own, shared = rng.normal(size=(n, len(EFFECTS))), rng.normal(size=(n, len(EFFECTS)))
    X = np.sqrt(0.5) * own + np.sqrt(0.5) * shared[patient]
    unsaid = UNSAID * rng.normal(size=n)[patient]
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-INTERCEPT - X @ EFFECTS - unsaid))).astype(np.int64)
    return pd.DataFrame(X, columns=[variable.name for variable in CANDIDATES]), y, patient


def intervals(found: DevelopmentValidation, metric: str) -> Intervals:
    """The interval that is reported, and others that could be."""
    model = found.models[0]
    row = found.optimism_frame().set_index("metric").loc[metric]
    again = model.resample[metric][model.developed]
    low, high = np.nanquantile(again, (0.025, 0.975))
    corrected, optimism = row["optimism_corrected"], row["optimism"]
    distance = model.resample[metric] - model.original[metric]
    far, near = row["apparent"] - np.nanquantile(distance, (0.975, 0.025))
    judged = scores_of_resamples(found.lesions.y, model.apparent_probability, found.resample_weights())[
        metric
    ]
    arm = 1.96 * np.nanstd(judged)
    wide = np.hypot(arm, 1.96 * np.nanstd(model.original[metric]))
    fixed = np.nanquantile(judged, (0.025, 0.975)) - optimism
    return {
        "reported": (row["conf_low"], row["conf_high"]),
        "fixed": (fixed[0], fixed[1]),
        "optimism": (far, near),
        "refitted": (low - optimism, high - optimism),
        "widened": (corrected - wide, corrected + wide),
    }


def one_sample(n: int, seed: int, *, bilateral: bool, resamples: int) -> dict[str, dict[str, float]] | None:
    """What was claimed, corrected and true of one sample's model, by metric; None where nothing was selected."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, n, bilateral]))
    frame, y, patient = simulated_lesions(n, rng, bilateral=bilateral)
    development = RecipeDevelopment(Recipe(), ("LR",), CANDIDATES)
    try:
        found = validate_development(
            development,
            frame,
            y,
            patient,
            task="simulated",
            positive="event",
            seed=seed,
            n_bootstrap=resamples,
        )
    except EstimationError:
        return None
    new, outcome, _ = simulated_lesions(NEW_LESIONS, rng, bilateral=False)
    truth = scores(outcome, development(frame, y, patient)["LR"].probability(new))
    rows = found.optimism_frame().set_index("metric")
    results = {}
    for metric in SCORES:
        held = {
            f"{name} holds": float(low <= truth[metric] <= high)
            for name, (low, high) in intervals(found, metric).items()
        }
        row = rows.loc[metric]
        results[metric] = {
            "true": truth[metric],
            "apparent": row["apparent"] - truth[metric],
            "corrected": row["optimism_corrected"] - truth[metric],
            ".632+": row["point632plus"] - truth[metric],
            **held,
            "failed": len([reason for reason in found.failures if reason]) / found.n_bootstrap,
        }
    return results


def main(say: Callable[[str], None] = print) -> None:
    """Print bias and coverage of every setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, nargs="+", default=[150, 600, 2000])
    given = parser.parse_args()
    for n in given.size:
        for bilateral in (False, True):
            with threadpool_limits(1):
                found = [
                    one_sample(n, given.seed + at, bilateral=bilateral, resamples=given.resamples)
                    for at in range(given.samples)
                ]
            usable = [results for results in found if results is not None]
            table = pd.DataFrame(
                {metric: pd.DataFrame([results[metric] for results in usable]).mean() for metric in SCORES}
            ).T
            kind = "four patients in ten bilateral" if bilateral else "one lesion a patient"
            say(f"n = {n}, {kind}: {len(usable)} of {len(found)} samples gave a model")
            say(table.round(4).to_string() + "\n")


if __name__ == "__main__":
    main()
