"""Rows audited a second, and false findings in tables computed from data and then rounded.

    python benchmarks/audit.py [STUDIES] [SEED]

A study is one performance table and two tables of characteristics of the same lesions, all of them right.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit"))

from random_tables import random_input

from her2mri.audit import audit
from her2mri.audit.example import example_tables
from her2mri.audit.read import parse_tables

BATCH = 100


def main(studies: int = 300, seed: int = 1) -> None:
    """Print what was measured."""
    example = example_tables()
    audit(example)
    start = time.process_time()
    audit(example)
    seconds = time.process_time() - start
    print(
        f"example: {example.rows} rows, {seconds:.2f} s of one core, {example.rows / seconds:.0f} rows a second"
    )
    rows, seconds, found = 0, 0.0, Counter[tuple[str, str]]()
    for batch in range(0, studies, BATCH):
        tables = random_input(seed + batch, min(BATCH, studies - batch))
        start = time.process_time()
        answer = audit(parse_tables(tables))
        seconds += time.process_time() - start
        rows += answer.rows
        found.update((finding.verdict, finding.check) for finding in answer.findings)
    print(
        f"random: {3 * studies} tables, {rows} rows, {seconds:.1f} s of one core, {rows / seconds:.0f} rows a second"
    )
    print("findings, all of them false:", dict(found) or "none")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
