from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from her2mri.cli import template_command
from her2mri.errors import InputError


@pytest.fixture
def run():
    app = typer.Typer()
    app.callback()(lambda: None)
    template_command.register(app)
    return lambda *words: CliRunner().invoke(app, ["template", *map(str, words)], catch_exceptions=False)


def test_template_writes_a_workbook_and_says_what_comes_next(run, tmp_path):
    result = run(tmp_path / "t.xlsx")
    assert result.exit_code == 0
    assert (tmp_path / "t.xlsx").stat().st_size > 5_000
    assert "her2mri check" in result.stdout


def test_template_writes_over_a_file_only_when_told_to(run, tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_text("mine")
    with pytest.raises(InputError, match="add --force"):
        run(path)
    assert path.read_text() == "mine"
    assert run(path, "--force").exit_code == 0
    assert path.read_bytes().startswith(b"PK")


def test_template_wants_the_name_of_a_workbook(run, tmp_path):
    with pytest.raises(InputError, match=r"ends in \.xlsx"):
        run(tmp_path / "t.csv")
