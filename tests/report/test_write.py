from __future__ import annotations

import hashlib
import json
import re

import openpyxl
import pandas as pd
import pytest

from her2mri.report.write import write_study
from her2mri.study.study import Study


@pytest.fixture(scope="module")
def study(lesions, settings):
    return Study.from_frame(lesions, tasks=["her2_low"], models={"families": ["LR", "DT", "SVM"]}, **settings)


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "study"
    write_study(study.run(), folder)
    return folder


def _contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.thorough
def test_two_workers_write_the_same_bytes_as_one(written, study, tmp_path):
    write_study(study.run(workers=2), tmp_path / "again", workers=2)
    first, second = _contents(written), _contents(tmp_path / "again")
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_everything_that_a_study_promises_is_written(written):
    names = set(_contents(written))
    tables = {f"tables/{name}.csv" for name in (
        "flow", "sets", "table_one_her2_low", "selection_her2_low", "missing",
        "performance", "calibration", "decision_curve", "shapley_her2_low",
        "nomogram_her2_low", "comparison", "rule_out", "tuning", "caveats",
    )}  # fmt: skip
    figures = {f"figures/{stem}.{kind}" for kind in ("svg", "png") for stem in (
        "flow", "lasso_her2_low", "roc_her2_low", "calibration_her2_low", "decision_curve_her2_low",
        "nomogram_her2_low", "shapley_importance_her2_low", "shapley_summary_her2_low_SVM",
        "shapley_lesion_her2_low",
    )}  # fmt: skip
    models = {f"models/her2_low/{name}.json" for name in ("LR", "DT")}
    assert {name for name in names if name.startswith("models/")} == models
    assert tables | figures | {"report.html", "study.json", "lesions.csv", "tables.xlsx"} <= names


def test_study_json_has_the_hash_of_every_other_file(written):
    contents = _contents(written)
    study = json.loads(contents.pop("study.json"))
    assert study["outputs"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }
    assert study["study"]["selection"]["lasso_rule"] == "min"
    assert len(study["dictionary"]["sha256"]) == 64


def test_the_workbook_holds_the_same_figures_as_the_tables(written):
    book = openpyxl.load_workbook(written / "tables.xlsx", read_only=True)
    sheet = book["performance"]
    table = pd.read_csv(written / "tables" / "performance.csv")
    column = list(table.columns).index("estimate")
    cells = [row[column] for row in sheet.iter_rows(min_row=2, values_only=True)]
    book.close()
    assert pd.Series(cells, dtype=float).round(12).equals(table["estimate"].round(12))


def test_the_report_asks_nothing_of_the_network_and_names_every_figure(written):
    page = (written / "report.html").read_text(encoding="utf-8")
    outside = set(re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*\"", page)) | set(re.findall(r"url\(", page))
    assert outside == set()
    assert "<script" not in page
    images = re.findall(r"<img [^>]*>", page)
    assert images
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)


def test_the_report_says_once_that_it_is_no_medical_device(written):
    page = (written / "report.html").read_text(encoding="utf-8")
    assert page.count("not a medical device") == 1


def test_lesions_in_memory_are_not_called_a_reconstruction(written):
    assert "Not patients." not in (written / "report.html").read_text(encoding="utf-8")
