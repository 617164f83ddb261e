"""Calibration of each class of a prediction of several, and the table of true by called class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, label_of
from her2mri.figure_style import INK, REFERENCE_COLOUR, figure_style
from her2mri.vocabulary import SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CLASS_COLOURS: Final = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00")
_MARKERS: Final = ("o", "s", "^", "D", "v")
_DARK_FROM: Final = 0.6  # share of a cell from which its text is white


def draw_class_calibration(calibration: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw rows of one model and sample: a curve with band and grouped points for each class."""
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=3.5)
        ax.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle=(0, (4, 3)), linewidth=0.8, label="Ideal")
        for place, (label, rows) in enumerate(calibration.groupby("class", sort=False)):
            colour = _CLASS_COLOURS[place % len(_CLASS_COLOURS)]
            smooth, points = rows[rows["kind"] == "smooth"], rows[rows["kind"] == "group"]
            ax.fill_between(
                smooth["predicted"],
                smooth["conf_low"],
                smooth["conf_high"],
                color=colour,
                alpha=0.09,
                linewidth=0,
            )
            ax.plot(smooth["predicted"], smooth["observed"], color=colour, label=str(label))
            ax.plot(
                points["predicted"],
                points["observed"],
                linestyle="none",
                marker=_MARKERS[place % len(_MARKERS)],
                markersize=3.2,
                markerfacecolor="white",
                markeredgecolor=colour,
                markeredgewidth=0.8,
            )
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        ax.set(xlabel="Predicted probability of the class", ylabel="Observed proportion")
        ax.set_title(label_of(SAMPLES, str(calibration["sample"].iloc[0])))
        ax.legend(loc="lower right", handlelength=1.4, labelspacing=0.3, borderaxespad=0)
    return ax


def draw_class_table(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw rows of one model, sample and call as a table: count, share of the true class, its interval."""
    classes = list(dict.fromkeys(table["class"]))
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=0.9 + 0.62 * len(classes))
        shares = table["share"].to_numpy(dtype=float).reshape(len(classes), len(classes))
        ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        for cell, row in enumerate(table.to_dict("records")):
            down, across = divmod(cell, len(classes))
            share = float(row["share"])
            ink = "white" if share >= _DARK_FROM else INK
            said = "no lesion"
            if share == share:
                said = f"{100 * share:.0f}% ({100 * row['conf_low']:.0f}–{100 * row['conf_high']:.0f})"
            weight = "bold" if down == across else "normal"
            ax.text(
                across,
                down - 0.14,
                f"{row['count']:,}",
                ha="center",
                va="center",
                color=ink,
                size=9,
                weight=weight,
            )
            ax.text(across, down + 0.2, said, ha="center", va="center", color=ink, size=6.5)
        counts = table.groupby("class", sort=False)["n"].first()
        ax.set_xticks(range(len(classes)), classes)
        ax.set_yticks(range(len(classes)), [f"{name}\n(n = {counts[name]:,})" for name in classes])
        ax.tick_params(length=0)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        ax.set(xlabel="Called", ylabel="True class")
        ax.set_title(label_of(SAMPLES, str(table["sample"].iloc[0])))
    return ax
