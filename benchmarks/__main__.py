"""Every benchmark side by side with its peer, as a table and as ``build/bench.json``.

python -m benchmarks [--full] [--only NAME ...] [--table] [-o build/bench.json]

``--full`` adds the recommended protocol with its 1,000 resamples; ``--table`` prints the table of the last run
as markdown and runs nothing. Where R or a package is absent, its side is "absent" and the rest goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.rows import Row, as_markdown, r_versions, write


def benches(folder: Path, *, full: bool) -> dict[str, Callable[[], list[Row]]]:
    """What can be run, by name, in the order of the table."""
    from benchmarks import (
        bench_cells,
        bench_large,
        bench_optimism,
        bench_recipe,
        bench_shapley,
        bench_study,
        predict,
    )

    found: dict[str, Callable[[], list[Row]]] = {
        "recipe": partial(bench_recipe.bench, folder),
        "cells": partial(bench_cells.bench, folder),
        "optimism": partial(bench_optimism.bench, folder),
        "shapley": partial(bench_shapley.bench, folder),
        "large": partial(bench_large.bench, folder),
        "predict": predict.bench,
        "study": partial(bench_study.bench_study, folder),
    }
    if full:
        found["recommended"] = partial(bench_study.bench_recommended, folder)
    return found


def machine() -> str:
    """The machine and the versions, in a sentence."""
    import numba
    import numpy as np

    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}"
    return f"{model}, {os.cpu_count()} cores{load}; {versions}; {r_versions()}"


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=Path("build") / "bench.json")
    asked = parser.parse_args()
    if asked.table:
        print(as_markdown(json.loads(asked.output.read_text(encoding="utf-8"))))
        return
    said = machine()
    print(said, flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(limits=1):
        for name, bench in benches(Path(folder), full=asked.full).items():
            if not asked.only or name in asked.only:
                print(f"{name} ...", flush=True)
                rows += bench()
                write(rows, asked.output)
    print(f"\n{said}\n\n{as_markdown([row.as_json() for row in rows])}\n\nwritten: {asked.output}")


if __name__ == "__main__":
    main()
