"""The nomogram as a chart: a row an axis, positions in inches so that nothing collides."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray
from her2mri.explanation.label_placement import Measure, PlacedLabel, place_labels, thin_labels
from her2mri.figure_style import DOUBLE_COLUMN, INK, MODEL_COLOURS, REFERENCE_COLOUR, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FONT: Final = 7.0
_AXIS_LEFT: Final = 2.1
_RIGHT_MARGIN: Final = 0.5
_LESION_COLUMN: Final = 0.5
_OVERHANG: Final = 0.42
_TICK: Final = 0.05
_MINOR_TICK: Final = 0.03
_LEADER: Final = 0.13
_CLEARANCE: Final = 0.02
_ROW_GAP: Final = 0.13
_BEFORE_TOTAL: Final = 0.16
_MARGIN: Final = 0.1
_NAME_CHARACTERS: Final = 27
_GUIDE: Final = "#e9e9e9"
_LESION_COLOUR: Final = MODEL_COLOURS["LR"]


@dataclass(frozen=True)
class _Row:
    """One axis: its ticks in inches along the page, and the labels that are written."""

    name: str
    label: str
    ticks: FloatArray
    minor: FloatArray
    line: tuple[float, float]
    labels: list[PlacedLabel]
    label_height: float
    marker: float | None = None
    marker_text: str = ""

    def reach(self, side: str) -> float:
        """How far the row needs to reach from its line on that side."""
        labels = [label for label in self.labels if label.side == side]
        if not labels:
            return _TICK
        return _TICK + self.gap(side) + max(label.height for label in labels)

    def needs_leaders(self, side: str) -> bool:
        """Whether lines must join the labels of that side to their ticks."""
        return any(label.is_shifted for label in self.labels if label.side == side)

    def gap(self, side: str) -> float:
        """Between the ticks and the labels of that side."""
        return _LEADER if self.needs_leaders(side) else _CLEARANCE

    @property
    def above(self) -> float:
        return max(self.reach("above"), self.label_height / 2)

    @property
    def below(self) -> float:
        return max(self.reach("below"), self.label_height / 2)


def draw_nomogram(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    lesion: Mapping[str, float] | None = None,
    probability: float | None = None,
) -> Axes:
    """Draw the frame of a nomogram; ``lesion`` gives the points per variable to be marked.

    Without ``ax`` the figure is two journal columns wide and as tall as its rows need. An ``ax`` of one's
    own is filled, and needs about that width and height.
    """
    with figure_style():
        own = ax is None
        if ax is None:
            from matplotlib.figure import Figure

            page = Figure(figsize=(DOUBLE_COLUMN, 4.0))
            page.set_layout_engine("none")
            ax = page.add_axes((0, 0, 1, 1))
        figure = ax.get_figure(root=True)
        if figure is None:
            raise ValueError("the axes must belong to a figure")
        width = ax.get_window_extent().width / figure.dpi
        ax.set_xlim(0, width)
        ax.axis("off")
        rows = _rows(frame, _measure(ax), width=width, lesion=lesion, probability=probability)
        height = 2 * _MARGIN + _BEFORE_TOTAL + sum(row.above + row.below + _ROW_GAP for row in rows)
        if own:
            figure.set_size_inches(width, height)
        ax.set_ylim(height, 0)
        _draw_rows(ax, rows, right=_axis_right(width, lesion))
    return ax


def _measure(ax: Axes) -> Measure:
    """Measures text in the chart's own font by laying it out, and takes it away again."""
    figure = ax.get_figure(root=True)

    def measure(content: str) -> tuple[float, float]:
        text = ax.text(0, 0, content, fontsize=_FONT, linespacing=1.05)
        extent = text.get_window_extent()
        text.remove()
        dpi = figure.dpi if figure is not None else 100.0
        return extent.width / dpi, extent.height / dpi

    return measure


def _axis_right(width: float, lesion: Mapping[str, float] | None) -> float:
    return width - _RIGHT_MARGIN - (_LESION_COLUMN if lesion is not None else 0.0)


def _rows(
    frame: pd.DataFrame,
    measure: Measure,
    *,
    width: float,
    lesion: Mapping[str, float] | None,
    probability: float | None,
) -> list[_Row]:
    right = _axis_right(width, lesion)
    per_point = (right - _AXIS_LEFT) / 100
    on_variables = frame[~frame["axis"].isin(["total_points", "probability"])]
    # The probability axis is drawn as far as values on the axes can bring a lesion.
    highest_total = float(on_variables.groupby("axis")["points"].max().sum())
    total_end = frame.loc[frame["axis"] == "total_points", "points"].max()
    per_total = (right - _AXIS_LEFT) / total_end
    tens = np.arange(0, 101, 10)
    ruler = pd.DataFrame(
        {"label": "Points", "level": None, "value": tens, "level_label": tens.astype(str), "points": tens}
    )
    rows = [_row("points", ruler, measure, scale=per_point, right=right)]
    for name, part in frame.groupby("axis", sort=False):
        axis = str(name)
        is_total = axis in {"total_points", "probability"}
        marker, text = _marker(axis, lesion, probability)
        rows.append(
            _row(axis, part, measure, scale=per_total if is_total else per_point, right=right,
                 reach=highest_total if axis == "probability" else None, points=marker, text=text)
        )  # fmt: skip
    return rows


def _marker(
    axis: str, lesion: Mapping[str, float] | None, probability: float | None
) -> tuple[float | None, str]:
    """Where the lesion is on that axis, in points, and what is written beside it."""
    if lesion is None:
        return None, ""
    points = sum(lesion.values()) if axis in {"total_points", "probability"} else lesion[axis]
    if np.isnan(points):
        return None, "not known"
    return points, f"{probability:.2f}" if axis == "probability" else f"{points:.0f}"


def _row(
    name: str,
    part: pd.DataFrame,
    measure: Measure,
    *,
    scale: float,
    right: float,
    reach: float | None = None,
    points: float | None = None,
    text: str = "",
) -> _Row:
    ticks = _AXIS_LEFT + part["points"].to_numpy(dtype=float) * scale
    line = (ticks.min(), ticks.max()) if reach is None else (_AXIS_LEFT, _AXIS_LEFT + reach * scale)
    texts = part["level_label"].tolist()
    if np.ptp(ticks) < 1e-6 and len(ticks) > 1:
        ticks, texts = ticks[:1], ["no effect"]
        labelled = [0]
    elif part["level"].notna().any():
        labelled = list(range(len(ticks)))
    else:
        labelled = _written(ticks, part["value"].to_numpy(dtype=float), texts, measure)
    label = "\n".join(textwrap.wrap(str(part["label"].iloc[0]), _NAME_CHARACTERS))
    low, high = _AXIS_LEFT - _OVERHANG, right + _OVERHANG
    return _Row(
        name=name,
        label=label,
        ticks=ticks,
        minor=_minor(name, ticks),
        line=line,
        labels=place_labels(
            ticks[labelled], [texts[i] for i in labelled], measure=measure, low=low, high=high
        ),
        label_height=measure(label)[1],
        marker=None if points is None else float(np.clip(_AXIS_LEFT + points * scale, low, high)),
        marker_text=text,
    )


def _written(ticks: FloatArray, values: FloatArray, texts: list[str], measure: Measure) -> list[int]:
    """Which numbers of an axis are written: as many as fit, round ones and ends before the others."""
    step = np.diff(values).min() if len(values) > 1 else 1.0
    widths = np.array([measure(text)[0] for text in texts])
    if step == 0:
        return [0]
    if np.allclose(np.diff(values), step):
        multiples = np.round(values / step).astype(int)
        for stride in (1, 2, 5, 10):
            chosen = np.flatnonzero(multiples % stride == 0).tolist()
            if len(chosen) > 1 and len(thin_labels(ticks, widths, chosen)) == len(chosen):
                return chosen
        return [0, len(values) - 1]
    priority = sorted(range(len(values)), key=lambda i: (len(texts[i]), abs(values[i] - 0.5)))
    return thin_labels(ticks, widths, priority)


def _minor(name: str, ticks: FloatArray) -> FloatArray:
    """Small ticks between those of the points and of their total, where the eye must interpolate."""
    if name not in {"points", "total_points"}:
        return np.empty(0)
    return np.asarray(ticks[:-1, None] + np.diff(ticks)[:, None] * np.arange(1, 5) / 5).ravel()


def _draw_rows(ax: Axes, rows: list[_Row], *, right: float) -> None:
    y = _MARGIN
    lines: list[float] = []
    for row in rows:
        y += row.above + (_BEFORE_TOTAL if row.name == "total_points" else 0.0)
        lines.append(y)
        y += row.below + _ROW_GAP
    last_variable = next(i for i, row in enumerate(rows) if row.name == "total_points") - 1
    ax.vlines(rows[0].ticks, lines[0], lines[last_variable], colors=_GUIDE, linewidth=0.6, zorder=0)
    for row, line in zip(rows, lines, strict=True):
        _draw_row(ax, row, line)
        if row.marker_text:
            ax.text(right + _OVERHANG + 0.12, line, row.marker_text, color=_LESION_COLOUR, fontsize=_FONT,
                    fontweight="bold", va="center", ha="left", zorder=5)  # fmt: skip
    if any(row.marker_text for row in rows):
        ax.text(right + _OVERHANG + 0.12, lines[0], "This\nlesion", color=_LESION_COLOUR, fontsize=_FONT,
                fontweight="bold", va="center", ha="left", linespacing=1.05)  # fmt: skip


def _draw_row(ax: Axes, row: _Row, line: float) -> None:
    bold = "bold" if row.name in {"points", "total_points", "probability"} else "normal"
    ax.text(_MARGIN / 2, line, row.label, fontsize=_FONT, va="center", ha="left", fontweight=bold, color=INK,
            linespacing=1.05)  # fmt: skip
    ax.hlines(line, *row.line, colors=INK, linewidth=0.9, zorder=2)
    below = [tick for tick in row.ticks if not any(p.tick == tick and p.side == "above" for p in row.labels)]
    above = [tick for tick in row.ticks if tick not in below]
    ax.vlines(below, line, line + _TICK, colors=INK, linewidth=0.8, zorder=2)
    ax.vlines(above, line - _TICK, line, colors=INK, linewidth=0.8, zorder=2)
    ax.vlines(row.minor, line, line + _MINOR_TICK, colors=INK, linewidth=0.5, zorder=2)
    for side, sign in (("below", 1), ("above", -1)):
        edge = line + sign * (_TICK + row.gap(side))
        for label in (placed for placed in row.labels if placed.side == side):
            if row.needs_leaders(side):
                ax.plot([label.tick, label.x], [line + sign * _TICK, edge - sign * 0.01],
                        color=REFERENCE_COLOUR, linewidth=0.5, zorder=1)  # fmt: skip
            ax.text(label.x, edge, label.text, fontsize=_FONT, ha="center", color=INK, linespacing=1.05,
                    va="top" if sign > 0 else "bottom", zorder=3)  # fmt: skip
    if row.marker is not None:
        ax.plot([row.marker], [line], marker="D", markersize=4.5, color=_LESION_COLOUR, zorder=4,
                markeredgecolor="white", markeredgewidth=0.5)  # fmt: skip
