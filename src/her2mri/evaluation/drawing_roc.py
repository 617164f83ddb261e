"""The ROC curves of all models in one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, colour_of, label_of
from her2mri.figure_style import MODEL_COLOURS, REFERENCE_COLOUR, figure_style
from her2mri.vocabulary import SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEGEND_SIZE: Final = 6.3  # points: five models must fit below the curves in a third of a page's width


def draw_roc(
    roc: pd.DataFrame, performance: pd.DataFrame, *, confidence: float = 0.95, ax: Axes | None = None
) -> Axes:
    """Draw ``roc`` (one sample, any models) with the AUC rows of ``performance`` in the legend."""
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=3.5)
        ax.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle=(0, (4, 3)), linewidth=0.8)
        areas = performance[performance["metric"] == "auc"].set_index("model")
        for place, (model, curve) in enumerate(roc.groupby("model", sort=False)):
            name = str(model)
            estimate, low, high = areas.loc[name, ["estimate", "conf_low", "conf_high"]].astype(float)
            label = f"{name} {estimate:.2f} ({low:.2f}–{high:.2f})"
            ax.plot(
                1.0 - curve["specificity"],
                curve["sensitivity"],
                color=colour_of(MODEL_COLOURS, name, place),
                label=label,
                linewidth=1.2,
                solid_joinstyle="round",
            )
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        ax.set(xlabel="1 − specificity", ylabel="Sensitivity", xticks=ticks, yticks=ticks)
        ax.set_title(label_of(SAMPLES, str(roc["sample"].iloc[0])))
        _legend(ax, f"AUC ({100 * confidence:g}% CI)")
    return ax


def _legend(ax: Axes, title: str) -> None:
    legend = ax.legend(
        loc="lower right",
        title=title,
        title_fontsize=_LEGEND_SIZE,
        fontsize=_LEGEND_SIZE,
        alignment="left",
        handlelength=1.1,
        handletextpad=0.5,
        labelspacing=0.3,
        borderaxespad=0.1,
        borderpad=0.2,
        frameon=True,
        framealpha=0.8,
    )
    legend.get_frame().set_linewidth(0)
