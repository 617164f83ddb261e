"""How often the intervals of random-effects pooling hold what they should.

python benchmarks/simulate_random_effects.py [--sets 5000] [--seed 1]

Centers' true values are normal about 0 with standard deviation tau; their standard errors run from 0.15 to 0.6,
as those of a logit AUC in 30 to 300 lesions do. Printed: coverage of the mean by the interval, of a new center's
true value by the prediction interval (t with k - 2, as the package has it, and with k - 1), and mean widths.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import t

from her2mri.statistics.random_effects import random_effects


def simulate(k: int, tau: float, *, sets: int, seed: int) -> dict[str, float]:
    """Coverage and mean widths over ``sets`` simulated sets of ``k`` centers."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, k, round(1000 * tau)]))
    found = np.empty((sets, 5))
    for row in found:
        error = rng.uniform(0.15, 0.6, k)
        pooled = random_effects(rng.normal(0.0, tau, k) + rng.normal(0.0, error), error)
        new = rng.normal(0.0, tau)
        wider = float(t.ppf(0.975, k - 1)) * float(np.hypot(pooled.tau, pooled.std_error))
        row[:] = (
            pooled.conf_low <= 0.0 <= pooled.conf_high,
            pooled.prediction_low <= new <= pooled.prediction_high,
            abs(new - pooled.estimate) <= wider,
            pooled.conf_high - pooled.conf_low,
            pooled.prediction_high - pooled.prediction_low,
        )
    names = ("mean", "new_center", "new_center_k_minus_1", "width", "prediction_width")
    return dict(zip(names, found.mean(axis=0).tolist(), strict=True))


def main() -> None:
    """Print a table, one row a setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"{'k':>3} {'tau':>5} {'mean':>7} {'new':>7} {'k-1':>7} {'width':>7} {'pred.':>7}")
    for k in (3, 5, 10, 25):
        for tau in (0.0, 0.2, 0.5):
            row = simulate(k, tau, sets=given.sets, seed=given.seed)
            print(f"{k:>3} {tau:>5} " + " ".join(f"{value:7.3f}" for value in row.values()))


if __name__ == "__main__":
    main()
