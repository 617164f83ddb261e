"""The nomogram as a chart: a row an axis, positions in inches so that nothing collides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from her2mri.explanation.label_placement import Measure
from her2mri.explanation.nomogram_rows import FOLD, OVERHANG, ROW_GAP, TICK, LesionMarks, Row, Side, rows_of
from her2mri.figure_style import DOUBLE_COLUMN, INK, MODEL_COLOURS, REFERENCE_COLOUR, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT: Final = 7.0
"""Points, at a scale of 1."""

_RIGHT_MARGIN: Final = 0.5
_LESION_COLUMN: Final = 0.5
_MINOR_TICK: Final = 0.03
_BEFORE_TOTAL: Final = 0.16
_MARGIN: Final = 0.1
_GUIDE: Final = "#e9e9e9"
_LESION_COLOUR: Final = MODEL_COLOURS["LR"]
_SCALES: Final = ("points", "total_points", "probability")


@dataclass(frozen=True)
class Pen:
    """Draws in an ``ax`` whose units are inches at a scale of 1, with text and lines of ``scale`` times their size."""

    ax: Axes
    scale: float = 1.0

    def text(self, x: float, y: float, content: str, **kwargs: Any) -> None:
        """Text at its place, ``fontsize`` at a scale of 1."""
        size = self.scale * kwargs.pop("fontsize", FONT)
        self.ax.text(x, y, content, **{"color": INK, "linespacing": 1.05, "fontsize": size, **kwargs})

    def across(self, y: float, ends: tuple[float, float], *, width: float, **kwargs: Any) -> None:
        """A horizontal line."""
        self.ax.hlines(y, *ends, linewidth=width * self.scale, **kwargs)

    def down(self, x: Any, ends: tuple[float, float], *, width: float, **kwargs: Any) -> None:
        """Vertical lines."""
        self.ax.vlines(x, *ends, linewidth=width * self.scale, **kwargs)

    @property
    def measure(self) -> Measure:
        """Measures text in the chart's own font by laying it out, and takes it away again."""
        figure = self.ax.get_figure(root=True)

        def measured(content: str) -> tuple[float, float]:
            text = self.ax.text(0, 0, content, fontsize=FONT * self.scale, linespacing=1.05)
            extent = text.get_window_extent()
            text.remove()
            per_inch = (figure.dpi if figure is not None else 100.0) * self.scale
            return extent.width / per_inch, extent.height / per_inch

        return measured


def draw_nomogram(
    frame: pd.DataFrame, *, ax: Axes | None = None, lesion: LesionMarks | None = None, scale: float = 1.0
) -> Axes:
    """Draw the frame of a nomogram, with a lesion marked in it.

    Without ``ax`` the figure is two journal columns wide and as tall as its rows need. An ``ax`` of one's
    own is filled, and needs about that width and height. ``scale`` enlarges text and distances alike.
    """
    with figure_style():
        own = ax is None
        if ax is None:
            from matplotlib.figure import Figure

            page = Figure(figsize=(DOUBLE_COLUMN * scale, 4.0))
            page.set_layout_engine("none")
            ax = page.add_axes((0, 0, 1, 1))
        figure = ax.get_figure(root=True)
        if figure is None:
            raise ValueError("the axes must belong to a figure")
        pen = Pen(ax, scale)
        width = ax.get_window_extent().width / figure.dpi / scale
        ax.set_xlim(0, width)
        ax.axis("off")
        right = _axis_right(width, lesion)
        rows = rows_of(frame, pen.measure, right=right, lesion=lesion)
        height = height_of(rows)
        if own:
            figure.set_size_inches(width * scale, height * scale)
        ax.set_ylim(height, 0)
        _draw_rows(pen, rows, right=right)
    return ax


def height_needed(
    ax: Axes, frame: pd.DataFrame, *, width: float, lesion: LesionMarks | None, scale: float
) -> float:
    """The height that the nomogram needs at this width, inches at a scale of 1.

    ``ax`` may be any: its figure's font is measured. Raises ValueError where the labels of an axis do not fit.
    """
    return height_of(rows_of(frame, Pen(ax, scale).measure, right=_axis_right(width, lesion), lesion=lesion))


def height_of(rows: list[Row]) -> float:
    """What the rows need, inches at a scale of 1."""
    gaps = sum(ROW_GAP for row in rows if "below" not in row.fold)
    return 2 * _MARGIN + _BEFORE_TOTAL + gaps + sum(row.above + row.below for row in rows)


def _axis_right(width: float, lesion: LesionMarks | None) -> float:
    return width - _RIGHT_MARGIN - (_LESION_COLUMN if lesion is not None else 0.0)


def _draw_rows(pen: Pen, rows: list[Row], *, right: float) -> None:
    y = _MARGIN
    lines: list[float] = []
    for row in rows:
        y += row.above + (_BEFORE_TOTAL if row.name == "total_points" else 0.0)
        lines.append(y)
        y += row.below + (0.0 if "below" in row.fold else ROW_GAP)
    last_variable = next(i for i, row in enumerate(rows) if row.name == "total_points") - 1
    guides = rows[0].ticks
    pen.down(guides, (lines[0], lines[last_variable]), colors=_GUIDE, width=0.6, zorder=0)
    beside: dict[str, Any] = {"color": _LESION_COLOUR, "fontweight": "bold", "va": "center", "ha": "left"}
    for row, line in zip(rows, lines, strict=True):
        _draw_row(pen, row, line)
        if row.marker_text:
            pen.text(right + OVERHANG + 0.12, line, row.marker_text, zorder=5, **beside)
    if any(row.marker_text for row in rows):
        pen.text(right + OVERHANG + 0.12, lines[0], "This\nlesion", **beside)


def _draw_row(pen: Pen, row: Row, line: float) -> None:
    bold = "bold" if row.name in _SCALES else "normal"
    pen.text(_MARGIN / 2, line, row.label, va="center", ha="left", fontweight=bold)
    pen.across(line, row.line, colors=INK, width=0.9, zorder=2)
    sided = {label.tick: label.side for label in row.labels}
    for tick in row.ticks:
        sign = 1 if sided.get(tick, row.side) == "below" else -1
        pen.down(tick, (line, line + sign * TICK), colors=INK, width=0.8, zorder=2)
    pen.down(row.minor, (line, line + _MINOR_TICK), colors=INK, width=0.5, zorder=2)
    if "above" in row.fold:  # the curve turns here, and comes back on this line
        pen.down(row.ticks[0], (line - FOLD, line), colors=INK, width=0.9, zorder=2)
    for side in ("below", "above"):
        _draw_labels(pen, row, line, side)
    _draw_marks(pen, row, line)


def _draw_labels(pen: Pen, row: Row, line: float, side: Side) -> None:
    sign = 1 if side == "below" else -1
    edge = line + sign * (TICK + row.gap(side))
    for label in (placed for placed in row.labels if placed.side == side):
        if row.needs_leaders(side):
            ends = [line + sign * TICK, edge - sign * 0.01]
            pen.ax.plot(
                [label.tick, label.x], ends, color=REFERENCE_COLOUR, linewidth=0.5 * pen.scale, zorder=1
            )
        pen.text(label.x, edge, label.text, ha="center", va="top" if sign > 0 else "bottom", zorder=3)


def _draw_marks(pen: Pen, row: Row, line: float) -> None:
    if row.reach_line is not None:
        pen.across(line, row.reach_line, colors=_LESION_COLOUR, width=4.0, alpha=0.45, zorder=3)
    if row.marker is not None:
        inner, edge, width = (
            ("white", _LESION_COLOUR, 1.2) if row.is_hollow else (_LESION_COLOUR, "white", 0.5)
        )
        pen.ax.plot([row.marker], [line], marker="D", markersize=4.5 * pen.scale, zorder=4, color=inner,
                    markeredgecolor=edge, markeredgewidth=width * pen.scale)  # fmt: skip
