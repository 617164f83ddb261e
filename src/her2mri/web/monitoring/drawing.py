"""The figures of monitoring as SVG: numbers in, text out. Colours are the page's, by class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from her2mri.web.monitoring.drift import Drift
from her2mri.web.monitoring.performance import Curve

LEFT: Final = 46.0
TOP: Final = 12.0
SIDE: Final = 300.0
_HIGHEST: Final = 4.0  # more evidence than 10,000 is drawn at 10,000


@dataclass(frozen=True)
class _Line:
    """From values to places along one axis."""

    low: float
    high: float
    begins: float
    length: float

    def at(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.begins + share * self.length, 2)


def calibration_figure(curve: Curve, threshold: float | None, positive: str, name: str) -> Markup:
    """Observed share against probability: curve with band, groups with intervals, the locked threshold."""
    across, up = _Line(0, 1, LEFT, SIDE), _Line(0, 1, TOP + SIDE, -SIDE)
    parts = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        text = f"{100 * share:.0f}"
        parts.append(_tick(across.at(share), TOP + SIDE, text, is_below=True))
        parts.append(_tick(LEFT, up.at(share), text, is_below=False))
    parts.append(f'<path class="ideal" d="M{across.at(0)} {up.at(0)}L{across.at(1)} {up.at(1)}"/>')
    if threshold is not None:
        x = across.at(threshold)
        parts.append(f'<path class="locked" d="M{x} {up.at(0)}V{up.at(1)}"/>')
        anchor = "end" if threshold > 0.5 else "start"
        x += -4 if threshold > 0.5 else 4
        parts.append(f'<text x="{x}" y="{TOP + 12}" text-anchor="{anchor}">locked threshold</text>')
    there = [(across.at(p), up.at(high)) for p, _, _, high in curve.smooth]
    back = [(across.at(p), up.at(low)) for p, _, low, _ in curve.smooth][::-1]
    parts.append(f'<path class="band" d="{_path([*there, *back])}Z"/>')
    parts.append(
        f'<path class="curve" d="{_path([(across.at(p), up.at(o)) for p, o, _, _ in curve.smooth])}"/>'
    )
    for p, observed, low, high in curve.groups:
        parts.append(f'<path class="whisker" d="M{across.at(p)} {up.at(low)}V{up.at(high)}"/>')
        parts.append(f'<circle class="point" cx="{across.at(p)}" cy="{up.at(observed)}" r="3.5"/>')
    parts.append(_axis_names(f"Probability of {positive} that was given (%)", f"{positive} by pathology (%)"))
    title = f"Calibration curve of {name}"
    return _svg(title, LEFT + SIDE + 12, TOP + SIDE + 44, parts)


def evidence_figure(evidence: Sequence[float], watch: float, worry: float, name: str) -> Markup:
    """The evidence after each lesion on a scale of powers of ten, with the two lines that it may cross."""
    height, width = 170.0, 570.0
    top = min(max(2.0, math.ceil(math.log10(max([worry, *evidence])) + 0.2)), _HIGHEST)
    across = _Line(0, max(len(evidence), 1), LEFT, width)
    up = _Line(-1, top, TOP + height, -height)
    parts = []
    for power in range(-1, int(top) + 1):
        text = f"{10.0**power:,g}"
        parts.append(_tick(LEFT, up.at(power), text, is_below=False))
    for count in _rounded_steps(len(evidence)):
        parts.append(_tick(across.at(count), TOP + height, str(count), is_below=True))
    for level, text in ((watch, "watch"), (worry, "worry")):
        y = up.at(math.log10(level))
        parts.append(f'<path class="limit {text}" d="M{LEFT} {y}H{LEFT + width}"/>')
        parts.append(f'<text x="{LEFT + 5}" y="{y - 4}">{text}: {level:g}</text>')
    places = [(across.at(0), up.at(0))]
    places += [(across.at(i + 1), up.at(math.log10(max(found, 0.1)))) for i, found in enumerate(evidence)]
    parts.append(f'<path class="curve" d="{_path(places)}"/>')
    middle = LEFT + width / 2
    parts.append(
        f'<text x="{middle}" y="{TOP + height + 36}" text-anchor="middle">Lesions with a known outcome</text>'
    )
    return _svg(f"Evidence of trouble of {name}", LEFT + width + 12, TOP + height + 44, parts)


def drift_figure(rows: Sequence[Drift], name: str) -> Markup:
    """Standardised difference of each variable with its interval, zero in the middle, the negligible shaded."""
    step, label_width, width = 21.0, 290.0, 320.0
    ends = [abs(end) for row in rows for end in (row.low, row.high) if end == end]
    most = min(max([0.5, *ends]) * 1.05, 3.0)
    across = _Line(-most, most, label_width, width)
    bottom = TOP + step * len(rows)
    parts = [
        f'<rect class="negligible" x="{across.at(-0.1)}" y="{TOP}" '
        f'width="{round(across.at(0.1) - across.at(-0.1), 2)}" height="{bottom - TOP}"/>',
        f'<path class="ideal" d="M{across.at(0)} {TOP}V{bottom}"/>',
    ]
    for i, row in enumerate(rows):
        y = TOP + step * (i + 0.5)
        mark = " marked" if row.is_marked else ""
        text = escape(_short(row.label))
        place = f'x="{label_width - 10}" y="{y + 4}" text-anchor="end"'
        parts.append(f'<text class="variable{mark}" {place}>{text}</text>')
        if row.low == row.low:
            parts.append(f'<path class="whisker{mark}" d="M{across.at(row.low)} {y}H{across.at(row.high)}"/>')
        if row.difference == row.difference:
            parts.append(f'<circle class="point{mark}" cx="{across.at(row.difference)}" cy="{y}" r="3.5"/>')
    limit = math.floor(most / 0.5) * 0.5
    for value in (-limit, 0.0, limit):
        parts.append(_tick(across.at(value), bottom, f"{value:g}", is_below=True))
    said = "← lower or rarer here · higher or more frequent →"
    parts.append(f'<text x="{across.at(0)}" y="{bottom + 34}" text-anchor="middle">{said}</text>')
    return _svg(f"Inputs here and in development of {name}", label_width + width + 40, bottom + 42, parts)


def _short(label: str) -> str:
    return label if len(label) <= 44 else label[:43] + "…"


def _rounded_steps(n: int) -> list[int]:
    """Some round numbers from 0 to n.

    >>> _rounded_steps(340)
    [0, 100, 200, 300]
    """
    for size in (step * 10**power for power in range(7) for step in (1, 2, 5)):
        if n / size <= 5:
            return list(range(0, n + 1, size))
    return [0]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in places)


def _tick(x: float, y: float, text: str, *, is_below: bool) -> str:
    if is_below:
        return f'<path class="tick" d="M{x} {y}v4"/><text x="{x}" y="{y + 17}" text-anchor="middle">{text}</text>'
    return (
        f'<path class="tick" d="M{x} {y}h-4"/><text x="{x - 8}" y="{y + 4}" text-anchor="end">{text}</text>'
    )


def _axis_names(across: str, up: str) -> str:
    middle = TOP + SIDE / 2
    return (
        f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 36}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> Markup:
    body = "".join(parts)
    return Markup(
        f'<svg class="figure" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">{body}</svg>'
    )
