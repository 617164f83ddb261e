from __future__ import annotations

import contextlib
import datetime
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.cohort.cohort import Cohort
from her2mri.cohort.lesion_table import check_files, cohort_from_frame, read_cohort
from her2mri.cohort.values import parse_column
from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError, TableError

DICTIONARY = load_dictionary()


def faults_of(frame: pd.DataFrame) -> list[tuple[int | None, str, str]]:
    with pytest.raises(TableError) as caught:
        cohort_from_frame(frame, DICTIONARY)
    return [(fault.row, fault.column, fault.problem) for fault in caught.value.faults]


def codes(cohort: Cohort) -> set[str]:
    return {caveat.code for caveat in cohort.caveats}


def problem_of(name: str, cell: object, **options: bool) -> str:
    column = parse_column(DICTIONARY[name], pd.Series([cell], [2], dtype=object), where="t", **options)
    return column.faults[0].problem if column.faults else ""


def value_of(name: str, cell: object, **options: bool) -> object:
    column = parse_column(DICTIONARY[name], pd.Series([cell], [2], dtype=object), where="t", **options)
    assert column.faults == ()
    return column.values.iloc[0]


def test_every_fault_is_found_at_once_with_row_column_and_value(make_lesions):
    frame = make_lesions(12).astype(object)
    frame.loc[0, "her2_ihc"] = "4+"
    frame.loc[1, "adc"] = 0.00096
    frame.loc[2, "age"] = "old"
    frame.loc[3, "lesion_id"] = frame.loc[4, "lesion_id"]
    frame.loc[5, "patient_id"] = frame.loc[6, "patient_id"]
    frame.loc[7, "center"] = None
    frame.loc[8, "eer"] = 64
    frame.loc[9, "mri_date"] = "2023-02-30"
    assert sorted(faults_of(frame), key=str) == sorted(
        [
            (2, "her2_ihc", "is not one of the values allowed"),
            (3, "adc", "looks like mm²/s"),
            (4, "age", "is not a number"),
            (5, "lesion_id", "is not unique: another row has it too"),
            (6, "lesion_id", "is not unique: another row has it too"),
            (7, "patient_id", "is found in more than one center"),
            (8, "patient_id", "is found in more than one center"),
            (9, "center", "is missing"),
            (10, "eer", "looks like %"),
            (11, "mri_date", "is a date that does not exist"),
        ],
        key=str,
    )


def test_missing_required_columns_are_all_named_and_a_near_miss_is_offered():
    with pytest.raises(TableError) as caught:
        cohort_from_frame(pd.DataFrame({"patientid": ["p"], "centre": ["A"]}), DICTIONARY)
    assert {fault.column: fault.remedy for fault in caught.value.faults} == {
        "patient_id": "rename 'patientid'",
        "lesion_id": "add it: Unique in the table.",
        "center": "rename 'centre'",
    }


def test_headers_are_known_by_name_or_label_in_any_case_and_a_misspelt_one_is_noticed(make_lesions):
    frame = make_lesions(6)
    renamed = frame.rename(
        columns={"patient_id": " Patient-ID", "diameter_cm": "Tumour diameter (cm)", "shape": "shpae"}
    )
    cohort = cohort_from_frame(renamed, DICTIONARY)
    assert cohort.frame["diameter_cm"].tolist() == frame["diameter_cm"].tolist()
    assert "shape" not in cohort.frame
    (caveat,) = [caveat for caveat in cohort.caveats if caveat.code == "unknown_column"]
    assert caveat.column == "shpae"
    assert "did you mean shape?" in caveat.message


def test_a_column_given_twice_is_a_fault(make_lesions):
    frame = make_lesions(4).assign(**{"Minimum ADC": 1.0})
    assert faults_of(frame) == [(None, "adc", "the column is there twice")]


@pytest.mark.parametrize(
    ("name", "cell", "stored"),
    [
        ("her2_ihc", 2, "2+"),
        ("her2_ihc", 2.0, "2+"),
        ("her2_ihc", "３＋", "3+"),
        ("er_status", "ER-", "negative"),
        ("er_status", "+", "positive"),
        ("quadrant", "UPPER-left ", "upper_left"),
        ("invasive", True, "yes"),
        ("tic", "type II", "plateau"),
        ("grade", "Ⅲ", "III"),
        ("histological_subtype", "IDC + DCIS", "idc_dcis"),
        ("adc", " 0.96 ", 0.96),
        ("adc", "9.6e-1", 0.96),
        ("ki67_percent", "20 %", 20.0),
        ("mri_date", datetime.datetime(2023, 5, 1, 10), "2023-05-01"),
        ("mri_date", "2023-05-01T10:00", "2023-05-01"),
        ("center", 7.0, "7"),
    ],
)
def test_what_people_type_is_stored_as_the_dictionary_says(name, cell, stored):
    assert value_of(name, cell) == stored


@pytest.mark.parametrize("cell", [None, "", " ", "NA", "n/a", "Unknown", float("nan"), pd.NaT, pd.NA])
@pytest.mark.parametrize("name", ["her2_ish", "adc", "mri_date"])
def test_words_for_a_missing_value_are_missing(name, cell):
    assert pd.isna(value_of(name, cell))


@pytest.mark.parametrize(
    ("name", "cell", "problem"),
    [
        ("adc", 960, "looks like ×10⁻⁶ mm²/s"),
        ("diameter_cm", 23, "looks like mm"),
        ("adc", 50, "is out of range"),
        ("age", float("inf"), "is not a finite number"),
        ("age", "1e999", "is not a finite number"),
        ("ki67_percent", "<1", "is a limit, not a number"),
        ("age", "5²", "is not a number"),
        ("age", "1,234.5", "is not a number"),
        ("age", True, "is not a number"),
        ("diameter_cm", datetime.datetime(2024, 5, 1), "is a date where a number should be"),
        ("eer", "0,64", "is written with a decimal comma"),
        ("mri_date", "01/02/2023", "is not a date as YYYY-MM-DD"),
        ("mri_date", 45000, "is not a date as YYYY-MM-DD"),
        ("mri_date", "2190-01-01", "is a date that cannot be"),
        ("center", "A\x07", "holds a line break or an invisible character"),
        ("set", "train", "is not one of the values allowed"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_reason(name, cell, problem):
    assert problem_of(name, cell) == problem


def test_a_decimal_comma_is_a_number_only_in_a_table_divided_by_semicolons(tmp_path):
    (tmp_path / "t.csv").write_text("patient_id;lesion_id;center;eer\np;l;A;0,64\n")
    cohort = read_cohort([tmp_path / "t.csv"], DICTIONARY)
    assert cohort.frame["eer"].tolist() == [0.64]
    assert "decimal_comma" in codes(cohort)


@pytest.mark.parametrize("n", [9, 10])
def test_a_whole_column_in_millimetres_is_refused_where_there_are_lesions_enough(make_lesions, n):
    frame = make_lesions(n).assign(diameter_cm=[11 + i % 5 for i in range(n)])
    if n < 10:
        assert "unusual_median" in codes(cohort_from_frame(frame, DICTIONARY))
    else:
        assert faults_of(frame) == [(None, "diameter_cm", "the column looks like mm")]


def test_percentages_given_as_fractions_are_refused(make_lesions):
    frame = make_lesions(12).assign(ki67_percent=[0.05 * i for i in range(12)])
    assert faults_of(frame) == [(None, "ki67_percent", "the column looks like fractions, not per cent")]


def test_lesions_of_one_patient_that_differ_in_age_are_said(make_lesions):
    frame = make_lesions(6, centers=("A",)).assign(age=[40, 41, 50, 50, 50, 50])
    frame.loc[1, "patient_id"] = "p0000"
    found = [caveat for caveat in cohort_from_frame(frame, DICTIONARY).caveats if caveat.column == "age"]
    assert [(caveat.code, caveat.row, caveat.value) for caveat in found] == [
        ("patient_varies", 2, "40"),
        ("patient_varies", 3, "41"),
    ]


def test_empty_and_constant_columns_are_said(make_lesions):
    frame = make_lesions(6).assign(shape="irregular", tic=None)
    found = {caveat.column: caveat.code for caveat in cohort_from_frame(frame, DICTIONARY).caveats}
    assert found["shape"] == "constant_column"
    assert found["tic"] == "empty_column"


def test_two_tables_are_checked_together_and_every_unreadable_one_is_named(tmp_path, make_lesions):
    frame = make_lesions(6, centers=("North",))
    frame.to_csv(tmp_path / "a.csv", index=False)
    moved = frame.assign(center="South", lesion_id=[f"x{i}" for i in range(6)]).drop(columns="adc")
    moved.to_csv(tmp_path / "b.csv", index=False)
    checked = check_files([tmp_path / name for name in ("a.csv", "none.csv", "b.csv", "a.csv")], DICTIONARY)
    problems = {(fault.where, fault.problem) for fault in checked.faults}
    assert ("none.csv", "does not exist") in problems
    assert ("a.csv", "has the same content as a.csv") in problems
    assert {
        ("a.csv", "is found in more than one center"),
        ("b.csv", "is found in more than one center"),
    } < problems
    assert ("partly_given", "adc") in {(caveat.code, caveat.column) for caveat in checked.caveats}


def test_provenance_names_the_file_without_its_folder(tmp_path, make_lesions):
    make_lesions(6).to_csv(tmp_path / "t.csv", index=False)
    provenance = read_cohort([tmp_path / "t.csv"], DICTIONARY, label_rule="asco_cap_2023").provenance
    assert provenance["label_rule"] == "asco_cap_2023"
    (table,) = provenance["tables"]
    assert (table["name"], table["rows"], len(table["sha256"])) == ("t.csv", 6, 64)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.sampled_from(["0,64", "3+", "A", "p1", "l1", "64", "yes", "-", "1e400", "NA"]),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_table_ends_in_a_cohort_or_in_faults(data):
    names = data.draw(
        st.lists(
            st.one_of(st.sampled_from([v.name for v in DICTIONARY.variables]), st.text(max_size=6)),
            max_size=8,
        )
    )
    names += data.draw(st.sampled_from([[], ["patient_id", "lesion_id", "center"]]))
    n = data.draw(st.integers(0, 5))
    columns = [data.draw(st.lists(CELLS, min_size=n, max_size=n)) for _ in names]
    frame = pd.DataFrame(list(zip(*columns, strict=True)), columns=names, dtype=object)
    try:
        cohort = cohort_from_frame(frame, DICTIONARY)
    except InputError:
        return
    assert len(cohort.frame) == n
    for name in cohort.frame:
        variable = DICTIONARY[name]
        values = cohort.frame[name].dropna()
        assert not variable.is_categorical or set(values) <= set(variable.values)
        assert variable.kind != "continuous" or np.isfinite(values.to_numpy(dtype=float)).all()


@settings(max_examples=100, deadline=None)
@given(
    content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)),
    suffix=st.sampled_from([".csv", ".xlsx", ".parquet"]),
)
def test_any_file_ends_in_a_cohort_or_in_faults(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("any") / f"t{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_cohort([path], DICTIONARY)


@settings(max_examples=60, deadline=None)
@given(
    position=st.integers(0, 20_000), byte=st.integers(0, 255), suffix=st.sampled_from([".xlsx", ".parquet"])
)
def test_a_file_with_one_wrong_byte_ends_in_a_cohort_or_in_faults(tmp_path_factory, position, byte, suffix):
    content = bytearray(_whole(suffix))
    content[position % len(content)] = byte
    path = tmp_path_factory.mktemp("byte") / f"t{suffix}"
    path.write_bytes(bytes(content))
    with contextlib.suppress(InputError):
        assert len(read_cohort([path], DICTIONARY).frame) == 1


def _whole(suffix: str) -> bytes:
    frame = pd.DataFrame({"patient_id": ["p"], "lesion_id": ["l"], "center": ["A"], "adc": [0.9]})
    stream = io.BytesIO()
    frame.to_excel(stream, index=False) if suffix == ".xlsx" else frame.to_parquet(stream, index=False)
    return stream.getvalue()
