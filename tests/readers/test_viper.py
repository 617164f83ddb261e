"""The VIPER studies: 43 radiologists, 715 women, five split-plot studies, through the adapter in examples/."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from her2mri.readers import multireader_analysis, task_reads
from her2mri.readers.obuchowski_rockette import CASES_IN_GROUPS
from her2mri.readers.reader_study import analyse_reads


@pytest.fixture(scope="module")
def viper(shared: Path):
    script = Path(__file__).parents[2] / "examples" / "viper_reader_study.py"
    spec = importlib.util.spec_from_file_location("viper_reader_study", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda sub_study: module.viper_reads(shared / "data/viper_mrmc", sub_study)


def test_the_largest_published_difference_of_auc_is_found(viper) -> None:
    """Film beats digital by 0.047, standard error 0.023, in the published abstract (by U-statistics).

    There readers weigh by their pairs of a cancer and a healthy woman; here they weigh alike.
    """
    result = analyse_reads(viper("challengeHighP"))
    figures = result.performance.query("metric == 'auc'")
    pairs = figures["n_events"] * (figures["n"] - figures["n_events"])
    weighed = (figures["estimate"] * pairs).groupby(figures["arm"]).sum() / pairs.groupby(
        figures["arm"]
    ).sum()
    assert weighed["unaided"] - weighed["aided"] == pytest.approx(0.047, abs=5e-4)
    row = result.mrmc.query("metric == 'auc' and quantity == 'difference'").iloc[0]
    assert row["design"] == CASES_IN_GROUPS
    assert -row["estimate"] == pytest.approx(0.047, abs=0.003)
    assert row["std_error"] == pytest.approx(0.023, abs=0.004)


def test_a_study_whose_reader_groups_share_cases_in_part_is_analysed(viper) -> None:
    reads = viper("screeningLowP")
    mrmc, components, _ = multireader_analysis([task_reads(reads, reads.dictionary.tasks[0])])
    tested = mrmc.query("quantity == 'difference' and inference == 'random readers and cases'")
    assert set(tested["design"]) == {"readers' cases overlap in part"}
    assert tested["p_value"].between(0.0, 1.0).all()
    assert set(tested["n_readers"]) == {20}
    assert "missing_read" in {caveat.code for caveat in reads.caveats}
    assert np.isfinite(components["cov2"]).all()
