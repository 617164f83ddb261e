from __future__ import annotations

import pandas as pd
import pytest

from her2mri.errors import TableError


def faults_of(study) -> list[str]:
    with pytest.raises(TableError) as caught:
        study.check()
    return [str(fault) for fault in caught.value.faults]


def codes_of(study) -> set[str]:
    return {caveat.code for caveat in study.check().caveats}


def test_sound_reads_carry_their_truth_and_no_caveat(study) -> None:
    reads = study.check()
    assert reads.caveats == ()
    assert reads.readers == ("R1", "R2", "R3")
    assert set(reads.frame["experience"]) == {"junior", "senior"}
    truth = study.truth.set_index("lesion_id")["her2_status"]
    assert (reads.frame["truth"] == reads.frame["case"].map(truth)).all()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("case", "L999", "column case: is not in truth.csv (found 'L999')"),
        (
            "arm",
            "with help",
            "column arm: is not one of the levels (found 'with help'); allowed: unaided, aided",
        ),
        ("call", "maybe", "column call: is not one of the levels (found 'maybe')"),
        ("call", None, "column call: is empty"),
        ("reader", None, "column reader: is empty"),
        (
            "confidence",
            101,
            "column confidence: is not such a number (found '101'); allowed: a number from 0 to 100",
        ),
        ("confidence", None, "column confidence: is empty, although other reads have one"),
        ("seconds", 0, "column seconds: is not such a number (found '0'); allowed: a number above 0"),
        ("session", 1.5, "column session: is not such a number (found '1.5')"),
        ("date", "05.01.2026", "column date: is not a date (found '05.01.2026'); allowed: YYYY-MM-DD"),
        ("patient", "P059", "column patient: is another patient in truth.csv (found 'P059')"),
        ("experience", 30, "column experience: reader R1 has more than one"),
    ],
)
def test_each_bad_cell_is_a_fault_with_its_place(study, column, value, said) -> None:
    study.reads = study.reads.astype(object)
    study.reads.loc[0, column] = value
    found = faults_of(study)
    assert any(text.startswith("reads.csv, row 2, ") and said in text for text in found), found


def test_all_faults_come_at_once_and_in_order(study) -> None:
    study.reads = study.reads.astype(object)
    study.reads.loc[5, "call"] = "?"
    study.reads.loc[1, "seconds"] = "fast"
    assert [text.split(",")[1] for text in faults_of(study)] == [" row 3", " row 7"]


def test_a_duplicate_read_is_a_fault(study) -> None:
    study.reads = pd.concat([study.reads, study.reads.iloc[[0]].assign(order=99)], ignore_index=True)
    assert "the reader reads the case twice in this arm (found 'R1, L000, unaided')" in faults_of(study)[0]


def test_two_reads_in_one_place_of_a_session_are_a_fault(study) -> None:
    study.reads.loc[1, "order"] = study.reads.loc[0, "order"]
    assert "two reads of one session have this order" in faults_of(study)[0]


def test_a_case_without_truth_is_a_fault(study) -> None:
    study.truth = study.truth.astype(object)
    study.truth.loc[0, "her2_status"] = None
    found = faults_of(study)
    assert len(found) == 1
    assert "has no her2_status in truth.csv: a case needs its truth (found 'L000')" in found[0]


def test_the_truth_may_come_from_ihc_and_ish(study) -> None:
    report = {"zero": ("0", None), "low": ("2+", "not_amplified"), "positive": ("3+", None)}
    levels = study.truth.pop("her2_status")
    study.truth["her2_ihc"] = [report[level][0] for level in levels]
    study.truth["her2_ish"] = pd.Series([report[level][1] for level in levels], dtype=object)
    assert list(study.check().frame["truth"].iloc[: len(levels)]) == list(levels)


def test_a_missing_column_says_what_there_is(study) -> None:
    study.reads = study.reads.drop(columns=["call", "arm"])
    found = faults_of(study)
    assert len(found) == 2
    assert all("the column is missing; there are reader, experience" in text for text in found)


def test_an_unknown_reader_is_a_fault_against_the_schedule(study) -> None:
    study.schedule = study.reads[study.reads["reader"] != "R3"]
    found = faults_of(study)
    assert len(found) == 1
    assert "unknown reader: not in schedule.csv (found 'R3'); allowed: R1, R2" in found[0]


def test_a_read_that_was_not_planned_is_a_fault_and_a_planned_one_not_made_a_caveat(study) -> None:
    study.schedule = study.reads.copy()
    study.reads = study.reads.iloc[1:]
    assert codes_of(study) == {"missing_read"}
    study.schedule = study.schedule.iloc[2:]
    assert "was not planned for this reader and arm" in faults_of(study)[0]


def test_design_flaws_are_caveats(study) -> None:
    reads = study.reads.copy()
    study.reads = reads.assign(date="2026-01-05").assign(
        date=lambda t: t["date"].where(t["session"] == 1, "2026-01-12")
    )
    assert codes_of(study) == {"short_washout"}
    study.reads = reads.drop(columns="date")
    assert codes_of(study) == {"washout_unknown"}
    later = reads["order"] + 60 * (reads["arm"] == "aided")
    study.reads = reads.assign(session=1, order=later)
    assert codes_of(study) == {"same_session"}
    study.reads = reads.assign(session=1, order=200 - later)
    assert codes_of(study) == {"same_session", "wrong_order"}
    study.reads = reads.sort_values("case").assign(
        order=lambda t: t.groupby(["reader", "session"]).cumcount() + 1
    )
    assert codes_of(study) == {"same_order"}
    study.reads = reads[(reads["reader"] != "R2") | (reads["arm"] == "aided") | (reads["case"] < "L050")]
    assert codes_of(study) == {"missing_read"}


def test_reader_names_of_a_workbook_lose_their_decimals(study) -> None:
    study.reads["reader"] = study.reads["reader"].str[1:].astype(float)
    assert study.check().readers == ("1", "2", "3")
    with pytest.raises(KeyError, match="no reader '4': 1, 2, 3"):
        study.check().of_reader("4")
