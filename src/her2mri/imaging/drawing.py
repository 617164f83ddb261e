"""The pictures of one measured lesion: slice, curve, ADC map."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from her2mri.figure_style import DOUBLE_COLUMN, INK, REFERENCE_COLOUR, figure_style
from her2mri.imaging.view import SignalCurve, SliceView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

    from her2mri.imaging.measure import Measurement

REGION: Final = "#56B4E9"
CIRCLE: Final = "#E69F00"
TYPE_NAMES: Final = {
    "progressive": "Type I, progressive",
    "plateau": "Type II, plateau",
    "washout": "Type III, wash-out",
}
_HEIGHT: Final = 2.75
_ADC_LIMITS: Final = (0.0, 2.5)


def draw_measurement(measurement: Measurement) -> Figure:
    """The slice with the lesion, the curve, and the ADC map side by side, as far as there are images for each."""
    from matplotlib.figure import Figure

    panels: list[tuple[float, Callable[[Axes], Axes]]] = []
    if measurement.enhancement is not None:
        panels.append((1.0, partial(draw_slice, measurement.enhancement)))
    if measurement.curve is not None:
        panels.append((1.25, partial(draw_curve, measurement.curve)))
    if measurement.diffusion is not None:
        panels.append((1.0, partial(draw_adc, measurement.diffusion)))
    with figure_style():
        figure = Figure(figsize=(DOUBLE_COLUMN * len(panels) / 3, _HEIGHT))
        axes = figure.subplots(1, len(panels), width_ratios=[width for width, _ in panels], squeeze=False)
        for (_, draw), ax in zip(panels, axes[0], strict=True):
            draw(ax)
    return figure


def draw_slice(view: SliceView, ax: Axes) -> Axes:
    """The slice at the time of SI_post, the lesion's outline, and the circle that EER and curve come from."""
    finite = view.image[np.isfinite(view.image)]
    low, high = np.percentile(finite, [1.0, 99.7])
    _image(view, ax, "gray", (float(low), float(max(high, low + 1e-6))))
    _outlined(view, ax)
    ax.set_title("Enhancement")
    return ax


def draw_adc(view: SliceView, ax: Axes) -> Axes:
    """The ADC map, the lesion's outline, and those circles of the minimum ADC that lie in this slice."""
    shown = _image(view, ax, "gray", _ADC_LIMITS)
    _outlined(view, ax)
    below = ax.inset_axes((0.0, -0.09, 1.0, 0.045))
    bar = ax.figure.colorbar(shown, cax=below, orientation="horizontal")
    bar.set_label("ADC, ×10⁻³ mm²/s", fontsize=7.5)
    bar.ax.tick_params(labelsize=7)
    ax.set_title("ADC map")
    return ax


def draw_curve(curve: SignalCurve, ax: Axes) -> Axes:
    """The curve of the sub-ROI with SI_pre, SI_post and the limits of the plateau, and that of the whole lesion."""
    from her2mri.imaging.early_enhancement import EARLY_SECONDS, early_enhancement_ratio

    minutes = curve.seconds / 60.0
    found = early_enhancement_ratio(curve.signal, curve.seconds)
    base = found.before
    last, at = minutes[-1], found.after_seconds / 60.0
    low, high = (found.after / base * (1.0 + sign * curve.tolerance) for sign in (-1, 1))
    if curve.curve_type is not None:
        ax.fill_between([at, last], low, high, color=REFERENCE_COLOUR, alpha=0.15, linewidth=0)
        limit = f"±{100 * curve.tolerance:.0f} %"
        ax.annotate(limit, (last, high), (0, 1), textcoords="offset points", ha="right", va="bottom",
                    fontsize=6.5, color=REFERENCE_COLOUR)  # fmt: skip
    error = None if curve.noise is None else 1.96 * curve.noise / np.sqrt(curve.voxels) / base
    ax.plot(minutes, curve.whole / curve.whole[curve.seconds <= 0].mean(), color=REGION, marker=".",
            linewidth=1.0, label="whole lesion")  # fmt: skip
    ax.errorbar(minutes, curve.signal / base, yerr=error, color=INK, marker="o", markersize=3.5,
                label="most enhancing part", capsize=2, linewidth=1.3)  # fmt: skip
    ax.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.6)
    arrow = {"arrowstyle": "<->", "color": CIRCLE, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (at, found.after / base), (at, 1.0), arrowprops=arrow)
    ax.annotate(f"{found.ratio:.2f}", (at, 1.0 + 0.45 * found.ratio), (3, 0), textcoords="offset points",
                fontsize=7.5, color="#a86f00", fontweight="bold")  # fmt: skip
    ax.axvline(EARLY_SECONDS / 60.0, color=REFERENCE_COLOUR, linewidth=0.6, linestyle=(0, (1, 2)))
    ax.set(xlabel="Minutes from the injection", ylabel="Signal by that before contrast")
    ax.set_ylim(bottom=min(0.9, ax.get_ylim()[0]), top=ax.get_ylim()[1] * 1.14)
    ax.set_title(TYPE_NAMES[curve.curve_type] if curve.curve_type else "Curve")
    ax.legend(loc="upper left", fontsize=6.5, handlelength=1.3, borderaxespad=0.1)
    return ax


def _image(view: SliceView, ax: Axes, colours: str, limits: tuple[float, float]) -> AxesImage:
    rows, columns = view.image.shape
    dy, dx = view.spacing
    extent = (-dx / 2, (columns - 0.5) * dx, (rows - 0.5) * dy, -dy / 2)
    shown = ax.imshow(
        view.image, cmap=colours, vmin=limits[0], vmax=limits[1], extent=extent, interpolation="nearest"
    )
    ax.set(xticks=[], yticks=[], autoscale_on=False, anchor="N")
    ax.spines[:].set_visible(False)
    _scale_bar(ax, extent)
    return shown


def _scale_bar(ax: Axes, extent: tuple[float, float, float, float]) -> None:
    """One centimetre in the lower left corner, over a dark line so that it shows on any image."""
    left, bottom = extent[0] + 3.0, extent[2] - 3.0
    for colour, width in (("black", 3.4), ("white", 1.8)):
        ax.plot([left, left + 10.0], [bottom, bottom], color=colour, linewidth=width, solid_capstyle="butt")
    text = ax.text(left + 5.0, bottom - 1.0, "1 cm", color="white", fontsize=6.5, ha="center", va="bottom")
    _rimmed(text)


def _rimmed(text: Text) -> None:
    from matplotlib.patheffects import withStroke

    text.set_path_effects([withStroke(linewidth=1.5, foreground="black")])


def _outlined(view: SliceView, ax: Axes) -> None:
    from matplotlib.patches import Circle

    dy, dx = view.spacing
    rows, columns = view.mask.shape
    padded = np.pad(view.mask.astype(float), 1)
    x, y = (np.arange(-1, columns + 1) * dx, np.arange(-1, rows + 1) * dy)
    ax.contour(x, y, padded, levels=[0.5], colors=[REGION], linewidths=1.0)
    for row, column, radius in view.circles.tolist():
        ax.add_patch(Circle((column, row), radius, fill=False, edgecolor=CIRCLE, linewidth=1.3))
