"""The rows of a drawn nomogram: where ticks, labels and a lesion's marks lie, in inches, so that nothing collides."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray
from her2mri.explanation.label_placement import Measure, PlacedLabel, place_labels, thin_labels

AXIS_LEFT: Final = 2.1
OVERHANG: Final = 0.42
TICK: Final = 0.05
LEADER: Final = 0.13
CLEARANCE: Final = 0.02
ROW_GAP: Final = 0.13
FOLD: Final = 0.08
"""Between the two lines of a curve that turns, inches."""

_NAME_CHARACTERS: Final = 27
_LEAST_TURN: Final = 1.0
_TOTALS: Final = ("total_points", "probability")
Side = Literal["above", "below"]


@dataclass(frozen=True)
class LesionMarks:
    """One lesion to be marked: points by variable, NaN where the value is not known, and what follows.

    ``measured`` holds its measurements. ``probability`` may be known where the total is not: averaged over what is
    missing. ``reason`` is why there is no probability at all.
    """

    points: Mapping[str, float]
    measured: Mapping[str, float] = field(default_factory=dict)
    probability: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One axis line: its ticks in inches along the page, and the labels that are written.

    ``fold`` says on which side another line of the same variable follows closely. ``marker`` is where the lesion
    is, ``reach`` its interval; a hollow marker stands for an average over what is missing.
    """

    name: str
    label: str
    ticks: FloatArray
    line: tuple[float, float]
    labels: list[PlacedLabel]
    label_height: float = 0.0
    minor: FloatArray = field(default_factory=lambda: np.empty(0))
    side: Side = "below"
    fold: tuple[Side, ...] = ()
    marker: float | None = None
    is_hollow: bool = False
    reach_line: tuple[float, float] | None = None
    marker_text: str = ""

    def reach(self, side: Side) -> float:
        """How far the row needs to reach from its line on that side."""
        if side in self.fold:
            return FOLD / 2
        labels = [label for label in self.labels if label.side == side]
        if not labels:
            return TICK
        return TICK + self.gap(side) + max(label.height for label in labels)

    def needs_leaders(self, side: Side) -> bool:
        """Whether lines must join the labels of that side to their ticks."""
        return any(label.is_shifted for label in self.labels if label.side == side)

    def gap(self, side: Side) -> float:
        """Between the ticks and the labels of that side."""
        return LEADER if self.needs_leaders(side) else CLEARANCE

    @property
    def above(self) -> float:
        """From the line to the upper edge of the row."""
        return max(self.reach("above"), 0 if self.fold else self.label_height / 2)

    @property
    def below(self) -> float:
        """From the line to the lower edge of the row."""
        return max(self.reach("below"), 0 if self.fold else self.label_height / 2)


@dataclass(frozen=True)
class Frame:
    """The scales from ``AXIS_LEFT`` to ``right``: inches a point on the variables' axes and on that of the total."""

    right: float
    per_point: float
    per_total: float
    highest_total: float
    measure: Measure

    @property
    def limits(self) -> tuple[float, float]:
        """Where labels and marks must stay."""
        return AXIS_LEFT - OVERHANG, self.right + OVERHANG

    def at(self, points: float, per: float) -> float:
        """Inches along the page, no further than labels go."""
        return float(np.clip(AXIS_LEFT + points * per, *self.limits))


def rows_of(frame: pd.DataFrame, measure: Measure, *, right: float, lesion: LesionMarks | None) -> list[Row]:
    """The rows from top to bottom: the ruler of points, the variables, the total, the probability."""
    on_variables = frame[~frame["axis"].isin(_TOTALS)]
    # The probability axis is drawn as far as values on the axes can bring a lesion.
    highest = float(on_variables.groupby("axis")["points"].max().sum())
    end = frame.loc[frame["axis"] == "total_points", "points"].max()
    scales = Frame(right, (right - AXIS_LEFT) / 100, (right - AXIS_LEFT) / end, highest, measure)
    tens = np.arange(0.0, 101, 10)
    ruler = pd.DataFrame(
        {"label": "Points", "level": None, "value": tens, "level_label": [f"{ten:g}" for ten in tens],
         "points": tens}
    )  # fmt: skip
    rows = [_row("points", ruler, scales, scales.per_point)]
    for name, part in on_variables.groupby("axis", sort=False):
        rows += _variable_rows(str(name), part, scales, lesion)
    total = frame[frame["axis"] == "total_points"]
    known = None if lesion is None else sum(lesion.points.values())
    text = "" if known is None else "not known" if np.isnan(known) else f"{known:.0f}"
    at = None if known is None or np.isnan(known) else scales.at(known, scales.per_total)
    rows.append(_row("total_points", total, scales, scales.per_total, marker=at, marker_text=text))
    rows.append(_probability_row(frame, scales, lesion))
    return rows


def _probability_row(frame: pd.DataFrame, scales: Frame, lesion: LesionMarks | None) -> Row:
    part = frame[frame["axis"] == "probability"]
    line = (AXIS_LEFT, AXIS_LEFT + scales.highest_total * scales.per_total)
    if lesion is None:
        return _row("probability", part, scales, scales.per_total, line=line)
    if lesion.probability is None:
        return _row("probability", part, scales, scales.per_total, line=line, marker_text="not known")
    totals = frame[frame["axis"] == "total_points"]
    points, log_odds = totals["points"].to_numpy(), totals["linear_predictor"].to_numpy()
    slope = (log_odds[-1] - log_odds[0]) / (points[-1] - points[0])

    def at(probability: float) -> float:
        inside = min(max(probability, 1e-12), 1 - 1e-12)
        total = (np.log(inside) - np.log1p(-inside) - log_odds[0]) / slope + points[0]
        return scales.at(float(total), scales.per_total)

    ends = lesion.conf_low, lesion.conf_high
    reach = None if ends[0] is None or ends[1] is None else (at(ends[0]), at(ends[1]))
    is_averaged = bool(np.isnan(sum(lesion.points.values())))
    return _row("probability", part, scales, scales.per_total, line=line, marker=at(lesion.probability),
                reach_line=reach, is_hollow=is_averaged, marker_text=f"{lesion.probability:.2f}")  # fmt: skip


def _variable_rows(name: str, part: pd.DataFrame, scales: Frame, lesion: LesionMarks | None) -> Iterator[Row]:
    points = None if lesion is None else lesion.points[name]
    is_open = points is None or np.isnan(points)
    text = "" if points is None else "not known" if is_open else f"{points:.0f}"
    marker = None if points is None or is_open else scales.at(points, scales.per_point)
    turns = stretches(part["points"].to_numpy(dtype=float)) if part["level"].isna().all() else []
    if len(turns) < 2:
        yield _row(name, part, scales, scales.per_point, marker=marker, marker_text=text)
        return
    value = np.nan if lesion is None else lesion.measured.get(name, np.nan)
    values = part["value"].to_numpy(dtype=float)
    for index, (first, last) in enumerate(turns):
        is_last = index == len(turns) - 1
        is_here = (index == 0 or value > values[first]) and (is_last or value <= values[last])
        yield _stretch(
            name,
            part.iloc[first : last + 1],
            scales,
            index,
            is_last=is_last,
            marker=marker if is_here else None,
            text=text if index == 0 else "",
        )


def _stretch(
    name: str,
    part: pd.DataFrame,
    scales: Frame,
    index: int,
    *,
    is_last: bool,
    marker: float | None,
    text: str,
) -> Row:
    """One direction of a curve that turns; two lie back to back, the numbers of the first above."""
    is_first = index % 2 == 0 and not is_last
    side: Side = "above" if is_first else "below"
    fold: tuple[Side, ...] = ("below",) if is_first else ("above",) if index % 2 else ()
    ticks = AXIS_LEFT + part["points"].to_numpy(dtype=float) * scales.per_point
    texts = part["level_label"].tolist()
    widths = np.array([scales.measure(each)[0] for each in texts])
    ends = [len(texts) - 1, 0] if index == 0 else [len(texts) - 1]  # a turning point is written once
    chosen = thin_labels(ticks, widths, [*ends, *_plainest_first(texts)])
    labels = _at_ticks(ticks[chosen], [texts[i] for i in chosen], scales.measure, side)
    label = _wrapped(str(part["label"].iloc[0])) if index == 0 else ""
    return Row(
        name, label, ticks, (float(ticks.min()), float(ticks.max())), labels, scales.measure(label or " ")[1],
        side=side, fold=fold, marker=marker, marker_text=text,
    )  # fmt: skip


def stretches(points: FloatArray) -> list[tuple[int, int]]:
    """First and last tick of each stretch that only rises or only falls, but for less than a point.

    >>> stretches(np.array([0.0, 20.0, 30.0, 29.5, 10.0]))
    [(0, 2), (2, 4)]
    """
    turns, way, extreme = [0], 0.0, 0
    for index, value in enumerate(points):
        move = value - points[extreme]
        if way and move * way >= 0:
            extreme = index
        elif abs(move) > _LEAST_TURN:
            if way:
                turns.append(extreme)
            way, extreme = float(np.sign(move)), index
    turns.append(len(points) - 1)
    return list(pairwise(turns))


def _row(
    name: str,
    part: pd.DataFrame,
    scales: Frame,
    per: float,
    *,
    line: tuple[float, float] | None = None,
    marker: float | None = None,
    marker_text: str = "",
    reach_line: tuple[float, float] | None = None,
    is_hollow: bool = False,
) -> Row:
    ticks = AXIS_LEFT + part["points"].to_numpy(dtype=float) * per
    ends = (float(ticks.min()), float(ticks.max())) if line is None else line
    texts = part["level_label"].tolist()
    if np.ptp(ticks) < 1e-6 and len(ticks) > 1:
        ticks, texts, labelled = ticks[:1], ["no effect"], [0]
    elif part["level"].notna().any():
        labelled = list(range(len(ticks)))
    else:
        labelled = _written(ticks, part["value"].to_numpy(dtype=float), texts, scales.measure)
    widths = np.array([scales.measure(texts[i])[0] for i in labelled])
    # The two ends of a very short axis may have to move apart, as levels do.
    fits = len(thin_labels(ticks[labelled], widths, range(len(labelled)))) == len(labelled)
    is_number = len(labelled) < 2 or (fits and part["level"].isna().all())
    label = _wrapped(str(part["label"].iloc[0]))
    low, high = scales.limits
    written = [texts[i] for i in labelled]
    labels = (
        _at_ticks(ticks[labelled], written, scales.measure, "below")
        if is_number
        else place_labels(ticks[labelled], written, measure=scales.measure, low=low, high=high)
    )
    return Row(
        name=name,
        label=label,
        ticks=ticks,
        minor=_minor(name, ticks),
        line=ends,
        labels=labels,
        label_height=scales.measure(label)[1],
        marker=marker,
        marker_text=marker_text,
        reach_line=reach_line,
        is_hollow=is_hollow,
    )


def _at_ticks(ticks: FloatArray, texts: list[str], measure: Measure, side: Side) -> list[PlacedLabel]:
    """Numbers stand at their ticks: those that would touch others are not written."""
    return [
        PlacedLabel(float(tick), float(tick), text, side, measure(text)[1])
        for tick, text in zip(ticks, texts, strict=True)
    ]


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, _NAME_CHARACTERS))


def _written(ticks: FloatArray, values: FloatArray, texts: list[str], measure: Measure) -> list[int]:
    """Which numbers of an axis are written: as many as fit, round ones and ends before the others."""
    step = np.diff(values).min() if len(values) > 1 else 1.0
    widths = np.array([measure(text)[0] for text in texts])
    if step == 0:
        return [0]
    if np.allclose(np.diff(values), step):
        if not np.allclose(np.diff(ticks, 2), 0, atol=1e-6):
            return thin_labels(ticks, widths, [0, len(values) - 1, *_plainest_first(texts)])
        multiples = np.round(values / step).astype(int)
        for stride in (1, 2, 5, 10):
            chosen = np.flatnonzero(multiples % stride == 0).tolist()
            if len(chosen) > 1 and len(thin_labels(ticks, widths, chosen)) == len(chosen):
                return chosen
        return [0, len(values) - 1]
    priority = sorted(range(len(values)), key=lambda i: (len(texts[i]), abs(values[i] - 0.5)))
    return thin_labels(ticks, widths, priority)


def _plainest_first(texts: list[str]) -> list[int]:
    """The numbers between the ends, shorter ones first: 0.5 before 0.45, 50 before 45."""
    return sorted(range(1, len(texts) - 1), key=lambda i: len(texts[i].rstrip("0").rstrip(".")))


def _minor(name: str, ticks: FloatArray) -> FloatArray:
    """Small ticks between those of the points and of their total, where the eye must interpolate."""
    if name not in {"points", "total_points"}:
        return np.empty(0)
    return np.asarray(ticks[:-1, None] + np.diff(ticks)[:, None] * np.arange(1, 5) / 5).ravel()
