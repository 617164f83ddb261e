"""Whole studies as a user starts them: seconds on the clock, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rows import Row

HER2MRI = [sys.executable, "-c", "from her2mri.cli import main; main()"]


def bench_study(folder: Path) -> list[Row]:
    """The published protocol alone."""
    seconds = _study(folder / "paper", ["--protocol", "paper"])
    if seconds is None:
        return []
    return [Row("study, protocol paper, both tasks", seconds, None, "1,030 lesions, 2 tasks; on the clock")]


def bench_recommended(folder: Path) -> list[Row]:
    """The recommended protocol in full, as it is by default."""
    seconds = _study(folder / "recommended", ["--protocol", "recommended"])
    if seconds is None:
        return []
    said = "1,030 lesions, 2 tasks, 1,000 resamples; on the clock, all cores"
    return [Row("study, recommended, both tasks, 1,000 resamples", seconds, None, said)]


def _study(folder: Path, options: list[str]) -> float | None:
    start = time.perf_counter()
    command = [*HER2MRI, "study", "-o", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(["her2mri study", *options])
        print(f"  no row: {said} ended with exit {done.returncode}: {done.stderr.strip()[-300:]}")
        return None
    return time.perf_counter() - start
