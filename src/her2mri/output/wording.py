"""Numbers and names as people read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from her2mri.vocabulary import METRICS, MODEL_LABELS

NOT_APPLICABLE = "n/a"


def number(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """A number with a true minus sign, on request with a plus; ``n/a`` where there is none.

    >>> number(-0.25), number(0.1, signed=True), number(float("nan"))
    ('−0.25', '+0.10', 'n/a')
    """
    if value is None or np.isnan(value):
        return NOT_APPLICABLE
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def estimate(value: float, low: float, high: float, digits: int = 2, *, signed: bool = False) -> str:
    """An estimate with its interval.

    >>> estimate(0.8, 0.75, 0.84)
    '0.80 (0.75–0.84)'
    """
    if value is None or np.isnan(value):
        return NOT_APPLICABLE
    if np.isnan(low) or np.isnan(high):
        return number(value, digits, signed=signed)
    dash = " to " if signed or low < 0 else "–"
    return f"{number(value, digits, signed=signed)} ({number(low, digits)}{dash}{number(high, digits)})"


def p_value(value: float) -> str:
    """A p-value to two significant places, never as zero.

    >>> p_value(0.0004), p_value(0.032), p_value(0.41)
    ('<0.001', '0.032', '0.41')
    """
    if value is None or np.isnan(value):
        return NOT_APPLICABLE
    if value < 0.001:
        return "<0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def listing(items: Sequence[str]) -> str:
    """A list in a sentence.

    >>> listing(["ER status", "PR status", "Ki-67"])
    'ER status, PR status and Ki-67'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun.

    >>> count(1, "lesion"), count(1030, "lesion")
    ('1 lesion', '1,030 lesions')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def metric_label(name: str) -> str:
    """What people read for a metric's name."""
    return METRICS[name].label


def model_name(name: str) -> str:
    """A model's label within a sentence.

    >>> model_name("LR"), model_name("Firth")
    ('logistic regression', "Firth's logistic regression")
    """
    label = MODEL_LABELS[name]
    return label if label.startswith("Firth") else label[0].lower() + label[1:]


def times(n: int) -> str:
    """How often.

    >>> times(1), times(2), times(10)
    ('once', 'twice', '10 times')
    """
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")
