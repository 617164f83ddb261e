"""Cost of the recipe against lesions, columns and resamples, as a figure: docs/scaling.png.

python -m benchmarks.scaling [-o docs/scaling.png]

Resamples of made-up lesions of the kind of tests/golden/selection: processor seconds of one core.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from her2mri.cohort.design_matrix import Encoding, FloatArray, IntArray
from her2mri.dictionary import load_dictionary
from her2mri.figure_style import figure_style
from her2mri.selection.paper_selection import paper_selection

LESIONS = (200, 400, 800, 1600, 3200)
COLUMNS = (10, 20, 45, 90, 180)
RESAMPLES = (1, 2, 4, 8)
STANDARD = (613, 45)


def made_up(n: int, p: int, seed: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Correlated measurements, a tenth of which tell something; outcome; folds."""
    rng = np.random.default_rng(np.random.SeedSequence([n, p, seed]))
    X = 0.6 * rng.normal(size=(n, 1)) + rng.normal(size=(n, p))
    weights = np.where(np.arange(p) < max(p // 10, 2), 0.5, 0.0)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(1.2 - X @ weights))).astype(np.int64)
    return X, y, rng.permutation(np.arange(n) % 10)


def encoding_of(p: int) -> Encoding:
    """As many measurements as columns, each a variable of its own."""
    from dataclasses import replace

    measurement = load_dictionary()["adc"]
    variables = [replace(measurement, name=f"x{at}") for at in range(p)]
    return Encoding.learn(pd.DataFrame({v.name: [0.0, 1.0] for v in variables}), variables)


def seconds(n: int, p: int, resamples: int = 1, repeats: int = 2) -> float:
    """Least processor seconds of so many recipes."""
    encoding = encoding_of(p)
    data = [made_up(n, p, seed) for seed in range(resamples)]
    times = []
    for _ in range(repeats):
        start = time.process_time()
        for X, y, folds in data:
            paper_selection(encoding, X, y, folds, for_report=False)
        times.append(time.process_time() - start)
    return min(times)


def measured() -> pd.DataFrame:
    """One row a point: panel, value, seconds."""
    n, p = STANDARD
    seconds(200, 10)  # compiles
    rows = [("lesions", size, seconds(size, p)) for size in LESIONS]
    rows += [("columns", columns, seconds(n, columns)) for columns in COLUMNS]
    rows += [("resamples", count, seconds(n, p, count)) for count in RESAMPLES]
    return pd.DataFrame(rows, columns=["panel", "value", "seconds"])


def draw(table: pd.DataFrame, path: Path) -> None:
    """Three panels, logarithmic both ways, with the exponent over the last three points."""
    from matplotlib.figure import Figure

    with figure_style():
        figure = Figure(figsize=(7.2, 2.5), layout="constrained")
        axes = figure.subplots(1, 3, sharey=True)
        names = {
            "lesions": "Lesions (45 columns)",
            "columns": "Columns (613 lesions)",
            "resamples": "Resamples (613 x 45)",
        }
        for ax, (panel, label) in zip(axes, names.items(), strict=True):
            part = table[table["panel"] == panel]
            x, s = part["value"].to_numpy(float), part["seconds"].to_numpy(float)
            ax.loglog(x, s, marker="o")
            slope = np.polyfit(np.log(x[-3:]), np.log(s[-3:]), 1)[0]
            ax.set_xlabel(label)
            ax.set_title(f"grows as the power {slope:.1f}", fontsize="small")
            ax.set_xticks(x, [f"{value:g}" for value in x])
            ax.set_xticks([], minor=True)
        ticks = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
        axes[0].set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes[0].set_yticks([], minor=True)
        axes[0].set_ylabel("Seconds of one core")
        figure.savefig(path, dpi=110)


def main() -> None:
    """Measure, draw and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs") / "scaling.png")
    asked = parser.parse_args()
    with threadpool_limits(limits=1):
        table = measured()
    print(table.to_string(index=False))
    draw(table, asked.output)


if __name__ == "__main__":
    main()
