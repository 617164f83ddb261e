"""One small study by both protocols, for every test of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from her2mri.figure_style import figure_style
from her2mri.report.write import write_study
from her2mri.study.results import StudyResult
from her2mri.study.study import Study
from synthetic_study import synthetic_lesions

SMALL = {
    "protocol": "recommended",
    "models": {"families": ["LR"]},
    "resampling": {"n_bootstrap": 20, "challengers": ["EN"], "folds": 3, "repeats": 1, "imputations": 1},
}


@pytest.fixture(scope="session")
def both(settings) -> StudyResult:
    """Both tasks by both protocols; a few lesions lack a value, and each has a date."""
    lesions = synthetic_lesions(200)
    lesions.loc[[3, 50, 120], "pr_status"] = None
    lesions["mri_date"] = [f"2021-{1 + i % 12:02d}-15" for i in range(len(lesions))]
    return Study.from_frame(lesions, **{**settings, **SMALL}).run()


@pytest.fixture(scope="session")
def page_of_both(both, tmp_path_factory) -> Path:
    """The folder that this study writes."""
    folder = tmp_path_factory.mktemp("both") / "study"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("her2mri.report.write.save_figure", _sketch)
        write_study(both, folder)
    return folder


def _sketch(figure: Figure, stem: Path) -> None:
    """Every figure is drawn once; that it is written as PNG too is tested elsewhere."""
    with figure_style():
        figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None})
    stem.with_suffix(".png").touch()
