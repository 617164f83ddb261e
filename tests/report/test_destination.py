from __future__ import annotations

import pytest

from her2mri.errors import InputError
from her2mri.report.destination import complete_folder


def _write(folder, text):
    with complete_folder(folder) as fresh:
        (fresh / "study.json").write_text(text)


def _interrupted(folder):
    with complete_folder(folder) as fresh:
        (fresh / "half.csv").write_text("a")
        raise KeyboardInterrupt


def test_a_study_appears_whole(tmp_path):
    _write(tmp_path / "new" / "study", "1")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["study"]
    assert (tmp_path / "new" / "study" / "study.json").read_text() == "1"


def test_an_earlier_study_is_replaced(tmp_path):
    _write(tmp_path / "study", "1")
    _write(tmp_path / "study", "2")
    assert (tmp_path / "study" / "study.json").read_text() == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_an_interrupted_run_leaves_the_earlier_study_and_nothing_else(tmp_path):
    _write(tmp_path / "study", "1")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(tmp_path / "study")
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    assert (tmp_path / "study" / "study.json").read_text() == "1"


def test_a_folder_with_other_files_is_not_touched(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="the folder holds other files"):
        _write(tmp_path, "1")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_a_file_in_the_way_is_a_fault(tmp_path):
    (tmp_path / "study").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        _write(tmp_path / "study", "1")
