"""Where the time of one cold prediction goes: a fresh process each time, and warm answers for comparison.

Run: python -m benchmarks.predict
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rows import Row

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "bundle"
POSITIVE, LOW = GOLDEN / "her2_positive_LR.json", GOLDEN / "her2_low_LR.json"
LESION: dict[str, object] = {"n_category": "N1", "ki67_status": "high", "lesion_number": "single",
                             "quadrant": "upper_left", "eer": 1.1, "adc": 0.9}  # fmt: skip
RUNS = 7

STAGES = {
    "python alone": "pass",
    "+ numpy": "import numpy",
    "+ her2mri.bundle": "import her2mri.bundle.bundle, her2mri.bundle.predict",
    "+ load and verify one bundle": f"from her2mri.bundle import Bundle; b = Bundle.load({str(POSITIVE)!r})",
    "+ predict one lesion": f"from her2mri.bundle import Bundle; Bundle.load({str(POSITIVE)!r}).predict({LESION!r})",
}


def cold(command: list[str], given: str = "") -> float:
    """Least seconds of the processor over some fresh processes: what other jobs add is not ours."""
    spent = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input=given, text=True, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent)


def warm(lesion: dict[str, object], n: int = 200) -> float:
    """Seconds of an answer once the bundle is loaded."""
    from her2mri.bundle import Bundle

    bundle = Bundle.load(POSITIVE)
    start = time.process_time()
    for _ in range(n):
        bundle.predict(lesion)
    return (time.process_time() - start) / n


def bench() -> list[Row]:
    """A row a stage of a cold prediction, each with the stages before it, then the verbs, then warm answers."""
    rows = [
        Row(f"cold: {label}", cold([sys.executable, "-c", script]), None, f"best of {RUNS}")
        for label, script in STAGES.items()
    ]
    command = [sys.executable, "-c", "from her2mri.cli import main; main()", "predict"]
    for label, bundles in (("BUNDLE -", [POSITIVE]), ("BUNDLE BUNDLE -", [POSITIVE, LOW])):
        spent = cold([*command, *map(str, bundles), "-"], json.dumps(LESION))
        rows.append(Row(f"cold: her2mri predict {label}", spent, None, f"best of {RUNS}"))
    rows.append(Row("warm: a complete lesion", warm(LESION), None, "mean of 200"))
    gaps = {**LESION, "adc": None, "quadrant": None}
    rows.append(Row("warm: ADC and quadrant missing", warm(gaps), None, "mean of 200"))
    return rows


def main() -> None:
    """Print a line a stage."""
    for row in bench():
        print(f"{row.work:<45}{1000 * row.ours_s:9.2f} ms")


if __name__ == "__main__":
    main()
