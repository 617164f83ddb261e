"""Figures of harmonisation: a center's shift, and what adapting to it does to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on
from her2mri.evaluation.drawing_forest import ForestRow, draw_forest
from her2mri.figure_style import REFERENCE_COLOUR, SAMPLE_COLOURS, SINGLE_COLUMN, figure_style
from her2mri.vocabulary import METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = (SAMPLE_COLOURS["external_validation"], SAMPLE_COLOURS["internal_validation"])


def draw_adaptation(frame: pd.DataFrame, unit: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """Each measurement's shift with its interval, in standard deviations within development's centers."""
    rows = []
    for row in frame.to_dict("records"):
        name = str(row["measurement"])
        shift, low, high = (float(row[key]) / unit[name] for key in ("shift", "conf_low", "conf_high"))
        rows.append(ForestRow(name, int(row["n"]), shift, low, high))
    center = str(frame["center"].iloc[0])
    return draw_forest(
        rows, xlabel="Shift from development (standard deviations)", reference=0.0, title=center, ax=ax
    )


def draw_combat_effect(
    frame: pd.DataFrame, *, model: str | None = None, metric: str = "auc", ax: Axes | None = None
) -> Axes:
    """A model's metric against the lesions adapted to, with and without, each with its interval.

    Raises ValueError where the frame has no finite estimate of that model and metric.
    """
    model = str(frame["model"].iloc[0]) if model is None else model
    shown = frame[(frame["model"] == model) & (frame["metric"] == metric) & (frame["arm"] != "difference")]
    shown = shown[shown["estimate"].notna()]
    if shown.empty:
        raise ValueError(f"there is no estimate of {metric!r} for the model {model!r}")
    sizes = sorted(shown["n_adaptation"].unique().tolist())
    place = {size: i for i, size in enumerate(sizes)}
    with figure_style():
        ax = axes_to_draw_on(ax, width=SINGLE_COLUMN, height=2.8)
        ideal = METRICS[metric].ideal
        if ideal is not None:
            ax.axhline(ideal, color=REFERENCE_COLOUR, linewidth=0.8, zorder=0)
        arms = (("without", "As measured", -0.08, "s"), ("with", "Harmonised", 0.08, "o"))
        for colour, (arm, label, aside, marker) in zip(_COLOURS, arms, strict=True):
            one = shown[shown["arm"] == arm]
            x = [place[size] + aside for size in one["n_adaptation"].tolist()]
            estimate = one["estimate"].to_numpy(dtype=float)
            ends = one[["conf_low", "conf_high"]].to_numpy(dtype=float)
            ax.vlines(x, ends[:, 0], ends[:, 1], color=colour, linewidth=1.4)
            ax.plot(x, estimate, marker=marker, markersize=4.5, linestyle="none", color=colour, label=label)
        ax.set_xticks(range(len(sizes)), [str(size) for size in sizes])
        ax.set(
            xlabel="Lesions of the new center adapted to",
            ylabel=METRICS[metric].label,
            xlim=(-0.5, len(sizes) - 0.5),
        )
        ax.set_title(f"{model} in {frame['center'].iloc[0]}")
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.1), ncols=2)
    return ax
