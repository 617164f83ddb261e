"""The flow chart of a study: boxes as large as their text, laid out in points, arrows between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from her2mri.figure_style import DOUBLE_COLUMN, INK, figure_style, font_families
from her2mri.vocabulary import SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT: Final = 7.0
_LINE: Final = 9.6
_PADDING: Final = 5.0
_GAP: Final = 22.0
_MARGIN: Final = 4.0
_MAIN: Final = 186.0
_TASK: Final = 250.0
_BETWEEN_SETS: Final = 5.0
_BETWEEN_TASKS: Final = 12.0
_NUMBER: Final = 42.0
_BEFORE_CELLS: Final = 2.0
_MOST_CENTERS: Final = 3
_FACE: Final = {"main": "#eef4f9", "side": "#fbf3ec", "set": "#ffffff"}


@dataclass(frozen=True)
class Line:
    """One line of text in a box; ``cells`` are set flush right, the last one at the right edge."""

    text: str
    is_bold: bool = False
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A box in points from the top left corner, with the lines that it holds."""

    left: float
    top: float
    width: float
    lines: tuple[Line, ...]
    kind: str = "main"

    @property
    def height(self) -> float:
        """How tall the text makes the box."""
        return 2 * _PADDING + _LINE * len(self.lines)

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Where arrows enter and leave."""
        return self.left + self.width / 2


@dataclass(frozen=True)
class Chart:
    """Boxes, and lines through their corners as (x, y) points; the last one ends in an arrow head."""

    boxes: list[Box] = field(default_factory=list)
    paths: list[tuple[tuple[float, float], ...]] = field(default_factory=list)

    @property
    def width(self) -> float:
        """As wide as the boxes reach."""
        return max(box.left + box.width for box in self.boxes) + _MARGIN

    @property
    def height(self) -> float:
        """As tall as the boxes reach."""
        return max(box.bottom for box in self.boxes) + _MARGIN


def draw_flow(steps: pd.DataFrame, *, sets: pd.DataFrame | None = None, ax: Axes | None = None) -> Axes:
    """Screened, excluded by reason and center, included, and the sets of each task.

    ``steps`` is the frame of a ``Flow``; ``sets`` has a row a task and set. Without ``ax`` the figure has the
    size of the chart; within ``ax`` the chart is scaled down to fit, text and all.
    """
    with figure_style():
        chart = lay_out(steps, sets)
        if ax is None:
            from matplotlib.figure import Figure

            size = (chart.width / 72, chart.height / 72)
            figure = Figure(figsize=size)
            figure.set_layout_engine("none")
            ax = figure.add_axes((0, 0, 1, 1))
        _paint(chart, ax)
    return ax


def lay_out(steps: pd.DataFrame, sets: pd.DataFrame | None = None) -> Chart:
    """Where every box and arrow goes."""
    chart = Chart()
    n_tasks = 0 if sets is None else sets["task"].nunique()
    width = max(DOUBLE_COLUMN * 72 - 2 * _MARGIN, n_tasks * (_TASK + _BETWEEN_TASKS) - _BETWEEN_TASKS)
    first, last = (steps[steps["step"] == number] for number in (0, steps["step"].max()))
    centers = _Centers.of(first)
    screened = Box(_MARGIN, _MARGIN, _MAIN, tuple(_group_lines("Screened", first, centers)))
    left = _MARGIN + _MAIN + 1.2 * _GAP
    side_width = _MARGIN + width - left
    lines = tuple(_exclusion_lines(steps, centers, side_width))
    side = Box(left, screened.bottom + _GAP / 2, side_width, lines, "side")
    top = side.bottom + _GAP / 2
    included = Box(_MARGIN, top, _MAIN, tuple(_group_lines("Included", last, centers)))
    chart.boxes.extend([screened, side, included])
    middle = (side.top + side.bottom) / 2
    chart.paths.append(((screened.middle, screened.bottom), (screened.middle, included.top)))
    chart.paths.append(((screened.middle, middle), (side.left, middle)))
    if sets is not None and len(sets):
        _add_tasks(chart, included, sets, width)
    return chart


def _add_tasks(chart: Chart, included: Box, sets: pd.DataFrame, width: float) -> None:
    """A box for each task side by side, and under it one for each of its sets."""
    tasks = [rows for _, rows in sets.groupby("task", sort=False)]
    own = (width - _BETWEEN_TASKS * (len(tasks) - 1)) / len(tasks)
    lefts = [_MARGIN + position * (own + _BETWEEN_TASKS) for position in range(len(tasks))]
    heads = _row_of_boxes(
        [(left, own, tuple(_task_lines(rows, own))) for left, rows in zip(lefts, tasks, strict=True)],
        included.bottom + _GAP,
    )
    _connect(chart, included, heads)
    cells: list[tuple[float, float, tuple[Line, ...]]] = []
    for left, rows in zip(lefts, tasks, strict=True):
        one = (own - _BETWEEN_SETS * (len(rows) - 1)) / len(rows)
        for place in range(len(rows)):
            cells.append(
                (left + place * (one + _BETWEEN_SETS), one, tuple(_set_lines(rows.iloc[place], one)))
            )
    boxes = iter(_row_of_boxes(cells, heads[0].bottom + _GAP, "set"))
    for head, rows in zip(heads, tasks, strict=True):
        _connect(chart, head, [next(boxes) for _ in range(len(rows))])


def _row_of_boxes(
    cells: Sequence[tuple[float, float, tuple[Line, ...]]], top: float, kind: str = "main"
) -> list[Box]:
    """Boxes (left, width, lines) side by side, all as tall as the tallest."""
    tallest = max(len(lines) for _, _, lines in cells)
    return [
        Box(left, top, width, lines + (Line(""),) * (tallest - len(lines)), kind)
        for left, width, lines in cells
    ]


def _connect(chart: Chart, above: Box, below: Sequence[Box]) -> None:
    """Add the boxes below, each with an arrow from the one above."""
    fork = (above.bottom + below[0].top) / 2
    for box in below:
        chart.boxes.append(box)
        start = (above.middle, above.bottom)
        chart.paths.append((start, (above.middle, fork), (box.middle, fork), (box.middle, box.top)))


@dataclass(frozen=True)
class _Centers:
    """The centers that have counts of their own; what each is called, and how it is headed in a column."""

    names: tuple[str, ...]
    titles: tuple[str, ...]
    heads: tuple[str, ...]
    n_others: int

    @classmethod
    def of(cls, counts: pd.DataFrame) -> _Centers:
        """All centers, or the largest if there are many; long names are numbered.

        A name that no font of the figure can write is replaced by the center's position.
        """
        ordered, n_others = counts, 0
        if len(counts) > _MOST_CENTERS:
            by_size = counts.sort_values("lesions_remaining", ascending=False, kind="stable")
            ordered = by_size.head(_MOST_CENTERS - 1)
            n_others = len(counts) - len(ordered)
        names = tuple(sorted(ordered["center"]))
        glyphs = _glyphs()
        written = tuple(
            name if all(ord(character) in glyphs for character in name) else f"Center {position}"
            for position, name in enumerate(names, start=1)
        )
        if all(text_width(name, True) <= _NUMBER - _PADDING for name in written):
            return cls(names, written, written, n_others)
        numbers = tuple(f"({position})" for position in range(1, len(names) + 1))
        titles = tuple(f"{number} {name}" for number, name in zip(numbers, written, strict=True))
        return cls(names, titles, numbers, n_others)


def _group_lines(title: str, counts: pd.DataFrame, centers: _Centers) -> Iterator[Line]:
    """Lesions and patients in all and by center."""
    table = counts.set_index("center")[["lesions_remaining", "patients_remaining"]]
    yield from _wrapped(title, _MAIN, is_bold=True)
    yield from _wrapped(_count_words(*table.sum()), _MAIN)
    if len(table) < 2:
        return
    for name, title in zip(centers.names, centers.titles, strict=True):
        yield from _wrapped(f"{title}: {_count_words(*table.loc[name])}", _MAIN)
    if centers.n_others:
        words = _count_words(*table.drop(index=list(centers.names)).sum())
        yield from _wrapped(f"{centers.n_others} other centers: {words}", _MAIN)


def _exclusion_lines(steps: pd.DataFrame, centers: _Centers, width: float) -> Iterator[Line]:
    """A line a reason with its lesions in all and by center; steps that could not be assessed are named."""
    taken = steps[steps["step"] > 0]
    by_center = ("All", *centers.heads, *(["Others"] if centers.n_others else []))
    heads = by_center if len(by_center) > 2 else by_center[:1]
    total, patients = int(taken["lesions_excluded"].sum()), int(taken["patients_excluded"].sum())
    yield from _wrapped(f"Excluded: {_count_words(total, patients)}", width, is_bold=True)
    if total:
        yield Line("Lesions", is_bold=True, cells=heads)
    for _, rows in taken.groupby("step", sort=True):
        counts = rows.set_index("center")["lesions_excluded"]
        if not counts.sum():
            continue
        others = [counts.drop(index=list(centers.names)).sum()] if centers.n_others else []
        numbers = [counts.sum(), *counts[list(centers.names)], *others][: len(heads)]
        first, *rest = _wrapped(str(rows["label"].iloc[0]), width - _NUMBER * len(heads))
        yield Line(first.text, cells=tuple(f"{number:,}" for number in numbers))
        yield from rest
    absent = taken.loc[~taken["assessed"], "label"].drop_duplicates()
    if len(absent):
        yield from _wrapped(f"Not recorded, so not assessed: {'; '.join(absent)}", width)


def _task_lines(rows: pd.DataFrame, width: float) -> Iterator[Line]:
    yield from _wrapped(f"{rows['positive'].iloc[0]} vs {rows['negative'].iloc[0]}", width, is_bold=True)
    yield from _wrapped(f"{rows['lesions'].sum():,} lesions", width)


def _set_lines(row: pd.Series[Any], width: float) -> Iterator[Line]:
    name = str(row["sample"])
    yield from _wrapped(SAMPLES.get(name, name), width, is_bold=True)
    counts = {
        "Lesions": row["lesions"],
        "Patients": row["patients"],
        row["positive"]: row["n_events"],
        row["negative"]: row["n_nonevents"],
    }
    for words, n in counts.items():
        number = f"{n:,}"
        first, *rest = _wrapped(str(words), width - text_width(number) - _BEFORE_CELLS)
        yield Line(first.text, cells=(number,))
        yield from rest


def _count_words(lesions: int, patients: int) -> str:
    lesion, patient = "lesion" if lesions == 1 else "lesions", "patient" if patients == 1 else "patients"
    return f"{lesions:,} {lesion} ({patients:,} {patient})"


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    fonts = [get_font(findfont(FontProperties(family=name))) for name in font_families()]
    return frozenset().union(*(font.get_charmap() for font in fonts))


@cache
def text_width(text: str, is_bold: bool = False) -> float:
    """How wide a text is in points at the chart's font size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family=list(font_families()), size=FONT, weight="bold" if is_bold else "normal")
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0])


def _wrapped(text: str, width: float, *, is_bold: bool = False) -> Iterator[Line]:
    """The lines of a text within a box of that width; a word too long for a line is broken."""
    room = width - 2 * _PADDING
    line = ""
    for word in text.split():
        for piece in _pieces(word, room, is_bold):
            longer = f"{line} {piece}".strip()
            if line and text_width(longer, is_bold) > room:
                yield Line(line, is_bold)
                line = piece
            else:
                line = longer
    yield Line(line, is_bold)


def _pieces(word: str, room: float, is_bold: bool) -> Iterator[str]:
    """A word in parts that fit, divided behind a hyphen where there is one."""
    while text_width(word, is_bold) > room and len(word) > 1:
        fits = max(1, sum(text_width(word[:n], is_bold) <= room for n in range(1, len(word))))
        fits = word.rfind("-", 0, fits) + 1 or fits
        yield word[:fits]
        word = word[fits:]
    yield word


def _paint(chart: Chart, ax: Axes) -> None:
    """Draw the chart, scaled down where the axes are smaller than it is."""
    from matplotlib.patches import Rectangle

    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("ax must belong to a figure")
    place = ax.get_position()
    points = figure.get_size_inches() * 72
    scale = min(place.width * points[0] / chart.width, place.height * points[1] / chart.height, 1.0)
    ax.set_axis_off()
    ax.set(xlim=(0, chart.width), ylim=(chart.height, 0), aspect="equal")
    for path in chart.paths:
        xs, ys = zip(*path, strict=True)
        ax.plot(xs[:-1], ys[:-1], color=INK, linewidth=0.8 * scale, solid_joinstyle="miter")
        ax.annotate(
            "",
            xy=path[-1],
            xytext=path[-2],
            arrowprops={"arrowstyle": "-|>,head_length=0.3,head_width=0.15", "color": INK,
                        "linewidth": 0.8 * scale, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 10 * scale},
        )  # fmt: skip
    for box in chart.boxes:
        face = _FACE[box.kind]
        ax.add_patch(
            Rectangle(
                (box.left, box.top),
                box.width,
                box.height,
                facecolor=face,
                edgecolor=INK,
                linewidth=0.8 * scale,
            )
        )
        _write(box, ax, scale)


def _write(box: Box, ax: Axes, scale: float) -> None:
    for number, line in enumerate(box.lines):
        y = box.top + _PADDING + _LINE * (number + 0.5)
        weight = "bold" if line.is_bold else "normal"
        ends = [box.left + box.width - _PADDING - _NUMBER * place for place in range(len(line.cells))]
        words = [(box.left + _PADDING, line.text, "left")]
        words += [(x, cell, "right") for x, cell in zip(ends, reversed(line.cells), strict=True)]
        for x, text, side in words:
            if text:
                ax.text(
                    x, y, text, ha=side, va="center_baseline", fontsize=FONT * scale, fontweight=weight,
                    color=INK, parse_math=False,
                )  # fmt: skip
