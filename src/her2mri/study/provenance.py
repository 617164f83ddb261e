"""Where a result comes from: the study as resolved, versions, and the hashes of what went in."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any, Final

from her2mri import __version__
from her2mri.cohort.cohort import Cohort
from her2mri.study.study_file import StudyFile

_PACKAGES: Final = ("numpy", "scipy", "pandas", "scikit-learn", "numba", "matplotlib")


def provenance(file: StudyFile, cohort: Cohort) -> dict[str, Any]:
    """The content of ``study.json`` but for the hashes of the outputs. It holds no time and no folder."""
    study = file.model_dump(mode="json")
    study["data"]["tables"] = [table.name for table in file.data.tables]
    return {
        "her2mri": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "study": study,
        "dictionary": {
            "name": cohort.dictionary.name,
            "version": cohort.dictionary.version,
            "sha256": cohort.dictionary.sha256,
        },
        "input": cohort.provenance,
    }
