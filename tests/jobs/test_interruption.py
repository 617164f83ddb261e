"""Ctrl-C and sudden death: no process left behind, finished jobs kept, the same results in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from her2mri.jobs import Runner
from jobs import work

pytestmark = pytest.mark.thorough


def _start(folder: Path, processes: int) -> subprocess.Popen[str]:
    command = [sys.executable, work.__file__, str(folder), str(processes)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def _await_jobs(folder: Path, count: int, run: subprocess.Popen[str]) -> None:
    while len(work.done(folder)) < count:
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.01)


def _alive(session: int) -> list[int]:
    """Processes of the session, which the run and all that it started are in."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(folder.name))
    return found


def _gone(session: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while _alive(session):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_ctrl_c_ends_everything_quickly_and_what_was_finished_is_not_done_again(
    tmp_path: Path,
) -> None:
    run = _start(tmp_path, 2)
    _await_jobs(tmp_path, 10, run)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    _, errors = run.communicate(timeout=30)
    assert run.returncode != 0
    assert _gone(run.pid, 30), errors
    before = work.done(tmp_path)
    kept = len((tmp_path / "out.unfinished" / "01-resample.jsonl").read_text().splitlines())
    assert 0 < kept <= len(before) < work.JOBS

    again = _start(tmp_path, 2)
    printed, errors = again.communicate(timeout=180)
    assert again.returncode == 0, errors
    assert len(work.done(tmp_path)) == len(before) + work.JOBS - kept
    assert len(before) - kept <= 4  # the jobs on their way when it ended
    uninterrupted = Runner().resume("Resample", work.jobs(tmp_path))
    assert json.loads(printed.splitlines()[1]) == uninterrupted
    assert not (tmp_path / "out.unfinished").exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_a_run_killed_again_and_again_ends_with_the_same_results(tmp_path: Path) -> None:
    for jobs_before in (0, 3):  # the first while its workers start
        run = _start(tmp_path, 2)
        assert run.stdout.readline() == "started\n"
        _await_jobs(tmp_path, jobs_before, run)
        time.sleep(random.Random(jobs_before).random() * 0.3)
        run.kill()
        run.communicate(timeout=60)
        assert _gone(run.pid, 60)
    last = _start(tmp_path, 2)
    printed, errors = last.communicate(timeout=180)
    assert json.loads(printed.splitlines()[1]) == Runner().resume("Resample", work.jobs(tmp_path)), errors
