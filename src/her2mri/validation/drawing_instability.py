"""What other resamples would have told the same lesions: probabilities, and calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from her2mri.evaluation.drawing import axes_to_draw_on, label_of
from her2mri.figure_style import INK, MODEL_COLOURS, REFERENCE_COLOUR, figure_style
from her2mri.validation.stability import OF_THE_MODEL
from her2mri.vocabulary import MODEL_LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BEHIND: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}


def draw_instability(instability: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the rows of one model: for each lesion the range that 95 % of the resamples' models give it.

    The band follows the mean ends of lesions of like probability, for the eye.
    """
    ordered = instability.sort_values("probability", kind="stable")
    colour = MODEL_COLOURS["SVM"]
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=3.5)
        ax.vlines(
            ordered["probability"],
            ordered["percentile_low"],
            ordered["percentile_high"],
            color=colour,
            linewidth=0.5,
            alpha=0.35,
        )
        for column in ("percentile_low", "percentile_high"):
            ax.plot(ordered["probability"], _smoothed(ordered[column]), color=colour, linewidth=1.2)
        ax.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle=(0, (4, 3)), linewidth=0.8)
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="Probability by the model")
        ax.set_ylabel("Probability by the models of resamples")
        ax.set_title(label_of(MODEL_LABELS, str(ordered["model"].iloc[0])))
        said = f"2.5 to 97.5 % of {int(ordered['n_resamples'].iloc[0])} resamples\n"
        said += f"mean absolute difference {ordered['mape'].mean():.3f}"
        ax.text(0.98, 0.02, said, transform=ax.transAxes, ha="right", va="bottom", fontsize=7, bbox=_BEHIND)
    return ax


def draw_calibration_instability(curves: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the rows of one model: a curve a resample, and the model's own in front."""
    with figure_style():
        ax = axes_to_draw_on(ax, width=3.5, height=3.5)
        ax.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle=(0, (4, 3)), linewidth=0.8, label="Ideal")
        again = curves[curves["resample"] != OF_THE_MODEL]
        n_curves = again["resample"].nunique()
        for at, (_, rows) in enumerate(again.groupby("resample", sort=False)):
            label = f"Models of {n_curves} resamples" if at == 0 else None
            ax.plot(
                rows["predicted"],
                rows["observed"],
                color=MODEL_COLOURS["SVM"],
                linewidth=0.5,
                alpha=0.35,
                label=label,
            )
        own = curves[curves["resample"] == OF_THE_MODEL]
        ax.plot(own["predicted"], own["observed"], color=INK, label="The model")
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="Predicted probability", ylabel="Observed proportion")
        ax.set_title(label_of(MODEL_LABELS, str(curves["model"].iloc[0])))
        legend = ax.legend(loc="lower right", handlelength=1.4, labelspacing=0.3)
        for line in legend.get_lines():
            line.set_alpha(1.0)
    return ax


def _smoothed(ends: pd.Series[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The running mean of neighbouring lesions, a tenth of them at a time."""
    window = max(len(ends) // 10, 1)
    return ends.rolling(window, center=True, min_periods=1).mean().to_numpy(dtype=float)
