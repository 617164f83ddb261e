"""What the published cohort makes of the paper's own analyses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from her2mri.cohort.design_matrix import Encoding
from her2mri.datasets.published_cohort import published_cohort
from her2mri.datasets.published_tables import characteristics_p, performance
from her2mri.dictionary import Task, load_dictionary
from her2mri.selection.logistic import fit_logistic
from her2mri.selection.paper_selection import paper_selection
from her2mri.statistics import table_one
from her2mri.vocabulary import TRAINING

TASKS = load_dictionary().tasks


def lesions_of(task: Task) -> pd.DataFrame:
    frame = published_cohort().frame
    return frame[frame["her2_status"].isin(task.eligible) & frame[task.set_column].notna()]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_published_logistic_model_discriminates_as_printed(task: Task) -> None:
    frame = lesions_of(task)
    y = frame["her2_status"].isin(task.positive).to_numpy(dtype=int)
    training = (frame[task.set_column] == TRAINING).to_numpy()
    dictionary = load_dictionary()
    encoding = Encoding.learn(frame[training], [dictionary[name] for name in task.published])
    X = encoding.matrix(frame)
    linear = X @ fit_logistic(X[training], y[training]).coefficients[1:]
    printed = performance().query("task == @task.name and model == 'LR' and metric == 'auc'")
    assert len(printed) == 3
    for sample, auc, low, high in zip(
        printed["sample"], printed["estimate"], printed["conf_low"], printed["conf_high"], strict=True
    ):
        inside = (frame[task.set_column] == sample).to_numpy()
        found = roc_auc_score(y[inside], linear[inside])
        assert low <= found <= high
        assert found == pytest.approx(auc, abs=0.01)


def test_134_of_162_categorical_p_values_are_within_001_of_the_printed() -> None:
    """Compared as printed, to two decimals. They hang on the continuous variables too, through the adjustment."""
    dictionary = load_dictionary()
    printed = characteristics_p()
    described = [variable for variable in dictionary.variables if variable.name in set(printed["variable"])]
    within = 0
    categorical = {variable.name for variable in described if variable.is_categorical}
    for task in TASKS:
        frame = lesions_of(task)
        for sample, rows in frame.groupby(task.set_column):
            table = table_one(
                rows,
                described,
                rows["her2_status"].isin(task.positive).to_numpy(),
                positive_label=task.positive_label,
                negative_label=task.negative_label,
                sample=str(sample),
            ).frame()
            found = table.drop_duplicates("variable").set_index("variable")["p_adjusted"]
            asked = printed[(printed["task"] == task.name) & (printed["sample"] == sample)]
            for name, p in zip(asked["variable"], asked["p_adjusted"], strict=True):
                within += name in categorical and abs(round(found[name], 2) - p) <= 0.01 + 1e-9
    assert len(categorical) * 6 == 162
    assert within >= 134


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_papers_selection_arrives_at_the_published_predictors(task: Task) -> None:
    """So it was tuned: this shows that the cohort serves as a benchmark, not that the predictors are right."""
    frame = lesions_of(task)
    frame = frame[frame[task.set_column] == TRAINING]
    candidates = [v for v in load_dictionary().with_role("predictor") if v.name in frame]
    encoding = Encoding.learn(frame, candidates)
    folds = np.random.default_rng(0).permutation(len(frame)) % 10
    y = frame["her2_status"].isin(task.positive).to_numpy(dtype=int)
    chosen = paper_selection(encoding, encoding.matrix(frame), y, folds)
    assert set(chosen.variables) == set(task.published)
