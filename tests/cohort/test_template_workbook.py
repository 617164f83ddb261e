from __future__ import annotations

import openpyxl
import pytest

from her2mri.cohort.lesion_table import read_cohort
from her2mri.cohort.template import template_variables, write_template
from her2mri.errors import InputError


def test_a_template_filled_from_its_drop_downs_is_read_without_fault(tmp_path, dictionary):
    path = tmp_path / "t.xlsx"
    write_template(path, dictionary)
    book = openpyxl.load_workbook(path)
    names = [cell.value for cell in book["lesions"][1]]
    for column, name in enumerate(names, start=1):
        variable = dictionary[name]
        levels = [cell.value for cell in book["lists"].iter_cols(column, column).__next__() if cell.value]
        for row in range(2, 8):
            if variable.is_categorical:
                value = levels[row % len(levels)]
            elif variable.kind == "continuous":
                value = sum(variable.typical or variable.bounds) / 2
            else:
                value = "2023-05-01" if variable.kind == "date" else f"{name}{row}"
            book["lesions"].cell(row, column, value)
    book.save(path)
    cohort = read_cohort([path], dictionary)
    assert len(cohort.frame) == 6
    assert set(names) <= set(cohort.frame)
    for name in names:
        if dictionary[name].is_categorical:
            assert set(cohort.frame[name]) <= set(dictionary[name].values)


def test_the_template_asks_for_everything_but_what_is_derived(tmp_path, dictionary):
    write_template(tmp_path / "t.xlsx", dictionary)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    names = [cell.value for cell in book["lesions"][1]]
    assert not {"her2_status", "hr_status", "molecular_subtype"} & set(names)
    assert {"patient_id", "lesion_id", "center", "her2_ihc", "er_percent", "adc"} <= set(names)
    assert [row[0].value for row in book["dictionary"].iter_rows(min_row=5)] == names
    assert book.sheetnames[:2] == ["lesions", "dictionary"]
    assert book["lists"].sheet_state == "hidden"


def test_every_column_has_a_rule_for_what_may_be_entered(tmp_path, dictionary):
    write_template(tmp_path / "t.xlsx", dictionary)
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["lesions"]
    rules = sheet.data_validations.dataValidation
    kinds = dict(
        zip((v.name for v in template_variables(dictionary)), (rule.type for rule in rules), strict=True)
    )
    assert (kinds["quadrant"], kinds["adc"], kinds["mri_date"]) == ("list", "decimal", "date")
    adc = rules[list(kinds).index("adc")]
    assert (adc.formula1, adc.formula2) == ("0.1", "4")
    assert sheet["D1"].comment.text.startswith("Set")


def test_a_folder_that_cannot_be_written_to_is_a_fault(tmp_path, dictionary):
    with pytest.raises(InputError, match="cannot be written"):
        write_template(tmp_path / "none" / "t.xlsx", dictionary)
