"""The arithmetic of two-by-two tables: exact, never a false alarm, never a fitting table missed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_tables import random_confusion_rows

from her2mri.audit.confusion import FIGURES, confusion_rows, fits, solutions
from her2mri.audit.printed import Printed, parse_printed
from her2mri.audit.repair import repair
from her2mri.audit.sizes import Size, nearest, sizes_that_fit, splits_that_fit


def row(n_positive: int, n_negative: int, **texts: str):
    figures: dict[str, Printed] = {}
    for name, text in texts.items():
        printed = parse_printed(text)
        assert printed is not None
        figures[name] = printed
    return confusion_rows([figures], [n_positive], [n_negative])


def test_ten_thousand_right_tables_are_never_called_impossible() -> None:
    rng = np.random.default_rng(np.random.SeedSequence(20))
    assert fits(random_confusion_rows(rng, 30_000)).all()  # 10,000 tables of three models


def test_small_classes_are_never_called_impossible() -> None:
    rng = np.random.default_rng(np.random.SeedSequence(21))
    assert fits(random_confusion_rows(rng, 20_000, largest=8)).all()


@given(
    n1=st.integers(1, 7),
    n0=st.integers(1, 7),
    texts=st.tuples(*[st.sampled_from(["", "0.0", "0.3", "0.33", "0.5", "0.67", "0.8", "1.0"])] * 5),
)
def test_the_tables_found_are_those_that_trying_all_finds(n1: int, n0: int, texts: tuple[str, ...]) -> None:
    printed = {name: parse_printed(text) for name, text in zip(FIGURES, texts, strict=True) if text}
    rows = confusion_rows([{name: value for name, value in printed.items() if value}], [n1], [n0])
    tried = set()
    for tp, tn in product(range(n1 + 1), range(n0 + 1)):
        ratios = ((tp, n1), (tn, n0), (tp + tn, n1 + n0), (tn, tn + n1 - tp), (tp, tp + n0 - tn))
        if all(
            value is None
            or (
                value.low * below <= above <= value.high * below
                if below
                else value.low <= 0 or value.high >= 1
            )
            for value, (above, below) in zip(map(printed.get, FIGURES), ratios, strict=True)
        ):
            tried.add((tp, tn))
    found = solutions(rows)
    listed = {
        (int(tp), tn)
        for tp, low, high in zip(found.true_positive, found.low, found.high, strict=True)
        for tn in range(int(low), int(high) + 1)
    }
    assert listed == tried
    assert bool(fits(rows)[0]) == bool(tried)


def test_a_tie_may_be_rounded_either_way() -> None:
    # 1/8 = 0.125
    assert fits(row(8, 10, sensitivity="0.12"))[0]
    assert fits(row(8, 10, sensitivity="0.13"))[0]
    assert not fits(row(8, 10, sensitivity="0.14"))[0]


def test_a_predictive_value_of_nobody_may_be_printed_as_zero_or_one_only() -> None:
    nobody_called = {"sensitivity": "0.000", "specificity": "1.000"}
    assert fits(row(9, 9, **nobody_called, ppv="0.00"))[0]
    assert fits(row(9, 9, **nobody_called, ppv="1.00"))[0]
    assert not fits(row(9, 9, **nobody_called, ppv="0.50"))[0]


def test_large_classes_do_not_overflow() -> None:
    assert fits(row(1_000_000, 10_000_000, sensitivity="0.123456000", npv="0.9"))[0]
    assert not fits(row(1_000_000, 10_000_000, sensitivity="0.123456789", npv="0.9"))[0]


def test_the_figure_to_doubt_is_the_one_that_the_others_contradict() -> None:
    answer = repair(
        row(32, 122, sensitivity="0.50", specificity="0.79", accuracy="0.73", npv="0.86", ppv="0.56"), 0
    )
    assert answer.doubted == ("ppv",)
    assert answer.proofs["ppv"] == ("sensitivity", "ppv")
    low, high = answer.remaining.range_of("ppv") or (0, 0)
    assert (low, high) == (pytest.approx(16 / 42), pytest.approx(16 / 42))


@given(st.integers(0, 10_000))
def test_a_proof_is_as_short_as_it_can_be(seed: int) -> None:
    rows = random_confusion_rows(np.random.default_rng(seed), 1, largest=60)
    rows.low[0, 4] += 4 * rows.scale // 100
    rows.high[0, 4] += 4 * rows.scale // 100
    answer = repair(rows, 0)
    for proof in answer.proofs.values():
        assert not fits(rows.only(proof))[0]
        assert all(fits(rows.only([name for name in proof if name != out]))[0] for out in proof)


def test_the_size_that_was_used_is_among_those_that_fit() -> None:
    figures = [
        {"sensitivity": "0.62", "specificity": "0.76", "accuracy": "0.73", "ppv": "0.43"},
        {"sensitivity": "0.52", "specificity": "0.88", "accuracy": "0.80", "ppv": "0.56"},
        {"sensitivity": "0.36", "specificity": "0.91", "accuracy": "0.78", "ppv": "0.54"},
    ]
    printed = [{k: v for k, t in each.items() if (v := parse_printed(t))} for each in figures]
    rows = confusion_rows(printed, [41] * 3, [222] * 3)
    fitting = sizes_that_fit(rows, np.arange(20, 62), np.arange(111, 334))
    assert Size(42, 142) in fitting
    assert not any(size.n_positive == 41 for size in fitting)
    assert nearest(fitting, Size(41, 222))[0].n_positive == 42


def test_a_set_divided_in_two_is_recognised() -> None:
    rng = np.random.default_rng(np.random.SeedSequence(3))
    sizes = {"whole": (86, 343), "part": (42, 142)}
    arrays = {}
    for name, (n1, n0) in sizes.items():
        figures = []
        for _ in range(5):
            tp, tn = int(rng.integers(n1 // 3, n1)), int(rng.integers(n0 // 2, n0))
            shares = (tp / n1, tn / n0, (tp + tn) / (n1 + n0), tn / (tn + n1 - tp), tp / (tp + n0 - tn))
            printed = [parse_printed(f"{share:.2f}") for share in shares]
            figures.append({k: v for k, v in zip(FIGURES, printed, strict=True) if v})
        arrays[name] = confusion_rows(figures, [n1] * 5, [n0] * 5)
    found = splits_that_fit(arrays["whole"], arrays["part"], Size(128, 485))
    assert Size(42, 142) in found
    assert len(found) < 20
