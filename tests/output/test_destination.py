from __future__ import annotations

import json
from pathlib import Path

import pytest

from her2mri.errors import InputError
from her2mri.output.destination import complete_folder

MARK = "study.json"


def _write(folder, text):
    with complete_folder(folder, MARK) as fresh:
        (fresh / "table.csv").write_text(text)
        (fresh / MARK).write_text(json.dumps({"her2mri": "0", "outputs": {"table.csv": ""}}))


def _interrupted(folder):
    with complete_folder(folder, MARK) as fresh:
        (fresh / "half.csv").write_text("a")
        raise KeyboardInterrupt


def test_a_study_appears_whole(tmp_path):
    _write(tmp_path / "new" / "study", "1")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["study"]
    assert (tmp_path / "new" / "study" / "table.csv").read_text() == "1"


def test_an_earlier_study_is_replaced(tmp_path):
    _write(tmp_path / "study", "1")
    _write(tmp_path / "study", "2")
    assert (tmp_path / "study" / "table.csv").read_text() == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_an_interrupted_run_leaves_the_earlier_study_and_nothing_else(tmp_path):
    _write(tmp_path / "study", "1")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(tmp_path / "study")
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    assert (tmp_path / "study" / "table.csv").read_text() == "1"


def test_a_folder_with_other_files_is_not_touched(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="the folder holds other files"):
        _write(tmp_path, "1")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_a_study_json_of_somebody_else_does_not_make_a_folder_ours(tmp_path):
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(InputError, match="other files"):
        _write(tmp_path, "1")


def test_notes_laid_beside_an_earlier_study_are_not_lost(tmp_path):
    _write(tmp_path / "study", "1")
    (tmp_path / "study" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        _write(tmp_path / "study", "2")
    assert (tmp_path / "study" / "notes.txt").read_text() == "mine"


def test_an_interrupt_in_the_middle_of_the_exchange_leaves_the_earlier_study(tmp_path, monkeypatch):
    _write(tmp_path / "study", "1")
    rename, calls = Path.rename, []

    def interrupted(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path / "study", "2")
    monkeypatch.undo()
    assert (tmp_path / "study" / "table.csv").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_file_in_the_way_is_a_fault(tmp_path):
    (tmp_path / "study").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        _write(tmp_path / "study", "1")
