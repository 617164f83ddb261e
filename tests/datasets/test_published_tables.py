"""The printed tables as the package carries them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from her2mri.datasets.published_tables import characteristics, characteristics_p, performance
from her2mri.dictionary import load_dictionary
from her2mri.vocabulary import METRICS, MODELS, SAMPLES

N = {
    "her2_positive": [128, 485, 41, 222, 32, 122],
    "her2_low": [369, 125, 166, 47, 93, 29],
}


@pytest.mark.parametrize("task", N)
def test_every_categorical_variable_counts_the_same_lesions(task: str) -> None:
    table = characteristics().query("task == @task and summary == 'count'")
    for _, rows in table.groupby("variable"):
        assert rows.groupby(["sample", "group"], sort=False)["count"].sum().tolist() == N[task]


def test_names_and_levels_are_the_dictionarys() -> None:
    dictionary = load_dictionary()
    table = characteristics()
    assert set(table["sample"]) <= set(SAMPLES)
    for name, rows in table.groupby("variable"):
        assert set(rows["level"]) <= {*dictionary[str(name)].values, ""}
    assert set(characteristics_p()["variable"]) == set(table["variable"])
    assert table["variable"].nunique() == 31


def test_performance_uses_the_words_of_every_result() -> None:
    table = performance()
    assert set(table["metric"]) <= set(METRICS)
    assert {name for name in table["model"] if not name.startswith("radiologist")} == set(MODELS)


def test_the_carried_tables_are_the_transcribed_ones(shared: Path) -> None:
    source = shared / "paper"
    cells = pd.read_csv(source / "table12_cells.csv")
    ours = characteristics()
    assert ours["count"].dropna().tolist() == cells["count"].dropna().tolist()
    middle = ours["mean"].fillna(ours["median"])
    assert middle.dropna().tolist() == cells["mean_or_median"].dropna().tolist()
    printed = pd.read_csv(source / "table34_performance.csv")["estimate"].dropna()
    assert performance()["estimate"].tolist() == printed.tolist()
