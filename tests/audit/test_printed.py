"""What a printed number covers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_tables import ROUNDINGS, rounded

from her2mri.audit.formats import metric_name
from her2mri.audit.printed import parse_percent, parse_printed


@given(st.fractions(0, 1, max_denominator=5000), st.integers(0, 8), st.sampled_from(ROUNDINGS))
def test_a_rounded_value_covers_the_value_however_ties_are_rounded(
    value: Fraction, decimals: int, rounding: str
) -> None:
    printed = parse_printed(rounded(value, decimals, rounding))
    assert printed is not None
    assert printed.covers(value)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.80", "0.795", "0.805"),
        ("0.8", "0.75", "0.85"),
        (".8", "0.75", "0.85"),
        ("1", "0.5", "1.5"),
        ("62.1%", "0.6205", "0.6215"),
        ("0·62", "0.615", "0.625"),
        ("−0.2", "-0.25", "-0.15"),
        ("1.2e-3", "0.00115", "0.00125"),
        ("<0.001", "0", "0.001"),
        ("> 0.99", "0.99", "1"),
    ],
)
def test_the_digits_tell_the_interval(text: str, low: str, high: str) -> None:
    printed = parse_printed(text)
    assert printed is not None
    assert (printed.low, printed.high) == (Fraction(low), Fraction(high))


def test_a_computers_sixteen_digits_still_cover_the_fraction() -> None:
    printed = parse_printed(repr(26 / 42))
    assert printed is not None
    assert printed.covers(Fraction(26, 42))
    assert printed.high - printed.low < Fraction(1, 10**8)


@pytest.mark.parametrize("text", ["", "-", "--", "*", ".", "NA", " – "])
def test_a_dash_is_nothing(text: str) -> None:
    assert parse_printed(text) is None


@pytest.mark.parametrize("text", ["about 0.6", "0.6.2", "1e", "0,62", "0.6 (0.5-0.7)"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_printed(text)


def test_a_percentage_keeps_its_own_scale() -> None:
    assert parse_percent("32.8%") == parse_percent("32.8")


def test_metrics_are_known_by_their_usual_names() -> None:
    assert [metric_name(text) for text in ("AUC", "Negative predictive value", "Precision", "Recall")] == [
        "auc", "npv", "ppv", "sensitivity",
    ]  # fmt: skip
