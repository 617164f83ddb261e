"""The decision curves of one model in all samples, and the difference between two models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, colour_of, label_of
from her2mri.figure_style import INK, REFERENCE_COLOUR, SAMPLE_COLOURS, figure_style
from her2mri.vocabulary import MODEL_LABELS, SAMPLES

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
        ax.set(
            xlim=_range(decision_curve["threshold"]), ylim=(max(bottom, -0.5 * top) - 0.15 * top, 1.15 * top)
        )
        ax.set(xlabel="Threshold probability", ylabel="Net benefit")
        ax.set_title(label_of(MODEL_LABELS, str(decision_curve["model"].iloc[0])))
        _mark_locked(ax, decision_curve["locked_threshold"])
        ax.plot([], [], color=INK, linewidth=0.8, linestyle=(0, (3, 2)), label="Treat all (per sample)")
        # Where the outcome is common the curves stay high up to the right, and the left is free below them.
        last = decision_curve.sort_values("threshold", kind="stable")["net_benefit"].iloc[-1]
        ax.legend(
            loc="center left" if last > 0.4 * top else "upper right", handlelength=1.8, borderaxespad=0.2
        )
    return ax


def draw_difference(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw rows of one comparison: the difference in net benefit with its band about no difference."""
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=2.8)
        ax.axhline(0.0, color=INK, linewidth=0.9)
        at = table["threshold"]
        sample = str(table["sample"].iloc[0])
        colour = colour_of(SAMPLE_COLOURS, sample, 0)
        ax.fill_between(at, table["conf_low"], table["conf_high"], color=colour, alpha=0.15, linewidth=0)
        ax.plot(at, table["estimate"], color=colour, label=label_of(SAMPLES, sample))
        # Near 1 a false positive weighs so much that a few lesions would flatten all the rest.
        low, high = table["conf_low"].quantile(0.05), table["conf_high"].quantile(0.95)
        reach = 1.3 * max(abs(float(low)), abs(float(high)), 1e-3)
        if reach == reach:
            ax.set_ylim(-reach, reach)
        ax.set(xlim=_range(at), xlabel="Threshold probability", ylabel="Difference in net benefit")
        names = (label_of(MODEL_LABELS, str(table[column].iloc[0])) for column in ("model", "comparator"))
        ax.set_title("\nless ".join(names))
        ax.legend(loc="lower left", handlelength=1.4)
    return ax


def _range(thresholds: pd.Series) -> tuple[float, float]:
    """The axis of thresholds: 0 to 1 for a curve over nearly all of it, else the range of the curve."""
    low, high = float(thresholds.min()), float(thresholds.max())
    return (0.0, 1.0) if high - low > 0.9 or high == low else (low, high)


def _mark_locked(ax: Axes, locked: pd.Series) -> None:
    """A line up from the axis, below the legend, at the locked cut-off, where it lies within the range."""
    low, high = ax.get_xlim()
    for at in locked.dropna().unique():
        if low <= at <= high:
            ax.axvline(float(at), ymax=0.4, color=REFERENCE_COLOUR, linewidth=0.7, linestyle=":", zorder=0)
            ax.plot([], [], color=REFERENCE_COLOUR, linewidth=0.7, linestyle=":", label="Locked cut-off")
