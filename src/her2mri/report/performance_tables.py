"""Performance as the published Tables 3 and 4 lay it out, and calibration beside it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from her2mri.evaluation.decision_curve import DCA_RULES
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import NOT_APPLICABLE, estimate, metric_label, number
from her2mri.vocabulary import (
    CROSS_VALIDATED,
    EXTERNAL_VALIDATION,
    INTERNAL_VALIDATION,
    MODEL_LABELS,
    OPTIMISM_CORRECTED,
    SAMPLES,
    TRAINING,
)

_CLASSIFICATION = ("sensitivity", "specificity", "accuracy", "npv", "ppv")
_CALIBRATION = (
    "brier", "observed_expected", "calibration_in_the_large", "calibration_intercept", "calibration_slope",
    "ici", "e50", "e90",
)  # fmt: skip
_IN_ORDER = (TRAINING, INTERNAL_VALIDATION, CROSS_VALIDATED, OPTIMISM_CORRECTED, EXTERNAL_VALIDATION)

THRESHOLD_RULES = {
    "youden_training": "cut-off fixed on the training set (highest Youden index) and carried to every set",
    "youden_in_sample": "cut-off chosen anew in each set, as published",
}


def performance_table(
    performance: pd.DataFrame, rule: str, *, positive: str, n_bootstrap: int, means: str = ""
) -> DisplayTable:
    """AUC, and classification at the cut-offs of one rule; ``means`` says it, else ``THRESHOLD_RULES``."""
    header = ("Model", metric_label("auc"), *map(metric_label, _CLASSIFICATION), "Cut-off")
    rows: list[tuple[str, ...]] = []
    for sample, in_sample in _by_sample(performance):
        rows.append(_heading(sample, in_sample, len(header)))
        for model in _models(in_sample):
            metrics = in_sample[in_sample["model"] == model]
            at_rule = metrics[metrics["threshold_rule"] == rule]
            rows.append(
                (
                    model,
                    _cell(metrics, "auc"),
                    *(_cell(at_rule, metric) for metric in _CLASSIFICATION),
                    _cut_off(at_rule),
                )
            )
    return DisplayTable(
        f"Performance: {means or THRESHOLD_RULES[rule]}",
        header,
        tuple(rows),
        note=(
            f"Positive class: {positive}; a lesion is called positive when its probability is at least the cut-off. "
            f"Estimate (95 % interval): AUC by DeLong, the others by the percentiles of {n_bootstrap:,} bootstrap "
            "resamples of patients, or exact (Clopper-Pearson) where these have no width."
        ),
    )


def calibration_table(performance: pd.DataFrame) -> DisplayTable:
    """Brier score and the calibration figures of every model in every set."""
    header = ("Model", *map(metric_label, _CALIBRATION))
    rows: list[tuple[str, ...]] = []
    for sample, in_sample in _by_sample(performance):
        rows.append(_heading(sample, in_sample, len(header)))
        for model in _models(in_sample):
            metrics = in_sample[in_sample["model"] == model]
            rows.append((model, *(_cell(metrics, metric) for metric in _CALIBRATION)))
    return DisplayTable(
        "Calibration",
        header,
        tuple(rows),
        note=(
            "Ideal: 1 for observed by expected events and for the slope, 0 in the large (slope held at 1) and for "
            "the intercept (slope free), 0 for the integrated calibration index, E50 and E90: the mean, median and "
            "90th percentile of the distance between the smooth curve and the diagonal. Intervals: Wald, robust by "
            "patient where a patient has several lesions; for the Brier score percentiles of the bootstrap; for the "
            "distances about the estimate, downwards at least by their bias and a normal arm, the lower end 0 unless "
            "perfect calibration is rejected."
        ),
    )


def decision_threshold_table(performance: pd.DataFrame) -> DisplayTable:
    """The threshold that each reading of "highest net benefit" picks from the decision curves."""
    header = ("Model", *(meaning.capitalize() for meaning in DCA_RULES.values()))
    thresholds = performance[performance["metric"] == "dca_optimal_threshold"]
    rows: list[tuple[str, ...]] = []
    for sample, in_sample in _by_sample(thresholds):
        rows.append(_heading(sample, in_sample, len(header)))
        for model in _models(in_sample):
            of_model = in_sample[in_sample["model"] == model]
            by_rule = [of_model[of_model["threshold_rule"] == rule] for rule in DCA_RULES]
            rows.append((model, *(_cell(found, "dca_optimal_threshold") for found in by_rule)))
    return DisplayTable(
        "Thresholds read off the decision curves",
        header,
        tuple(rows),
        note=(
            "Net benefit is highest, at the prevalence, where the threshold is near 0 and every lesion is treated: "
            "the first column says little about a model. The second is where it gains most over treating all and none."
        ),
    )


def metric_row(performance: pd.DataFrame, model: str, sample: str, metric: str) -> pd.Series | None:
    """The row of one metric that no cut-off rule applies to; None where there is none."""
    found = performance[
        (performance["model"] == model)
        & (performance["sample"] == sample)
        & (performance["metric"] == metric)
    ]
    return None if found.empty else found.iloc[0]


def _by_sample(performance: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    groups = {str(name): group for name, group in performance.groupby("sample", sort=False)}
    return [(name, groups[name]) for name in _IN_ORDER if name in groups]


def _heading(sample: str, in_sample: pd.DataFrame, width: int) -> tuple[str, ...]:
    first = in_sample.iloc[0]
    return (
        f"{SAMPLES[sample]} (n = {first['n']}, {first['n_events']} {first['positive']})",
        *[""] * (width - 1),
    )


def _models(frame: pd.DataFrame) -> Sequence[str]:
    present = set(frame["model"])
    return [name for name in MODEL_LABELS if name in present]


def _cell(frame: pd.DataFrame, metric: str) -> str:
    found = frame[frame["metric"] == metric]
    if found.empty:
        return NOT_APPLICABLE
    row = found.iloc[0]
    return estimate(row["estimate"], row["conf_low"], row["conf_high"]).replace(" (", "\n(")


def _cut_off(at_rule: pd.DataFrame) -> str:
    thresholds = at_rule["threshold"].dropna()
    return number(float(thresholds.iloc[0]), 3) if len(thresholds) else NOT_APPLICABLE
