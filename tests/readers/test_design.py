from __future__ import annotations

import datetime

import pandas as pd
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError
from her2mri.readers.design import Reader, arms_by_reader, reading_schedule
from her2mri.readers.reads import READ_COLUMNS
from her2mri.readers.truth import truth_of

from .conftest import raw

READERS = [Reader("A", "senior"), Reader("B", "senior"), Reader("C", "junior"), Reader("D", "junior")]


@pytest.fixture
def truth(studies):
    """50 patients, 10 of them with two lesions."""
    return truth_of(raw("truth.csv", studies(cases=60, patients=50).truth), load_dictionary())


def schedule(truth, **options):
    return reading_schedule(truth, READERS, seed=5, **options)


def test_every_reader_reads_every_case_once_in_each_arm(truth) -> None:
    table = schedule(truth)
    assert tuple(table.columns) == READ_COLUMNS
    assert len(table) == 4 * 60 * 2
    assert not table.duplicated(["reader", "case", "arm"]).any()
    assert not table.duplicated(["reader", "session", "order"]).any()
    assert set(table["call"]) == {""}


def test_balanced_arms_are_halves_that_keep_patients_whole_and_swap_between_readers(truth) -> None:
    table = schedule(truth)
    counts = arms_by_reader(table)
    assert counts[["unaided", "aided"]].to_numpy().min() >= 24
    first = table[table["session"] == 1]
    assert (first.groupby(["reader", "patient"])["arm"].nunique() == 1).all()
    aided_first = first[first["arm"] == "aided"].groupby("case")["reader"].agg(frozenset)
    assert set(aided_first.map(len)) == {2}
    for pair in aided_first.unique():
        assert len({reader in ("A", "B") for reader in pair}) == 2, "one of each experience"


def test_halves_hold_each_level_of_the_truth_alike(truth) -> None:
    table = schedule(truth)
    first = table[(table["session"] == 1) & (table["reader"] == "A")].merge(truth.frame, on="case")
    single = first[~first["patient_x"].duplicated(keep=False)]
    counts = pd.crosstab(single["truth"], single["arm"])
    assert ((counts["aided"] - counts["unaided"]).abs() <= 1).all()


def test_the_order_differs_between_readers_and_periods_and_follows_the_seed(truth) -> None:
    table = schedule(truth)
    orders = table.sort_values("order").groupby(["reader", "session"])["case"].agg(tuple)
    assert orders.is_unique
    pd.testing.assert_frame_equal(table, schedule(truth))
    assert not table.equals(reading_schedule(truth, READERS, seed=6))


def test_sessions_hold_the_cases_asked_for_and_the_washout_lies_between_the_periods(truth) -> None:
    start = datetime.date(2026, 3, 2)
    table = schedule(truth, cases_per_session=25, start=start, washout_days=28, arm_order="unaided_first")
    assert table.groupby(["reader", "session"]).size().max() == 25
    assert set(table["session"]) == {1, 2, 3, 4, 5, 6}
    days = pd.to_datetime(table["date"])
    assert days.min().date() == start
    assert (days[table["arm"] == "aided"].min() - days[table["arm"] == "unaided"].max()).days == 28


def test_a_filled_schedule_passes_its_own_check(studies) -> None:
    study = studies(cases=40)
    plan = reading_schedule(
        truth_of(raw("truth.csv", study.truth), load_dictionary()),
        [Reader("R1", "4"), Reader("R2", "13"), Reader("R3", "4")],
        seed=1,
        start=datetime.date(2026, 1, 5),
    )
    calls = study.reads[["reader", "case", "arm", "call", "confidence", "seconds"]]
    study.reads = plan.drop(columns=["call", "confidence", "seconds"]).merge(
        calls, on=["reader", "case", "arm"]
    )
    study.schedule = plan.replace("", None)
    assert study.check().caveats == ()


def test_readers_that_cannot_be_told_apart_are_a_fault(truth) -> None:
    with pytest.raises(InputError, match="a reader is named twice"):
        reading_schedule(truth, [Reader("A"), Reader("A")], seed=1)
    with pytest.raises(InputError, match="has no name"):
        reading_schedule(truth, [], seed=1)
    with pytest.raises(ValueError, match="arm_order must be one of"):
        schedule(truth, arm_order="aided_first")
