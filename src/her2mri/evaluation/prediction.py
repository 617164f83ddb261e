"""What one model said of the lesions of one sample: the only thing that evaluation takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """Outcome and probability of each lesion of one sample, by one model.

    ``lesion``, ``patient``, ``y`` and ``probability`` have shape (n,) and one order; identifiers become
    strings. ``y`` is 1 where the lesion belongs to the class that ``positive`` names, else 0, and
    ``probability`` is the probability of that class. ``is_label`` says that the model gives classes only
    (``probability`` is then 0 or 1): calibration and decision curves are "not applicable" to it.

    Raises ValueError where the arrays do not fit together.

    >>> Prediction("her2", "LR", "training", ["a", "b"], ["p", "p"], [0, 1], [0.2, 0.7], "HER2-positive").n
    2
    """

    task: str
    model: str
    sample: str
    lesion: NDArray[np.str_]
    patient: NDArray[np.str_]
    y: NDArray[np.int64]
    probability: NDArray[np.float64]
    positive: str
    is_label: bool = False

    def __post_init__(self) -> None:
        columns = {
            "lesion": np.array(self.lesion, dtype=np.str_),
            "patient": np.array(self.patient, dtype=np.str_),
            "y": np.array(self.y, dtype=float),
            "probability": np.array(self.probability, dtype=float),
        }
        for name, column in columns.items():
            if column.shape != (len(columns["y"]),):
                raise ValueError(f"{name} must have shape ({len(columns['y'])},), got {column.shape}")
        if not len(columns["y"]):
            raise ValueError("a prediction needs one lesion or more")
        if not np.isin(columns["y"], (0, 1)).all():
            raise ValueError("y must be 0 or 1 for every lesion")
        inside = (columns["probability"] >= 0) & (columns["probability"] <= 1)
        if not inside.all():
            raise ValueError(f"probability must lie in [0, 1], {int((~inside).sum())} lesions do not")
        if self.is_label and not np.isin(columns["probability"], (0, 1)).all():
            raise ValueError("a model that gives labels must have probability 0 or 1 for every lesion")
        if len(np.unique(columns["lesion"])) != len(columns["lesion"]):
            raise ValueError("lesion must name each lesion once")
        columns["y"] = columns["y"].astype(np.int64)
        for name, column in columns.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    @property
    def n(self) -> int:
        """Number of lesions."""
        return len(self.y)

    @property
    def n_events(self) -> int:
        """Number of lesions of the positive class."""
        return int(self.y.sum())

    @property
    def n_patients(self) -> int:
        """Number of patients behind the lesions."""
        return len(np.unique(self.patient))

    @property
    def has_both_classes(self) -> bool:
        """Whether a lesion of each class is there."""
        return 0 < self.n_events < self.n

    def frame(self) -> pd.DataFrame:
        """One row a lesion: task, model, sample, lesion_id, patient_id, y, probability, positive."""
        return pd.DataFrame(
            {
                "task": self.task,
                "model": self.model,
                "sample": self.sample,
                "lesion_id": self.lesion,
                "patient_id": self.patient,
                "y": self.y,
                "probability": self.probability,
                "positive": self.positive,
            }
        )
