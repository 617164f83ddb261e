from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from her2mri.figure_style import save_figure
from her2mri.validation import DevelopmentValidation, validate_development

from .conftest import BestColumn, ConstantDevelopment

COLUMNS = tuple(f"x{j}" for j in range(10))
validate = partial(validate_development, task="a task", positive="event", seed=11, n_bootstrap=12)


@pytest.fixture(scope="module")
def found(simulated) -> DevelopmentValidation:
    return validate(BestColumn(COLUMNS), *simulated)


def test_selection_bars_are_as_long_as_the_shares(found) -> None:
    ax = found.plot_selection("LR", labels={"x0": "The first"})
    shares = found.selection_frame()["share"].tolist()
    assert [bar.get_width() for bar in ax.patches] == shares
    assert ax.get_yticklabels()[0].get_text() == "The first"


def test_instability_shows_each_lesion(found) -> None:
    ax = found.plot_instability("LR")
    assert len(ax.collections[0].get_segments()) == 120


def test_calibration_instability_shows_each_resample_and_the_model_in_front(found) -> None:
    ax = found.plot_calibration_instability("LR")
    assert len(ax.lines) == 1 + 12 + 1
    assert ax.lines[-1].get_label() == "The model"


def test_constant_model_can_be_drawn(simulated, tmp_path: Path) -> None:
    found = validate(ConstantDevelopment(), *simulated)
    for plot in (found.plot_selection, found.plot_instability, found.plot_calibration_instability):
        svg, png = save_figure(plot("constant").figure, tmp_path / "figure")
        assert svg.stat().st_size > 0
        assert png.stat().st_size > 0


def test_model_that_is_not_there_is_refused(found) -> None:
    with pytest.raises(KeyError, match="no model 'DT' among LR"):
        found.plot_instability("DT")
