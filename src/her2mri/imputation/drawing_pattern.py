"""The patterns of missing values as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.figure_style import DOUBLE_COLUMN, INK, REFERENCE_COLOUR, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PATTERNS: Final = 18
_MISSING: Final = "#D55E00"
_THERE: Final = "#DCE6EC"
_BAR: Final = "#5B7C8D"
_TOP: Final = 4.0
_RIGHT: Final = 4.4
"""Room above the matrix for the counts of patterns and beside it for the shares of variables, in cells."""


def draw_pattern(patterns: pd.DataFrame, variables: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A row a variable that has gaps, a column a pattern; above, how many lesions; beside, the share missing.

    Parameters
    ----------
    patterns
        Columns missing (names, a comma between), n; the commonest first. Those beyond the first
        ``MOST_PATTERNS`` are counted in the caption.
    variables
        Columns variable, label, n_missing, share: one row a variable.
    ax
        Where to draw; a new figure two journal columns wide if missing.

    """
    with figure_style():
        gaps = variables[variables["n_missing"] > 0].sort_values("n_missing", ascending=False, kind="stable")
        shown = patterns.head(MOST_PATTERNS)
        ax = ax if ax is not None else _new_axes(len(gaps))
        ax.set_axis_off()
        if gaps.empty:
            ax.text(
                0.5,
                0.5,
                _caption(patterns, variables, shown),
                transform=ax.transAxes,
                ha="center",
                va="center",
            )
            return ax
        _matrix(ax, gaps, shown)
        _pattern_bars(ax, shown)
        _variable_bars(ax, gaps, len(shown))
        ax.set_xlim(-0.6, len(shown) + _RIGHT)
        ax.set_ylim(len(gaps) + 1.7, -_TOP - 2.2)
        ax.text(-0.5, len(gaps) + 0.2, _caption(patterns, variables, shown), fontsize=7, va="top", color=INK)
    return ax


def _new_axes(n_variables: int) -> Axes:
    from matplotlib.figure import Figure

    return Figure(figsize=(DOUBLE_COLUMN, 1.9 + 0.19 * n_variables)).add_subplot()


def _matrix(ax: Axes, gaps: pd.DataFrame, shown: pd.DataFrame) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    lacking = [set(text.split(", ")) for text in shown["missing"]]
    cells, colours = [], []
    for row, name in enumerate(gaps["variable"]):
        for column, names in enumerate(lacking):
            cells.append(Rectangle((column - 0.44, row - 0.42), 0.88, 0.84))
            colours.append(_MISSING if name in names else _THERE)
    ax.add_collection(PatchCollection(cells, facecolor=colours, edgecolor="none"))
    for row, label in enumerate(gaps["label"]):
        ax.text(-0.7, row, label, ha="right", va="center", fontsize=7.5)


def _pattern_bars(ax: Axes, shown: pd.DataFrame) -> None:
    """Lesions of each pattern, as bars that stand on the matrix."""
    heights = _TOP * shown["n"].to_numpy() / shown["n"].max()
    places = list(range(len(shown)))
    whole = (shown["missing"] == "").to_numpy()
    ax.bar(places, -heights, 0.7, bottom=-0.7, color=np.where(whole, INK, _BAR))
    for place, height, n in zip(places, heights, shown["n"], strict=True):
        ax.text(
            place,
            -0.85 - height,
            f"{n:,}",
            ha="center",
            va="bottom",
            fontsize=6.5 if len(shown) < 12 else 5.5,
        )
    ax.text(-0.7, -0.7 - _TOP / 2, "Lesions with\nthis pattern", ha="right", va="center", fontsize=7.5)
    if whole.any():
        ax.text(
            int(whole.argmax()), -1.7 - heights[whole][0], "complete", ha="center", va="bottom", fontsize=6.5
        )


def _variable_bars(ax: Axes, gaps: pd.DataFrame, n_patterns: int) -> None:
    """The share of lesions that lack each variable."""
    start, room = n_patterns + 0.1, _RIGHT - 2.2
    shares = gaps["share"].to_numpy()
    rows = list(range(len(gaps)))
    ax.barh(rows, room * shares / shares.max(), 0.62, left=start, color=_MISSING)
    for row, share, n in zip(rows, shares, gaps["n_missing"], strict=True):
        percent = f"{share:.0%}" if share >= 0.01 else "<1%"
        ax.text(
            start + room * share / shares.max() + 0.15, row, f"{percent} ({n:,})", va="center", fontsize=6.5
        )
    ax.text(start, -0.75, "Missing", ha="left", va="bottom", fontsize=7.5, color=REFERENCE_COLOUR)


def _caption(patterns: pd.DataFrame, variables: pd.DataFrame, shown: pd.DataFrame) -> str:
    """What the matrix leaves out."""
    whole, n = int((variables["n_missing"] == 0).sum()), len(variables)
    if whole == n:
        return "No variable has a gap."
    parts = [f"Orange: missing. {n - whole} of {n} variables have gaps and are shown"]
    rest = patterns.iloc[len(shown) :]
    if len(rest):
        parts.append(f"{len(rest)} rarer patterns ({int(rest['n'].sum()):,} lesions) are not")
    return ";\n".join(parts) + "."
