"""Where the time of one cold prediction goes: a fresh process each time, and warm answers for comparison.

Run: python benchmarks/predict.py
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "bundle"
POSITIVE, LOW = GOLDEN / "her2_positive_LR.json", GOLDEN / "her2_low_LR.json"
LESION = {"n_category": "N1", "ki67_status": "high", "lesion_number": "single", "quadrant": "upper_left",
          "eer": 1.1, "adc": 0.9}  # fmt: skip
RUNS = 7

STAGES = {
    "python alone": "pass",
    "+ numpy": "import numpy",
    "+ her2mri.bundle": "import her2mri.bundle.bundle, her2mri.bundle.predict",
    "+ load and verify one bundle": f"from her2mri.bundle import Bundle; b = Bundle.load({str(POSITIVE)!r})",
    "+ predict one lesion": f"from her2mri.bundle import Bundle; Bundle.load({str(POSITIVE)!r}).predict({LESION!r})",
}


def cold(command: list[str], given: str = "") -> str:
    """Best time of a fresh process on the clock, and of the processor (steadier on a busy machine)."""
    times, processor = [], []
    for _ in range(RUNS):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input=given, text=True, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return f"{1000 * min(times):8.0f} ms {1000 * min(processor):8.0f} ms"


def warm() -> None:
    """Answers a second once a bundle is loaded."""
    from her2mri.bundle import Bundle

    bundle = Bundle.load(POSITIVE)
    for label, lesion in (
        ("complete", LESION),
        ("without ADC and quadrant", {**LESION, "adc": None, "quadrant": None}),
    ):
        start, n = time.perf_counter(), 200
        for _ in range(n):
            bundle.predict(lesion)
        print(f"{'warm, a lesion ' + label:<45}{1000 * (time.perf_counter() - start) / n:8.2f} ms")


def main() -> None:
    """Print a line a stage."""
    print(f"{'':<45}{'best':>11} {'processor':>11}")
    for label, script in STAGES.items():
        print(f"{label:<45}{cold([sys.executable, '-c', script])}")
    command = [sys.executable, "-c", "from her2mri.cli import main; main()", "predict"]
    for label, bundles in (
        ("her2mri predict BUNDLE -", [POSITIVE]),
        ("her2mri predict BUNDLE BUNDLE -", [POSITIVE, LOW]),
    ):
        print(f"{label:<45}{cold([*command, *map(str, bundles), '-'], json.dumps(LESION))}")
    warm()


if __name__ == "__main__":
    main()
