"""What a benchmark gives, how it is timed, and how R is asked for its side."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds of us and of the peer (None: absent), and what was counted."""

    work: str
    ours_s: float
    peer_s: float | None
    n: str

    @property
    def ratio(self) -> float | None:
        """How many times faster we are."""
        return None if self.peer_s is None else self.peer_s / self.ours_s

    def as_json(self) -> dict[str, Any]:
        """The row of ``bench.json``: work, ours_s, peer_s, ratio, n."""
        row = asdict(self)
        return {
            "work": row["work"],
            "ours_s": self.ours_s,
            "peer_s": self.peer_s,
            "ratio": self.ratio,
            "n": self.n,
        }


def fastest(
    work: Callable[[], object], *, repeats: int = 3, clock: Callable[[], float] = time.process_time
) -> float:
    """Least seconds of some runs, by default of the processor: what other jobs add is not ours.

    The first run, which may compile or import, is left out.
    """
    work()
    times = []
    for _ in range(repeats):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def missing_in_r(packages: Sequence[str]) -> str:
    """Why R cannot be asked: empty if it can."""
    if shutil.which("Rscript") is None:
        return "Rscript is absent"
    asked = ", ".join(f'"{package}"' for package in packages)
    test = f"cat(Filter(function(p) !requireNamespace(p, quietly = TRUE), c({asked})))"
    found = subprocess.run(["Rscript", "-e", test], capture_output=True, text=True, check=True).stdout.strip()
    return f"R lacks {found}" if found else ""


def ask_r(script: str, *arguments: object, packages: Sequence[str]) -> bool:
    """Run a script of ``peers``; False, with a word on why, where R or a package is absent."""
    if reason := missing_in_r(packages):
        print(f"  peer absent: {reason}", flush=True)
        return False
    command = ["Rscript", str(PEERS / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_one_thread())
    if done.returncode:
        print(f"  peer failed: {done.stderr.strip()[-500:]}", flush=True)
    return done.returncode == 0


def _one_thread() -> dict[str, str]:
    import os

    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The table of ``bench.json`` for a README."""
    lines = ["| work | ours, s | peer, s | times faster | counted |", "| --- | ---: | ---: | ---: | --- |"]
    for row in rows:
        peer = "absent" if row["peer_s"] is None else f"{row['peer_s']:.3g}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
        lines.append(f"| {row['work']} | {row['ours_s']:.3g} | {peer} | {ratio} | {row['n']} |")
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """Write ``bench.json``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n", encoding="utf-8")


def r_versions() -> str:
    """R and its packages, in words."""
    if shutil.which("Rscript") is None:
        return "no R"
    script = (
        'p <- Filter(function(p) requireNamespace(p, quietly = TRUE), c("glmnet", "MASS", "pROC", "rms"));'
        'cat(paste(c(paste("R", getRversion()), paste(p, sapply(p, function(x) as.character(packageVersion(x))))),'
        ' collapse = ", "))'
    )
    return subprocess.run(
        ["Rscript", "-e", script], capture_output=True, text=True, check=True
    ).stdout.strip()
