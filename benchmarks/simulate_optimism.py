"""Whether corrected estimates come out at what a development is worth on lesions never seen, and their intervals.

python benchmarks/simulate_optimism.py [--samples 200] [--resamples 100] [--seed 1] [--size 150 600 2000]

Each sample is developed with the whole recipe (LASSO, multivariable, stepwise by p) from 15 candidates of which 5
tell of the outcome. What its model is worth is measured on 40,000 new lesions. With bilateral patients, four
patients in ten have two lesions, alike in candidates and in what the candidates do not say.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.models.development import NotDeveloped, RecipeDevelopment
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
NUMBERS = ["apparent", "optimism_corrected", "point632plus", "n_resamples"]


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


def intervals(found: DevelopmentValidation) -> dict[str, Intervals]:
    """By metric the interval that is reported, and others that could be: docs/decisions/0102."""
    model = found.models[0].of_its_kind()
    judged = scores_of_resamples(found.lesions.y, model.apparent_probability, found.resample_weights())
    intervals = {}
    for metric, row in found.optimism_frame().set_index("metric").iterrows():
        corrected, original = row["optimism_corrected"], model.original[str(metric)]
        again = judged[str(metric)] - row["apparent"]
        error, spread = np.nanstd(model.resample[str(metric)] - original), np.nanstd(original)
        low, high = corrected + np.nanquantile(again, (0.025, 0.975))
        arms = {
            "normal": np.nanstd(again),
            "normal, spread": np.hypot(np.nanstd(again), spread),
            "spread": spread,
            "error": error,
            "error, spread": np.hypot(error, spread),
        }
        others = {name: (corrected - 1.96 * arm, corrected + 1.96 * arm) for name, arm in arms.items()}
        intervals[str(metric)] = {
            "reported": (row["conf_low"], row["conf_high"]),
            "shifted": (low, high),
            **others,
        }
    return intervals


def one_sample(n: int, seed: int, *, bilateral: bool, resamples: int) -> dict[str, dict[str, float]] | None:
    """What was claimed, corrected and true of one sample's model, by metric; None where there was no model."""
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
    developed = development(frame, y, patient)["LR"]
    if isinstance(developed, NotDeveloped):
        return None
    truth = scores(outcome, developed.probability(new))
    rows = found.optimism_frame().set_index("metric")[NUMBERS].astype(float).to_dict("index")
    results: dict[str, dict[str, float]] = {}
    for metric, arms in intervals(found).items():
        row, true = rows[metric], truth[metric]
        results[metric] = {
            "true": true,
            "apparent": row["apparent"] - true,
            "corrected": row["optimism_corrected"] - true,
            ".632+": row["point632plus"] - true,
            "used": row["n_resamples"] / found.n_bootstrap,
            **{f"{name}:": float(low <= true <= high) for name, (low, high) in arms.items()},
        }
    return results


def setting(n: int, *, bilateral: bool, samples: int, resamples: int, seed: int) -> tuple[int, pd.DataFrame]:
    """How many samples gave a model, and the means over them, a row a metric."""
    with threadpool_limits(1):
        each = [one_sample(n, seed + at, bilateral=bilateral, resamples=resamples) for at in range(samples)]
    usable = [results for results in each if results is not None]
    found = {metric: pd.DataFrame([one[metric] for one in usable if metric in one]) for metric in SCORES}
    means = pd.DataFrame({metric: frame.mean() for metric, frame in found.items()}).T
    means.insert(
        3, "± SE", [frame["corrected"].sem() if len(frame) > 1 else np.nan for frame in found.values()]
    )
    return len(usable), means


def main() -> None:
    """Print the mean error of each estimate and how often each interval (``name:``) holds the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, nargs="+", default=[150, 600, 2000])
    given = parser.parse_args()
    for n in given.size:
        for bilateral in (False, True):
            usable, means = setting(
                n, bilateral=bilateral, samples=given.samples, resamples=given.resamples, seed=given.seed
            )
            kind = "four patients in ten bilateral" if bilateral else "one lesion a patient"
            print(f"n = {n}, {kind}: {usable} of {given.samples} samples gave a model")
            print(means.round(4).to_string() + "\n", flush=True)


if __name__ == "__main__":
    main()
