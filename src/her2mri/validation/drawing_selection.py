"""How often each variable was selected over the resamples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, label_of
from her2mri.figure_style import INK, MODEL_COLOURS, REFERENCE_COLOUR, figure_style
from her2mri.vocabulary import MODEL_LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN: Final = 24


def draw_selection(
    selection: pd.DataFrame, *, labels: Mapping[str, str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the rows of one model: a bar a variable, filled where the development on all lesions selected it.

    ``labels`` of variables stand for their names.
    """
    shown = selection.head(_SHOWN)
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=0.9 + 0.17 * len(shown))
        if shown.empty:
            ax.text(0.5, 0.5, "No variable was ever selected", transform=ax.transAxes, ha="center")
            ax.set_axis_off()
            return ax
        place = np.arange(len(shown))
        chosen = shown["selected"].to_numpy(dtype=bool)
        colour = MODEL_COLOURS["SVM"]
        bars = ax.barh(place, shown["share"], height=0.66, color=np.where(chosen, colour, "white"))
        for bar, kept in zip(bars, chosen, strict=True):
            bar.set_edgecolor(colour if kept else REFERENCE_COLOUR)
            bar.set_linewidth(0.8)
        ax.hlines(place, shown["conf_low"], shown["conf_high"], color=INK, linewidth=0.8)
        ax.set_yticks(place, [(labels or {}).get(name, name) for name in shown["variable"]])
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set(xlim=(0, 1), xlabel=f"Share of {int(shown['n_resamples'].iloc[0])} resamples that select it")
        ax.tick_params(axis="y", length=0)
        ax.set_title(label_of(MODEL_LABELS, str(shown["model"].iloc[0])))
        left_out = len(selection) - len(shown)
        said = "filled: in the model" + (f"\n{left_out} rarer ones not shown" if left_out else "")
        ax.text(0.98, 0.02, said, transform=ax.transAxes, ha="right", va="bottom", fontsize=7)
    return ax
