"""The large simulation studies one after the other: every ``simulate_*.py`` here and two older ones.

python -m benchmarks.simulate [NAME ...]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
OLDER = ("audit_detection", "readers_type_one_error")


def studies() -> list[str]:
    """The names of the studies present."""
    found = [path.stem for path in sorted(HERE.glob("simulate_*.py"))]
    return found + [name for name in OLDER if (HERE / f"{name}.py").exists()]


def main(asked: list[str]) -> int:
    """Run the studies, each in a process of its own; how many of them failed."""
    failed = 0
    for name in asked or studies():
        print(f"## {name}\n", flush=True)
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False, cwd=HERE.parent)
        failed += done.returncode != 0
        minutes = (time.perf_counter() - start) / 60
        print(f"\n{name}: exit {done.returncode}, {minutes:.1f} min\n", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
