"""The proof that printed figures contradict each other, in one line of text."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from her2mri.audit.confusion import ConfusionRows, Solutions, ratio, solutions
from her2mri.audit.printed import Printed, shown, shown_range

NAMES: Final = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "npv": "NPV",
    "ppv": "PPV",
    "auc": "AUC",
}
_COUNTED: Final = {"sensitivity": "TP", "specificity": "TN", "accuracy": "TP + TN"}


def denominator(metric: str, n_positive: int, n_negative: int) -> int:
    """Of how many lesions a metric is a share, where that does not depend on the calls."""
    return {"sensitivity": n_positive, "specificity": n_negative, "accuracy": n_positive + n_negative}[metric]


def neighbours(printed: Printed, n: int) -> tuple[Fraction, ...]:
    """The attainable shares of n nearest to a printed one, below and above."""
    below = min(max(printed.low * n // 1, 0), n)
    return tuple(Fraction(int(k), n) for k in (below, below + 1) if k <= n)


def attainable(printed: Printed, n: int) -> bool:
    """Whether a whole number out of n rounds to the printed share."""
    return printed.high * n // 1 >= -(-printed.low * n // 1)


def unattainable(metric: str, printed: Printed, n: int) -> tuple[str, str]:
    """What is possible instead, and why no whole number out of n gives the printed share."""
    near = neighbours(printed, n)
    possible = " or ".join(shown(share, printed.decimals) for share in near)
    counts = ", ".join(f"{int(share * n)}/{n} = {shown(share, printed.decimals + 2)}" for share in near)
    why = f"no whole number of {n} lesions gives a {NAMES[metric]} of {printed.text}: {counts}"
    cut = Fraction(printed.twice_low + 1, 2 * 10**printed.decimals)
    if any(cut <= share < cut + Fraction(1, 10**printed.decimals) for share in near):
        why += "; it fits if the digits were cut off instead of rounded"
    return possible, why


def contradiction(
    one: ConfusionRows,
    proof: tuple[str, ...],
    printed: Mapping[str, Printed],
    remaining: Solutions,
) -> tuple[str, str]:
    """What the other figures leave possible for the last metric of a proof, and why."""
    *others, doubted = proof
    decimals = printed[doubted].decimals
    left = solutions(one.only(others))
    n_positive, n_negative = left.n_positive, left.n_negative
    given = "; ".join(_meaning(name, printed[name], n_positive, n_negative) for name in others)
    tightest = remaining.range_of(doubted)
    if tightest is None:
        return "none", f"{given}; then nobody is called {'positive' if doubted == 'ppv' else 'negative'}"
    possible = shown_range(*tightest, decimals)
    around = left.range_of(doubted) or tightest
    if printed[doubted].covers(*around):
        near = " and ".join(
            f"{above}/{below} = {shown(Fraction(above, below), decimals + 1)}"
            for above, below in left.nearest(doubted, printed[doubted])
        )
        given += f"; the nearest {NAMES[doubted]} that whole numbers give are {near}"
        return possible, f"{given}; with all figures that fit together it is {possible}"
    span = shown_range(*around, decimals + 1)
    return (
        possible,
        f"{given}; so {NAMES[doubted]} is {_example(doubted, left)}{span}, not {printed[doubted].text}",
    )


def _meaning(metric: str, printed: Printed, n_positive: int, n_negative: int) -> str:
    if metric not in _COUNTED:
        return f"{NAMES[metric]} {printed.text}"
    n = denominator(metric, n_positive, n_negative)
    fewest, most = -(-printed.low * n // 1), printed.high * n // 1
    count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return f"{NAMES[metric]} {printed.text} of {n} means {_COUNTED[metric]} = {count}"


def _example(metric: str, left: Solutions) -> str:
    """The fraction, where a single two-by-two table is left."""
    if left.true_positive.size != 1 or left.low[0] != left.high[0]:
        return ""
    above, below = ratio(metric, left.true_positive, left.low, left.n_positive, left.n_negative)
    return f"{above[0]}/{below[0]} = "
