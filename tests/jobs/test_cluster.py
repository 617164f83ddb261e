"""A real Dask scheduler with two worker processes on this machine, one of them killed half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError, InputError
from her2mri.jobs import DaskWorkers, Runner
from jobs import work

pytestmark = pytest.mark.thorough

Cluster = tuple[str, list[subprocess.Popen[bytes]]]
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The address of a scheduler and its two workers."""
    distributed = pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    with ExitStack() as stack, (folder / "log").open("wb") as log:

        def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
            process = stack.enter_context(
                subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
            )
            stack.callback(process.kill)
            return process

        start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            "at.json",
        )
        at = folder / "at.json"
        until = time.monotonic() + 120
        while not (at.exists() and at.stat().st_size):
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        options = ("--scheduler-file", "at.json", "--nthreads", "1", "--no-dashboard", "--no-nanny")
        workers = [start("dask_worker", *options) for _ in range(2)]
        address = pd.read_json(at, typ="series")["address"]
        with distributed.Client(address, timeout=120, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        stack.enter_context(pytest.MonkeyPatch.context()).setattr("her2mri.jobs.cluster.CONNECT_SECONDS", 60)
        yield address, workers


class Deadly:
    """Progress that kills a worker when a third of the jobs are done."""

    def __init__(self, victim: subprocess.Popen[bytes]) -> None:
        self.victim = victim

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[], None]]:
        left = total

        def advance() -> None:
            nonlocal left
            left -= 1
            if left == 2 * total // 3:
                self.victim.kill()

        yield advance


def test_a_cluster_that_loses_a_worker_gives_the_bits_of_one_process(
    cluster: Cluster, tmp_path: Path
) -> None:
    address, workers = cluster
    frame = pd.DataFrame({"x": np.random.default_rng(1).normal(size=50_000)})
    shared = [partial(work.joined, frame, tmp_path, at, workers=0.3) for at in range(60)]
    on_cluster = Runner(DaskWorkers(address))
    both = on_cluster.resume("Both", shared)
    assert len({process for process, _, _ in both}) == 2
    assert len({(process, at) for process, at, _ in both}) == 2  # read once by each
    one = Runner(DaskWorkers(address), progress=Deadly(workers[0])).resume("One dies", shared)
    assert workers[0].wait(timeout=60) == -signal.SIGKILL
    here = [total for _, _, total in Runner().resume("Here", shared)]
    assert [total for _, _, total in both] == here
    assert [total for _, _, total in one] == here
    assert on_cluster.run("Resample", work.jobs(tmp_path)) == Runner().run("Resample", work.jobs(tmp_path))


def test_a_fault_in_a_job_on_the_cluster_is_the_fault_of_the_run(cluster: Cluster) -> None:
    with pytest.raises(EstimationError, match="one class"):
        Runner(DaskWorkers(cluster[0])).run("Fail", [work.fails, work.fails])


def test_a_worker_of_another_version_is_refused(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("her2mri.jobs.versions.platform.python_version", lambda: "3.0.0")
    with pytest.raises(
        InputError, match=r"another version \(found 'python 3\.\d+\.\d+'\); allowed: python 3\.0\.0"
    ):
        Runner(DaskWorkers(cluster[0])).run("Refused", work.jobs(Path()))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "carrier-pigeon://roof", "127.0.0.1"])
def test_a_scheduler_that_does_not_answer_is_one_fault_within_seconds(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("her2mri.jobs.cluster.CONNECT_SECONDS", 1)
    begun = time.monotonic()
    with pytest.raises(InputError, match=f"no Dask scheduler answered.*{address}"):
        Runner(DaskWorkers(address)).run("Refused", work.jobs(Path()))
    assert time.monotonic() - begun < 20  # Dask itself would go on for 30 s


def test_without_the_extra_the_fault_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'her2mri\[cluster\]'"):
        Runner(DaskWorkers("tcp://127.0.0.1:1")).run("Refused", work.jobs(Path()))
