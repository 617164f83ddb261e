"""The share of single altered cells that an audit finds: one unit in the last digit, or two digits swapped.

    python benchmarks/audit_detection.py [CELLS] [SEED] > detection.md

Every altered cell stands in an otherwise right random study of its own; ``CELLS`` is how many of each kind.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit"))

from random_tables import random_input

from her2mri.audit import audit
from her2mri.audit.read import parse_tables
from her2mri.audit.reading import TextTable

METRICS = ("sensitivity", "specificity", "accuracy", "npv", "ppv", "auc")
CELLS = ("count", "percent", "mean", "sd", "median", "p_value")


def altered(text: str, how: str, rng: np.random.Generator) -> str:
    """The printed number with one unit more or less in its last digit, or two neighbouring digits swapped."""
    if how == "one unit":
        digits = [at for at, sign in enumerate(text) if sign.isdigit()]
        number = int("".join(text[at] for at in digits)) + int(rng.choice([-1, 1]))
        new = str(max(number, 1)).zfill(len(digits))
        signs = list(text)
        for at, digit in zip(digits, new[-len(digits) :], strict=True):
            signs[at] = digit
        return "".join(signs)
    places = [
        (first, second)
        for first, second in zip(range(len(text)), range(1, len(text)), strict=False)
        if text[first].isdigit() and text[second].isdigit() and text[first] != text[second]
    ]
    if not places:
        return text
    first, second = places[int(rng.integers(len(places)))]
    return text[:first] + text[second] + text[first] + text[second + 1 :]


def one_altered(
    tables: list[TextTable], kind: str, how: str, rng: np.random.Generator
) -> Iterator[TextTable]:
    """The tables of one study with one cell of a kind altered."""
    for table in tables:
        column = kind
        if table.where == "performance" and kind in METRICS:
            column = "estimate"
            rows = [at for at, (_, row) in enumerate(table.rows) if row["metric"] == kind]
        else:
            rows = [at for at, (_, row) in enumerate(table.rows) if row.get(kind, "").strip("<")]
        rows = [
            at for at in rows if altered(table.rows[at][1][column], how, rng) != table.rows[at][1][column]
        ]
        if not rows or (kind in METRICS) != (table.where == "performance"):
            yield table
            continue
        at = int(rng.choice(rows))
        number, row = table.rows[at]
        new = row[column]
        while new == row[column]:
            new = altered(row[column], how, rng)
        values = list(table.rows)
        if kind == "p_value":
            same = {key: row[key] for key in ("table", "set", "variable")}
            for place, (line, other) in enumerate(values):
                if all(other.get(key) == value for key, value in same.items()):
                    values[place] = line, other | {column: new}
        else:
            values[at] = number, row | {column: new}
        yield replace(table, rows=tuple(values))


def main(cells: int = 200, seed: int = 7) -> None:
    """Print the shares as a table."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    print(
        "| cell | one unit: impossible | one unit: any finding | swapped: impossible | swapped: any finding |"
    )
    print("| --- | --- | --- | --- | --- |")
    for kind in (*METRICS, *CELLS):
        shares = []
        for how in ("one unit", "two digits swapped"):
            impossible, anything = 0, 0
            for number in range(cells):
                study = random_input(seed * 100_000 + number, 1)
                answer = audit(parse_tables(one_altered(study, kind, how, rng)))
                impossible += answer.count("impossible") > 0
                anything += answer.count("impossible") + answer.count("unlikely") > 0
            shares += [f"{impossible / cells:.0%}", f"{anything / cells:.0%}"]
        print(f"| {kind} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
