"""Results about centers as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.centers.center_performance import OBSERVED_EXPECTED, SCALES
from her2mri.centers.center_rows import POOLED, PREDICTION_INTERVAL
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import NOT_APPLICABLE, estimate, number
from her2mri.vocabulary import METRICS

LABELS: Final = {
    OBSERVED_EXPECTED: "Observed : expected events",
    "linear_predictor_mean": "Linear predictor, mean",
    "linear_predictor_sd": "Linear predictor, SD",
    "membership_auc": "Membership AUC",
}
"""What people read for the metrics that are about centers only."""


def label_of_metric(name: str) -> str:
    """The label of a metric of this room or of the vocabulary."""
    return LABELS.get(name) or METRICS[name].label


def pools_display(rows: pd.DataFrame, pools: pd.DataFrame) -> DisplayTable:
    """One row a model and metric: the pooled estimate, where a new center may lie, how much centers differ."""
    found = {(row["model"], row["metric"], row["kind"]): row for row in rows.to_dict("records")}
    cells = []
    for pool in pools.to_dict("records"):
        model, metric = str(pool["model"]), str(pool["metric"])
        predicted = found.get((model, metric, PREDICTION_INTERVAL))
        cells.append(
            (
                model,
                label_of_metric(metric),
                _estimate(found[model, metric, POOLED]),
                _ends(predicted) if predicted else NOT_APPLICABLE,
                number(pool["tau"]),
                number(100.0 * pool["i_squared"], 0),
                f"{pool['n_centers']:.0f}",
                f"{pool['n_not_pooled']:.0f}",
                f"{pool['n_failed']:.0f}",
            )
        )
    header = (
        "Model", "Metric", "Pooled (interval)", "Prediction interval", "tau", "I² (%)", "Centers pooled",
        "not pooled", "without a model",
    )  # fmt: skip
    scales = ", ".join(f"{label_of_metric(name)} on the {scale} scale" for name, scale in SCALES.items())
    note = (
        "Every center left out in turn and the whole development repeated on the others. Random effects: REML, "
        "Hartung-Knapp-Sidik-Jonkman interval. The prediction interval is for the true value of a new center. "
        f"Pooled, and tau given, as follows: {scales}, the others as they are."
    )
    return DisplayTable("Internal-external validation by center", header, tuple(cells), note, 2)


def shift_display(rows: pd.DataFrame) -> DisplayTable:
    """One row a metric: development, development with the new center's case mix, new center."""
    found = {(row["metric"], row["sample"]): row for row in rows.to_dict("records")}
    samples = ("development", "development_reweighted", "new_center")
    names = [name for name in rows["metric"].drop_duplicates() if name != "membership_auc"]
    cells = tuple(
        (label_of_metric(name), *(_estimate(found[name, sample]) for sample in samples)) for name in names
    )
    sizes = [found[names[0], sample] for sample in samples]
    counts = ("Lesions (effective)", *(f"{one['n']:,} ({one['effective_n']:.0f})" for one in sizes))
    area = found["membership_auc", "both"]
    note = (
        f"Membership AUC {_estimate(area)}: how well the variables tell the centers apart (0.5: not at all). From "
        "the first column to the second: what the case mix does; from the second to the third: what it does not "
        "explain."
    )
    header = ("", "Development", "Development, case mix of the new center", "New center")
    return DisplayTable("Center shift", header, (counts, *cells), note)


def effect_display(rows: pd.DataFrame) -> DisplayTable:
    """One row a model, metric and number of lesions adapted to: as measured, harmonised, difference."""
    cells = []
    for (model, metric, size), group in rows.groupby(["model", "metric", "n_adaptation"], sort=False):
        arms = {str(row["arm"]): row for row in group.to_dict("records")}
        shown = (_estimate(arms[arm]) for arm in ("without", "with", "difference"))
        cells.append((str(model), label_of_metric(str(metric)), str(size), *shown))
    header = ("Model", "Metric", "Lesions adapted to", "As measured", "Harmonised", "Difference")
    failed = int(rows["n_failed"].sum())
    note = (
        "Judged on patients who were not adapted to. Intervals: draws of lesions and bootstrap of patients."
    )
    if failed:
        note += f" {failed} of {int(rows['n_resamples'].sum())} resampled figures did not exist."
    return DisplayTable("Harmonised measurements in a new center", header, tuple(cells), note, 3)


def _estimate(row: Mapping[Any, Any]) -> str:
    return estimate(row["estimate"], row["conf_low"], row["conf_high"])


def _ends(row: Mapping[Any, Any]) -> str:
    if not np.isfinite(row["conf_low"]):
        return NOT_APPLICABLE
    return f"{number(row['conf_low'])} to {number(row['conf_high'])}"
