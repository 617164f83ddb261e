"""What the page shows of anything: sections of text, tables and figures, the long ones folded away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from her2mri.output.display_table import DisplayTable
from her2mri.output.page import svg_address

if TYPE_CHECKING:
    from her2mri.report.figure_panels import StudyFigure


@dataclass(frozen=True)
class FigureView:
    """A figure inside the page: its picture as a data address, and its words."""

    title: str
    caption: str
    alt: str
    source: str
    narrow: bool = False


@dataclass(frozen=True)
class Folded:
    """Tables and figures that are shown when asked for."""

    summary: str
    shown: tuple[FigureView | DisplayTable, ...]


@dataclass(frozen=True)
class Section:
    """One heading of the page: what it says, then what it shows."""

    anchor: str
    title: str
    paragraphs: tuple[str, ...]
    shown: tuple[FigureView | DisplayTable, ...] = ()
    folded: tuple[Folded, ...] = ()


def figure_view(figure: StudyFigure, folder: Path) -> FigureView:
    """The figure with its SVG file inside."""
    source = svg_address((folder / f"{figure.stem}.svg").read_bytes())
    return FigureView(figure.title, figure.caption, figure.alt, source, figure.narrow)


def present(*shown: FigureView | DisplayTable | None) -> tuple[FigureView | DisplayTable, ...]:
    """Those that are there."""
    return tuple(one for one in shown if one is not None)
