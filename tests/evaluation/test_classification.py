from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.errors import EstimationError
from her2mri.evaluation.classification import confusion, measures_at, youden_threshold

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=2, max_size=40)


@pytest.mark.parametrize("score", ["good", "tied"])
def test_youden_cutoff_and_its_measures_are_those_of_proc(synthetic, answers, score: str) -> None:
    threshold = youden_threshold(synthetic["y"], synthetic[score])
    found = measures_at(synthetic["y"], synthetic[score], threshold)
    assert threshold == pytest.approx(answers[score, "threshold"], abs=1e-12)
    for name in ("sensitivity", "specificity", "accuracy", "npv", "ppv"):
        assert found[name] == pytest.approx(answers[score, name], abs=1e-12)


@settings(deadline=None)
@given(ROWS)
def test_swapping_the_classes_swaps_the_measures(rows: list[tuple[int, int]]) -> None:
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    found = measures_at(y, score / 10, 0.45)
    swapped = measures_at(1 - y, 1 - score / 10, 0.55)
    pairs = {"sensitivity": "specificity", "npv": "ppv", "accuracy": "accuracy", "youden": "youden"}
    for name, other in pairs.items():
        assert swapped[name] == pytest.approx(found[other], nan_ok=True)


@settings(deadline=None)
@given(ROWS.filter(lambda rows: 0 < sum(y for y, _ in rows) < len(rows)))
def test_no_cutoff_beats_youdens_and_of_equals_it_is_the_lowest(rows: list[tuple[int, int]]) -> None:
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    best = youden_threshold(y, score)
    candidates = [-np.inf, *(np.unique(score)[:-1] + np.diff(np.unique(score)) / 2)]
    index = [measures_at(y, score, cut)["youden"] for cut in candidates]
    at_best = [cut for cut, value in zip(candidates, index, strict=True) if value > max(index) - 1e-12]
    assert best == min(at_best)


def test_a_lesion_at_the_threshold_is_positive() -> None:
    assert confusion([1, 0], [0.3, 0.3], 0.3).true_positives == 1
    assert confusion([1, 0], [0.3, 0.3], 0.3).false_positives == 1


def test_a_share_of_nothing_is_missing_not_zero() -> None:
    found = measures_at([0, 0], [0.1, 0.2], 0.5)
    assert np.isnan(found["sensitivity"])
    assert np.isnan(found["ppv"])
    assert found["npv"] == 1.0


def test_impossible_cutoffs_are_refused() -> None:
    with pytest.raises(EstimationError, match="both classes"):
        youden_threshold([1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="threshold must be a number"):
        confusion([0, 1], [0.1, 0.2], float("nan"))
