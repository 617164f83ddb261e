"""Figures of Shapley values: all lesions, importance, and one lesion's way to its probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray
from her2mri.dictionary import Variable
from her2mri.figure_style import DOUBLE_COLUMN, INK, REFERENCE_COLOUR, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

RAISES: Final = "#D55E00"
LOWERS: Final = "#0072B2"
_LANE_DOTS: Final = "#5b7f95"
_LANE: Final = 0.155
_BAR: Final = 0.26
_DOT_AREA: Final = 4.0
_HALF_LANE: Final = 0.4
_CLOSEST: Final = 0.13
_BINS: Final = 150


@dataclass(frozen=True)
class _Lane:
    """One line of the summary: a heading, a level of a category, or a measurement."""

    text: str
    is_heading: bool
    shapley: FloatArray
    measured: FloatArray | None = None


def _own_axes(height: float) -> Axes:
    from matplotlib.figure import Figure

    # 200 dots per inch is what the dots, drawn as an image inside the SVG, are rendered at.
    return Figure(figsize=(DOUBLE_COLUMN, height), dpi=200).add_subplot()


def draw_summary(frame: pd.DataFrame, variables: Sequence[Variable], *, ax: Axes | None = None) -> Axes:
    """Every lesion a dot at its Shapley value, the most important variable on top.

    Levels of a category have lanes of their own, named in words, because a category has no low or high; a
    measurement is one lane, coloured from its lowest value to its highest (5th to 95th percentile).
    """
    lanes = _lanes(frame, variables)
    with figure_style():
        ax = ax or _own_axes(0.85 + _LANE * len(lanes))
        span = max(float(frame["shapley_value"].abs().max()), 1e-6)
        colours = _measurement_colours()
        for position, lane in enumerate(lanes):
            _draw_lane(ax, lane, position, span=span, colours=colours)
        ax.axvline(0, color=REFERENCE_COLOUR, linewidth=0.8, zorder=0)
        ax.set_ylim(len(lanes) - 0.4, -0.6)
        ax.set_yticks(range(len(lanes)), [lane.text for lane in lanes])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        for label, lane in zip(ax.get_yticklabels(), lanes, strict=True):
            label.set_fontweight("bold" if lane.is_heading else "normal")
        ax.set_xlabel(f"Shapley value: change in the probability of {frame['positive'].iloc[0]}\n"
                      "(a dot a lesion; black bar: mean of a level)")  # fmt: skip
        if any(lane.measured is not None for lane in lanes):
            _draw_colour_bar(ax, colours)
    return ax


def _lanes(frame: pd.DataFrame, variables: Sequence[Variable]) -> list[_Lane]:
    importance = frame["shapley_value"].abs().groupby(frame["variable"]).mean()
    lanes: list[_Lane] = []
    for variable in sorted(variables, key=lambda variable: -importance[variable.name]):
        part = frame[frame["variable"] == variable.name]
        values = part["shapley_value"].to_numpy(dtype=float)
        if not variable.is_categorical:
            lanes.append(_Lane(variable.title, True, values, part["value_shown"].to_numpy(dtype=float)))
            continue
        lanes.append(_Lane(variable.title, True, np.empty(0)))
        for level in variable.levels:
            chosen = values[(part["value_shown"] == level.label).to_numpy()]
            if len(chosen):
                lanes.append(_Lane(f"{level.label}, n = {len(chosen)}", False, chosen))
    return lanes


def _draw_lane(ax: Axes, lane: _Lane, position: int, *, span: float, colours: Colormap) -> None:
    if len(lane.shapley) == 0:
        return
    y = position + _swarm(lane.shapley, span)
    if lane.measured is None:
        ax.scatter(lane.shapley, y, s=_DOT_AREA, color=_LANE_DOTS, linewidths=0, rasterized=True)
        mean = lane.shapley.mean()
        ax.vlines(mean, position - _HALF_LANE, position + _HALF_LANE, colors=INK, linewidth=1.2, zorder=3)
        return
    low, high = np.percentile(lane.measured, [5, 95])
    share = np.clip((lane.measured - low) / (high - low), 0, 1) if high > low else np.full(len(y), 0.5)
    ax.scatter(lane.shapley, y, s=_DOT_AREA, c=colours(share), linewidths=0, rasterized=True)


def _swarm(values: FloatArray, span: float) -> FloatArray:
    """Offsets from the middle of the lane that part dots of nearly equal value; the same every time."""
    bins = np.floor((values + span) / (2 * span) * _BINS).astype(int)
    order = np.argsort(bins, kind="stable")
    first = np.searchsorted(bins[order], bins[order])
    rank = np.empty(len(values))
    rank[order] = np.arange(len(values)) - first
    side = np.where(rank % 2 == 1, 1.0, -1.0) * np.ceil(rank / 2)
    most = max(float(np.abs(side).max()), 1.0)
    offsets: FloatArray = side * min(_CLOSEST, _HALF_LANE / most)
    return offsets


def _measurement_colours() -> Colormap:
    """Cividis without its palest end, which would vanish on white paper."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["cividis"](np.linspace(0, 0.88, 256)))


def _draw_colour_bar(ax: Axes, colours: Colormap) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = ax.get_figure(root=True)
    if figure is None:
        return
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), colours), ax=ax, ticks=[0, 1], aspect=30, shrink=0.6, pad=0.02
    )
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("Measured value")


def draw_bar(importance: pd.DataFrame, *, positive_label: str, ax: Axes | None = None) -> Axes:
    """Mean absolute Shapley value of each variable, the largest on top."""
    with figure_style():
        ax = ax or _own_axes(0.7 + _BAR * len(importance))
        values = importance["mean_absolute_shapley"].to_numpy(dtype=float)
        y = np.arange(len(values))
        ax.barh(y, values, height=0.68, color=LOWERS)
        for position, value in zip(y, values, strict=True):
            ax.annotate(f"{value:.3f}", (value, position), xytext=(3, 0), textcoords="offset points",
                        va="center", fontsize=7)  # fmt: skip
        ax.set_yticks(y, importance["label"].tolist())
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(values) - 0.4, -0.6)
        ax.set_xlim(0, max(float(values.max(initial=0.0)), 1e-6) * 1.12)
        ax.set_xlabel(f"Mean absolute Shapley value (probability of {positive_label})")
    return ax


def draw_lesion(rows: pd.DataFrame, variables: Sequence[Variable], *, ax: Axes | None = None) -> Axes:
    """From the average prediction, at the bottom, to the lesion's own, at the top, variable by variable."""
    by_size = rows.sort_values("shapley_value", key=abs, kind="stable")
    values = by_size["shapley_value"].to_numpy(dtype=float)
    base, prediction = float(rows["base"].iloc[0]), float(rows["prediction"].iloc[0])
    ends = base + np.cumsum(values)
    starts = ends - values
    with figure_style():
        ax = ax or _own_axes(1.0 + _BAR * len(values))
        y = list(range(1, len(values) + 1))
        ax.barh(y, values, left=starts, height=0.66, color=np.where(values >= 0, RAISES, LOWERS).tolist())
        ax.vlines(np.append(starts, ends[-1:]), np.arange(len(y) + 1), np.arange(1, len(y) + 2),
                  colors=REFERENCE_COLOUR, linewidth=0.6, linestyles=":", zorder=0)  # fmt: skip
        for position, value, start, end in zip(y, values, starts, ends, strict=True):
            ax.annotate(_signed(value), (max(start, end), position), xytext=(3, 0), va="center",
                        textcoords="offset points", fontsize=7)  # fmt: skip
        top = len(values) + 1
        ax.plot([base, prediction], [0, top], linestyle="none", marker="o", markersize=4, color=INK)
        for end, value in ((0, base), (top, prediction)):
            ax.annotate(f"{value:.3f}", (value, end), xytext=(5, 0), va="center",
                        textcoords="offset points", fontsize=7, fontweight="bold")  # fmt: skip
        named = {variable.name: variable for variable in variables}
        shown = zip(by_size["variable"], by_size["value_shown"], strict=True)
        texts = [_in_words(named[name], value) for name, value in shown]
        ax.set_yticks(range(top + 1), ["Average prediction", *texts, "This lesion"])
        for end in (0, top):
            ax.get_yticklabels()[end].set_fontweight("bold")
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(-0.6, top + 0.6)
        low, high = min(base, starts.min(initial=base), ends.min(initial=base)), max(base, *starts, *ends)
        room = max(high - low, 1e-3)
        ax.set_xlim(low - 0.04 * room, high + 0.12 * room)
        ax.set_xlabel(f"Probability of {rows['positive'].iloc[0]}")
    return ax


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _in_words(variable: Variable, shown: str) -> str:
    unit = f" {variable.unit}" if variable.unit and not variable.is_categorical else ""
    return f"{variable.label}: {shown}{unit}"
