"""Repeated nested cross-validation: every fold is predicted by a development that never saw its patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.cohort.split import grouped_folds
from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import distance_interval, patient_weights, percentile_interval, seed_of
from her2mri.evaluation.prediction import Prediction
from her2mri.jobs import run_jobs
from her2mri.models.development import Development
from her2mri.validation.failures import failures_of_outcome, failures_table, first_if_all_failed
from her2mri.validation.resampling import Lesions, Outcome, Run, held_out
from her2mri.validation.scores import SCORES, is_label, scores, scores_of_resamples
from her2mri.vocabulary import CROSS_VALIDATED, METRICS, PERFORMANCE_COLUMNS

RESAMPLES: Final = 500
"""Resamples of patients behind the intervals of cross-validated scores."""
LABEL_MAJORITY: Final = 0.5


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Out-of-fold probabilities (n_repeats, n) of each model by name, NaN where a fold's development failed.

    ``failures`` has an entry for each development, repeat by repeat: the reasons by ``failures_of_outcome``.
    """

    task: str
    positive: str
    lesion: NDArray[np.str_]
    patient_id: NDArray[np.str_]
    y: IntArray
    probability: Mapping[str, FloatArray]
    failures: tuple[Mapping[str, str], ...]
    n_folds: int
    seed: int
    confidence: float

    @property
    def n_repeats(self) -> int:
        """The number of divisions into folds."""
        return len(self.failures) // self.n_folds

    def frame(self) -> pd.DataFrame:
        """Scores of the pooled out-of-fold probabilities, the mean over repeats: ``PERFORMANCE_COLUMNS``.

        The interval is of a bootstrap of patients that keeps the out-of-fold probabilities as they are.
        See docs/decisions/0102.
        """
        return self._performance.copy()

    def repeats_frame(self) -> pd.DataFrame:
        """The scores of each repeat: task, model, repeat (from 1), metric, estimate, n."""
        rows = []
        for model, repeats in self.probability.items():
            for number, probability in enumerate(repeats, 1):
                known = np.isfinite(probability)
                found = scores(self.y[known], probability[known]) if known.any() else {}
                common = {"task": self.task, "model": model, "repeat": number, "n": int(known.sum())}
                rows += [{**common, "metric": name, "estimate": value} for name, value in found.items()]
        return pd.DataFrame(rows, columns=["task", "model", "repeat", "metric", "estimate", "n"])

    def predictions(self) -> tuple[Prediction, ...]:
        """Each model's out-of-fold probability of each lesion, its mean over repeats, ready for ``evaluate``.

        The mean is of probabilities, not of log odds, so that a lesion's answer is the share of events among
        lesions like it as the models see it, and a certain answer needs no exception. Of a model that gives
        labels it is the majority. A lesion that no repeat predicts is left out.
        """
        return tuple(self._prediction(model) for model in self.probability)

    def failures_frame(self) -> pd.DataFrame:
        """Developments that ended without models, by reason: see ``failures.FAILURE_COLUMNS``."""
        return failures_table(self.task, "cross-validation", self.failures)

    @cached_property
    def _performance(self) -> pd.DataFrame:
        own = seed_of(self.seed, self.task, "intervals of the cross-validation")
        weights = patient_weights(self.patient_id, RESAMPLES, own)
        rows = [row for model in self.probability for row in self._rows(model, weights)]
        return pd.DataFrame(rows, columns=list(PERFORMANCE_COLUMNS))

    def _rows(self, model: str, weights: FloatArray) -> list[dict[str, Any]]:
        estimates, replicates = [], []
        for probability in self.probability[model]:
            known = np.isfinite(probability)
            if known.any():
                estimates.append(scores(self.y[known], probability[known]))
                replicates.append(scores_of_resamples(self.y[known], probability[known], weights[:, known]))
        rows = []
        for metric in SCORES:
            each = np.array([found[metric] for found in estimates])
            if not np.isfinite(each).any():
                continue
            estimate = float(np.nanmean(each))
            again = np.mean([found[metric] for found in replicates], axis=0)
            rows.append(self._row(model, metric, estimate, again, int(np.isfinite(each).sum())))
        return rows

    def _row(
        self, model: str, metric: str, estimate: float, replicates: FloatArray, used: int
    ) -> dict[str, Any]:
        if metric == "ici":
            found = distance_interval(estimate, replicates, confidence=self.confidence)
            interval = "bootstrap by patient about the estimate, lower arm lengthened by bias, cut at 0"
        else:
            found = percentile_interval(replicates, confidence=self.confidence)
            interval = "bootstrap by patient, percentile"
        method = f"{self.n_folds}-fold cross-validation by patient, mean of {used} repeats; {interval}"
        return {
            "task": self.task,
            "model": model,
            "sample": CROSS_VALIDATED,
            "metric": metric,
            "estimate": estimate,
            "conf_low": found.conf_low,
            "conf_high": min(found.conf_high, METRICS[metric].high),
            "threshold": np.nan,
            "threshold_rule": "",
            "positive": self.positive,
            "n": len(self.y),
            "n_events": int(self.y.sum()),
            "method": method,
        }

    def _prediction(self, model: str) -> Prediction:
        repeats = self.probability[model]
        known = np.isfinite(repeats).any(axis=0)
        mean = np.clip(np.nanmean(repeats[:, known], axis=0), 0.0, 1.0)
        label = is_label(repeats[np.isfinite(repeats)])
        return Prediction(
            task=self.task,
            model=model,
            sample=CROSS_VALIDATED,
            lesion=self.lesion[known],
            patient=self.patient_id[known],
            y=self.y[known],
            probability=(mean >= LABEL_MAJORITY).astype(float) if label else mean,
            positive=self.positive,
            is_label=label,
        )


def cross_validate_development(
    development: Development,
    frame: pd.DataFrame,
    y: IntArray,
    patient: IntArray,
    *,
    task: str,
    positive: str,
    seed: int,
    n_repeats: int = 10,
    n_folds: int = 10,
    workers: int = 1,
    run: Run | None = None,
    confidence: float = 0.95,
) -> CrossValidation:
    """Repeat the whole development without each fold in turn, for several divisions into folds by patient.

    Whatever the development tunes or selects by folds of its own is nested inside. Parameters as in
    :func:`validate_development`; raises EstimationError where every development fails.
    """
    if n_repeats < 1 or n_folds < 2:
        raise ValueError(
            f"there must be 1 repeat and 2 folds or more, got {n_repeats} repeats of {n_folds} folds"
        )
    do = partial(run_jobs, workers=workers) if run is None else run
    lesions = Lesions.of(frame, y, patient)
    places = [
        folds == fold
        for number in range(n_repeats)
        for folds in [grouped_folds(lesions.y, lesions.patient, n_folds, fold_seed(seed, task, number))]
        for fold in range(n_folds)
    ]
    jobs = [partial(held_out, development, lesions, inside) for inside in places]
    outcomes = do(f"{task}: cross-validation of the development", jobs)
    if reason := first_if_all_failed(outcomes):
        raise EstimationError(f"the development failed without every fold, first: {reason}")
    return CrossValidation(
        task=task,
        positive=positive,
        lesion=lesions.names("lesion_id"),
        patient_id=lesions.patient.astype(str),
        y=lesions.y,
        probability=_pooled(outcomes, places, n_folds),
        failures=tuple(failures_of_outcome(outcome) for outcome in outcomes),
        n_folds=n_folds,
        seed=seed,
        confidence=confidence,
    )


def fold_seed(seed: int, task: str, repeat: int) -> int:
    """The seed of one division into folds."""
    return int(seed_of(seed, task, "cross-validation", str(repeat)).generate_state(1)[0])


def _pooled(
    outcomes: Sequence[Outcome], places: Sequence[NDArray[np.bool_]], n_folds: int
) -> dict[str, FloatArray]:
    """The out-of-fold probabilities (n_repeats, n) of each model; NaN where a fold failed."""
    models = dict.fromkeys(name for outcome in outcomes for name in outcome.get("models", {}))
    shape = len(outcomes) // n_folds, len(places[0])
    pooled: dict[str, FloatArray] = {name: np.full(shape, np.nan) for name in models}
    for at, (outcome, inside) in enumerate(zip(outcomes, places, strict=True)):
        for name, found in outcome.get("models", {}).items():
            pooled[name][at // n_folds, inside] = found["probability"]
    return pooled
