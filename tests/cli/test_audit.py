"""The verb: findings are no failure, unreadable input is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from her2mri.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["her2mri", "audit", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_the_example_is_a_list_of_findings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "--example", "--json", "-o", str(tmp_path / "out")) == 0
    listed = json.loads(capsys.readouterr().out)
    wanted = {"table", "set", "model", "variable", "metric", "printed", "possible", "verdict", "why"}
    assert all(wanted <= set(finding) for finding in listed)
    assert listed == json.loads((tmp_path / "out" / "findings.json").read_text(encoding="utf-8"))
    assert (tmp_path / "out" / "audit.html").exists()


def test_written_example_files_are_audited_with_the_same_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "--example", "--write", str(tmp_path)) == 0
    first = capsys.readouterr().out.splitlines()
    assert run(monkeypatch, str(tmp_path / "audit_tables.xlsx")) == 0
    assert capsys.readouterr().out.splitlines()[1:] == first[1:]


def test_unreadable_input_is_exit_2_with_every_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("model,metric,estimate\nM,auc,?\nM,ppv,!\n")
    assert run(monkeypatch, str(tmp_path / "t.csv"), str(tmp_path / "none.csv")) == 2
    assert "3 faults" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("--example", "t.csv")])
def test_the_verb_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert "--example" in capsys.readouterr().err
