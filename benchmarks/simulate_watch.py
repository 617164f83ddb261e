"""The reading room's rule for when to worry: false alarms under what is tolerated, lesions until an alarm otherwise.

python benchmarks/simulate_watch.py [--runs 400] [--lesions 2000] [--seed 1]

Log odds are normal, as those of the two published models in development; the outcomes follow a calibration with the
shift and the slope of the row, from lesion ``from`` on. The evidence is looked at after every lesion. Printed: the
share of runs that ever reach "watch" and "worry", the median number of lesions until "worry" and that after which
80 % of the runs have reached it, and what the page says of the latter beforehand.
"""

from __future__ import annotations

import argparse

import numpy as np

from her2mri.evaluation.calibration_watch import WATCH, WORRY, _needed, watch_calibration

MODELS = {"HER2-positive": (-1.78, 1.39), "HER2-low": (1.35, 1.15)}
TOLERATED = ((0.0, 1.0), (0.2, 1.0), (-0.2, 1.0), (0.2, 0.75), (-0.2, 0.75), (0.2, 1.4), (0.11, 0.87))
HARMS = ((0.0, 0.0), (0.0, 0.35), (0.7, 1.0), (-0.7, 1.0), (1.1, 1.0), (-1.1, 1.0))
LATE = ((0.0, 0.2), (0.7, 1.0))


def alarms(
    model: tuple[float, float], calibration: tuple[float, float], first: int, given: argparse.Namespace
) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """The share of runs that reach "watch", and the lesion of each run's "worry" (infinite: never)."""
    (middle, spread), (shift, slope) = model, calibration
    rng = np.random.default_rng(
        [given.seed, first, *(round(1000 * value) % 2**32 for value in (*model, shift, slope))]
    )
    watch, worry = 0, np.full(given.runs, np.inf)
    for run in range(given.runs):
        away = rng.normal(0, spread, given.lesions)
        truth = middle + np.where(np.arange(given.lesions) < first, away, shift + slope * away)
        event = rng.random(given.lesions) < 1 / (1 + np.exp(-truth))
        found = watch_calibration(event, 1 / (1 + np.exp(-middle - away)), middle=middle)
        watch += found.first_at(WATCH) is not None
        worry[run] = found.first_at(WORRY) or np.inf
    return watch / given.runs, worry


def main() -> None:
    """Print a table, one row a setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--lesions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    heads = ("shift", "slope", "from", "watch", "worry", "half", "80 %", "said")
    print(f"{'model':<14}" + "".join(f" {head:>6}" for head in heads))
    for name, model in MODELS.items():
        rows = [(row, 0) for row in (*TOLERATED, *HARMS)] + [(row, 300) for row in LATE]
        for (shift, slope), first in rows:
            watch, worry = alarms(model, (shift, slope), first, given)
            half, most = (np.sort(worry)[int(np.ceil(share * given.runs)) - 1] for share in (0.5, 0.8))
            said = f"{_needed(*model, shift, slope)}" if (shift, slope) in HARMS and not first else ""
            print(
                f"{name:<14} {shift:>6} {slope:>6} {first:>6} {watch:>6.3f} {np.isfinite(worry).mean():>6.3f} "
                f"{half:>6.0f} {most:>6.0f} {said:>6}"
            )


if __name__ == "__main__":
    main()
