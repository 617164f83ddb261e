"""The door is light: a prediction needs numpy and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden" / "bundle"
HEAVY = ("pandas", "scipy", "sklearn", "matplotlib", "pydantic", "numba", "her2mri.models")
OF_THE_ENGINE = {"her2mri.cohort", "her2mri.cohort.restricted_cubic_spline", "her2mri.explanation",
                 "her2mri.explanation.nomogram_scale"}  # fmt: skip
"""What a prediction takes from the rooms that develop models: the basis of splines, the scale of points."""

_SCRIPT = """
import json, sys
from her2mri.bundle import Bundle
from her2mri.bundle.chain import Chain
one, other = (Bundle.load(path) for path in sys.argv[1:3])
answer = Chain.of(one, other).predict({"ki67_status": "high", "adc": 0.9})
assert abs(sum(part.probability for part in answer.classes) - 1) < 1e-12
print(json.dumps(sorted(sys.modules)))
"""


def test_predicting_imports_neither_models_nor_pandas_nor_scipy():
    paths = [str(GOLDEN / f"{task}_LR.json") for task in ("her2_positive", "her2_low")]
    ran = subprocess.run([sys.executable, "-c", _SCRIPT, *paths], capture_output=True, text=True, check=True)
    modules = json.loads(ran.stdout)
    assert [name for name in modules if name.startswith(HEAVY)] == []
    rooms = [name for name in modules if name.startswith(("her2mri.cohort", "her2mri.explanation"))]
    assert set(rooms) == OF_THE_ENGINE
    assert "numpy" in modules
