"""The decision curves of one model in all samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, colour_of, label_of
from her2mri.figure_style import INK, SAMPLE_COLOURS, figure_style
from her2mri.vocabulary import MODELS, SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_decision_curve(decision_curve: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw rows of one model: net benefit of each sample with its band, of treating all (dashed) and none."""
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=3.1)
        ax.axhline(0.0, color=INK, linewidth=0.9, label="Treat none", zorder=1)
        top, bottom = 0.0, 0.0
        for place, (sample, rows) in enumerate(decision_curve.groupby("sample", sort=False)):
            colour = colour_of(SAMPLE_COLOURS, str(sample), place)
            at = rows["threshold"]
            ax.fill_between(at, rows["conf_low"], rows["conf_high"], color=colour, alpha=0.09, linewidth=0)
            ax.plot(at, rows["treat_all"], color=colour, linewidth=0.8, linestyle=(0, (3, 2)), alpha=0.8)
            ax.plot(at, rows["net_benefit"], color=colour, label=label_of(SAMPLES, str(sample)))
            top = max(top, float(rows["treat_all"].max()), float(rows["net_benefit"].max()))
            bottom = min(bottom, float(rows["net_benefit"].min()))
        # Treat-all falls without end: the floor shows where it crosses, and no more of a bad model than that.
        ax.set(xlim=(0, 1), ylim=(max(bottom, -0.5 * top) - 0.15 * top, 1.15 * top))
        ax.set(xlabel="Threshold probability", ylabel="Net benefit")
        ax.set_title(label_of(MODELS, str(decision_curve["model"].iloc[0])))
        ax.plot([], [], color=INK, linewidth=0.8, linestyle=(0, (3, 2)), label="Treat all (per sample)")
        ax.legend(loc="upper right", handlelength=1.8, borderaxespad=0.2)
    return ax
