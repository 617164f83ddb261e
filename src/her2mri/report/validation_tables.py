"""Tables of the recommended protocol: size, optimism, held-out performance, net benefit at few thresholds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.evaluation.decision_comparison import DecisionComparison
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import NOT_APPLICABLE, estimate, metric_label, model_name, number
from her2mri.sample_size.verdict import CAUTIOUS_NAGELKERKE
from her2mri.study.recommended import RecommendedTask
from her2mri.vocabulary import MODEL_LABELS, SAMPLES

_SHOWN_THRESHOLDS: Final = (0.1, 0.2, 0.3, 0.4, 0.5)
_PURPOSES: Final = {"development": "Developing", "validation": "Validating"}


def size_table(task: RecommendedTask) -> DisplayTable:
    """What each criterion asks for, beside what there is."""
    rows = [
        (
            f"{_PURPOSES[str(row['purpose'])]}: {row['label']}",
            f"{row['n_needed']:,}",
            f"{row['n']:,}",
            "yes" if row["met"] else "no",
        )
        for row in task.size.frame().to_dict("records")
    ]
    assumed = f"Nagelkerke's R² was assumed to be {CAUTIOUS_NAGELKERKE:g}, since no AUC was anticipated"
    if task.size.anticipated_auc is not None:
        assumed = f"An AUC of {task.size.anticipated_auc:g} was anticipated."
    elif task.size.validation is None:
        assumed += "; the size for validating cannot then be said."
    else:
        assumed += (
            f"; for validating the chosen model's own AUC after correction, {task.size.found_auc:.2f}, was taken, "
            "which is known only now."
        )
    return DisplayTable(
        "Patients asked for",
        ("Criterion", "Asked for", "Here", "Met"),
        tuple(rows),
        note=f"Riley's criteria (doi:10.1136/bmj.m441); candidate terms are counted, not predictors kept. {assumed}",
    )


def optimism_table(task: RecommendedTask, models: tuple[str, ...]) -> DisplayTable:
    """Apparent, optimism, corrected, .632+ and cross-validated figures of these models."""
    table, crossed = task.validation.optimism_frame(), task.cross_validation.frame()
    held_out = {(row["model"], row["metric"]): row for row in crossed.to_dict("records")}
    rows: list[tuple[str, ...]] = []
    for model in models:
        rows.append((MODEL_LABELS[model], *[""] * 5))
        for row in table[table["model"] == model].to_dict("records"):
            metric = str(row["metric"])
            rows.append(
                (
                    metric_label(metric),
                    number(row["apparent"], 3),
                    number(row["optimism"], 3, signed=True),
                    estimate(row["optimism_corrected"], row["conf_low"], row["conf_high"], 3),
                    _point632plus(row),
                    _interval(held_out.get((model, metric)), 3),
                )
            )
    return DisplayTable(
        "What the development claims, and what is left of it",
        ("Figure", "Apparent", "Optimism", "Optimism-corrected", ".632+", "Cross-validated"),
        tuple(rows),
        note=(
            "Apparent: the model on the lesions it was made from. Optimism: the mean over resamples of the score on "
            "the resample less the score on all lesions, the whole development repeated in each. Intervals of "
            "corrected scores: Student's t, by the spread of the model's scores on the resamples (intercept, slope); "
            "of the scores here of the resamples' models (in the large); of both (AUC); of how far the resamples' "
            "models err (ICI); of how far they err and of their scores here (Brier score). Of cross-validated ones: "
            "bootstrap of patients, percentile (the ICI: about the estimate). The cross-validated figures are means "
            f"over the repeats.{_of_another_kind(task, models)}"
        ),
    )


def _of_another_kind(task: RecommendedTask, models: tuple[str, ...]) -> str:
    """How many resamples gave no model to learn the optimism from: docs/decisions/0105."""
    found = [one for one in task.validation.models if one.model in models]
    other = {one.model: int(one.developed.sum()) - len(one.of_its_kind().selected) for one in found}
    told = "; ".join(f"{MODEL_LABELS[model]}: {number:,}" for model, number in other.items() if number)
    if not told:
        return ""
    return (
        " Resamples that gave a constant model, where the one made here is none (or the other way round), tell "
        f"nothing of its optimism and are left out of it: {told} of {task.validation.n_bootstrap:,}."
    )


def _point632plus(row: dict[Any, Any]) -> str:
    if pd.isna(row["point632plus"]):
        return NOT_APPLICABLE
    return estimate(row["point632plus"], row["point632plus_conf_low"], row["point632plus_conf_high"], 3)


def _interval(row: dict[Any, Any] | None, digits: int = 2) -> str:
    return (
        NOT_APPLICABLE
        if row is None
        else estimate(row["estimate"], row["conf_low"], row["conf_high"], digits)
    )


def net_benefit_table(task: RecommendedTask, samples: list[str]) -> DisplayTable:
    """Net benefit of the chosen model at its locked cut-off and a few thresholds, and what follows from it."""
    curve = task.evaluation.decision_curve_frame()
    curve = curve[curve["model"] == task.choice.model]
    rows: list[tuple[str, ...]] = []
    for sample in samples:
        of_sample = curve[curve["sample"] == sample]
        if of_sample.empty:
            continue
        first = of_sample.iloc[0]
        rows.append(
            (f"{SAMPLES[sample]} (n = {first['n']}, {first['n_events']} {first['positive']})", *[""] * 5)
        )
        rows += [_benefit_row(row, of_sample) for row in _nearest(of_sample).to_dict("records")]
    lowest, highest = task.plan.decision_range
    return DisplayTable(
        f"Net benefit of {model_name(task.choice.model)}",
        (
            "Threshold", "Net benefit", "Of treating all", "Standardised", "Interventions avoided\nper 100 lesions",
            "Cut-off",
        ),
        tuple(rows),
        note=(
            f"Thresholds from {lowest:g} to {highest:g} were set beforehand. Standardised: as a share of the "
            "prevalence. Interventions avoided: net of those wrongly left out, against treating all. Intervals: "
            "percentiles of resampled patients, threshold by threshold. The locked cut-off is shown at the nearest "
            "threshold of the curve; the net benefit at the cut-off itself stands on the first page."
        ),
    )  # fmt: skip


def _nearest(curve: pd.DataFrame) -> pd.DataFrame:
    """The rows of a few thresholds, and of the one nearest to the locked cut-off where it lies in the range."""
    at = curve["threshold"].to_numpy(dtype=float)
    wanted = [t for t in _SHOWN_THRESHOLDS if at.min() - 1e-9 <= t <= at.max() + 1e-9]
    locked = float(curve["locked_threshold"].iloc[0])
    if at.min() <= locked <= at.max():
        wanted.append(locked)
    places = sorted({int(np.abs(at - t).argmin()) for t in wanted})
    return curve.iloc[places]


def _benefit_row(row: dict[Any, Any], curve: pd.DataFrame) -> tuple[str, ...]:
    at = curve["threshold"].to_numpy(dtype=float)
    locked = float(row["locked_threshold"])
    inside = at.min() <= locked <= at.max()
    is_locked = inside and row["threshold"] == at[int(np.abs(at - locked).argmin())]
    return (
        number(row["threshold"]),
        estimate(row["net_benefit"], row["conf_low"], row["conf_high"], 3),
        number(row["treat_all"], 3),
        estimate(row["standardised_net_benefit"], row["standardised_low"], row["standardised_high"]),
        estimate(row["interventions_avoided"], row["avoided_low"], row["avoided_high"], 0, signed=False),
        f"locked: {number(locked, 3)}" if is_locked else "",
    )


def difference_sentence(comparison: DecisionComparison) -> str:
    """Where, over the range, one protocol's model is shown to do more good than the other's."""
    table = comparison.frame()
    above, below = table[table["conf_low"] > 0], table[table["conf_high"] < 0]
    if above.empty and below.empty:
        return (
            "Against the logistic regression of the published protocol, no threshold of the range shows a difference "
            "in net benefit on the external set."
        )
    said = []
    for rows, word in ((above, "more"), (below, "less")):
        if len(rows):
            n, low, high = len(rows), rows["threshold"].min(), rows["threshold"].max()
            said.append(f"{word} at {n} of {len(table)} thresholds, between {number(low)} and {number(high)}")
    return (
        "Net benefit on the external set against the logistic regression of the published protocol: "
        f"{'; '.join(said)}. The intervals are of one threshold at a time: some would lie beside 0 by chance."
    )
