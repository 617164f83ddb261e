"""How often the intervals of a performance table hold the truth, by sample size, with and without bilateral patients.

python -m benchmarks.simulate_coverage [--scale 1.0] [--seed 1] [--bootstraps 500]

A lesion's predictor x is normal and its outcome Bernoulli(expit(-1 + 1.1 x)); the model says expit(-0.7 + 0.9 x),
so that its calibration is off by a known amount. In the settings with bilateral patients, a fifth of the patients
have two lesions, alike in x (correlation 0.5) and in what of the outcome x does not tell (0.5). Each lesion alone
follows the same law in all settings, so the truth, computed by integration, is the same.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import expit, logit, ndtr
from threadpoolctl import threadpool_limits

from her2mri.evaluation.bootstrap import patient_weights
from her2mri.evaluation.performance import YOUDEN_TRAINING, Resampled, performance_rows
from her2mri.evaluation.prediction import Prediction
from her2mri.selection.logistic import fit_logistic

SIZES = {150: 1000, 600: 600, 2000: 240}
"""Lesions of a sample, and how many samples are drawn at scale 1."""
TRUE, SAID = (-1.0, 1.1), (-0.7, 0.9)
CUTOFF = 0.4
BILATERAL = 0.2
ALIKE = 0.5
WANTED = 0.93, 0.97


def truth() -> dict[str, float]:
    """The population's value of each metric, by integration over x."""
    x = np.linspace(-9.0, 9.0, 200_001)
    density = np.exp(-(x**2) / 2.0)
    density /= density.sum()
    p, said = expit(TRUE[0] + TRUE[1] * x), expit(SAID[0] + SAID[1] * x)
    called = said >= CUTOFF
    events, others = density * p, density * (1.0 - p)
    prevalence = events.sum()
    below = np.cumsum(others) - 0.5 * others
    tp, fp = events[called].sum(), others[called].sum()
    slope = TRUE[1] / SAID[1]
    gap = np.abs(p - said)
    order = np.argsort(gap)
    e50, e90 = gap[order][np.searchsorted(np.cumsum(density[order]), (0.5, 0.9))]
    shift = _root(lambda at: float((density * expit(at + logit(said))).sum() - prevalence))
    return {
        "auc": float((events * below).sum() / (prevalence * (1.0 - prevalence))),
        "sensitivity": tp / prevalence,
        "specificity": 1.0 - fp / (1.0 - prevalence),
        "accuracy": tp + (1.0 - prevalence) - fp,
        "npv": (1.0 - prevalence - fp) / (1.0 - tp - fp),
        "ppv": tp / (tp + fp),
        "brier": float((events * (1.0 - said) ** 2 + others * said**2).sum()),
        "observed_expected": prevalence / float((density * said).sum()),
        "calibration_in_the_large": shift,
        "calibration_intercept": TRUE[0] - SAID[0] * slope,
        "calibration_slope": slope,
        "ici": float((density * gap).sum()),
        "e50": float(e50),
        "e90": float(e90),
        "net_benefit": tp - fp * CUTOFF / (1.0 - CUTOFF),
        "odds_ratio": float(np.exp(TRUE[1])),
    }


def _root(function: Callable[[float], float]) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, -5.0, 5.0, xtol=1e-12))


def lesions(n: int, bilateral: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patient, x and outcome of ``n`` lesions; ``bilateral`` is the share of patients who have two."""
    patients = round(n / (1.0 + bilateral))
    patient = np.sort(np.concatenate([np.arange(patients), np.arange(n - patients)]))
    common, own = np.sqrt(ALIKE), np.sqrt(1.0 - ALIKE)
    x, rest = (common * rng.normal(size=patients)[patient] + own * rng.normal(size=n) for _ in range(2))
    return patient, x, (ndtr(rest) < expit(TRUE[0] + TRUE[1] * x)).astype(np.int64)


def intervals(
    n: int, bilateral: float, seed: tuple[int, ...], n_bootstrap: int
) -> Iterator[tuple[str, float, float]]:
    """The intervals that one simulated sample gets."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    patient, x, y = lesions(n, bilateral, rng)
    names = patient.astype(str)
    probability = expit(SAID[0] + SAID[1] * x)
    prediction = Prediction(
        "task", "LR", "external", np.arange(n).astype(str), names, y, probability, "event"
    )
    weights = patient_weights(names, n_bootstrap, np.random.SeedSequence([*seed, 7]))
    rows, _ = performance_rows(Resampled.of(prediction, weights, confidence=0.95), locked_threshold=CUTOFF)
    for row in rows:
        if row["threshold_rule"] in ("", YOUDEN_TRAINING) and np.isfinite(row["conf_low"]):
            yield row["metric"], row["conf_low"], row["conf_high"]
    if not bilateral:
        low, high = fit_logistic(x[:, None], y).odds_ratio_interval()
        yield "odds_ratio", float(low[1]), float(high[1])


def coverage(
    n: int, bilateral: float, samples: int, seed: int, n_bootstrap: int
) -> dict[str, tuple[float, int]]:
    """Share of intervals that hold the truth, and how many there were, by metric."""
    true, held, given = truth(), Counter[str](), Counter[str]()
    for number in range(samples):
        for metric, low, high in intervals(
            n, bilateral, (seed, n, int(100 * bilateral), number), n_bootstrap
        ):
            if metric in true:
                given[metric] += 1
                held[metric] += low <= true[metric] <= high
    return {metric: (held[metric] / given[metric], given[metric]) for metric in true if given[metric]}


def main() -> None:
    """Print a table: metrics by settings, the shares outside 93 to 97 % in bold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bootstraps", type=int, default=500)
    asked = parser.parse_args()
    settings = [(n, share) for n in SIZES for share in (0.0, BILATERAL)]
    with threadpool_limits(limits=1):
        found = []
        for n, share in settings:
            samples = max(2, round(SIZES[n] * asked.scale))
            found.append(coverage(n, share, samples, asked.seed, asked.bootstraps))
            said = {name: round(float(held), 4) for name, (held, _) in found[-1].items()}
            print(f"n = {n}, bilateral {share:.0%}, {samples} samples: {said}", file=sys.stderr, flush=True)
    heads = [f"{n}{', bilateral' if share else ''}" for n, share in settings]
    print(f"| interval of | {' | '.join(heads)} |")
    print(f"| --- | {' | '.join('---:' for _ in heads)} |")
    for metric in truth():
        cells = [_cell(part.get(metric)) for part in found]
        print(f"| {metric.replace('_', ' ')} | {' | '.join(cells)} |")
    errors = [
        f"{100 * np.sqrt(0.95 * 0.05 / max(count for _, count in part.values())):.1f}" for part in found
    ]
    print(f"| *standard error of a share of 95 %* | {' | '.join(errors)} |")


def _cell(found: tuple[float, int] | None) -> str:
    if found is None:
        return ""
    text = f"{100 * found[0]:.1f}"
    return text if WANTED[0] <= found[0] <= WANTED[1] else f"**{text}**"


if __name__ == "__main__":
    main()
