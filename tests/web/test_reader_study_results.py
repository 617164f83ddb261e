"""What comes out of a closed study: tables that the command line analyses to the same figures as the page."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from html import unescape

import numpy as np
import pandas as pd
import pytest
import typer
from studies import answer, close, opened, read_session, rows, table
from typer.testing import CliRunner
from visits import ON_SQLITE

from her2mri.cli.readers_command import register
from her2mri.readers import display

pytestmark = pytest.mark.usefixtures("read_here")

CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
TRUTHS = ("positive", "low", "zero") * 4


def studied(visit, clock, *, question="three_classes"):
    """A study of two readers who are often right, more so with the aid; its number."""
    number = opened(visit("the.researcher"), table(rows(TRUTHS)), question=question)
    levels = ("positive", "low", "zero") if question == "three_classes" else ("positive", "negative")
    rng = np.random.default_rng(3)
    content = visit("the.researcher").get(f"/studies/{number}/setup.json").json()
    for part, share in ((0, 0.6), (1, 0.85)):
        for name in ("reader.one", "reader.two"):
            order = content["orders"][name][part]

            def call(place, order=order, share=share):
                truth = content["cases"][order[place - 1]]["truth"]
                said = truth if rng.random() < share else str(rng.choice(levels))
                return said, int(rng.integers(20, 100))

            between = lambda: clock.turn(seconds=float(rng.uniform(10, 40)))  # noqa: E731
            read_session(visit(name), number, len(TRUTHS), call, between)
        clock.turn(days=28)
    assert close(visit("the.researcher"), number).status_code == 303
    return number


def tables_of(text):
    """The cells of each table of a page by its caption."""
    found = {}
    for part in re.findall(r"<table.*?</table>", text, re.DOTALL):
        caption = unescape(re.search(r"<caption>(.*?)</caption>", part)[1])
        lines = re.findall(r"<tr.*?</tr>", part, re.DOTALL)
        found.setdefault(caption, []).append(
            [[unescape(cell) for cell in CELL.findall(line)] for line in lines]
        )
    return found


@ON_SQLITE
@pytest.mark.parametrize(
    "question", [pytest.param("three_classes", marks=pytest.mark.thorough), "her2_positive"]
)
def test_the_command_line_finds_in_the_exported_tables_what_the_page_shows(visit, clock, tmp_path, question):
    number = studied(visit, clock, question=question)
    researcher = visit("the.researcher")
    page = researcher.get(f"/studies/{number}/analysis")
    assert page.status_code == 200
    files = []
    for name in ("reads", "truth"):
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text(researcher.get(f"/studies/{number}/{name}.csv").text, encoding="utf-8")
    out = tmp_path / "out"
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["readers", str(files[0]), "--truth", str(files[1]), "-o", str(out)])
    assert result.exit_code == 0, result.output
    shown = tables_of(page.text)
    performance = pd.read_csv(out / "tables" / "performance.csv", keep_default_na=False, na_values=[""])
    mrmc = pd.read_csv(out / "tables" / "mrmc.csv")
    scores = pd.read_csv(out / "tables" / "score_agreement.csv", keep_default_na=False, na_values=[""])
    tasks = list(dict.fromkeys(performance["task"]))
    assert tasks == (["her2_positive", "her2_low"] if question == "three_classes" else ["her2_positive"])
    for place, task in enumerate(tasks):
        own = performance[performance["task"] == task]
        expected = display.performance_table(own, positive=own["positive"].iloc[0], confidence=0.95)
        cells = [list(row) if any(row[1:]) else [row[0]] for row in expected.rows]
        assert shown[expected.title][place][1:] == cells
        for expected in (
            display.mrmc_table(mrmc[mrmc["task"] == task]),
            display.score_agreement_table(scores[scores["task"] == task]),
        ):
            assert shown[expected.title][place][1:] == [list(row) for row in expected.rows]
    for name, make in (
        ("call_accuracy", display.calls_table),
        ("agreement", display.agreement_table),
        ("time", display.time_table),
    ):
        expected = make(pd.read_csv(out / "tables" / f"{name}.csv", keep_default_na=False, na_values=[""]))
        assert shown[expected.title][0][1:] == [list(row) for row in expected.rows], name
    seconds = pd.read_csv(files[0])["seconds"]
    assert seconds.notna().all()
    assert seconds.between(10, 40).all()
    assert (number, len(seconds)) == ("1", 4 * len(TRUTHS))


@ON_SQLITE
def test_reads_that_were_interrupted_or_are_missing_are_said(visit, clock):
    number = opened(visit("the.researcher"), reader=["reader.one"])
    reader = visit("reader.one")
    reader.get(f"/reading/{number}/case")
    read_session(reader, number, between=lambda: clock.turn(seconds=20))
    clock.turn(days=28)
    reader = visit("reader.one")
    for _ in range(2):
        answer(reader, number, call="negative")
    researcher = visit("the.researcher")
    assert "Close with 4 reads missing" in researcher.get(f"/studies/{number}").text
    assert close(researcher, number).status_code == 303
    text = unescape(researcher.get(f"/studies/{number}/analysis").text)
    assert "1 read of 8: the page of the case was opened more than once" in text
    assert "read 4 cases unaided only" in text


@ON_SQLITE
def test_a_study_that_nobody_read_in_is_closed_without_an_analysis(visit):
    researcher = visit("the.researcher")
    number = opened(researcher)
    assert close(researcher, number).status_code == 303
    page = researcher.get(f"/studies/{number}/analysis")
    assert page.status_code == 200
    assert "Not analysed" in page.text
    reads = list(csv.reader(io.StringIO(researcher.get(f"/studies/{number}/reads.csv").text)))
    assert len(reads) == 1


def test_a_server_starts_without_what_only_a_study_needs():
    code = (
        "import sys, her2mri.web.start, her2mri.web.application as a; a.pages(); "
        "print([name for name in ('pandas', 'sklearn', 'PIL', 'matplotlib') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
