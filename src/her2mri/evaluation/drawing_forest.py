"""A forest plot: estimates with intervals, one row a subgroup or center, and below them what pools them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal

from her2mri.evaluation.drawing import axes_to_draw_on
from her2mri.figure_style import INK, REFERENCE_COLOUR, SAMPLE_COLOURS, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOUR: Final = SAMPLE_COLOURS["training"]
_POOLED_COLOUR: Final = SAMPLE_COLOURS["internal_validation"]
_ROW_HEIGHT: Final = 0.19  # inches
_LARGEST, _SMALLEST = 42.0, 9.0  # areas of the squares, points squared
_TEXT_SIZE: Final = 7.0
_CHARACTER: Final = 3.9  # mean width of a character at that size, points
_COUNT_WIDTH: Final = 42.0  # of the column of counts, points
_GAP: Final = 8.0  # between the axes and what stands beside them, points


@dataclass(frozen=True)
class ForestRow:
    """One row: who, how many lesions, the estimate with its interval.

    An estimate of NaN leaves the row empty but for ``reason``, why there is none. ``heading`` is the group
    that the row belongs to: a new heading is written above its first row.
    """

    label: str
    n: int | None
    estimate: float
    conf_low: float
    conf_high: float
    heading: str = ""
    reason: str = ""


def draw_forest(
    rows: Sequence[ForestRow],
    *,
    xlabel: str,
    reference: float | None = None,
    pooled: ForestRow | None = None,
    prediction_interval: tuple[float, float] | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
    written: Callable[[float], str] = "{:.2f}".format,
    ax: Axes | None = None,
) -> Axes:
    """Draw ``rows`` from top to bottom; ``pooled`` as a diamond, its ``prediction_interval`` as a bar below it.

    ``reference`` is a vertical line (no effect, or the figure of all lesions). ``limits`` bound the axis;
    an interval that leaves them ends in an arrow. Without them the axis spans all finite figures, but no
    further than twice the spread of the estimates, so that one wide interval does not flatten the rest.
    Squares have areas in proportion to ``n``. Raises ValueError without any finite estimate.
    """
    lines = _lines(rows, pooled, prediction_interval)
    label_gap = _label_gap(lines, title)
    shown = [row for row in (*rows, *((pooled,) if pooled else ())) if isfinite(row.estimate)]
    if not shown:
        raise ValueError("a forest plot needs one finite estimate or more")
    low, high = limits or _limits(shown, prediction_interval, reference)
    with figure_style():
        ax = axes_to_draw_on(ax, width=6.0, height=0.75 + _ROW_HEIGHT * (len(lines) + 1))
        ax.set(xlim=(low, high), ylim=(-len(lines) + 0.4, 1.5), xlabel=xlabel)
        if reference is not None:
            ax.plot(
                [reference] * 2, [-len(lines) + 0.4, 0.6], color=REFERENCE_COLOUR, linewidth=0.8, zorder=0
            )
        largest = max((row.n or 0 for row in rows), default=0)
        for place, line in enumerate(lines):
            if isinstance(line, str):
                _beside(ax, line, -place, label_gap, bold=True)
                continue
            indent = "   " if line.heading else ""
            _beside(ax, indent + line.label, -place, label_gap, bold=line is pooled)
            _texts(ax, line, -place, written, bold=line is pooled)
            if line is pooled:
                _diamond(ax, line, -place, low, high)
            elif isfinite(line.estimate):
                area = _SMALLEST + (_LARGEST - _SMALLEST) * ((line.n or 0) / largest if largest else 0.5)
                _square(ax, line, -place, low, high, area)
            elif not line.reason:
                _interval(ax, line, -place, low, high, _POOLED_COLOUR, 3.0)
        _finish(ax, any(row.n is not None for row in rows), title, label_gap)
    return ax


def _lines(
    rows: Sequence[ForestRow], pooled: ForestRow | None, prediction: tuple[float, float] | None
) -> list[str | ForestRow]:
    """Rows with their headings between, then the pooled row and the prediction interval."""
    lines: list[str | ForestRow] = []
    heading = ""
    for row in rows:
        if row.heading and row.heading != heading:
            lines.append(row.heading)
        heading = row.heading
        lines.append(row)
    if pooled is not None:
        lines.append(pooled)
    if prediction is not None:
        lines.append(ForestRow("Prediction interval", None, float("nan"), *prediction))
    return lines


def _limits(
    shown: Sequence[ForestRow], prediction: tuple[float, float] | None, reference: float | None
) -> tuple[float, float]:
    centres = [row.estimate for row in shown] + ([reference] if reference is not None else [])
    ends = [end for row in shown for end in (row.conf_low, row.conf_high)] + list(prediction or ())
    least, most = min(centres), max(centres)
    widths = sorted(row.conf_high - row.conf_low for row in shown if isfinite(row.conf_high - row.conf_low))
    typical = widths[len(widths) // 2] if widths else 0.0
    reach = 2.0 * max(most - least, typical) or 0.5
    finite = [end for end in ends if isfinite(end)] or centres
    low = max(min(*finite, least), least - reach)
    high = min(max(*finite, most), most + reach)
    margin = 0.04 * (high - low)
    return low - margin, high + margin


def _square(ax: Axes, row: ForestRow, y: float, low: float, high: float, area: float) -> None:
    _interval(ax, row, y, low, high, _COLOUR, 1.0)
    if low <= row.estimate <= high:
        ax.scatter([row.estimate], [y], s=area, marker="s", color=_COLOUR, linewidths=0, zorder=3)


def _interval(ax: Axes, row: ForestRow, y: float, low: float, high: float, colour: str, width: float) -> None:
    if row.conf_low != row.conf_low or row.conf_high != row.conf_high:
        return
    ends = max(row.conf_low, low), min(row.conf_high, high)
    ax.plot(ends, [y, y], color=colour, linewidth=width, solid_capstyle="butt", zorder=2)
    for beyond, at, marker in ((row.conf_low < low, low, "<"), (row.conf_high > high, high, ">")):
        if beyond:
            ax.plot([at], [y], marker=marker, markersize=4, color=colour, clip_on=False, zorder=3)


def _diamond(ax: Axes, row: ForestRow, y: float, low: float, high: float) -> None:
    left, right = max(row.conf_low, low), min(row.conf_high, high)
    ax.fill(
        [left, row.estimate, right, row.estimate],
        [y, y + 0.32, y, y - 0.32],
        color=_POOLED_COLOUR,
        linewidth=0,
        zorder=3,
    )


def _texts(
    ax: Axes, row: ForestRow, y: float, written: Callable[[float], str], *, bold: bool = False
) -> None:
    if row.n is not None:
        _beside(ax, f"{row.n:,}", y, -_GAP, align="right", bold=bold)
    interval = f"{written(row.conf_low)} to {written(row.conf_high)}"
    if isfinite(row.estimate):
        _beside(ax, f"{written(row.estimate)} ({interval})", y, _GAP, bold=bold)
    elif row.reason:
        _beside(ax, row.reason, y, _GAP, colour=REFERENCE_COLOUR)
    else:
        _beside(ax, interval, y, _GAP)


def _beside(
    ax: Axes,
    text: str,
    y: float,
    gap: float,
    *,
    align: Literal["left", "right"] = "left",
    bold: bool = False,
    colour: str = INK,
) -> None:
    """Text beside the axes: ``gap`` points left of its left edge (below 0) or right of its right edge.

    Points, not shares of the axes: constrained layout shrinks the axes to make room for what does not move
    with it.
    """
    ax.annotate(
        text,
        (0.0 if gap < 0 else 1.0, y),
        xycoords=ax.get_yaxis_transform(),
        xytext=(gap, 0.0),
        textcoords="offset points",
        ha=align,
        va="center",
        size=_TEXT_SIZE,
        weight="bold" if bold else "normal",
        color=colour,
        annotation_clip=False,
    )


def _label_gap(lines: Sequence[str | ForestRow], title: str) -> float:
    """Where the column of labels begins: left of the axes by what the longest of them needs, points."""
    bold = [line for line in lines if isinstance(line, str)] + [title]
    plain = [line.label for line in lines if not isinstance(line, str)]
    longest = max(
        [_CHARACTER * 1.12 * len(text) for text in bold] + [_CHARACTER * (len(t) + 3) for t in plain]
    )
    return -(_COUNT_WIDTH + longest)


def _finish(ax: Axes, with_counts: bool, title: str, label_gap: float) -> None:
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    if with_counts:
        _beside(ax, "Lesions", 1.0, -_GAP, align="right")
    _beside(ax, "Estimate (interval)", 1.0, _GAP)
    if title:
        _beside(ax, title, 1.0, label_gap, bold=True)
