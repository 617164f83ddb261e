"""A frozen model on a new centre's lesions: how well it does there, without the lesions it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.bundle import Answer, Bundle
from her2mri.bundle.arrays import Z_95
from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import Fault, TableError
from her2mri.evaluation.bootstrap import patient_weights, seed_of
from her2mri.evaluation.notes import EvaluationNote
from her2mri.evaluation.performance import YOUDEN_IN_SAMPLE, YOUDEN_TRAINING, Resampled, performance_rows
from her2mri.evaluation.prediction import Prediction
from her2mri.transport.new_lesions import answers_of, read_new_lesions
from her2mri.vocabulary import EXTERNAL_VALIDATION, PERFORMANCE_COLUMNS

CASE_MIX_COLUMNS: Final = (
    "variable", "label", "level", "statistic", "development", "here",
    "standardised_difference", "conf_low", "conf_high",
)  # fmt: skip
_CERTAIN: Final = 1e-9


@dataclass(frozen=True)
class NewCentre:
    """The lesions of a table that a model can speak of and whose outcome is known; ``y`` is 1 for an event.

    ``left_out`` counts the other lesions of the table by reason.
    """

    frame: pd.DataFrame
    patient: np.ndarray[tuple[int], np.dtype[np.str_]]
    y: IntArray
    answers: tuple[Answer, ...]
    left_out: dict[str, int]

    @property
    def probability(self) -> FloatArray:
        """Of the event, for each lesion."""
        return np.array([answer.probability for answer in self.answers], dtype=float)


@dataclass(frozen=True, eq=False)
class Validation:
    """A bundle on new lesions; ``performance`` has the vocabulary's columns, ``case_mix`` CASE_MIX_COLUMNS."""

    bundle: Bundle
    centre: NewCentre
    performance: pd.DataFrame
    case_mix: pd.DataFrame
    notes: tuple[EvaluationNote, ...]

    def frame(self) -> pd.DataFrame:
        """Discrimination, calibration, and classification and net benefit at the locked threshold."""
        return self.performance.copy()

    def case_mix_frame(self) -> pd.DataFrame:
        """Each input and the linear predictor, in development and here."""
        return self.case_mix.copy()

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON; numbers that do not exist are None."""
        return {
            "bundle": self.bundle.sha256,
            "lesions": len(self.centre.y),
            "n_events": int(self.centre.y.sum()),
            "left_out": self.centre.left_out,
            "performance": _records(self.performance),
            "case_mix": _records(self.case_mix),
            "notes": [note.message for note in self.notes],
        }


def read_centre(bundle: Bundle, table: Path) -> NewCentre:
    """The lesions of a table, answered by the bundle.

    Raises TableError where the outcome is not there or fewer than two lesions remain.
    """
    frame = read_new_lesions(bundle, table, label_rule=bundle.content["lineage"]["label_rule"])
    task = bundle.task
    if task.outcome not in frame or frame[task.outcome].isna().all():
        problem = f"the outcome ({task.outcome}) is neither given nor does it follow from what is"
        raise TableError([Fault(table.name, problem)])
    eligible = frame[task.outcome].isin(task.eligible).to_numpy(dtype=bool)
    answers = answers_of(bundle, frame[eligible], (None,))
    answered = np.array([not answer.refused for answer in answers], dtype=bool)
    left_out = {"no outcome of this task": int((~eligible).sum())} if not eligible.all() else {}
    for answer in answers:
        if answer.refused:
            left_out[answer.refused] = left_out.get(answer.refused, 0) + 1
    kept = frame[eligible][answered].reset_index(drop=True)
    if len(kept) < 2:
        raise TableError(
            [Fault(table.name, f"{len(kept)} lesions that the model can speak of; it takes two")]
        )
    patient = kept["patient_id"] if "patient_id" in kept else kept["lesion_id"]
    return NewCentre(
        frame=kept,
        patient=patient.to_numpy(dtype=str),
        y=kept[task.outcome].isin(task.positive).to_numpy().astype(np.int64),
        answers=tuple(answer for answer in answers if isinstance(answer, Answer) and not answer.refused),
        left_out=left_out,
    )


def validate(bundle: Bundle, centre: NewCentre, *, seed: int = 0, n_bootstrap: int = 2000) -> Validation:
    """Performance at the threshold that the bundle locks, never at one chosen on these lesions."""
    prediction = Prediction(
        bundle.task.name,
        bundle.model,
        EXTERNAL_VALIDATION,
        centre.frame["lesion_id"].to_numpy(dtype=str),
        centre.patient,
        centre.y,
        centre.probability,
        bundle.task.positive_label,
    )
    performance, notes = measured(bundle, prediction, seed=seed, n_bootstrap=n_bootstrap)
    return Validation(bundle, centre, performance, case_mix(bundle, centre), notes)


def measured(
    bundle: Bundle, prediction: Prediction, *, seed: int = 0, n_bootstrap: int = 2000
) -> tuple[pd.DataFrame, tuple[EvaluationNote, ...]]:
    """Performance of predictions by the bundle's task, at its locked threshold, and what must be said of it."""
    own = seed_of(seed, prediction.task, prediction.model, prediction.sample)
    weights = patient_weights(prediction.patient, n_bootstrap, own)
    if prediction.n_patients < 2:
        weights = np.zeros((n_bootstrap, prediction.n))
    resampled = Resampled.of(prediction, weights, confidence=0.95)
    rows, notes = performance_rows(resampled, locked_threshold=bundle.locked_threshold)
    performance = pd.DataFrame(rows, columns=list(PERFORMANCE_COLUMNS))
    locked = performance["threshold_rule"].isin(["", YOUDEN_TRAINING])
    said = tuple(note for note in notes if YOUDEN_IN_SAMPLE not in note.message)
    return performance[locked].reset_index(drop=True), said


def case_mix(bundle: Bundle, centre: NewCentre) -> pd.DataFrame:
    """Development against these lesions: outcome, inputs and linear predictor.

    Differences are in standard deviations with their large-sample 95 % interval (Hedges and Olkin 1985); the
    linear predictor's mean and spread tell a different case mix from a different effect (Debray and others
    2015, doi:10.1016/j.jclinepi.2014.06.018).
    """
    n = bundle.content["development"]["n"]
    outcome = _share_row("outcome", bundle.task.positive_label, "", bundle.prevalence, centre.y, n)
    rows = [outcome, *input_rows(bundle, centre.frame, centre.probability)]
    return pd.DataFrame(rows, columns=list(CASE_MIX_COLUMNS))


def input_rows(bundle: Bundle, frame: pd.DataFrame, probability: FloatArray) -> list[dict[str, Any]]:
    """The rows of ``case_mix`` that need no outcome: each input, and the linear predictor."""
    development = bundle.content["development"]
    n, rows = development["n"], []
    for known in bundle.inputs:
        variable, summary = known.variable, development["variables"][known.variable.name]
        if variable.name not in frame:
            continue
        values = frame[variable.name].dropna()
        if "counts" in summary:
            total = max(sum(summary["counts"].values()), 1)
            for level in known.levels:
                here = np.asarray(values == level, dtype=np.float64)
                label = f"{variable.label}: {variable.label_of(level)}"
                share = summary["counts"][level] / total
                rows.append(_share_row(variable.name, label, level, share, here, total))
        else:
            numbers = values.to_numpy(dtype=float)
            rows.append(_mean_row(variable.name, variable.title, summary["mean"], summary["sd"], numbers, n))
    inside = np.clip(probability, _CERTAIN, 1 - _CERTAIN)
    log_odds = np.log(inside) - np.log1p(-inside)
    found = development["linear_predictor"]
    rows.append(_mean_row("linear_predictor", "Linear predictor", found["mean"], found["sd"], log_odds, n))
    spread = {"statistic": "sd", "development": found["sd"], "here": float(log_odds.std())}
    rows.append({"variable": "linear_predictor", "label": "Linear predictor", "level": "", **spread})
    return rows


def _share_row(
    name: str, label: str, level: str, development: float, here: FloatArray | IntArray, n: int
) -> dict[str, Any]:
    share = float(np.mean(here)) if len(here) else np.nan
    spread = np.sqrt((development * (1 - development) + share * (1 - share)) / 2)
    difference = _difference(share - development, spread, n, len(here))
    return {"variable": name, "label": label, "level": level, "statistic": "share",
            "development": development, "here": share, **difference}  # fmt: skip


def _mean_row(name: str, label: str, mean: float, sd: float, here: FloatArray, n: int) -> dict[str, Any]:
    found = float(here.mean()) if len(here) else np.nan
    spread = np.sqrt((sd**2 + (float(here.var()) if len(here) else np.nan)) / 2)
    return {"variable": name, "label": label, "level": "", "statistic": "mean",
            "development": mean, "here": found, **_difference(found - mean, spread, n, len(here))}  # fmt: skip


def _difference(difference: float, spread: float, n_development: int, n_here: int) -> dict[str, float]:
    if not spread > 0 or not n_here:
        missing = 0.0 if difference == 0 else np.nan
        return {"standardised_difference": missing, "conf_low": np.nan, "conf_high": np.nan}
    standardised = difference / spread
    total = n_development + n_here
    half = Z_95 * np.sqrt(total / (n_development * n_here) + standardised**2 / (2 * total))
    ends = {"conf_low": standardised - half, "conf_high": standardised + half}
    return {"standardised_difference": standardised, **ends}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    records = table.to_dict("records")
    return [
        {str(key): None if pd.isna(value) else value for key, value in record.items()} for record in records
    ]
