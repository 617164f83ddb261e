"""The two figures of the LASSO: coefficients along the path, and cross-validated deviance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray
from her2mri.figure_style import DOUBLE_COLUMN, INK, REFERENCE_COLOUR, SINGLE_COLUMN, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT: Final = 3.0
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MOST_LABELS: Final = 12
_PENALTY: Final = "Penalty λ (falls to the right)"


def draw_path(path: pd.DataFrame, penalty: float, *, ax: Axes | None = None) -> Axes:
    """Coefficients against the penalty, unfolding to the right; the dozen largest kept terms are named.

    Parameters
    ----------
    path
        Columns label, kept, penalty, coefficient.
    penalty
        Where the rule chose, marked by a line; the largest coefficients there are the ones named.
    ax
        Where to draw; a new figure two journal columns wide if missing.

    """
    with figure_style():
        ax = _axes(ax, DOUBLE_COLUMN)
        lines = {str(name): line for name, line in path.groupby("term", sort=False)}
        size = {name: abs(_at(line, penalty)) for name, line in lines.items() if line["kept"].all()}
        named = [name for name in sorted(size, key=lambda name: -size[name]) if size[name] > 0][:_MOST_LABELS]
        colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(named)}
        for name, line in lines.items():
            ax.plot(
                line["penalty"], line["coefficient"], color=colours.get(name, REFERENCE_COLOUR),
                linewidth=1.2 if name in colours else 0.7, alpha=1.0 if name in colours else 0.45,
                linestyle="--" if name in named[len(_COLOURS) :] else "-",
            )  # fmt: skip
        ax.axhline(0.0, color=INK, linewidth=0.6)
        ax.axvline(penalty, color=INK, linewidth=0.8, linestyle=":")
        _penalty_axis(ax, path["penalty"])
        ax.set_ylabel("Coefficient (log odds ratio)")
        _name_lines(ax, {name: lines[name] for name in named}, colours)
    return ax


def draw_deviance(deviance: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Cross-validated deviance with one standard error, both rules marked, the number of terms on top.

    Parameters
    ----------
    deviance
        Columns penalty, deviance, std_error, n_nonzero, is_min, is_1se.
    ax
        Where to draw; a new figure one journal column wide if missing.

    """
    with figure_style():
        ax = _axes(ax, SINGLE_COLUMN)
        ax.errorbar(
            deviance["penalty"], deviance["deviance"], deviance["std_error"],
            fmt="o", markersize=2.2, color="#D55E00", ecolor="#bbbbbb", elinewidth=0.8, capsize=0,
        )  # fmt: skip
        for rule, style in (("min", "--"), ("1se", ":")):
            chosen = deviance[deviance[f"is_{rule}"]].iloc[0]
            ax.axvline(chosen["penalty"], color=INK, linewidth=0.9, linestyle=style, label=f"λ {rule}")
        _penalty_axis(ax, deviance["penalty"])
        ax.set_ylabel("Cross-validated deviance")
        ax.legend(loc="upper center")
        _count_terms(ax, deviance)
    return ax


def _axes(ax: Axes | None, width: float) -> Axes:
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(width, _HEIGHT)).add_subplot()


def _penalty_axis(ax: Axes, penalties: pd.Series[Any]) -> None:
    ax.set_xscale("log")
    ax.set_xlim(penalties.max() * 1.08, penalties.min() / 1.08)
    ax.set_xlabel(_PENALTY)


def _at(line: pd.DataFrame, penalty: float) -> float:
    return float(line["coefficient"].iloc[int(np.argmin(np.abs(line["penalty"] - penalty)))])


def _count_terms(ax: Axes, deviance: pd.DataFrame) -> None:
    """The number of coefficients that are not 0, at some of the penalties, above the axes."""
    some = deviance.iloc[:: max(len(deviance) // 8, 1)]
    for penalty, count in zip(some["penalty"], some["n_nonzero"], strict=True):
        ax.annotate(
            str(count), (penalty, 1.01), xycoords=("data", "axes fraction"), ha="center", va="bottom",
            fontsize=6.5, color=REFERENCE_COLOUR,
        )  # fmt: skip


def _name_lines(ax: Axes, lines: dict[str, pd.DataFrame], colours: dict[str, str]) -> None:
    """Names to the right of the axes, at the ends of their lines but never over each other."""
    if not lines:
        return
    low, high = ax.get_ylim()
    ends = np.array([line["coefficient"].iloc[-1] for line in lines.values()])
    places = _apart((ends - low) / (high - low), 0.062)
    for (name, line), end, place in zip(lines.items(), ends, places, strict=True):
        ax.annotate(
            str(line["label"].iloc[0]), (line["penalty"].iloc[-1], end),
            xytext=(1.03, place), textcoords="axes fraction", va="center", fontsize=6.5,
            color=colours[name], annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "linewidth": 0.5, "color": colours[name], "shrinkB": 0, "relpos": (0, 0.5)
            },
        )  # fmt: skip


def _apart(places: FloatArray, gap: float) -> FloatArray:
    """The places moved so far that neighbours are ``gap`` apart, inside 0 to 1 where there is room.

    >>> _apart(np.array([0.5, 0.51]), 0.1).round(2).tolist()
    [0.5, 0.6]
    """
    order = np.argsort(places, kind="stable")
    moved = places[order].copy()
    for at in range(1, len(moved)):
        moved[at] = max(moved[at], moved[at - 1] + gap)
    moved[-1] = min(moved[-1], 1.0)
    for at in range(len(moved) - 2, -1, -1):
        moved[at] = min(moved[at], moved[at + 1] - gap)
    answer = np.empty_like(moved)
    answer[order] = moved
    return answer
