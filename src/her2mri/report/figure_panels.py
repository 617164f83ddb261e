"""How a figure of the study is named, told and composed of panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from her2mri.figure_style import DOUBLE_COLUMN, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class StudyFigure:
    """One figure: ``stem`` names its files, ``alt`` says to those who cannot see it what it shows."""

    stem: str
    title: str
    caption: str
    alt: str
    draw: Callable[[], Figure]
    narrow: bool = False


def figure_of(plot: Callable[[], Axes]) -> Figure:
    """The figure that a plot makes for itself."""
    figure = plot().get_figure(root=True)
    if figure is None:
        raise ValueError("a plot must belong to a figure")
    return figure


def panels(
    draws: Sequence[Callable[..., Axes]],
    *,
    columns: int,
    height: float,
    width: float = DOUBLE_COLUMN,
    one_legend: bool = False,
) -> Figure:
    """Panels in rows; ``one_legend`` keeps the first panel's legend for all, in the cell left free or below."""
    from matplotlib.figure import Figure

    rows = -(-len(draws) // columns)
    with figure_style():
        figure = Figure(figsize=(width, height * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, draw in zip(axes, draws, strict=False):
            draw(ax=ax)
        free = axes[len(draws) :]
        for ax in free:
            ax.set_axis_off()
        if one_legend:
            handles, labels = axes[0].get_legend_handles_labels()
            for ax in axes[: len(draws)]:
                ax.get_legend().remove()
            if len(free):
                free[0].legend(handles, labels, loc="center left")
            else:
                figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure
