"""Figures of repeated measurements: limits of agreement, and what errors do to probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.figure_style import INK, REFERENCE_COLOUR, SINGLE_COLUMN, figure_style
from her2mri.statistics.agreement_bland_altman import BlandAltman

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_UNSURE: Final = "#D55E00"
_OFTEN: Final = 0.05


def draw_repeat(limits: Mapping[str, BlandAltman]) -> Figure:
    """A panel a measure: differences of the two measurements against their mean."""
    from matplotlib.figure import Figure

    with figure_style():
        figure = Figure(figsize=(SINGLE_COLUMN * max(len(limits), 1), 2.8))
        axes = figure.subplots(1, max(len(limits), 1), squeeze=False)[0]
        for ax, found in zip(axes, limits.values(), strict=False):
            found.plot(ax)
            ax.set_title("")
    return figure


def draw_error_effect(table: pd.DataFrame, label: str, *, ax: Axes | None = None) -> Axes:
    """Lesions in the order of their probability, each with what errors make of it; unsure calls in colour."""
    with figure_style():
        if ax is None:
            from matplotlib.figure import Figure

            ax = Figure(figsize=(SINGLE_COLUMN * 1.3, 3.0)).add_subplot()
        told = table[table["probability"].notna()].sort_values("probability", kind="stable")
        place = np.arange(1, len(told) + 1)
        numbers = told[["probability", "conf_low", "conf_high"]].to_numpy(dtype=float)
        unsure = told["share_changed"].to_numpy(dtype=float) > _OFTEN
        for chosen, colour, said in (
            (~unsure, INK, "call holds"),
            (unsure, _UNSURE, "changes side in more than 5 %"),
        ):
            if chosen.any():
                ax.vlines(place[chosen], numbers[chosen, 1], numbers[chosen, 2], color=colour, linewidth=1.2)
                ax.plot(
                    place[chosen],
                    numbers[chosen, 0],
                    "o",
                    color=colour,
                    markersize=3,
                    label=said,
                    linewidth=0,
                )
        if told["threshold"].notna().any():
            cut = float(told["threshold"].iloc[0])
            ax.axhline(cut, color=REFERENCE_COLOUR, linewidth=0.9, linestyle=(0, (4, 3)), label="threshold")
        ax.set(xlabel="Lesions, by probability", ylabel=f"Probability of {label}", ylim=(0, 1))
        ax.set_title("What errors of measurement do")
        ax.legend(loc="upper left")
    return ax
