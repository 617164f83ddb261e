"""One look for every figure: colour-blind safe colours, journal sizes, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SINGLE_COLUMN: Final = 3.5
DOUBLE_COLUMN: Final = 7.2
"""Widths of one and of two journal columns, inches."""

MODEL_COLOURS: Final[dict[str, str]] = {
    "DT": "#E69F00",
    "SVM": "#0072B2",
    "k-NN": "#CC79A7",
    "ANN": "#009E73",
    "LR": "#D55E00",
}
SAMPLE_COLOURS: Final[dict[str, str]] = {
    "training": "#0072B2",
    "internal_validation": "#D55E00",
    "external_validation": "#009E73",
}
"""Colours from Okabe and Ito's palette, told apart with every common colour vision."""

REFERENCE_COLOUR: Final = "#777777"
INK: Final = "#1a1a1a"

_STYLE: Final[dict[str, Any]] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "her2mri",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}


EAST_ASIAN: Final = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
"""Fonts with Chinese signs, the first that is installed taken: a center's name may have them."""


@cache
def font_families() -> tuple[str, ...]:
    """The font of every figure, and behind it one for what it has no sign of, where this machine has one."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return "DejaVu Sans", *[name for name in EAST_ASIAN if name in installed][:1]


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw inside this context: no global setting outlives it and no window is opened."""
    import matplotlib as mpl

    with mpl.rc_context(cast(Any, {**_STYLE, "font.family": list(font_families())})):
        yield


def save_figure(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write ``stem.svg`` and ``stem.png`` (300 dots per inch) without a date, and return both paths."""
    svg, png = stem.with_suffix(".svg"), stem.with_suffix(".png")
    with figure_style():
        figure.savefig(svg, metadata={"Date": None})
        # The panels lie as they did in the first picture: laying them out again takes a sixth of the time.
        figure.set_layout_engine("none")
        figure.savefig(png, dpi=300, metadata={"Software": None})
    return svg, png
