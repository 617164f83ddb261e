"""A page with the nomograms of one or two frozen models, a lesion marked in them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from her2mri.bundle.answer import Answer
from her2mri.bundle.bundle import Bundle
from her2mri.bundle.chain import Chain, ChainedAnswer
from her2mri.bundle.nomogram import check_drawable, marks_of, nomogram_of
from her2mri.bundle.wording import share_in_words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from her2mri.explanation.nomogram_rows import LesionMarks

PAGES: Final[dict[str, tuple[float, float] | None]] = {
    "fit": None,
    "a4": (8.27, 11.69),
    "slide": (13.333, 7.5),
}
"""Width and height, inches; ``fit`` is two journal columns wide and as tall as needed."""

FORMATS: Final[dict[str, dict[str, Any]]] = {
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
    ".png": {"metadata": {"Software": None}, "dpi": 300},
}
"""What is said when a file of each kind is written: never a date, so that the same model gives the same bytes."""

_FIT_WIDTH: Final = 7.2
_MARGIN: Final = 0.35
_GAP: Final = 0.25
_LINE: Final = 0.135
_TITLE: Final = 0.24
_CHARACTER: Final = 0.062
_NARROWEST: Final = 5.6
_SCALES: Final = tuple(step / 100 for step in range(50, 165, 5))


@dataclass(frozen=True)
class Block:
    """One model on the page: its title, its chart, and what must be read with the lesion's answer."""

    title: str
    frame: pd.DataFrame
    lesion: LesionMarks | None
    answer: str
    remarks: tuple[str, ...]

    def lines(self, width: float) -> list[str]:
        """The remarks in lines of this width, inches."""
        return wrapped(self.remarks, width)


def wrapped(sentences: tuple[str, ...], width: float) -> list[str]:
    """Sentences in lines of this width, inches."""
    return [line for sentence in sentences for line in textwrap.wrap(sentence, int(width / _CHARACTER))]


def nomogram_sheet(
    model: Bundle | Chain, *, lesion: Mapping[str, object] | None = None, page: str = "fit"
) -> Figure:
    """The nomograms of a bundle or a chain; ``page`` is one of PAGES.

    Two models stand under one another, each with its own scales, and side by side on a slide. A missing input of
    the lesion has no mark: there is no total, and the averaged probability is hollow.

    Raises BundleError for a model without a nomogram, LesionError as ``predict`` does, and ValueError where the
    labels of a model do not fit the page.
    """
    from matplotlib.figure import Figure

    from her2mri.figure_style import figure_style

    check_drawable([model] if isinstance(model, Bundle) else [model.first, model.second])
    heading, blocks, footer = _contents(model, lesion)
    columns = len(blocks) if page == "slide" else 1
    with figure_style():
        figure = Figure(figsize=(_FIT_WIDTH, 4.0))
        figure.set_layout_engine("none")
        size = PAGES[page]
        scale, heights = _layout(figure, heading, blocks, footer, size, columns)
        width = (size[0] if size else _FIT_WIDTH) / scale
        head = _head(heading)
        tall = head + sum(heights) + _GAP * (len(heights) - 1) + 2 * _MARGIN
        foot = _LINE * len(wrapped(footer, width - 2 * _MARGIN)) + _GAP
        figure.set_size_inches(size or (_FIT_WIDTH, tall + foot))
        height = (size[1] if size else tall + foot) / scale
        _draw(figure, heading, blocks, footer, scale, (width, height), heights, columns)
    return figure


def save_sheet(figure: Figure, path: Path) -> None:
    """Write the page; the ending of ``path`` is one of FORMATS."""
    from her2mri.figure_style import figure_style

    with figure_style():
        figure.savefig(path, format=path.suffix.lower()[1:], **FORMATS[path.suffix.lower()])


def _contents(
    model: Bundle | Chain, lesion: Mapping[str, object] | None
) -> tuple[tuple[str, ...], list[Block], tuple[str, ...]]:
    """Heading, models and footer."""
    bundles = [model] if isinstance(model, Bundle) else [model.first, model.second]
    answers: list[Answer | None] = [None] * len(bundles)
    heading: tuple[str, ...] = ()
    if lesion is not None:
        if isinstance(model, Bundle):
            answers = [model.predict(lesion)]
        else:
            chained = model.predict(lesion)
            answers, heading = [chained.first, chained.second], _classes(chained)
    blocks = [_block(bundle, lesion, answer) for bundle, answer in zip(bundles, answers, strict=True)]
    notices = tuple(dict.fromkeys(bundle.notice for bundle in bundles if bundle.notice))
    prints = tuple(f"{bundle.task.name}/{bundle.model} {bundle.sha256[:12]}" for bundle in bundles)
    limits = "Research tool for decision support, not a medical device."
    return heading, blocks, (*notices, f"{limits} Models: {', '.join(prints)}.")


def _classes(chained: ChainedAnswer) -> tuple[str, ...]:
    if chained.refused:
        return (f"No answer: {chained.refused}",)
    parts = (f"{c.label} {share_in_words(c.probability, c.conf_low, c.conf_high)}" for c in chained.classes)
    return ("This lesion", *parts)


def _block(bundle: Bundle, lesion: Mapping[str, object] | None, answer: Answer | None) -> Block:
    title = f"{bundle.task.label}: {bundle.content['model']['label'].lower()}"
    frame = nomogram_of(bundle).frame()
    if lesion is None or answer is None:
        return Block(title, frame, None, "", ())
    remarks = tuple(f"Note: {said.message}." for said in answer.warnings if said.code != "not_patients")
    if answer.refused or answer.probability is None:
        return Block(title, frame, None, f"No answer: {answer.refused}", remarks)
    share = share_in_words(answer.probability, answer.conf_low, answer.conf_high)
    said = f"Probability of {answer.positive_label} {share}"
    return Block(title, frame, marks_of(bundle, lesion, answer), said, remarks)


def _head(heading: tuple[str, ...]) -> float:
    return _LINE * 1.3 * len(heading) + _GAP if heading else 0.0


def _layout(
    figure: Figure,
    heading: tuple[str, ...],
    blocks: list[Block],
    footer: tuple[str, ...],
    size: tuple[float, float] | None,
    columns: int,
) -> tuple[float, list[float]]:
    """The largest scale at which everything fits the page, and the height of each block at a scale of 1."""
    if size is None:
        return 1.0, _heights(figure, blocks, _FIT_WIDTH - 2 * _MARGIN, 1.0)
    found = None
    low, high = 0, len(_SCALES)
    while low < high:  # what fits at one scale fits at every smaller one
        middle = (low + high) // 2
        heights = _heights_on(figure, heading, blocks, footer, size, columns, _SCALES[middle])
        if heights is None:
            high = middle
        else:
            found, low = (_SCALES[middle], heights), middle + 1
    if found is None:
        raise ValueError("the axes of these models do not fit this page: take the page that fits them")
    return found


def _heights_on(
    figure: Figure,
    heading: tuple[str, ...],
    blocks: list[Block],
    footer: tuple[str, ...],
    size: tuple[float, float],
    columns: int,
    scale: float,
) -> list[float] | None:
    """The height of each block on a page at this scale; None where they do not fit."""
    width, height = size[0] / scale, size[1] / scale
    own = (width - 2 * _MARGIN - _GAP * (columns - 1)) / columns
    if own < _NARROWEST:
        return None
    try:
        heights = _heights(figure, blocks, own, scale)
    except ValueError:  # the labels of an axis need more room than this scale leaves
        return None
    used = max(heights) if columns > 1 else sum(heights) + _GAP * (len(heights) - 1)
    foot = _LINE * len(wrapped(footer, width - 2 * _MARGIN)) + _GAP
    return heights if _head(heading) + used + foot + 2 * _MARGIN <= height else None


def _heights(figure: Figure, blocks: list[Block], width: float, scale: float) -> list[float]:
    from her2mri.explanation.drawing_nomogram import height_needed

    ax = figure.add_axes((0, 0, 1, 1))
    found = [
        _above(block, width) + height_needed(ax, block.frame, width=width, lesion=block.lesion, scale=scale)
        for block in blocks
    ]
    ax.remove()
    return found


def _above(block: Block, width: float) -> float:
    """What title, answer and remarks take above the chart."""
    return _TITLE + _LINE * (bool(block.answer) + len(block.lines(width))) + 0.05


def _draw(
    figure: Figure,
    heading: tuple[str, ...],
    blocks: list[Block],
    footer: tuple[str, ...],
    scale: float,
    page: tuple[float, float],
    heights: list[float],
    columns: int,
) -> None:
    from her2mri.explanation.drawing_nomogram import FONT, Pen, draw_nomogram

    width, height = page
    sheet = figure.add_axes((0, 0, 1, 1))
    sheet.set_xlim(0, width)
    sheet.set_ylim(height, 0)
    sheet.axis("off")
    pen = Pen(sheet, scale)
    y = _MARGIN
    for index, line in enumerate(heading):
        pen.text(
            _MARGIN, y, line, va="top", fontsize=FONT + 1.5, fontweight="bold" if index == 0 else "normal"
        )
        y += _LINE * 1.3
    y += _GAP if heading else 0.0
    own = (width - 2 * _MARGIN - _GAP * (columns - 1)) / columns
    for index, (block, tall) in enumerate(zip(blocks, heights, strict=True)):
        x = _MARGIN + (index * (own + _GAP) if columns > 1 else 0.0)
        above = _above(block, own)
        pen.text(x, y, block.title, va="top", fontsize=FONT + 2, fontweight="bold")
        for number, line in enumerate([*filter(None, [block.answer]), *block.lines(own)]):
            bold = "bold" if number == 0 and block.answer else "normal"
            pen.text(x, y + _TITLE + number * _LINE, line, va="top", fontweight=bold)
        bottom = 1 - (y + tall) / height
        ax = figure.add_axes((x / width, bottom, own / width, (tall - above) / height))
        draw_nomogram(block.frame, ax=ax, lesion=block.lesion, scale=scale)
        y += 0.0 if columns > 1 else tall + _GAP
    lines = wrapped(footer, width - 2 * _MARGIN)
    for number, line in enumerate(lines):
        pen.text(_MARGIN, height - _MARGIN - (len(lines) - number) * _LINE, line, va="top", fontsize=FONT - 1)
