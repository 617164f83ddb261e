"""Evaluate predictions of three classes or more: discrimination, calibration of each class, who is called what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import patient_weights, seed_of
from her2mri.evaluation.calibration_curve import CURVE_COLUMNS, calibration_curve
from her2mri.evaluation.polytomous import ClassPrediction, Indices, chained_call, highest_probability
from her2mri.evaluation.polytomous_rows import CLASS_COLUMNS, TABLE_COLUMNS, class_rows, table_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HIGHEST_PROBABILITY: Final = "highest_probability"
CHAINED_CUTOFFS: Final = "chained_cutoffs"
CALLS: Final = {
    HIGHEST_PROBABILITY: "the likeliest class",
    CHAINED_CUTOFFS: "one class after another, each at its locked cut-off",
}
"""Rules by which a lesion gets a class, with what they mean."""

CLASS_CALIBRATION_COLUMNS: Final = ("task", "model", "sample", "class", *CURVE_COLUMNS)


@dataclass(frozen=True, eq=False)
class ClassEvaluation:
    """Tables about predictions of several classes, each in long rows."""

    performance: pd.DataFrame
    calibration: pd.DataFrame
    table: pd.DataFrame
    confidence: float

    def frame(self) -> pd.DataFrame:
        """Every figure of merit: ``polytomous_rows.CLASS_COLUMNS``."""
        return self.performance.copy()

    def calibration_frame(self) -> pd.DataFrame:
        """The calibration curve of each class against the rest: ``CLASS_CALIBRATION_COLUMNS``."""
        return self.calibration.copy()

    def table_frame(self) -> pd.DataFrame:
        """True class by called class: ``polytomous_rows.TABLE_COLUMNS``."""
        return self.table.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Calibration of each class in the last sample of the first model."""
        first = self.calibration.iloc[0]
        of_model = self.calibration[self.calibration["model"] == first["model"]]
        return self.plot_calibration(str(first["model"]), str(of_model["sample"].iloc[-1]), ax)

    def plot_calibration(self, model: str, sample: str, ax: Axes | None = None) -> Axes:
        """Smooth curve with band and grouped points of each class."""
        from her2mri.evaluation.drawing_polytomous import draw_class_calibration

        return draw_class_calibration(_part(self.calibration, model=model, sample=sample), ax=ax)

    def plot_table(
        self, model: str, sample: str, call: str = HIGHEST_PROBABILITY, ax: Axes | None = None
    ) -> Axes:
        """True class by called class: counts and shares, darker where there are more."""
        from her2mri.evaluation.drawing_polytomous import draw_class_table

        return draw_class_table(_part(self.table, model=model, sample=sample, call=call), ax=ax)


def evaluate_classes(
    predictions: Sequence[ClassPrediction],
    *,
    seed: int,
    cutoffs: Mapping[str, Sequence[float]] | None = None,
    n_bootstrap: int = 2000,
    confidence: float = 0.95,
) -> ClassEvaluation:
    """Evaluate each prediction; rows come in the order given.

    Lesions are called by both ``CALLS``: the likeliest class, and, for the models named in ``cutoffs``, one
    class after another (``chained_call``) at the model's cut-offs (k - 1,), which must have been locked on
    development data. What cannot be estimated, a class without a lesion
    say, is a row "not applicable". Raises ValueError for two predictions of one task, model and sample.
    """
    keys = [(p.task, p.model, p.sample) for p in predictions]
    if repeated := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"one prediction for each task, model and sample, got more for {repeated}")
    performance, table, curves = [], [], []
    for p in predictions:
        calls: dict[str, Indices] = {HIGHEST_PROBABILITY: highest_probability(p.probability)}
        if cutoffs and p.model in cutoffs:
            calls[CHAINED_CUTOFFS] = chained_call(p.probability, cutoffs[p.model])
        own = seed_of(seed, p.task, p.model, p.sample, "classes")
        weights = patient_weights(p.patient, n_bootstrap, own)
        performance += class_rows(p, weights, calls, confidence=confidence)
        table += table_rows(p, calls, confidence=confidence)
        curves += _curves(p, confidence)
    columns = list(CLASS_CALIBRATION_COLUMNS)
    return ClassEvaluation(
        performance=pd.DataFrame(performance, columns=list(CLASS_COLUMNS)),
        calibration=pd.concat(curves, ignore_index=True)[columns]
        if curves
        else pd.DataFrame(columns=columns),
        table=pd.DataFrame(table, columns=list(TABLE_COLUMNS)),
        confidence=confidence,
    )


def _curves(prediction: ClassPrediction, confidence: float) -> list[pd.DataFrame]:
    """Curves of the classes that have one; one without says why in its row of the slope."""
    p = prediction
    found = []
    for place, label in enumerate(p.classes):
        try:
            curve = calibration_curve(
                p.y == place, p.probability[:, place], patient=p.patient, confidence=confidence
            )
        except EstimationError:
            continue
        key = {"task": p.task, "model": p.model, "sample": p.sample, "class": label}
        found.append(curve.assign(**key))
    return found


def _part(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Rows of one model and sample; raises KeyError where there are none."""
    chosen = table
    for column, name in wanted.items():
        chosen = chosen[chosen[column] == name]
    if chosen.empty:
        raise KeyError(f"no rows for {wanted}")
    return chosen
