"""Performance within subgroups of lesions, and whether it differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from her2mri.evaluation.prediction import Prediction
from her2mri.evaluation.subgroup_heterogeneity import HETEROGENEITY_COLUMNS, heterogeneity_rows
from her2mri.evaluation.subgroup_rows import SUBGROUP_COLUMNS, TOO_SMALL, subgroup_rows
from her2mri.statistics.multiplicity import holm
from her2mri.vocabulary import METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from her2mri.evaluation.drawing_forest import ForestRow

ALL_LESIONS: Final = "All lesions"
NOT_RECORDED: Final = "Not recorded"


@dataclass(frozen=True, eq=False)
class SubgroupEvaluation:
    """Figures of each subgroup in long rows, and tests that they are the same in all of a variable's."""

    performance: pd.DataFrame
    heterogeneity: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """``SUBGROUP_COLUMNS``; rows of all lesions together have an empty ``variable``."""
        return self.performance.copy()

    def heterogeneity_frame(self) -> pd.DataFrame:
        """``HETEROGENEITY_COLUMNS``: one row a variable and metric."""
        return self.heterogeneity.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """AUC of the first model's subgroups in its last sample."""
        task, model = (str(self.performance[column].iloc[0]) for column in ("task", "model"))
        of_model = self.performance[(self.performance["task"] == task) & (self.performance["model"] == model)]
        return self.plot_forest(task, model, str(of_model["sample"].iloc[-1]), ax=ax)

    def plot_forest(
        self, task: str, model: str, sample: str, *, metric: str = "auc", ax: Axes | None = None
    ) -> Axes:
        """One metric of one model and sample: a row a subgroup, all lesions as the diamond and the line.

        Raises KeyError where there are no such rows, ValueError where no row has an estimate.
        """
        from her2mri.evaluation.drawing_forest import ForestRow, draw_forest

        wanted = {"task": task, "model": model, "sample": sample, "metric": metric}
        rows = self.performance
        for column, name in wanted.items():
            rows = rows[rows[column] == name]
        if rows.empty:
            raise KeyError(f"no rows for {wanted}")
        drawn = [
            ForestRow(
                row["level"],
                int(row["n"]),
                float(row["estimate"]),
                float(row["conf_low"]),
                float(row["conf_high"]),
                row["variable"],
                row["method"].partition(": ")[2] if row["estimate"] != row["estimate"] else "",
            )
            for row in rows.to_dict("records")
        ]
        whole = next((row for row in drawn if not row.heading and isfinite(row.estimate)), None)
        return draw_forest(
            _small_together([row for row in drawn if row.heading]),
            xlabel=METRICS[metric].label,
            reference=whole.estimate if whole else None,
            pooled=whole,
            ax=ax,
        )


def evaluate_subgroups(
    predictions: Sequence[Prediction],
    groups: Mapping[str, pd.Series],
    *,
    confidence: float = 0.95,
    least: int = 10,
) -> SubgroupEvaluation:
    """Size, AUC, O:E, calibration in the large, slope and Brier score of each subgroup, with intervals.

    ``groups`` names variables; each is a Series of levels, indexed by lesion. Levels come in the order of a
    categorical, else sorted; lesions without one form ``NOT_RECORDED``. All intervals follow the patient. A
    subgroup with fewer than ``least`` events or non-events is "too small to say": its rows have a reason and
    no estimate, and it is not tested. p-values are adjusted by Holm over the variables of one task, model,
    sample and metric. Raises ValueError where a Series names a lesion twice.
    """
    for name, levels in groups.items():
        if not levels.index.is_unique:
            raise ValueError(f"a lesion has one level, but those of {name!r} name a lesion twice")
    performance: list[dict[str, Any]] = []
    tested: list[dict[str, Any]] = []
    for prediction in predictions:
        everyone = pd.Series([ALL_LESIONS] * prediction.n)
        performance += subgroup_rows(
            prediction, "", everyone, [ALL_LESIONS], confidence=confidence, least=least
        )
        for name, levels in groups.items():
            level, order = _levels(prediction, levels)
            performance += subgroup_rows(prediction, name, level, order, confidence=confidence, least=least)
            recorded = [label for label in order if label != NOT_RECORDED]
            tested += heterogeneity_rows(prediction, name, level, recorded, least=least)
    heterogeneity = pd.DataFrame(tested, columns=[c for c in HETEROGENEITY_COLUMNS if c != "p_holm"])
    family = ["task", "model", "sample", "metric"]
    heterogeneity["p_holm"] = heterogeneity.groupby(family, sort=False)["p_value"].transform(
        lambda p: holm(p.to_numpy(dtype=float))
    )
    return SubgroupEvaluation(
        pd.DataFrame(performance, columns=list(SUBGROUP_COLUMNS)),
        heterogeneity[list(HETEROGENEITY_COLUMNS)],
    )


def _small_together(rows: list[ForestRow]) -> list[ForestRow]:
    """The rows of a forest, those of one variable that are too small to say anything counted in one line."""
    from her2mri.evaluation.drawing_forest import ForestRow

    found = []
    for heading in dict.fromkeys(row.heading for row in rows):
        own = [row for row in rows if row.heading == heading]
        small = [row for row in own if row.reason.startswith(TOO_SMALL)]
        if len(small) < 2:
            found += own
            continue
        nothing = float("nan")
        n = sum(row.n or 0 for row in small)
        found += [row for row in own if row not in small]
        found.append(
            ForestRow(f"{len(small)} others", n, nothing, nothing, nothing, heading, f"each {TOO_SMALL}")
        )
    return found


def _levels(prediction: Prediction, levels: pd.Series) -> tuple[pd.Series, list[str]]:
    """Level of each lesion as text, and the levels that are there, in order."""
    here = levels.set_axis(levels.index.astype(str)).reindex(prediction.lesion)
    kinds = list(here.cat.categories) if isinstance(here.dtype, pd.CategoricalDtype) else None
    order = [str(kind) for kind in (kinds or sorted(here.dropna().unique()))]
    text = here.astype(object).where(here.notna(), NOT_RECORDED).astype(str).reset_index(drop=True)
    present = set(text)
    if NOT_RECORDED not in order:
        order.append(NOT_RECORDED)
    return text, [label for label in order if label in present]
