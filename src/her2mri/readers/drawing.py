"""The figures of a reader study: operating points on the ROC curve, gains, calls and reading time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from her2mri.figure_style import DOUBLE_COLUMN, INK, REFERENCE_COLOUR, SINGLE_COLUMN, figure_style
from her2mri.readers.reads import AIDED, ARMS, UNAIDED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARM_COLOURS: Final = {UNAIDED: "#E69F00", AIDED: "#0072B2"}
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_MOST_NAMED: Final = len(_MARKERS)
_MODEL_COLOUR: Final = "#D55E00"


def draw_operating_points(
    performance: pd.DataFrame, roc: pd.DataFrame, *, title: str = "", ax: Axes | None = None
) -> Axes:
    """Each reader's sensitivity and specificity, unaided and aided, with an arrow, on the model's ROC curve.

    ``performance`` and ``roc`` are those tables of a study for one task; ``roc`` may be empty.
    """
    with figure_style():
        ax = ax if ax is not None else _figure(SINGLE_COLUMN + 0.6, SINGLE_COLUMN + 0.3).add_subplot()
        ax.plot([0, 1], [0, 1], color=REFERENCE_COLOUR, linestyle=(0, (4, 3)), linewidth=0.8)
        if not roc.empty:
            x, y = 1.0 - roc["specificity"], roc["sensitivity"]
            ax.plot(x, y, color=_MODEL_COLOUR, label=f"Model ({roc['model'].iloc[0]})")
        points = performance[performance["metric"].isin(["sensitivity", "specificity"])]
        table = points.pivot(index=["reader", "arm"], columns="metric", values="estimate").dropna()
        readers = list(dict.fromkeys(performance["reader"]))
        for place, reader in enumerate(readers):
            _reader_points(ax, table, reader, _MARKERS[place] if len(readers) <= _MOST_NAMED else "o")
        _legend(ax, readers)
        ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", xticks=ticks, yticks=ticks)
        ax.set(xlabel="1 − specificity", ylabel="Sensitivity")
        ax.set_title(title)
    return ax


def _reader_points(ax: Axes, table: pd.DataFrame, reader: str, marker: str) -> None:
    own = table[table.index.get_level_values("reader") == reader]
    places = np.column_stack([1.0 - own["specificity"], own["sensitivity"]]).tolist()
    found = dict(zip(own.index.get_level_values("arm"), places, strict=True))
    if len(found) == 2 and found[UNAIDED] != found[AIDED]:
        ax.annotate(
            "",
            xy=found[AIDED],
            xytext=found[UNAIDED],
            arrowprops={
                "arrowstyle": "-|>",
                "color": INK,
                "linewidth": 0.7,
                "shrinkA": 2.5,
                "shrinkB": 2.5,
                "mutation_scale": 7,
            },
            zorder=3,
        )
    for arm, (x, y) in found.items():
        ax.plot(
            x,
            y,
            marker=marker,
            markersize=5,
            linestyle="",
            markerfacecolor="white" if arm == UNAIDED else ARM_COLOURS[arm],
            markeredgecolor=ARM_COLOURS[arm],
            markeredgewidth=1.2,
            zorder=4,
        )


def _legend(ax: Axes, readers: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles: list[Any] = list(ax.get_legend_handles_labels()[0])
    for arm in ARMS:
        face = "white" if arm == UNAIDED else ARM_COLOURS[arm]
        style: dict[str, Any] = {"markerfacecolor": face, "markeredgecolor": ARM_COLOURS[arm]}
        handles.append(
            Line2D([], [], linestyle="", marker="o", markersize=5, label=arm.capitalize(), **style)
        )
    if 1 < len(readers) <= _MOST_NAMED:
        for reader, marker in zip(readers, _MARKERS, strict=False):
            style = {"markerfacecolor": "none", "markeredgecolor": INK}
            handles.append(Line2D([], [], linestyle="", marker=marker, markersize=5, label=reader, **style))
    ax.legend(handles=handles, loc="lower right", handlelength=1.4, borderaxespad=0.2)


def draw_gains(gains: pd.DataFrame, mrmc: pd.DataFrame, labels: dict[str, str], *, inference: str) -> Figure:
    """Gains of each reader and of all of them, a panel a metric of ``labels``, each with its interval."""
    readers = list(dict.fromkeys(gains["reader"]))
    with figure_style():
        height = 0.9 + 0.19 * (len(readers) + 1)
        figure = _figure(DOUBLE_COLUMN, height)
        panels = figure.subplots(1, len(labels), sharey=True, squeeze=False)[0]
        for ax, (metric, label) in zip(panels, labels.items(), strict=True):
            own = gains[gains["metric"] == metric].set_index("reader")
            whole = mrmc[
                (mrmc["metric"] == metric)
                & (mrmc["quantity"] == "difference")
                & (mrmc["inference"] == inference)
            ]
            rows = own.loc[[reader for reader in readers if reader in own.index]]
            numbers = rows[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
            _forest(ax, numbers, np.arange(len(numbers), dtype=float), INK, "o", 3.5)
            if not whole.empty:
                numbers = whole[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
                _forest(ax, numbers, np.array([len(readers)], dtype=float), ARM_COLOURS[AIDED], "D", 5)
            ax.axvline(0.0, color=REFERENCE_COLOUR, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
            ax.set_title(label)
            ax.tick_params(axis="y", length=0)
        panels[0].set_yticks(range(len(readers) + 1), [*readers, "All readers"])
        panels[0].set_ylim(len(readers) + 0.6, -0.6)
        figure.supxlabel("Change with the aid (aided − unaided)", fontsize=8)
    return figure


def _forest(ax: Axes, numbers: Any, places: Any, colour: str, marker: str, size: float) -> None:
    estimate, low, high = numbers.T
    for x0, x1, y in zip(low, high, places, strict=True):
        ax.plot([x0, x1], [y, y], color=colour, linewidth=1.1)
    ax.plot(estimate, places, linestyle="", marker=marker, markersize=size, color=colour)


def draw_confusion(confusion: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Truth against call over all readers, a panel an arm: counts, shaded by their share of the truth."""
    arms = [arm for arm in ARMS if bool((confusion["arm"] == arm).any())]
    levels = list(labels)
    with figure_style():
        figure = _figure(2.9 * len(arms) + 0.9, 2.7)
        panels = figure.subplots(1, len(arms), squeeze=False)[0]
        for ax, arm in zip(panels, arms, strict=True):
            summed = (
                confusion[confusion["arm"] == arm].groupby(["truth", "call"])["n"].sum().unstack(fill_value=0)
            )
            counts = summed.reindex(index=levels, columns=levels, fill_value=0).to_numpy(dtype=float)
            totals = counts.sum(axis=1, keepdims=True)
            share = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
            ax.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
            for i, row in enumerate(counts):
                for j, count in enumerate(row):
                    ink = "white" if share[i, j] > 0.55 else INK
                    text = f"{int(count):,}\n{100 * share[i, j]:.0f} %"
                    ax.text(j, i, text, ha="center", va="center", color=ink, fontsize=7.5)
            ax.set_xticks(range(len(levels)), [labels[level] for level in levels])
            ax.set_yticks(range(len(levels)), [labels[level] for level in levels])
            ax.set(xlabel="Call", ylabel="Truth" if ax is panels[0] else "")
            ax.spines[:].set_visible(False)
            ax.tick_params(length=0)
            ax.set_title(arm.capitalize())
    return figure


def draw_time(time: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Ratio of reading times by reader with its interval, on a logarithmic axis."""
    rows = time[time["quantity"] == "ratio"]
    readers = list(rows["reader"])
    with figure_style():
        ax = ax if ax is not None else _figure(SINGLE_COLUMN + 0.6, 0.9 + 0.19 * len(readers)).add_subplot()
        numbers = rows[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
        _forest(ax, numbers, np.arange(len(readers), dtype=float), INK, "o", 3.5)
        ax.axvline(1.0, color=REFERENCE_COLOUR, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        finite = numbers[np.isfinite(numbers)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.5, 2.0)
        ticks = (0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
        shown = [tick for tick in ticks if min(low, 0.8) * 0.9 <= tick <= max(high, 1.25) * 1.1]
        ax.set_xscale("log")
        ax.set_xticks(shown, [f"{tick:g}" for tick in shown])
        ax.set_xticks([], minor=True)
        ax.set_yticks(range(len(readers)), readers)
        ax.set_ylim(len(readers) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.set(xlabel="Time with the aid ÷ time without it")
        ax.set_title("Reading time")
    return ax


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))
