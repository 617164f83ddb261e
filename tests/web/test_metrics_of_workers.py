"""Several workers of one server count as one."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

SUMMED = """
import sys
from her2mri.web.metrics import ANSWERS, exposition
ANSWERS.labels(door="api").inc(int(sys.argv[1]))
print(exposition().decode())
"""


def test_with_several_workers_any_of_them_says_the_sum(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def worker(count):
        made = subprocess.run(
            [sys.executable, "-c", SUMMED, str(count)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return float(re.search(r'her2mri_answers_total\{door="api"\} (\S+)', made.stdout)[1])

    assert [worker(2), worker(3)] == [pytest.approx(2), pytest.approx(5)]
