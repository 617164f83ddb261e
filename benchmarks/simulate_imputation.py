"""Whether pooled intervals cover the truth, and how far complete cases are off.

python benchmarks/simulate_imputation.py [--samples 1000] [--n 600] [--m 10] [--seed 1]

Lesions with related measurements and categories, an outcome by a logistic model whose coefficients are known, and
values missing at random: more often in older patients with the event. Complete cases then misjudge age.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from her2mri.dictionary import load_dictionary
from her2mri.imputation.imputer import Imputer
from her2mri.imputation.pooled_logistic import pooled_logistic

TRUTH = {
    "(intercept)": -0.9, "age": 0.6, "eer": 0.5, "adc": -0.4, "er_status=positive": -0.5,
    "grade=II": 0.4, "grade=III": 0.8, "quadrant=lower_left": 0.3, "quadrant=upper_right": -0.4,
    "quadrant=lower_right": 0.5,
}  # fmt: skip
GAPS = {"eer": 0.0, "adc": -0.4, "er_status": -0.2, "grade": -0.2, "quadrant": 0.3}
"""Variables with gaps, and what each adds to the log odds of a gap."""

CUTS = {"er_status": (-0.6,), "grade": (-0.7, 0.5), "quadrant": (-0.3, 0.4, 0.9)}
LEVELS = {
    "er_status": ("negative", "positive"),
    "grade": ("I", "II", "III"),
    "quadrant": ("upper_left", "lower_left", "upper_right", "lower_right"),
}


@dataclass(frozen=True)
class Sample:
    """Lesions as they are, as they are seen, and their outcome."""

    whole: pd.DataFrame
    seen: pd.DataFrame
    y: np.ndarray


def sample(n: int, rng: np.random.Generator, *, rate: float = -2.2) -> Sample:
    """One sample; ``rate`` is the log odds of a gap in patients of mean age or without the event."""
    names = ["age", "eer", "adc", *CUTS]
    hidden = rng.multivariate_normal(np.zeros(6), np.full((6, 6), 0.35) + 0.65 * np.eye(6), size=n)
    whole = pd.DataFrame(hidden, columns=names)
    for name, cuts in CUTS.items():
        whole[name] = np.array(LEVELS[name])[np.searchsorted(cuts, whole[name])]
    linear = np.full(n, TRUTH["(intercept)"])
    for term, coefficient in TRUTH.items():
        name, _, level = term.partition("=")
        if name in whole:
            linear += coefficient * ((whole[name] == level) if level else whole[name]).to_numpy(dtype=float)
    y = (rng.random(n) < 1 / (1 + np.exp(-linear))).astype(np.int64)
    seen = whole.copy()
    for name, more in GAPS.items():
        chance = 1 / (1 + np.exp(-(rate + more + 1.2 * y * whole["age"])))
        seen.loc[rng.random(n) < chance, name] = np.nan
    return Sample(whole, seen, y)


def answers(drawn: Sample, *, m: int, seed: int) -> dict[str, pd.DataFrame]:
    """Estimates and intervals of log odds ratios by the lesions without gaps, complete cases and imputation."""
    dictionary = load_dictionary()
    variables = [dictionary[name] for name in drawn.whole]
    whole = drawn.seen.notna().all(axis=1).to_numpy()
    imputer = Imputer.learn(drawn.seen, variables, drawn.y, np.arange(len(drawn.y)), seed=seed)
    frames = {
        "nothing missing": ([drawn.whole] * 2, drawn.y),
        "complete cases": ([drawn.seen[whole]] * 2, drawn.y[whole]),
        "imputed": (imputer.complete_development(m), drawn.y),
    }
    return {
        name: _estimates(pooled_logistic(completed, y, variables)) for name, (completed, y) in frames.items()
    }


def _estimates(model) -> pd.DataFrame:
    return model.pooled.frame(["(intercept)", *model.encoding.names]).set_index("term")


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--m", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    truth = pd.Series(TRUTH)
    rows, gaps, cases = [], [], []
    with threadpool_limits(limits=1):
        for at in range(given.samples):
            drawn = sample(given.n, np.random.default_rng([given.seed, at]))
            gaps.append(drawn.seen[list(GAPS)].isna().mean())
            cases.append(drawn.seen.notna().all(axis=1).mean())
            for method, found in answers(drawn, m=given.m, seed=at).items():
                covered = (found["conf_low"] <= truth) & (truth <= found["conf_high"])
                table = pd.DataFrame(
                    {"bias": found["estimate"] - truth, "covered": covered, "se": found["std_error"]}
                )
                rows.append(table.rename_axis("term").reset_index().assign(method=method))
    groups = pd.concat(rows).groupby(["term", "method"])
    table = groups[["bias", "covered", "se"]].mean().assign(sd=groups["bias"].std()).unstack("method")
    print(f"n {given.n}, {given.samples} samples, m {given.m}; complete cases {np.mean(cases):.0%}; gaps:")
    print(pd.concat(gaps, axis=1).mean(axis=1).round(3).to_string())
    print(table.loc[list(TRUTH)].round(3).to_string())


if __name__ == "__main__":
    main()
