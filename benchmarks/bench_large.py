"""AUC with interval, decision curve and calibration of a hundred thousand and a million lesions.

python -m benchmarks.bench_large N prints the processor seconds and the memory of one run in a process of its own.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.rows import Row, ask_r
from her2mri.evaluation.calibration import brier, calibration_in_the_large, calibration_intercept_and_slope
from her2mri.evaluation.calibration_curve import calibration_curve
from her2mri.evaluation.calibration_smooth import calibration_smooth
from her2mri.evaluation.decision_curve import DECISION_THRESHOLDS, net_benefit
from her2mri.evaluation.delong import delong_interval

SIZES = (100_000, 1_000_000)
PEER_SIZES = (100_000, 1_000_000)
MOST_MEMORY = 2.0
"""Gigabytes within which a million lesions must be evaluated."""


def sample(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and predicted probability of made-up lesions."""
    rng = np.random.default_rng(np.random.SeedSequence(1))
    x = rng.normal(size=n)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(1.0 - 1.1 * x))).astype(np.int64)
    return y, 1.0 / (1.0 + np.exp(0.7 - 0.9 * x))


def run(y: np.ndarray, probability: np.ndarray) -> None:
    """Everything that is timed."""
    delong_interval(y, probability)
    net_benefit(y, probability, DECISION_THRESHOLDS)
    brier(y, probability)
    calibration_in_the_large(y, probability)
    calibration_intercept_and_slope(y, probability)
    calibration_smooth(y, probability).ici()
    calibration_curve(y, probability)


def measured(n: int) -> dict[str, float]:
    """Processor seconds (the least of three) and gigabytes at the peak, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench_large", str(n)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def bench(folder: Path) -> list[Row]:
    """A row a size; prints memory and how time grows."""
    ours = {n: measured(n) for n in SIZES}
    seconds: dict[int, float] = {}
    if ask_r("large.R", folder, *PEER_SIZES, packages=("pROC", "rms")):
        table = pd.read_csv(folder / "large_r.csv")
        seconds = dict(zip(table["n"].astype(int), table["seconds"], strict=True))
    small, large = SIZES
    exponent = math.log(ours[large]["seconds"] / ours[small]["seconds"]) / math.log(large / small)
    allowed = math.log(large * math.log(large) / (small * math.log(small))) / math.log(large / small)
    print(f"  time grows as n^{exponent:.2f} from {small:,} to {large:,} (n log n: n^{allowed:.2f})")
    for n in SIZES:
        print(f"  {n:,} lesions: {ours[n]['gigabytes']:.2f} GB at the peak")
    if ours[large]["gigabytes"] > MOST_MEMORY:
        print(f"  more than the {MOST_MEMORY:g} GB allowed")
    return [
        Row(
            f"AUC with interval, decision curve, calibration, n = {n:,}", ours[n]["seconds"], seconds.get(n),
            f"{n} lesions; ours {ours[n]['gigabytes']:.2f} GB at the peak",
        )
        for n in SIZES
    ]  # fmt: skip


def main() -> None:
    """Measure one size and print it as JSON."""
    from threadpoolctl import threadpool_limits

    y, probability = sample(int(sys.argv[1]))
    times = []
    with threadpool_limits(limits=1):
        run(y[:1000], probability[:1000])
        for _ in range(3):
            start = time.process_time()
            run(y, probability)
            times.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"seconds": min(times), "gigabytes": peak}))


if __name__ == "__main__":
    main()
