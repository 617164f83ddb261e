"""Jobs give the same results wherever they are done, and share what they have in common."""

from __future__ import annotations

import ast
import math
import os
import signal
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2mri.errors import EstimationError, Fault, Her2mriError, TableError
from her2mri.jobs import LocalWorkers, Runner
from her2mri.jobs.workers import as_text
from jobs.work import growing, jobs, where

TWO = Runner(LocalWorkers(2))


def test_two_processes_give_the_bits_of_one(tmp_path: Path) -> None:
    assert TWO.run("Resample", jobs(tmp_path)) == Runner().run("Resample", jobs(tmp_path))


@pytest.mark.thorough
def test_a_worker_whose_memory_has_grown_is_replaced_without_a_word() -> None:
    assert TWO.run("Grow", [partial(growing, number) for number in range(6)]) == list(range(6))


def test_a_result_is_the_same_whether_it_could_be_kept_or_not(tmp_path: Path) -> None:
    assert Runner().resume("Resample", [lambda: {"a": (1, 2)}]) == [{"a": [1, 2]}]


@given(st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True))
def test_numbers_come_back_to_the_last_bit(number: float) -> None:
    (back,) = Runner().resume("Number", [lambda: number])
    assert struct.pack("d", back) == struct.pack("d", number) or (math.isnan(back) and math.isnan(number))


@pytest.mark.parametrize("result", [{1, 2}, np.float32(1.0), np.arange(3), pd.Timestamp(0)])
def test_a_result_that_is_not_json_is_refused(result: object) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        as_text(result)


def test_an_argument_of_many_jobs_is_read_once_in_each_process() -> None:
    frame = pd.DataFrame({"x": np.arange(50_000.0), "level": ["a", "b"] * 25_000})
    found = TWO.run("Where", [partial(where, frame, at=at) for at in range(30)])
    processes = {process for process, _, _ in found}
    assert len(processes) == 2
    assert len({(process, at) for process, at, _ in found}) == 2
    assert [total for _, _, total in found] == [frame["x"].sum() + at for at in range(30)]


def _fails(at: int) -> int:
    if at == 7:
        raise EstimationError("one class")
    return at


@pytest.mark.parametrize("runner", [Runner(), TWO])
def test_the_fault_of_a_job_is_the_fault_of_the_run(runner: Runner) -> None:
    with pytest.raises(EstimationError, match="one class"):
        runner.run("Fail", [partial(_fails, at) for at in range(20)])
    assert runner.run("Again", [partial(_fails, at) for at in range(5)]) == [0, 1, 2, 3, 4]


def _finds_faults(at: int) -> int:
    raise TableError([Fault("lesions.csv", "no rows"), Fault("lesions.csv", "no column")])


def test_faults_come_back_from_a_worker_as_they_were_found() -> None:
    with pytest.raises(TableError) as found:
        TWO.run("Faults", [partial(_finds_faults, at) for at in range(2)])
    assert [fault.problem for fault in found.value.faults] == ["no rows", "no column"]
    assert str(found.value) == "lesions.csv: no rows\nlesions.csv: no column"


def _dies(at: int) -> int:
    if at == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return at


def test_a_worker_that_dies_is_said_without_a_traceback_and_the_next_run_has_new_ones() -> None:
    with pytest.raises(Her2mriError, match="a worker process was ended from outside"):
        TWO.run("Die", [partial(_dies, at) for at in range(2)])
    assert TWO.run("Again", [partial(_dies, at) for at in (2, 3)]) == [2, 3]


def test_fewer_than_one_process_is_refused() -> None:
    with pytest.raises(ValueError, match="processes must be at least 1, got 0"):
        LocalWorkers(0)


def test_a_library_that_the_first_job_loads_has_one_thread_there_too() -> None:
    code = """
from threadpoolctl import threadpool_info
from her2mri.jobs import Runner

def threads():
    import scipy.linalg, sklearn.linear_model
    return [library["num_threads"] for library in threadpool_info()]

print(Runner().run("Threads", [threads, threads]))
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    first, second = ast.literal_eval(found.stdout)
    assert first == second == [1] * len(first)
    assert len(first) > 1
