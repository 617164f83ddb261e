"""What a reader of the results must know: few events, failed resamples, what could not be estimated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd

from her2mri.evaluation.prediction import Prediction

FEW_EVENTS: Final = 10
EVENTS_FOR_CALIBRATION: Final = 100
"""Lesions of the smaller class below which calibration is judged imprecisely (doi:10.1002/sim.6787)."""


@dataclass(frozen=True)
class EvaluationNote:
    """One caveat about a task, and where they are named a sample and a model; ``code`` is stable."""

    code: str
    message: str
    task: str
    sample: str = ""
    model: str = ""


def notes_frame(notes: Iterable[EvaluationNote]) -> pd.DataFrame:
    """One row a note: code, message, task, sample, model."""
    return pd.DataFrame([asdict(note) for note in notes], columns=list(EvaluationNote.__dataclass_fields__))


def sample_notes(predictions: Iterable[Prediction]) -> list[EvaluationNote]:
    """Notes on the size of each sample, said once for all its models."""
    notes: dict[EvaluationNote, None] = {}
    for prediction in predictions:
        smaller = min(prediction.n_events, prediction.n - prediction.n_events)
        counted = f"{prediction.n_events} events and {prediction.n - prediction.n_events} non-events"
        code, message = "", ""
        if smaller == 0:
            code, message = "one_class", f"{counted}: discrimination and calibration do not exist"
        elif smaller < FEW_EVENTS:
            code, message = "few_events", f"{counted}: intervals may not cover as they say"
        elif smaller < EVENTS_FOR_CALIBRATION:
            code = "fewer_than_100_events"
            message = f"{counted}: calibration is judged imprecisely with fewer than 100 of either"
        if code:
            notes[EvaluationNote(code, message, prediction.task, prediction.sample)] = None
        if prediction.n_patients < prediction.n:
            message = f"{prediction.n} lesions of {prediction.n_patients} patients: every interval follows the patient"
            notes[EvaluationNote("several_lesions", message, prediction.task, prediction.sample)] = None
    return list(notes)
