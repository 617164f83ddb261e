"""Two tasks as one answer: the second asks about the lesions on one side of the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray
from her2mri.dictionary import Task
from her2mri.evaluation.performance import YOUDEN_TRAINING
from her2mri.evaluation.polytomous import ClassPrediction
from her2mri.evaluation.polytomous_evaluation import ClassEvaluation, evaluate_classes
from her2mri.study.recommended.result import RecommendedTask
from her2mri.vocabulary import CROSS_VALIDATED, EXTERNAL_VALIDATION

CHAIN = "{first} then {second}"


@dataclass(frozen=True)
class Chained:
    """A task and the one that asks about its non-events."""

    first: RecommendedTask
    second: RecommendedTask

    @property
    def classes(self) -> tuple[str, str, str]:
        """The labels in the order in which they are called."""
        one, other = self.first.plan.data.task, self.second.plan.data.task
        return one.positive_label, other.positive_label, other.negative_label


def chained(tasks: Mapping[str, RecommendedTask]) -> Chained | None:
    """The two tasks that make a chain; None where no two do."""
    for first in tasks.values():
        for second in tasks.values():
            if _follows(first.plan.data.task, second.plan.data.task):
                return Chained(first, second)
    return None


def _follows(first: Task, second: Task) -> bool:
    same = first.outcome == second.outcome
    return first.name != second.name and same and set(second.eligible) <= set(first.negative)


def evaluate_chain(chain: Chained, *, seed: int, n_bootstrap: int) -> ClassEvaluation:
    """The three classes in held-out lesions, by the models chosen for each task."""
    names = {"first": chain.first.choice.model, "second": chain.second.choice.model}
    model = CHAIN.format(**names)
    found = [_predicted(chain, sample, model) for sample in (CROSS_VALIDATED, EXTERNAL_VALIDATION)]
    return evaluate_classes(
        [prediction for prediction in found if prediction is not None],
        seed=seed,
        cutoffs={model: (_cutoff(chain.first), _cutoff(chain.second))},
        n_bootstrap=n_bootstrap,
    )


def _predicted(chain: Chained, sample: str, model: str) -> ClassPrediction | None:
    """The lesions of a sample whose class is known, with the probability of each class."""
    first = _said(chain.first, sample)
    if first is None:
        return None
    frame = chain.first.plan.data.frame.set_index("lesion_id").loc[first.index]
    second = _second(chain.second, sample, frame)
    y = _classes(chain, frame)
    known = (y >= 0) & np.isfinite(second)
    if not known.any():
        return None
    p, q = first.to_numpy()[known], second[known]
    return ClassPrediction(
        task=f"{chain.first.name} and {chain.second.name}",
        model=model,
        sample=sample,
        classes=chain.classes,
        lesion=frame.index[known].to_numpy(dtype=str),
        patient=frame.loc[known, "patient_id"].to_numpy(dtype=str),
        y=y[known],
        probability=np.column_stack([p, (1 - p) * q, (1 - p) * (1 - q)]),
    )


def _said(task: RecommendedTask, sample: str) -> pd.Series | None:
    """Probabilities of the model chosen, by lesion."""
    for prediction in task.predictions:
        if prediction.model == task.choice.model and prediction.sample == sample:
            return pd.Series(prediction.probability, index=prediction.lesion)
    return None


def _second(task: RecommendedTask, sample: str, frame: pd.DataFrame) -> FloatArray:
    """The second model's probability of each lesion; NaN where none is held out.

    A lesion of its own task has what that task's validation says. To the others, the events of the first task,
    its final model is a stranger, unless another lesion of the patient was developed on: those have none.
    """
    final = task.developed[task.choice.model].probability(frame.reset_index())
    own = frame.index.isin(task.plan.data.frame["lesion_id"])
    met = frame["patient_id"].isin(task.plan.developing.frame["patient_id"]).to_numpy()
    strangers = pd.Series(final, index=frame.index).mask(own | met)
    held_out = _said(task, sample)
    answered = strangers if held_out is None else held_out.reindex(frame.index).fillna(strangers)
    return np.asarray(answered, dtype=np.float64)


def _classes(chain: Chained, frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The place of each lesion's class; -1 where its outcome is none of the three."""
    one, other = chain.first.plan.data.task, chain.second.plan.data.task
    outcome = frame[one.outcome]
    y = np.full(len(frame), -1, dtype=np.int64)
    for place, levels in enumerate((one.positive, other.positive, other.negative)):
        y[outcome.isin(levels).to_numpy(dtype=bool)] = place
    return y


def _cutoff(task: RecommendedTask) -> float:
    rows = task.evaluation.frame()
    chosen = (rows["model"] == task.choice.model) & (rows["threshold_rule"] == YOUDEN_TRAINING)
    return float(rows.loc[chosen, "threshold"].iloc[0])
