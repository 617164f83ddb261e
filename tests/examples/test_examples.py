"""The commands of the examples' READMEs on the real public tables, as a reader would type them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.thorough

EXAMPLES = Path(__file__).parents[2] / "examples"


def _commands(example: Path) -> list[list[str]]:
    """The ``her2mri`` lines of the README's code blocks."""
    blocks = re.findall(r"```(?:sh|bash|)\n(.*?)```", (example / "README.md").read_text(), flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("her2mri ")]


@pytest.fixture(scope="module", params=["duke_ispy2", "tcga_hospitals"])
def finished(request, shared, tmp_path_factory):
    example, folder = EXAMPLES / request.param, tmp_path_factory.mktemp(request.param)
    sources = [
        path
        for table in ("duke_breast_mri", "mama_mia", "tcga_brca")
        for path in (shared / "data" / table).iterdir()
    ]
    # The shipped choices, with two families in place of five: what is tuned longest is tested elsewhere.
    shipped = (example / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(f'{shipped}\n[models]\nfamilies = ["DT", "LR"]\n', encoding="utf-8")
    for source in sources:
        name = source.name.replace(".1097.", ".")  # as its publisher calls it
        if name not in {"README.txt", "column_summary.csv"}:
            (folder / name).symlink_to(source)
    commands = _commands(example)
    assert len(commands) >= 2
    for command in commands:
        program = [sys.executable, "-c", "from her2mri.cli import main; main()", *command]
        subprocess.run(program, cwd=folder, check=True, capture_output=True)
    return folder


def test_the_example_writes_a_whole_study_from_real_patients(finished):
    (study,) = finished.glob("*/study.json")
    written = json.loads(study.read_text())
    assert "report.html" in written["outputs"]
    assert "notice" not in written["input"]


def test_whole_centers_are_held_out(finished):
    (lesions,) = finished.glob("*/lesions.csv")
    table = pd.read_csv(lesions, dtype=str)
    (column,) = [name for name in table if name.startswith("set_her2")]
    centers = table.dropna(subset=column).groupby(column)["center"].unique()
    apart = set(centers["external_validation"])
    assert apart
    assert apart.isdisjoint(set(centers["training"]) | set(centers["internal_validation"]))


def test_every_model_has_its_figures_in_every_set(finished):
    (performance,) = finished.glob("*/tables/performance.csv")
    areas = pd.read_csv(performance).query("metric == 'auc'")
    assert len(areas) == 6
    assert (areas["conf_low"] <= areas["estimate"]).all()
    assert (areas["estimate"] <= areas["conf_high"]).all()
