"""Printed intervals: in order, inside 0 to 1, around the estimate, and as wide as so many lesions make them."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Final

import numpy as np

from her2mri.audit.auc_bounds import hanley_mcneil, largest_std_error, smallest_std_error
from her2mri.audit.finding import IMPOSSIBLE, UNCHECKED, UNLIKELY, Finding
from her2mri.audit.performance import ReadRows, Row
from her2mri.audit.printed import Printed, shown
from her2mri.audit.proof import NAMES, denominator
from her2mri.audit.tables import Figure
from her2mri.statistics import clopper_pearson, wilson

NARROW: Final = 0.6
WIDE: Final = 1.6
"""Times the narrowest and the widest usual interval; what lies beyond is called unlikely."""

NARROW_AUC: Final = 0.5
"""Times Hanley and McNeil's interval, which unequal spreads of the classes' scores make too wide."""

_Z: Final = 1.959964
_BOUNDED: Final = (*NAMES,)


def bounds(figures: Iterable[Figure]) -> list[Finding]:
    """Estimates and bounds outside 0 to 1, bounds in the wrong order, estimates outside their interval."""
    found: list[Finding] = []
    for figure in figures:
        if figure.metric not in _BOUNDED:
            continue
        named = (
            ("estimate", figure.estimate),
            ("lower bound", figure.conf_low),
            ("upper bound", figure.conf_high),
        )
        for name, printed in named:
            if printed and (printed.high < 0 or printed.low > 1):
                why = f"the {name} {printed.text} lies outside 0 to 1"
                if name != "estimate":
                    why += ": a normal approximation that was not cut off, or a slip"
                found.append(_finding(figure, IMPOSSIBLE, "0 to 1", why, "outside_range"))
        low, high, estimate = figure.conf_low, figure.conf_high, figure.estimate
        if low and high and low.low > high.high:
            found.append(
                _finding(figure, IMPOSSIBLE, "lower <= upper", "the bounds are in the wrong order", "order")
            )
        elif low and high and estimate and (estimate.high < low.low or estimate.low > high.high):
            why = "the estimate is outside its interval, which only a percentile bootstrap can give"
            found.append(_finding(figure, UNLIKELY, f"{low.text} to {high.text}", why, "not_containing"))
    return found


def widths(read: ReadRows) -> list[Finding]:
    """Intervals that are much narrower or wider than those in use make them for so many lesions."""
    found: list[Finding] = []
    for index, row in enumerate(read.rows):
        for metric, figure in row.figures.items():
            if metric not in _BOUNDED or not (figure.estimate and figure.conf_low and figure.conf_high):
                continue
            if metric == "auc":
                found += _auc(row, figure, figure.estimate)
            else:
                found += _share(read, index, row, figure, figure.estimate)
    return found


def _width(figure: Figure) -> tuple[float, float]:
    """The printed width, and how much rounding may have changed it."""
    if figure.conf_low is None or figure.conf_high is None:
        raise ValueError("a width needs both bounds")
    slack = (
        float(figure.conf_low.high - figure.conf_low.low + figure.conf_high.high - figure.conf_high.low) / 2
    )
    return figure.conf_high.value - figure.conf_low.value, slack


def _share(read: ReadRows, index: int, row: Row, figure: Figure, estimate: Printed) -> list[Finding]:
    sizes = _denominators(read, index, row, figure.metric)
    if sizes is None:
        why = f"how many lesions the {NAMES[figure.metric]} is a share of does not follow from the other figures"
        return [_finding(figure, UNCHECKED, "", why, "interval_width")]
    smallest, largest = sizes
    share = min(max(estimate.value, 0.0), 1.0)
    width, slack = _width(figure)
    narrow = min(_usual(share, largest))
    wide = max(_usual(share, smallest))
    span = f"{shown(narrow, 2)} to {shown(wide, 2)} wide"
    if width + slack < NARROW * narrow:
        why = f"{shown(width, 2)} wide; of {largest} lesions the narrowest usual interval is {shown(narrow, 2)} wide"
        if width == 0:
            why += ": a bootstrap of figures that do not vary gives no width at all"
        return [_finding(figure, UNLIKELY, span, why, "interval_narrow")]
    if width - slack > WIDE * wide:
        why = (
            f"{shown(width, 2)} wide; of {smallest} lesions the widest usual interval is {shown(wide, 2)} wide: "
            "the cut-off may have been chosen anew in every resample"
        )
        return [_finding(figure, UNLIKELY, span, why, "interval_wide")]
    return []


def _denominators(read: ReadRows, index: int, row: Row, metric: str) -> tuple[int, int] | None:
    if metric not in ("ppv", "npv"):
        n = denominator(metric, row.n_positive, row.n_negative)
        return n, n
    repair = read.repairs.get(index)
    if repair is not None:
        if {"sensitivity", "specificity"} & set(repair.doubted):
            return None
    elif not {"sensitivity", "specificity"} <= set(row.printed):
        return None
    sensitivity, specificity = row.printed["sensitivity"].value, row.printed["specificity"].value
    positive = sensitivity * row.n_positive + (1 - specificity) * row.n_negative
    called = positive if metric == "ppv" else row.n_positive + row.n_negative - positive
    slack = (row.n_positive + row.n_negative) * 0.5 * 10 ** -float(row.printed["sensitivity"].decimals)
    smallest, largest = int(called - slack), int(called + slack) + 1
    return (smallest, largest) if smallest >= 1 else None


def _usual(share: float, n: int) -> tuple[float, ...]:
    """Widths of the normal, the score and the exact interval of a share of n."""
    count = min(max(share * n, 0.0), float(n))
    answers = []
    normal = 2 * _Z * sqrt(share * (1 - share) / n)
    if normal > 0:
        answers.append(normal)
    for method in (wilson, clopper_pearson):
        low, high = method(np.array([count]), np.array([n]))
        answers.append(float(high[0] - low[0]))
    return tuple(answers)


def _auc(row: Row, figure: Figure, estimate: Printed) -> list[Finding]:
    area = min(max(estimate.value, 0.0), 1.0)
    sizes = row.n_positive, row.n_negative
    width, slack = _width(figure)
    usual = 2 * _Z * float(hanley_mcneil(area, *sizes))
    if abs(width - usual) <= slack:
        return []
    least = 2 * _Z * float(smallest_std_error(area, *sizes))
    most = 2 * _Z * float(largest_std_error(area, *sizes))
    calls = _called(row, estimate)
    span = f"{shown(least, 2)} to {shown(most, 2)} wide, usually {shown(usual, 2)}"
    if width + slack < (NARROW_AUC * min(usual, calls) if calls else max(NARROW_AUC * usual, least)):
        why = (
            f"{shown(width, 2)} wide; Hanley and McNeil's formula gives {shown(usual, 2)} for {row.n_positive} + "
            f"{row.n_negative} lesions, and scores without ties at least {shown(least, 2)}"
        )
        return [_finding(figure, UNLIKELY, span, why, "interval_narrow")]
    if width - slack > max(WIDE * usual, most):
        why = f"{shown(width, 2)} wide, more than any scores of {row.n_positive} + {row.n_negative} lesions have"
        return [_finding(figure, UNLIKELY, span, why, "interval_wide")]
    return []


def _called(row: Row, estimate: Printed) -> float | None:
    """The width for an AUC of yes-or-no calls, which is the mean of sensitivity and specificity; else None."""
    printed = row.printed
    if not {"sensitivity", "specificity"} <= set(printed):
        return None
    sensitivity, specificity = printed["sensitivity"], printed["specificity"]
    ends = [(sensitivity.low + specificity.low) / 2, (sensitivity.high + specificity.high) / 2]
    if not (estimate.low <= ends[1] and ends[0] <= estimate.high):
        return None
    p, q = sensitivity.value, specificity.value
    return _Z * sqrt(max(p * (1 - p), 0) / row.n_positive + max(q * (1 - q), 0) / row.n_negative) or None


def _finding(figure: Figure, verdict: str, possible: str, why: str, check: str) -> Finding:
    low, high = (bound.text if bound else "" for bound in (figure.conf_low, figure.conf_high))
    estimate = figure.estimate.text if figure.estimate else ""
    printed = f"{estimate} ({low} to {high})" if low or high else estimate
    return Finding(
        figure.table, figure.set, figure.model, "", figure.metric, printed, possible, verdict, why, check
    )


def around_auc(read: ReadRows) -> list[Finding]:
    """AUCs that no curve through the printed sensitivity and specificity has."""
    found = []
    for row in read.rows:
        figure, printed = row.figures.get("auc"), row.printed
        if figure is None or figure.estimate is None or not {"sensitivity", "specificity"} <= set(printed):
            continue
        sensitivity, specificity = printed["sensitivity"], printed["specificity"]
        low = sensitivity.low * specificity.low
        high = 1 - (1 - sensitivity.high) * (1 - specificity.high)
        if not figure.estimate.covers(low, high):
            why = (
                f"a curve through sensitivity {sensitivity.text} and specificity {specificity.text} has an area from "
                f"{shown(low, 2)} to {shown(high, 2)}: the AUC may be of other scores, or smoothed"
            )
            found.append(_finding(figure, UNLIKELY, f"{shown(low, 2)} to {shown(high, 2)}", why, "auc_point"))
    return found
