"""Tables computed from data and then rounded: no check calls a figure of theirs impossible."""

from __future__ import annotations

import pytest
from random_tables import random_input

from her2mri.audit import IMPOSSIBLE, UNLIKELY, Audit, audit
from her2mri.audit.read import parse_tables


@pytest.fixture(scope="module")
def answer() -> Audit:
    return audit(parse_tables(random_input(11, 8)))


def test_nothing_in_right_tables_is_impossible(answer: Audit) -> None:
    assert answer.rows > 2000
    assert [finding for finding in answer.findings if finding.verdict == IMPOSSIBLE] == []


def test_hardly_anything_in_right_tables_is_unlikely(answer: Audit) -> None:
    assert answer.count(UNLIKELY) <= 0.001 * answer.rows


def test_the_rule_behind_the_p_values_is_named(answer: Audit) -> None:
    texts = [note.text for note in answer.notes if note.table == "all"]
    assert any("Yates" in text and "Fisher" in text and "Benjamini" in text for text in texts)
