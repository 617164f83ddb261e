"""Validation of a development by bootstrapping patients: what of its performance is optimism."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError
from her2mri.jobs import run_jobs
from her2mri.models.development import Development
from her2mri.validation.failures import failures_of_outcome, failures_table, first_if_all_failed
from her2mri.validation.model_resamples import ModelResamples
from her2mri.validation.optimism_table import OPTIMISM_COLUMNS, optimism_rows, performance_rows
from her2mri.validation.resampling import Lesions, Run, bootstrap_jobs, developed_once, resample_rows
from her2mri.validation.stability import calibration_instability, instability, selected_pairs, selected_share
from her2mri.vocabulary import PERFORMANCE_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class DevelopmentValidation:
    """A development judged by repeating it on resamples of its patients.

    ``lesion`` (n,) names the lesions. ``failures`` has for each resample the reasons by
    ``failures_of_outcome``. A model of the development that no resample gave is not among ``models``.
    """

    task: str
    positive: str
    lesion: NDArray[np.str_]
    lesions: Lesions
    models: tuple[ModelResamples, ...]
    failures: tuple[Mapping[str, str], ...]
    seed: int
    confidence: float

    @property
    def n_bootstrap(self) -> int:
        """The number of resamples drawn."""
        return len(self.failures)

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models."""
        return tuple(model.model for model in self.models)

    def frame(self) -> pd.DataFrame:
        """The corrected estimates, rows of ``vocabulary.PERFORMANCE_COLUMNS``: by optimism and by .632+.

        AUC and Brier score have a row of each; ``method`` says which. A score that does not exist for a model
        (calibration of labels) has no row.
        """
        rows = [
            row
            for found in self._optimism.to_dict("records")
            for row in performance_rows(
                {str(name): value for name, value in found.items()},
                self.lesions.y,
                positive=self.positive,
                n_bootstrap=self.n_bootstrap,
            )
        ]
        return pd.DataFrame(rows, columns=list(PERFORMANCE_COLUMNS))

    def optimism_frame(self) -> pd.DataFrame:
        """One row a model and score: apparent, means over resamples, optimism, corrected; .632+ with its parts."""
        return self._optimism.copy()

    def selection_frame(self) -> pd.DataFrame:
        """How often each variable was selected: model, variable, selected, n_selected, share, interval.

        ``selected``: by the development on all lesions. The interval (Wilson) is of the share that infinitely
        many resamples of these lesions would show.
        """
        return self._stacked(partial(selected_share, confidence=self.confidence))

    def pairs_frame(self) -> pd.DataFrame:
        """How often two variables were selected together: model, variable, other, n_together, share, expected."""
        return self._stacked(selected_pairs)

    def instability_frame(self) -> pd.DataFrame:
        """One row a lesion and model: probability, its 2.5 and 97.5 % percentiles over resamples, and ``mape``.

        ``mape`` is the mean absolute distance between the probabilities of the resamples' models and that of
        the model. Riley and Collins (2023), doi:10.1002/bimj.202200302.
        """
        return self._stacked(lambda model: instability(model, self.lesion, self.lesions.y))

    def calibration_instability_frame(self, *, n_curves: int = 100) -> pd.DataFrame:
        """Calibration curves on the original lesions of the models of the first ``n_curves`` resamples.

        Columns task, model, resample (-1: the model itself), predicted, observed.
        """
        return self._stacked(lambda model: calibration_instability(model, self.lesions.y, n_curves))

    def failures_frame(self) -> pd.DataFrame:
        """Resamples that ended without models, by reason: see ``failures.FAILURE_COLUMNS``."""
        return failures_table(self.task, "bootstrap", self.failures)

    def plot(self, ax: Axes | None = None) -> Axes:
        """How often each variable was selected, of the first model."""
        return self.plot_selection(self.models[0].model, ax)

    def plot_selection(
        self, model: str, ax: Axes | None = None, *, labels: Mapping[str, str] | None = None
    ) -> Axes:
        """Bars of how often each variable was selected for one model; ``labels`` stand for variables' names."""
        from her2mri.validation.drawing_selection import draw_selection

        return draw_selection(self._of(self.selection_frame(), model), labels=labels, ax=ax)

    def plot_instability(self, model: str, ax: Axes | None = None) -> Axes:
        """The probability of each lesion by the model, against those by the models of the resamples."""
        from her2mri.validation.drawing_instability import draw_instability

        return draw_instability(self._of(self.instability_frame(), model), ax=ax)

    def plot_calibration_instability(self, model: str, ax: Axes | None = None) -> Axes:
        """Calibration curves on these lesions of the models of the resamples, that of the model in front."""
        from her2mri.validation.drawing_instability import draw_calibration_instability

        return draw_calibration_instability(self._of(self.calibration_instability_frame(), model), ax=ax)

    def resample_weights(self) -> FloatArray:
        """How often each lesion stands in each resample (r, n)."""
        patient, size = self.lesions.patient, len(self.lesions.y)
        drawn = (resample_rows(patient, self.seed, self.task, index) for index in range(self.n_bootstrap))
        return np.array([np.bincount(rows, minlength=size) for rows in drawn], dtype=float)

    @cached_property
    def _optimism(self) -> pd.DataFrame:
        weights, y = self.resample_weights(), self.lesions.y
        rows = [
            row
            for model in self.models
            for row in optimism_rows(model, y, weights, task=self.task, confidence=self.confidence)
        ]
        return pd.DataFrame(rows, columns=list(OPTIMISM_COLUMNS))

    def _of(self, table: pd.DataFrame, model: str) -> pd.DataFrame:
        if model not in self.model_names:
            raise KeyError(f"no model {model!r} among {', '.join(self.model_names)}")
        return table[table["model"] == model]

    def _stacked(self, table: Callable[[ModelResamples], pd.DataFrame]) -> pd.DataFrame:
        found = pd.concat([table(model) for model in self.models], ignore_index=True)
        found.insert(0, "task", self.task)
        return found


def validate_development(
    development: Development,
    frame: pd.DataFrame,
    y: IntArray,
    patient: IntArray,
    *,
    task: str,
    positive: str,
    seed: int,
    n_bootstrap: int = 1000,
    workers: int = 1,
    run: Run | None = None,
    confidence: float = 0.95,
) -> DevelopmentValidation:
    """Repeat the whole development on resamples of the patients, and judge its models by them.

    Parameters
    ----------
    development
        Everything from candidate variables to models.
    frame, y, patient
        The lesions: variables, 1 (positive) or 0, and the number of each one's patient.
    task, positive
        Names for the results; the task's name also makes the stream of random numbers.
    seed
        Of the resamples.
    n_bootstrap
        Resamples. The same first resamples are drawn whatever their number.
    workers, run
        Processes, or what does the jobs in their place; the results are the same.
    confidence
        The nominal coverage of the intervals.

    Raises
    ------
    EstimationError
        Where the development fails on the lesions themselves, or on every resample.

    """
    if n_bootstrap < 1:
        raise ValueError(f"n_bootstrap must be 1 or more, got {n_bootstrap}")
    do = partial(run_jobs, workers=workers) if run is None else run
    lesions = Lesions.of(frame, y, patient)
    (whole,) = do(f"{task}: development", [partial(developed_once, development, lesions)])
    if reason := first_if_all_failed([whole]):
        raise EstimationError(f"the development on all lesions failed: {reason}")
    jobs = bootstrap_jobs(development, lesions, task=task, seed=seed, n_bootstrap=n_bootstrap)
    batches = do(f"{task}: bootstrap of the development", jobs)
    outcomes = [outcome for batch in batches for outcome in batch["resamples"]]
    if reason := first_if_all_failed(outcomes):
        raise EstimationError(f"the development failed on every resample, first: {reason}")
    models = (ModelResamples.gathered(name, found, outcomes) for name, found in whole["models"].items())
    return DevelopmentValidation(
        task=task,
        positive=positive,
        lesion=lesions.names("lesion_id"),
        lesions=lesions,
        models=tuple(model for model in models if model.developed.any()),
        failures=tuple(failures_of_outcome(outcome) for outcome in outcomes),
        seed=seed,
        confidence=confidence,
    )
