from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import typer
from markupsafe import escape
from typer.testing import CliRunner

from her2mri.cli.readers_command import register
from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError
from her2mri.readers.page import reader_figures, reader_page
from her2mri.readers.predictions import predictions_of
from her2mri.readers.reader_study import analyse_reads

from .conftest import make_study, raw


def put_files(folder: Path) -> Path:
    study = make_study(readers=2, cases=40)
    for name in ("reads", "truth", "lesions"):
        getattr(study, name).to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with reads.csv, truth.csv and lesions.csv."""
    return put_files(tmp_path)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory):
    """The same, analysed once beside the model: the folder and what the command said."""
    folder = put_files(tmp_path_factory.mktemp("study"))
    return folder, analyse(folder, "--predictions", folder / "lesions.csv")


def run(*words: object):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("other")(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["readers", *map(str, words)], catch_exceptions=True)


def analyse(files: Path, *more: object):
    words = [files / "reads.csv", "--truth", files / "truth.csv", "-o", files / "out", *more]
    return run(*words)


class Structure(HTMLParser):
    """Counts open elements and collects what the page would load."""

    void = frozenset({"meta", "img", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.loads += [given[key] for key in ("src",) if key in given]
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a":
            self.targets.append(given["href"].removeprefix("#"))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_command_writes_a_self_contained_report_with_tables_and_figures(analysed) -> None:
    files, found = analysed
    assert found.exit_code == 0, found.output
    assert "HER2-positive vs HER2-negative, change with the aid: AUC" in found.output
    out = files / "out"
    page = (out / "report.html").read_text(encoding="utf-8")
    parsed = Structure()
    parsed.feed(page)
    assert parsed.open == []
    assert all(source.startswith("data:image/svg+xml;base64,") for source in parsed.loads)
    assert set(parsed.targets) <= set(parsed.ids)
    assert not re.search(r"\bnan\b|\bNone\b", re.sub(r"base64,[^\"]*", "", page))
    tables = {path.stem for path in (out / "tables").glob("*.csv")}
    assert {"performance", "gains", "mrmc", "reliance", "against_model", "time", "caveats"} <= tables
    figures = {path.name for path in (out / "figures").iterdir()}
    assert {"readers_her2_positive.svg", "readers_her2_positive.png", "calls.svg", "time.svg"} <= figures


def test_the_same_input_gives_the_same_bytes_and_the_folder_is_replaced(analysed) -> None:
    files, _ = analysed
    first = {p.name: p.read_bytes() for p in (files / "out").rglob("*") if p.is_file()}
    found = analyse(files, "--predictions", files / "lesions.csv", "--json")
    written = json.loads(found.stdout)
    assert (written["folder"], len(written["findings"])) == (str(files / "out"), 3)
    assert first == {p.name: p.read_bytes() for p in (files / "out").rglob("*") if p.is_file()}


def test_a_fault_leaves_no_folder_behind(files) -> None:
    reads = pd.read_csv(files / "reads.csv")
    reads.loc[0, "case"] = "nobody"
    reads.to_csv(files / "reads.csv", index=False)
    found = analyse(files)
    assert isinstance(found.exception, InputError)
    assert "is not in truth.csv (found 'nobody')" in str(found.exception)
    assert not (files / "out").exists()


def test_another_folder_is_never_overwritten(files) -> None:
    (files / "out").mkdir()
    (files / "out" / "thesis.docx").write_text("mine")
    assert isinstance(analyse(files).exception, InputError)
    assert [path.name for path in (files / "out").iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize(
    "bad",
    [("--covariance", "magic"), ("--threshold", "1.5"), ("--predictions", "nowhere.csv"), ("--model", "LR2")],
)
def test_a_bad_option_is_a_fault(files, bad) -> None:
    more = [*bad, *(["--predictions", files / "lesions.csv"] if bad[0] == "--model" else [])]
    assert isinstance(analyse(files, *more).exception, InputError)


def test_design_then_readers_against_the_schedule(files) -> None:
    plan = files / "schedule.csv"
    words = ["design", "--truth", files / "truth.csv", "--reader", "R1:4", "--reader", "R9:13", "-o", plan]
    found = run(*words, "--start", "2026-01-05")
    assert found.exit_code == 0, found.output
    assert len(pd.read_csv(plan)) == 160
    refused = analyse(files, "--schedule", plan).exception
    assert "unknown reader: not in schedule.csv (found 'R2'); allowed: R1, R9" in str(refused)
    assert isinstance(run(*words, "--start", "tomorrow").exception, InputError)


def test_size_gives_the_patients_for_each_number_of_readers(files) -> None:
    found = run("size", files / "reads.csv", "--truth", files / "truth.csv", "--effect", "0.1", "--json")
    table = pd.DataFrame(json.loads(found.stdout))
    assert list(table["readers"]) == list(range(2, 13))
    assert table["patients"].dropna().is_monotonic_decreasing


def test_agreement_of_two_readings_of_the_lesion_table(files) -> None:
    one = pd.read_csv(files / "truth.csv").assign(adc=[0.8 + i / 100 for i in range(40)], shape="Irregular")
    one.loc[::2, "shape"] = "round"
    one.to_csv(files / "one.csv", index=False)
    one.assign(adc=one["adc"] + 0.01).to_csv(files / "other.csv", index=False)
    table = pd.DataFrame(
        json.loads(run("agreement", files / "one.csv", files / "other.csv", "--json").stdout)
    )
    assert list(table["verbal"]) == ["almost perfect", "almost perfect", "excellent"]
    assert isinstance(run("agreement", files / "truth.csv", files / "one.csv").exception, InputError)


def test_many_readers_are_drawn_without_a_name_each_and_one_reader_without_a_legend_of_readers() -> None:
    figures = reader_figures(analyse_reads(make_study(readers=9, cases=30).check()))
    axes = figures["readers_her2_positive"].draw().axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Unaided", "Aided"]
    single = make_study(readers=1, cases=30)
    lesions = predictions_of(raw("lesions.csv", single.lesions), load_dictionary())
    alone = reader_figures(analyse_reads(single.check(), lesions))
    axes = alone["readers_her2_positive"].draw().axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Model (LR)", "Unaided", "Aided"]
    assert len(alone["gains_her2_positive"].draw().axes) == 4


@pytest.mark.parametrize("spoil", ["alike", "one_reader", "one_arm"])
def test_what_is_not_applicable_is_shown_without_a_number(spoil) -> None:
    study = make_study(readers=1 if spoil == "one_reader" else 2, cases=30)
    if spoil == "alike":
        study.reads[["call", "confidence"]] = "low", 50
    elif spoil == "one_arm":
        study.reads = study.reads[study.reads["arm"] == "unaided"]
    result = analyse_reads(study.check())
    page = reader_page(result, dict.fromkeys(reader_figures(result), b""), {})
    assert not re.search(r"\bnan\b", page)
    for caveat in result.caveats:
        assert str(escape(caveat.message)) in page


def _readers_in_arms(study) -> None:
    first = study.reads["reader"].isin(["R1", "R2"])
    study.reads = study.reads[first == (study.reads["arm"] == "unaided")]


def _split_plot(study) -> None:
    study.reads = study.reads[study.reads["reader"].isin(["R1", "R2"]) == (study.reads["case"] < "L010")]


def _one_reader_in_one_arm(study) -> None:
    study.reads = study.reads[(study.reads["reader"] != "R4") | (study.reads["arm"] == "aided")]


def _bare(study) -> None:
    study.reads = study.reads[["reader", "case", "arm", "call"]]


def _always_30_seconds(study) -> None:
    study.reads["seconds"] = 30.0


def _all_positive(study) -> None:
    study.truth["her2_status"] = "positive"


@pytest.mark.parametrize(
    ("shape", "cases", "patients"),
    [
        (_readers_in_arms, 20, 20),
        (_split_plot, 20, 20),
        (_one_reader_in_one_arm, 20, 20),
        (_bare, 20, 20),
        (_always_30_seconds, 20, 20),
        (_all_positive, 20, 20),
        (_one_reader_in_one_arm, 20, 1),
        (_one_reader_in_one_arm, 1, 1),
    ],
)
def test_a_study_of_any_shape_and_size_has_a_page(shape, cases, patients) -> None:
    study = make_study(readers=4, cases=cases, patients=patients)
    shape(study)
    result = analyse_reads(study.check())
    page = reader_page(result, dict.fromkeys(reader_figures(result), b""), {})
    assert "In short" in page
    assert not re.search(r"\bnan\b", page)


def test_a_pilot_of_one_reader_cannot_size_a_study(files) -> None:
    reads = pd.read_csv(files / "reads.csv")
    reads[reads["reader"] == "R1"].to_csv(files / "reads.csv", index=False)
    found = run("size", files / "reads.csv", "--truth", files / "truth.csv", "--effect", "0.1")
    assert isinstance(found.exception, InputError)
    assert "cannot serve as a pilot: sizing needs a pilot in which 2 readers or more" in str(found.exception)
