"""Figures of center shift: linear predictors on both sides, and standardised differences of the variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on
from her2mri.figure_style import INK, REFERENCE_COLOUR, SAMPLE_COLOURS, SINGLE_COLUMN, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIDES: Final = {
    "development": ("Development", SAMPLE_COLOURS["training"]),
    "new_center": ("New center", SAMPLE_COLOURS["external_validation"]),
}
_BINS: Final = 24
MOST_DIFFERENCES: Final = 20
NOTABLE: Final = 0.1
"""A standardised difference beyond this is usually called an imbalance; drawn as a pair of lines."""


def draw_linear_predictors(linear: pd.DataFrame, rows: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Histograms on one grid, as shares of each side's lesions, with mean and SD in words."""
    with figure_style():
        ax = axes_to_draw_on(ax, width=SINGLE_COLUMN, height=2.8)
        values = linear["linear_predictor"].to_numpy(dtype=float)
        edges = np.linspace(values.min(), max(values.max(), values.min() + 1e-6), _BINS + 1)
        for sample, (label, colour) in _SIDES.items():
            one = values[(linear["sample"] == sample).to_numpy()]
            own = rows[rows["sample"] == sample].set_index("metric")["estimate"]
            mean, sd = own["linear_predictor_mean"], own["linear_predictor_sd"]
            heights = np.histogram(one, bins=edges)[0] / len(one)
            said = f"{label}: mean {mean:.2f}, SD {sd:.2f}".replace("-", "−")
            ax.stairs(heights, edges, fill=True, color=colour, alpha=0.25)
            ax.stairs(heights, edges, color=colour, linewidth=1.3, label=said)
        area = rows.loc[rows["metric"] == "membership_auc", "estimate"].iloc[0]
        ax.set(xlabel="Linear predictor (log odds)", ylabel="Share of lesions")
        ax.set_title(f"Membership AUC {area:.2f}")
        ax.margins(x=0.01)
        ax.set_ylim(0.0, 1.35 * ax.get_ylim()[1])
        ax.legend(loc="upper left", borderaxespad=0.2)
    return ax


def draw_differences(differences: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The largest standardised differences, as points from 0; how many smaller ones are left out is said."""
    finite = differences[np.isfinite(differences["standardised_difference"].to_numpy(dtype=float))]
    order = finite["standardised_difference"].abs().sort_values(ascending=False, kind="stable").index
    shown = finite.loc[order[:MOST_DIFFERENCES]].iloc[::-1]
    with figure_style():
        ax = axes_to_draw_on(ax, width=4.6, height=0.9 + 0.19 * len(shown))
        at = np.arange(len(shown))
        values = shown["standardised_difference"].to_numpy(dtype=float)
        ax.hlines(at, 0.0, values, color=_SIDES["new_center"][1], linewidth=1.0)
        ax.plot(values, at, "o", markersize=4, color=_SIDES["new_center"][1])
        ax.axvline(0.0, color=INK, linewidth=0.8)
        for line in (-NOTABLE, NOTABLE):
            ax.axvline(line, color=REFERENCE_COLOUR, linewidth=0.6, linestyle=(0, (2, 3)))
        ax.set_yticks(at, shown["label"].tolist())
        left_out = len(finite) - len(shown)
        more = f"; {left_out} smaller ones not drawn" if left_out else ""
        ax.set_xlabel(f"New center less development, standard deviations{more}")
        ax.set_ylim(-0.7, len(shown) - 0.3)
    return ax
