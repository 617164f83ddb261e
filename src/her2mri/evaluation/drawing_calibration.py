"""The calibration curves of one model in all samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, colour_of, label_of
from her2mri.figure_style import INK, REFERENCE_COLOUR, SAMPLE_COLOURS, figure_style
from her2mri.vocabulary import MODEL_LABELS, SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRIP: Final = 0.11  # height of one sample's strip of probabilities below the curves, in units of the axis
_MARKERS: Final = ("o", "s", "^", "D", "v")


def draw_calibration(calibration: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw rows of one model: smooth curves with bands, grouped points, and below them the lesions.

    Below the curves each sample has a strip of its probabilities: bars up for positive lesions, down for
    negative ones, each scaled to the tallest bar of the strip.
    """
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=3.9)
        ax.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle=(0, (4, 3)), linewidth=0.8, label="Ideal")
        ax.axhline(0.0, color=INK, linewidth=0.8)
        samples = list(calibration.groupby("sample", sort=False))
        for place, (sample, rows) in enumerate(samples):
            colour = colour_of(SAMPLE_COLOURS, str(sample), place)
            _curve(ax, rows[rows["kind"] == "smooth"], colour, label_of(SAMPLES, str(sample)))
            _points(ax, rows[rows["kind"] == "group"], colour, _MARKERS[place % len(_MARKERS)])
            _strip(ax, rows[rows["kind"] == "distribution"], colour, -_STRIP * (place + 0.7))
        floor = -_STRIP * (len(samples) + 0.25)
        ax.set(xlim=(-0.01, 1.01), ylim=(floor, 1.01), yticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
        ax.set(xlabel="Predicted probability", ylabel="Observed proportion")
        ax.spines["left"].set_bounds(0.0, 1.0)
        ax.set_title(label_of(MODEL_LABELS, str(calibration["model"].iloc[0])))
        # Above the strips, in the corner that a curve near the diagonal leaves free.
        corner = (1.01, (0.015 - floor) / (1.01 - floor))
        ax.legend(
            loc="lower right", bbox_to_anchor=corner, handlelength=1.4, labelspacing=0.3, borderaxespad=0
        )
    return ax


def _curve(ax: Axes, rows: pd.DataFrame, colour: str, label: str) -> None:
    ax.fill_between(
        rows["predicted"], rows["conf_low"], rows["conf_high"], color=colour, alpha=0.13, linewidth=0
    )
    ax.plot(rows["predicted"], rows["observed"], color=colour, label=label)


def _points(ax: Axes, rows: pd.DataFrame, colour: str, marker: str) -> None:
    ax.vlines(rows["predicted"], rows["conf_low"], rows["conf_high"], color=colour, linewidth=0.6, alpha=0.6)
    ax.plot(
        rows["predicted"],
        rows["observed"],
        linestyle="none",
        marker=marker,
        markersize=3.2,
        markerfacecolor="white",
        markeredgecolor=colour,
        markeredgewidth=0.8,
    )


def _strip(ax: Axes, rows: pd.DataFrame, colour: str, middle: float) -> None:
    negatives = rows["n"] - rows["n_events"]
    tallest = max(float(rows["n_events"].max()), float(negatives.max()), 1.0)
    scale = 0.5 * _STRIP / tallest
    ax.hlines(middle, 0.0, 1.0, color=REFERENCE_COLOUR, linewidth=0.3)
    ax.vlines(rows["predicted"], middle, middle + scale * rows["n_events"], color=colour, linewidth=2.0)
    ax.vlines(rows["predicted"], middle - scale * negatives, middle, color=colour, linewidth=2.0, alpha=0.45)
