"""The tables of a published study in the form that an audit reads: a worked example, and files to start from."""

from __future__ import annotations

import csv
from dataclasses import replace
from importlib import resources
from typing import Final

from her2mri.audit.formats import CHARACTERISTICS, PERFORMANCE, RELATIONS, Format
from her2mri.audit.read import parse_tables
from her2mri.audit.reading import TextTable
from her2mri.audit.tables import AuditInput
from her2mri.dictionary import load_dictionary

SIZES: Final[dict[tuple[str, str], tuple[int, int]]] = {
    ("her2_positive", "training"): (128, 485),
    ("her2_positive", "internal_validation"): (41, 222),
    ("her2_positive", "external_validation"): (32, 122),
    ("her2_low", "training"): (369, 125),
    ("her2_low", "internal_validation"): (166, 47),
    ("her2_low", "external_validation"): (93, 29),
}
"""Lesions of the positive and of the negative class of each task and set, as printed."""

_WHOLE: Final = {"her2_low": "HER2-negative"}
_CHARACTERISTICS_TABLE: Final = {"her2_positive": "Table 1", "her2_low": "Table 2"}
_PERFORMANCE_TABLE: Final = {"her2_positive": "Table 3", "her2_low": "Table 4"}
_ASSUMED_STEPS: Final = {"age": "1?"}


def example_tables() -> AuditInput:
    """The example, read as a user's files are read."""
    tables = parse_tables(
        TextTable(form.name, form.names, tuple(enumerate(rows, start=2)))
        for form, rows in example_rows().items()
    )
    return replace(tables, sources=("the example",))


def example_rows() -> dict[Format, list[dict[str, str]]]:
    """The rows of the three example files."""
    return {
        PERFORMANCE: _performance(),
        CHARACTERISTICS: _characteristics(),
        RELATIONS: _facts("her2mri.audit.example", "relations.csv"),
    }


def _performance() -> list[dict[str, str]]:
    """The positive class is the one that the study's nomogram predicts: its tables do not name one."""
    found = []
    for row in _facts("her2mri.datasets", "data/published_performance.csv"):
        task = load_dictionary().task(row["task"])
        positive, negative = SIZES[row["task"], row["sample"]]
        found.append(
            {
                "table": _PERFORMANCE_TABLE[task.name],
                "set": row["sample"],
                **{name: row[name] for name in ("model", "metric", "estimate", "conf_low", "conf_high")},
                "positive": task.positive_label,
                "negative": task.negative_label,
                "n_positive": str(positive),
                "n_negative": str(negative),
            }
        )
    return found


def _characteristics() -> list[dict[str, str]]:
    percents = {
        (row["task"], row["sample"], row["group"], row["variable"], row["level"]): row["percent"]
        for row in _facts("her2mri.audit.example", "percentages.csv")
    }
    p_values = {
        (row["task"], row["sample"], row["variable"]): row["p_adjusted"]
        for row in _facts("her2mri.datasets", "data/published_characteristics_p.csv")
    }
    found = []
    for row in _facts("her2mri.datasets", "data/published_characteristics.csv"):
        task = load_dictionary().task(row["task"])
        key = row["task"], row["sample"], row["group"], row["variable"], row["level"]
        size = SIZES[row["task"], row["sample"]][row["group"] == "negative"]
        found.append(
            {
                "table": _CHARACTERISTICS_TABLE[task.name],
                "set": row["sample"],
                "cohort": "center 2" if row["sample"] == "external_validation" else "center 1",
                "group": task.positive_label if row["group"] == "positive" else task.negative_label,
                "part_of": _WHOLE.get(task.name, ""),
                "n": str(size),
                **{name: row[name] for name in ("variable", "level", "count")},
                "percent": percents.get(key, ""),
                **{name: row[name] for name in ("mean", "sd", "median", "q1", "q3")},
                "step": _ASSUMED_STEPS.get(row["variable"], ""),
                "p_value": p_values.get((key[0], key[1], key[3]), ""),
            }
        )
    return found


def _facts(package: str, name: str) -> list[dict[str, str]]:
    """A table of the package as text, so that no trailing zero is lost."""
    with resources.files(package).joinpath(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
