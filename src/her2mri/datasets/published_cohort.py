"""The cohort behind the printed tables, reconstructed lesion by lesion: a benchmark, not patients."""

from __future__ import annotations

import hashlib
import io
from importlib import resources
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Cohort
from her2mri.datasets.published_tables import characteristics
from her2mri.dictionary import Task, load_dictionary

NOTICE: Final = (
    "These 1,030 lesions are a reconstruction from the published tables, not patients: the counts are the "
    "printed ones, but how the variables depend on each other was chosen so that the published models "
    "discriminate as printed. No clinical conclusion may be drawn from them."
)

_PRINTED_DECIMALS: Final = 2
_FEWEST_KEYS: Final = 3


def published_cohort() -> Cohort:
    """1,030 lesions of 1,015 women in two centers that give the printed Tables 1 and 2.

    The lesions come with their sets in both tasks and their HER2 status; ``unmet`` lists what the printed
    figures do not allow. Fifteen women of center 1 have two lesions, one in each breast.

    >>> cohort = published_cohort()
    >>> len(cohort.frame), cohort.frame["patient_id"].nunique()
    (1030, 1015)
    """
    content = resources.files("her2mri.datasets").joinpath("data", "published_cohort.csv").read_bytes()
    provenance = {
        "source": "published cohort",
        "sha256": hashlib.sha256(content).hexdigest(),
        "notice": NOTICE,
    }
    dictionary = load_dictionary()
    numbers = {variable.name for variable in dictionary.variables if variable.kind == "continuous"}
    frame = pd.read_csv(io.BytesIO(content), dtype=str)
    present = [name for name in frame if name in numbers]
    return Cohort(frame.astype(dict.fromkeys(present, float)), dictionary, provenance)


def acknowledge(cohort: Cohort) -> Cohort:
    """The cohort, with the notice if lesions of the reconstruction are among its own.

    So the notice outlives an export to a spreadsheet. A lesion is the reconstruction's when it has one of its
    identifiers and agrees with that lesion in every measurement that the table has.
    """
    known = published_cohort()
    shared = [v.name for v in known.dictionary.variables if not v.is_categorical and v.name in known.frame]
    keys = ["lesion_id", *(name for name in shared if name in cohort.frame and name != "lesion_id")]
    if cohort.notice or len(keys) < _FEWEST_KEYS:
        return cohort
    found = len(cohort.frame[keys].merge(known.frame[keys], on=keys))
    if not found:
        return cohort
    whole = found == len(cohort.frame) == len(known.frame)
    said = NOTICE if whole else f"{found} of the {len(cohort.frame)} lesions are a reconstruction. {NOTICE}"
    return cohort.with_frame(cohort.frame, provenance={**cohort.provenance, "notice": said})


def unmet(cohort: Cohort | None = None) -> pd.DataFrame:
    """Where the cohort (the shipped one if none is given) does not give what was printed.

    Columns: kind, task, sample, group, variable, level, statistic, printed, found. ``kind`` is ``figure`` for
    a count, mean or quartile that rounds to something else, and ``contradiction`` for the lesions in which
    one variable denies another, which the printed counts force.
    """
    cohort = cohort or published_cohort()
    rows = [row for row in _figures(cohort) if not row.pop("met")]
    return pd.DataFrame([*rows, *_contradictions(cohort.frame)])


def comparison(cohort: Cohort | None = None) -> pd.DataFrame:
    """Every printed figure beside the cohort's own: the columns of ``unmet`` and ``met``."""
    return pd.DataFrame(_figures(cohort or published_cohort()))


def _figures(cohort: Cohort) -> list[dict[str, Any]]:
    columns = {
        (task.name, sample, group): lesions
        for task in cohort.dictionary.tasks
        for sample, rows in cohort.frame.groupby(task.set_column)
        for group, lesions in _groups(rows, task)
    }
    found = []
    for cell in characteristics().to_dict("records"):
        lesions = columns[cell["task"], cell["sample"], cell["group"]][cell["variable"]]
        for statistic, value in _statistics(lesions, str(cell["level"]), str(cell["summary"])).items():
            printed = float(cell[statistic])
            found.append(
                {
                    "kind": "figure",
                    **{name: cell[name] for name in ("task", "sample", "group", "variable", "level")},
                    "statistic": statistic,
                    "printed": printed,
                    "found": value,
                    "met": abs(value - printed) <= 0.5 * 10**-_PRINTED_DECIMALS + 1e-9,
                }
            )
    return found


def _groups(rows: pd.DataFrame, task: Task) -> list[tuple[str, pd.DataFrame]]:
    positive = rows[task.outcome].isin(task.positive)
    negative = rows[task.outcome].isin(task.negative)
    return [("positive", rows[positive]), ("negative", rows[negative])]


def _statistics(values: pd.Series[Any], level: str, summary: str) -> dict[str, float]:
    if summary == "count":
        return {"count": float((values == level).sum())}
    if summary == "mean_sd":
        return {"mean": float(values.mean()), "sd": float(values.std(ddof=1))}
    quartiles = np.quantile(values, [0.5, 0.25, 0.75])
    return dict(zip(("median", "q1", "q3"), quartiles.tolist(), strict=True))


def _contradictions(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Lesions of whom one variable denies another."""
    dictionary = load_dictionary()
    lesions = frame.to_dict("records")
    found = []
    for rule in dictionary.rules:
        if rule.target in frame and set(rule.inputs) <= set(frame):
            derived = [rule.apply({str(key): value for key, value in lesion.items()}) for lesion in lesions]
            denied = sum(d.value != lesion[rule.target] for d, lesion in zip(derived, lesions, strict=True))
            found.append((rule.target, " and ".join(rule.inputs), denied))
    left = frame["quadrant"].str.contains("left")
    wrong_side = ((frame["location"] == "left") & ~left) | ((frame["location"] == "right") & left)
    found.append(("location", "quadrant", int(wrong_side.sum())))
    return [
        {
            "kind": "contradiction", "task": "", "sample": "", "group": "", "variable": target,
            "level": "", "statistic": f"lesions against {inputs}", "printed": 0.0, "found": float(denied),
        }
        for target, inputs, denied in found
        if denied
    ]  # fmt: skip
