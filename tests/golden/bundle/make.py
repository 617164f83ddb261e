"""Write the bundles that every later version must read: made-up lesions, both tasks.

LR, DT and ANN are of format 1, RCS and EN of format 2. They are kept as they were first written: a file that
exists is left alone. Run in the repository: python tests/golden/bundle/make.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Write a file for each task and model."""
    sys.path.insert(0, str(HERE.parents[1] / "bundle"))
    from made_up import developed_from, lesions

    from her2mri.study.freeze import freeze

    for task in ("her2_positive", "her2_low"):
        fits, source = developed_from(lesions(600, 7), ("LR", "DT", "ANN", "RCS", "EN"), task=task)
        for model, fit in fits.items():
            file = HERE / f"{task}_{model}.json"
            if not file.exists():
                file.write_bytes(freeze(fit, source).dumps())


if __name__ == "__main__":
    main()
