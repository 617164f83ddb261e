"""An interrupted run goes on from its finished jobs, and from nothing else."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from her2mri.errors import InputError
from her2mri.jobs import FinishedJobs, Runner, fingerprint, unfinished_work
from jobs.work import done, jobs


def _run(folder: Path, fingerprint: str = "one", count: int = 6) -> list[object]:
    finished = FinishedJobs(folder / "kept", fingerprint)
    return Runner(finished=finished).resume("Resample", jobs(folder, count=count))


def _kept(folder: Path) -> Path:
    return folder / "kept" / "01-resample.jsonl"


def test_finished_jobs_are_not_done_again(tmp_path: Path) -> None:
    first = _run(tmp_path)
    assert _run(tmp_path) == first
    assert done(tmp_path) == [0, 1, 2, 3, 4, 5]


def test_a_file_cut_anywhere_loses_only_the_jobs_that_were_cut(tmp_path: Path) -> None:
    whole = _run(tmp_path)
    content = _kept(tmp_path).read_bytes()
    ends = [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
    for cut in sorted({0, 1, *ends, *range(0, len(content), 701), *(end - 1 for end in ends)}):
        _kept(tmp_path).write_bytes(content[:cut])
        (tmp_path / "done").unlink(missing_ok=True)
        assert _run(tmp_path) == whole
        # A line without its end is whole all the same: the hash says so.
        kept = sum(cut >= end - 1 for end in ends)
        assert done(tmp_path) == list(range(kept, 6))
        (tmp_path / "done").unlink(missing_ok=True)
        assert _run(tmp_path) == whole
        assert done(tmp_path) == []


def test_an_altered_line_is_no_result(tmp_path: Path) -> None:
    whole = _run(tmp_path)
    content = _kept(tmp_path).read_bytes()
    for at in range(0, len(content), 397):
        altered = bytearray(content)
        altered[at] ^= 1
        _kept(tmp_path).write_bytes(altered)
        assert _run(tmp_path) == whole


def test_work_of_another_fingerprint_is_replaced_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _run(tmp_path)
    with caplog.at_level(logging.WARNING):
        _run(tmp_path, "another")
    assert "of another study or version; it is not used" in caplog.text
    assert done(tmp_path) == sorted([*range(6), *range(6)])


def test_lines_of_another_fingerprint_are_no_results_even_in_the_right_place(tmp_path: Path) -> None:
    _run(tmp_path)
    (tmp_path / "kept" / "fingerprint").write_text("another\n")
    _run(tmp_path, "another")
    assert done(tmp_path) == sorted([*range(6), *range(6)])


def test_stages_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    for _ in range(2):
        runner = Runner(finished=FinishedJobs(tmp_path / "kept", "one"))
        assert runner.resume("Resample", [lambda: 1]) == [1]
        assert runner.resume("Resample", [lambda: 2]) == [2]


def test_jobs_cut_differently_are_done_again(tmp_path: Path) -> None:
    _run(tmp_path)
    runner = Runner(finished=FinishedJobs(tmp_path / "kept", "one"))
    runner.resume("Resample", jobs(tmp_path)[3:5])
    assert done(tmp_path) == [0, 1, 2, 3, 3, 4, 4, 5]


def test_the_folder_is_private_and_goes_when_the_work_is_complete(tmp_path: Path) -> None:
    with unfinished_work(tmp_path / "out", "one") as finished:
        Runner(finished=finished).resume("Resample", jobs(tmp_path, count=2))
        folder = tmp_path / "out.unfinished"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.glob("*.jsonl")} == {0}
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


def _interrupted(folder: Path, count: int) -> None:
    with unfinished_work(folder / "out", "one") as finished:
        Runner(finished=finished).resume("Resample", jobs(folder, count=count))
        raise KeyboardInterrupt


def test_the_folder_stays_after_a_fault_only_if_something_is_in_it(tmp_path: Path) -> None:
    for count, stays in ((0, False), (2, True)):
        with pytest.raises(KeyboardInterrupt):
            _interrupted(tmp_path, count)
        assert (tmp_path / "out.unfinished").exists() == stays


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out.unfinished").mkdir()
    (tmp_path / "out.unfinished" / "letter.txt").write_text("mine")
    with (
        pytest.raises(InputError, match=r"holds other files.*letter\.txt"),
        unfinished_work(tmp_path / "out", "one"),
    ):
        pass
    assert (tmp_path / "out.unfinished" / "letter.txt").read_text() == "mine"
    (tmp_path / "taken.unfinished").write_text("mine")
    with pytest.raises(InputError, match="is a file"), unfinished_work(tmp_path / "taken", "one"):
        pass


def test_a_fingerprint_changes_with_data_settings_and_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [fingerprint({"seed": seed, "data": data}) for seed in (1, 2) for data in ("a", "b")]
    again = fingerprint({"data": "a", "seed": 1})
    monkeypatch.setattr("her2mri.jobs.versions.version", lambda package: "0")
    assert again == found[0]
    assert len({*found, fingerprint({"seed": 1, "data": "a"})}) == 5
