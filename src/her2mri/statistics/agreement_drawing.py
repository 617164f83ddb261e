"""The figure of agreement: differences of two readings against their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from her2mri.figure_style import INK, REFERENCE_COLOUR, SINGLE_COLUMN, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_bland_altman(
    limits: pd.DataFrame, points: pd.DataFrame, label: str, *, ax: Axes | None = None
) -> Axes:
    """Draw the differences, the bias and the limits, each line with its interval as a band."""
    with figure_style():
        if ax is None:
            from matplotlib.figure import Figure

            ax = Figure(figsize=(SINGLE_COLUMN, 2.8)).add_subplot()
        numbers = limits[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float).tolist()
        for quantity, (estimate, low, high) in zip(limits["quantity"], numbers, strict=True):
            is_bias = quantity == "bias"
            ax.axhspan(low, high, color="#0072B2", alpha=0.12, linewidth=0)
            ax.axhline(
                estimate,
                color=INK if is_bias else "#0072B2",
                linestyle="-" if is_bias else (0, (4, 3)),
                linewidth=1.0,
            )
            ax.annotate(
                f"{estimate:.2f}".replace("-", "−"),
                (1.0, estimate),
                xycoords=("axes fraction", "data"),
                xytext=(2, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
        ax.scatter(points["mean"], points["difference"], s=9, color=INK, alpha=0.55, linewidths=0, zorder=3)
        ax.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.6, linestyle=(0, (1, 2)))
        ax.set(xlabel=f"Mean of both readings{f': {label}' if label else ''}", ylabel="First less second")
        ax.set_title("Limits of agreement")
    return ax
