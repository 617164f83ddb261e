"""Evaluate models on samples: every table of performance, calibration, decision curves and comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from numpy.typing import ArrayLike

from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import prediction_weights
from her2mri.evaluation.calibration_curve import CURVE_COLUMNS, calibration_curve
from her2mri.evaluation.comparison import compare_models
from her2mri.evaluation.decision_curve import DECISION_THRESHOLDS, checked_thresholds
from her2mri.evaluation.decision_curve_table import CURVE_COLUMNS as DECISION_COLUMNS
from her2mri.evaluation.decision_curve_table import decision_curve_table
from her2mri.evaluation.discrimination import roc_curve
from her2mri.evaluation.notes import EvaluationNote, notes_frame, sample_notes
from her2mri.evaluation.performance import Resampled, locked_cutoff, performance_rows
from her2mri.evaluation.prediction import Prediction
from her2mri.evaluation.rule_out import rule_out
from her2mri.vocabulary import MODELS, PERFORMANCE_COLUMNS, SAMPLES, TRAINING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KEY: Final = ("task", "model", "sample", "positive")
ROC_COLUMNS: Final = (*_KEY, "threshold", "sensitivity", "specificity")
CALIBRATION_COLUMNS: Final = (*_KEY, *CURVE_COLUMNS)
DECISION_CURVE_COLUMNS: Final = (*_KEY, *DECISION_COLUMNS)
RULE_OUT_COLUMNS: Final = (
    *_KEY, "certainty", "n", "n_ruled_out", "n_missed", "npv", "conf_low", "conf_high", "method",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Tables about a set of predictions, each in long rows; ``notes`` is what must be read with them."""

    performance: pd.DataFrame
    roc: pd.DataFrame
    calibration: pd.DataFrame
    decision_curve: pd.DataFrame
    rule_out: pd.DataFrame
    comparison: pd.DataFrame
    notes: tuple[EvaluationNote, ...]
    confidence: float

    def frame(self) -> pd.DataFrame:
        """The performance table: rows of ``vocabulary.PERFORMANCE_COLUMNS``."""
        return self.performance.copy()

    def roc_frame(self) -> pd.DataFrame:
        """Sensitivity and specificity at every cut-off."""
        return self.roc.copy()

    def calibration_frame(self) -> pd.DataFrame:
        """Smooth curves, grouped points and distributions of probabilities."""
        return self.calibration.copy()

    def decision_curve_frame(self) -> pd.DataFrame:
        """Net benefit by threshold probability, with that of treating all and none, and what follows from it."""
        return self.decision_curve.copy()

    def rule_out_frame(self) -> pd.DataFrame:
        """The lesions ruled out by each model in each sample."""
        return self.rule_out.copy()

    def comparison_frame(self) -> pd.DataFrame:
        """Paired tests between the models' AUCs."""
        return self.comparison.copy()

    def notes_frame(self) -> pd.DataFrame:
        """One row a note."""
        return notes_frame(self.notes)

    def plot(self, ax: Axes | None = None) -> Axes:
        """ROC curves of all models in the last sample of the first task: for new lesions, the one that tells."""
        task = str(self.roc["task"].iloc[0])
        return self.plot_roc(task, str(self.roc.loc[self.roc["task"] == task, "sample"].iloc[-1]), ax)

    def plot_roc(self, task: str, sample: str, ax: Axes | None = None) -> Axes:
        """ROC curves of all models in one sample."""
        from her2mri.evaluation.drawing_roc import draw_roc

        curves, areas = (_part(table, task, sample=sample) for table in (self.roc, self.performance))
        return draw_roc(curves, areas, confidence=self.confidence, ax=ax)

    def plot_calibration(self, task: str, model: str, ax: Axes | None = None) -> Axes:
        """Calibration curves of one model in all samples."""
        from her2mri.evaluation.drawing_calibration import draw_calibration

        return draw_calibration(_part(self.calibration, task, model=model), ax=ax)

    def plot_decision_curve(self, task: str, model: str, ax: Axes | None = None) -> Axes:
        """Decision curves of one model in all samples."""
        from her2mri.evaluation.drawing_decision_curve import draw_decision_curve

        return draw_decision_curve(_part(self.decision_curve, task, model=model), ax=ax)


def evaluate(
    predictions: Sequence[Prediction],
    *,
    seed: int,
    n_bootstrap: int = 2000,
    confidence: float = 0.95,
    rule_out_certainty: float = 0.95,
    thresholds: ArrayLike = DECISION_THRESHOLDS,
    locked_on: str = TRAINING,
) -> Evaluation:
    """Evaluate each prediction, and compare those of one task and sample.

    ``thresholds`` (m,) is the range of the decision curves, to be set before any curve is seen.
    Each (task, model, sample) is resampled with a seed of its own made from ``seed`` and the names, so a row
    is the same to the last byte whatever else is evaluated with it. Rows come in the order of tasks given,
    and within a task in the order of the vocabulary's samples and models. The "youden_training" rows carry
    the cut-off of the sample ``locked_on`` of the same task and model. What cannot be estimated is a row "not
    applicable" and, where it is the data's fault, a note; only predictions that contradict each other raise
    (ValueError).
    """
    ordered, range_of_curves = _in_order(predictions), checked_thresholds(thresholds)
    cutoffs = {(p.task, p.model): locked_cutoff(p) for p in ordered if p.sample == locked_on}
    performance: list[dict[str, Any]] = []
    notes = sample_notes(ordered)
    tables: dict[str, list[pd.DataFrame]] = {
        "roc": [],
        "calibration": [],
        "decision_curve": [],
        "rule_out": [],
    }
    for prediction in ordered:
        weights = prediction_weights(prediction, n_bootstrap, seed)
        resampled = Resampled.of(prediction, weights, confidence=confidence)
        cutoff = cutoffs.get((prediction.task, prediction.model))
        rows, said = performance_rows(resampled, locked_threshold=cutoff)
        performance += rows
        notes += said + _add_curves(tables, resampled, rule_out_certainty)
        if not prediction.is_label:
            decision = decision_curve_table(resampled, range_of_curves, locked_threshold=cutoff)
            tables["decision_curve"].append(_keyed(prediction, decision))
    return Evaluation(
        performance=pd.DataFrame(performance, columns=list(PERFORMANCE_COLUMNS)),
        roc=_stacked(tables["roc"], ROC_COLUMNS),
        calibration=_stacked(tables["calibration"], CALIBRATION_COLUMNS),
        decision_curve=_stacked(tables["decision_curve"], DECISION_CURVE_COLUMNS),
        rule_out=_stacked(tables["rule_out"], RULE_OUT_COLUMNS),
        comparison=compare_models(ordered, confidence=confidence),
        notes=tuple(notes),
        confidence=confidence,
    )


def _add_curves(
    tables: dict[str, list[pd.DataFrame]], resampled: Resampled, certainty: float
) -> list[EvaluationNote]:
    """Append the curves of one prediction, but for the decision curve, and return what must be said of them."""
    prediction, confidence = resampled.prediction, resampled.confidence
    if prediction.has_both_classes:
        tables["roc"].append(_keyed(prediction, roc_curve(prediction.y, prediction.probability).frame()))
    if prediction.is_label:
        return []
    tables["rule_out"].append(_rule_out(prediction, certainty, confidence))
    try:
        curve = calibration_curve(
            prediction.y, prediction.probability, patient=prediction.patient, confidence=confidence
        )
    except EstimationError as missing:
        key = (prediction.task, prediction.sample, prediction.model)
        return [EvaluationNote("no_calibration_curve", str(missing), *key)]
    tables["calibration"].append(_keyed(prediction, curve))
    return []


def _in_order(predictions: Sequence[Prediction]) -> list[Prediction]:
    tasks = list(dict.fromkeys(p.task for p in predictions))
    seen = [(p.task, p.model, p.sample) for p in predictions]
    repeated = sorted({key for key in seen if seen.count(key) > 1})
    if repeated:
        raise ValueError(f"one prediction for each task, model and sample, got more for {repeated}")
    positives = {(p.task, p.positive) for p in predictions}
    if len(positives) > len(tasks):
        raise ValueError(f"a task must have one positive class, got {sorted(positives)}")
    samples, models = list(SAMPLES), list(MODELS)

    def place(known: list[str], name: str) -> tuple[int, str]:
        return (known.index(name), "") if name in known else (len(known), name)

    return sorted(
        predictions, key=lambda p: (tasks.index(p.task), place(samples, p.sample), place(models, p.model))
    )


def _rule_out(prediction: Prediction, certainty: float, confidence: float) -> pd.DataFrame:
    found = rule_out(
        prediction.y,
        prediction.probability,
        patient=prediction.patient,
        certainty=certainty,
        confidence=confidence,
    )
    return _keyed(prediction, pd.DataFrame([asdict(found)]))


def _keyed(prediction: Prediction, table: pd.DataFrame) -> pd.DataFrame:
    """The table with who it is about in front."""
    key = pd.DataFrame({name: getattr(prediction, name) for name in _KEY}, index=table.index)
    return pd.concat([key, table], axis=1)


def _stacked(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(tables, ignore_index=True)[list(columns)]


def _part(table: pd.DataFrame, task: str, **wanted: str) -> pd.DataFrame:
    """Rows of one task and model or sample; raises KeyError where there are none."""
    chosen = table[table["task"] == task]
    for column, name in wanted.items():
        chosen = chosen[chosen[column] == name]
    if chosen.empty:
        raise KeyError(f"no rows for task {task!r} and {wanted}")
    return chosen
