"""The rows of the performance table for one prediction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation import calibration
from her2mri.evaluation.bootstrap import BootstrapInterval, distance_interval, percentile_interval
from her2mri.evaluation.calibration_smooth import calibration_smooth
from her2mri.evaluation.classification import (
    CLASSIFICATION_METRICS,
    classification_measures,
    youden_positions,
)
from her2mri.evaluation.cutoffs import CutoffCounts, counts_at_youden, counts_by_cutoff
from her2mri.evaluation.decision_curve import DCA_RULES, dca_optima_of_counts, net_benefit_of_counts
from her2mri.evaluation.delong import delong_interval
from her2mri.evaluation.notes import EvaluationNote
from her2mri.evaluation.prediction import Prediction
from her2mri.statistics.intervals import clopper_pearson

Floats = NDArray[np.float64]

YOUDEN_IN_SAMPLE: Final = "youden_in_sample"
YOUDEN_TRAINING: Final = "youden_training"
BOOTSTRAP: Final = "bootstrap by patient, percentile"
DISTANCE_BOOTSTRAP: Final = "bootstrap by patient about the estimate, lower arm lengthened by bias, cut at 0"
TO_ZERO_BOOTSTRAP: Final = (
    "bootstrap by patient about the estimate, from 0 as perfect calibration is not rejected"
)
ROBUST_WALD: Final = "Wald, robust by patient"
EXACT: Final = "Clopper-Pearson (the bootstrap interval has no width)"
NOT_APPLICABLE: Final = "not applicable"
LABEL_CUTOFF: Final = 0.5

SMOOTH_METRICS: Final = ("ici", "e50", "e90")
CALIBRATION_METRICS: Final = (
    "brier", "observed_expected", "calibration_in_the_large", "calibration_intercept", "calibration_slope",
    *SMOOTH_METRICS,
)  # fmt: skip

_LABELS_ONLY: Final = "the model gives class labels, not probabilities"
_ONE_CLASS: Final = "lesions of one class only"


@dataclass(frozen=True, eq=False)
class Resampled:
    """A prediction with its resamples: how often each lesion stands in each (r, n), and counts by cut-off."""

    prediction: Prediction
    weights: Floats
    confidence: float
    counts: CutoffCounts
    replicates: CutoffCounts

    @classmethod
    def of(cls, prediction: Prediction, weights: Floats, *, confidence: float) -> Resampled:
        """Count both once, for every row that needs them."""
        y, p = prediction.y, prediction.probability
        replicates = counts_by_cutoff(y, p, weights=weights)
        return cls(prediction, weights, confidence, counts_by_cutoff(y, p), replicates)


@dataclass
class _Rows:
    """Rows being gathered for one prediction, with what must be said about them."""

    resampled: Resampled
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[EvaluationNote] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        metric: str,
        estimate: float,
        bounds: tuple[float, float],
        method: str,
        *,
        threshold: float = np.nan,
        rule: str = "",
    ) -> None:
        prediction = self.resampled.prediction
        self.rows.append(
            {
                "task": prediction.task,
                "model": prediction.model,
                "sample": prediction.sample,
                "metric": metric,
                "estimate": estimate,
                "conf_low": bounds[0],
                "conf_high": bounds[1],
                "threshold": threshold,
                "threshold_rule": rule,
                "positive": prediction.positive,
                "n": prediction.n,
                "n_events": prediction.n_events,
                "method": method,
            }
        )

    def refuse(self, metric: str, reason: str, *, threshold: float = np.nan, rule: str = "") -> None:
        method = f"{NOT_APPLICABLE}: {reason}"
        self.add(metric, np.nan, (np.nan, np.nan), method, threshold=threshold, rule=rule)

    def bounds(self, replicates: Floats, metric: str, rule: str = "") -> tuple[float, float]:
        return self._counted(
            percentile_interval(replicates, confidence=self.resampled.confidence), metric, rule
        )

    def distance_bounds(self, estimate: float, replicates: Floats, metric: str) -> tuple[float, float]:
        return self._counted(
            distance_interval(estimate, replicates, confidence=self.resampled.confidence), metric
        )

    def _counted(self, found: BootstrapInterval, metric: str, rule: str = "") -> tuple[float, float]:
        if found.n_failed:
            self.failed[f"{metric} ({rule})" if rule else metric] = found.n_failed
        return found.conf_low, found.conf_high

    def note(self, code: str, message: str) -> None:
        prediction = self.resampled.prediction
        self.notes.append(EvaluationNote(code, message, prediction.task, prediction.sample, prediction.model))


def performance_rows(
    resampled: Resampled, *, locked_threshold: float | None
) -> tuple[list[dict[str, Any]], list[EvaluationNote]]:
    """Every row of the performance table for one prediction, and the notes on them.

    ``locked_threshold`` is the cut-off fixed on the training sample (None: there is no training sample, and
    its rows are "not applicable").
    """
    gathered = _Rows(resampled)
    _discrimination(gathered)
    _in_sample(gathered)
    _locked(gathered, locked_threshold)
    _calibration(gathered)
    _decision(gathered, locked_threshold)
    if gathered.failed:
        said = ", ".join(f"{name} {count}" for name, count in gathered.failed.items())
        total = len(resampled.weights)
        gathered.note(
            "failed_resamples", f"of {total} resamples these gave no estimate and were left out: {said}"
        )
    return gathered.rows, gathered.notes


def locked_cutoff(prediction: Prediction) -> float | None:
    """Youden's cut-off of a training sample, 0.5 for labels; None where it has one class.

    0 stands for "everybody is positive".
    """
    if not prediction.has_both_classes:
        return None
    if prediction.is_label:
        return LABEL_CUTOFF
    counts = counts_by_cutoff(prediction.y, prediction.probability)
    return max(float(counts.thresholds[youden_positions(counts)[0]]), 0.0)


def _discrimination(gathered: _Rows) -> None:
    resampled = gathered.resampled
    prediction = resampled.prediction
    try:
        area = delong_interval(
            prediction.y, prediction.probability, patient=prediction.patient, confidence=resampled.confidence
        )
    except EstimationError:
        gathered.refuse("auc", _ONE_CLASS)
    else:
        gathered.add("auc", area.estimate, (area.conf_low, area.conf_high), area.method)


def _in_sample(gathered: _Rows) -> None:
    resampled = gathered.resampled
    if not resampled.prediction.has_both_classes:
        for metric in CLASSIFICATION_METRICS:
            gathered.refuse(metric, _ONE_CLASS, rule=YOUDEN_IN_SAMPLE)
        return
    cutoff = locked_cutoff(resampled.prediction)
    assert cutoff is not None  # both classes are there
    if cutoff == 0.0:
        gathered.note(
            "no_cutoff_beats_chance", "no cut-off has a Youden index above 0: everybody is positive"
        )
    if resampled.prediction.is_label:
        _classification(gathered, cutoff, YOUDEN_IN_SAMPLE, *resampled.replicates.at(LABEL_CUTOFF))
        return
    prediction = resampled.prediction
    true_positives, false_positives, positives, negatives = counts_at_youden(
        prediction.y, prediction.probability, resampled.weights
    )
    one_class = (positives == 0) | (negatives == 0)
    true_positives = np.where(one_class, np.nan, true_positives)
    false_positives = np.where(one_class, np.nan, false_positives)
    _classification(gathered, cutoff, YOUDEN_IN_SAMPLE, true_positives, false_positives)


def _locked(gathered: _Rows, cutoff: float | None) -> None:
    if cutoff is None:
        for metric in CLASSIFICATION_METRICS:
            gathered.refuse(metric, "no training sample of both classes", rule=YOUDEN_TRAINING)
        return
    _classification(gathered, cutoff, YOUDEN_TRAINING, *gathered.resampled.replicates.at(cutoff))


def _classification(
    gathered: _Rows, cutoff: float, rule: str, true_positives: Floats, false_positives: Floats
) -> None:
    """Rows at one cut-off; the counts (r,) are of the resamples, at the cut-off of each."""
    resampled = gathered.resampled
    counts, again = resampled.counts, resampled.replicates
    found_tp, found_fp = counts.at(cutoff)
    found = classification_measures(found_tp, found_fp, counts.positives, counts.negatives)
    resampled_measures = classification_measures(
        true_positives, false_positives, again.positives, again.negatives
    )
    tallies = _tallies(float(found_tp[0]), float(found_fp[0]), counts)
    for metric in CLASSIFICATION_METRICS:
        estimate = float(found[metric][0])
        if np.isnan(estimate):
            gathered.refuse(metric, "no lesion to divide by", threshold=cutoff, rule=rule)
            continue
        bounds, method = gathered.bounds(resampled_measures[metric], metric, rule), BOOTSTRAP
        if bounds[0] == bounds[1] and metric in tallies:
            low, high = clopper_pearson(*tallies[metric], confidence=resampled.confidence)
            bounds, method = (float(low), float(high)), EXACT
        gathered.add(metric, estimate, bounds, method, threshold=cutoff, rule=rule)


def _tallies(found: float, wrong: float, counts: CutoffCounts) -> dict[str, tuple[float, float]]:
    """Numerator and denominator of each measure that is a share of lesions."""
    positives, negatives = float(counts.positives[0]), float(counts.negatives[0])
    total, called = positives + negatives, found + wrong
    return {
        "sensitivity": (found, positives),
        "specificity": (negatives - wrong, negatives),
        "accuracy": (found + negatives - wrong, total),
        "npv": (negatives - wrong, total - called),
        "ppv": (found, called),
    }


def _calibration(gathered: _Rows) -> None:
    resampled = gathered.resampled
    prediction, weights = resampled.prediction, resampled.weights
    y, p = prediction.y.astype(float), prediction.probability
    if prediction.is_label:
        for metric in CALIBRATION_METRICS:
            gathered.refuse(metric, _LABELS_ONLY)
        return
    with np.errstate(invalid="ignore"):
        replicates = np.einsum("rn,n->r", weights, (p - y) ** 2) / weights.sum(axis=1)
    gathered.add("brier", calibration.brier(y, p), gathered.bounds(replicates, "brier"), BOOTSTRAP)
    wald = "Wald" if prediction.n_patients == prediction.n else ROBUST_WALD
    try:
        ratio = calibration.observed_expected(
            y, p, patient=prediction.patient, confidence=resampled.confidence
        )
        method = f"{wald}, on the log scale"
        gathered.add("observed_expected", ratio.estimate, (ratio.conf_low, ratio.conf_high), method)
    except EstimationError as missing:
        gathered.refuse("observed_expected", str(missing))
    if moved := calibration.certain_moved(p):
        wald = f"{wald}, {moved}"
        gathered.note("certain_probabilities", f"to have log odds, {moved}")
    _recalibration(gathered, wald)
    _smooth(gathered)


def _recalibration(gathered: _Rows, wald: str) -> None:
    prediction, confidence = gathered.resampled.prediction, gathered.resampled.confidence
    y, p, patient = prediction.y, prediction.probability, prediction.patient
    try:
        large = calibration.calibration_in_the_large(y, p, patient=patient, confidence=confidence)
        gathered.add("calibration_in_the_large", large.estimate, (large.conf_low, large.conf_high), wald)
    except EstimationError as missing:
        gathered.refuse("calibration_in_the_large", str(missing))
    try:
        pair = calibration.calibration_intercept_and_slope(y, p, patient=patient, confidence=confidence)
        for metric, found in zip(("calibration_intercept", "calibration_slope"), pair, strict=True):
            gathered.add(metric, found.estimate, (found.conf_low, found.conf_high), wald)
    except EstimationError as missing:
        gathered.refuse("calibration_intercept", str(missing))
        gathered.refuse("calibration_slope", str(missing))


def _smooth(gathered: _Rows) -> None:
    """The indices of the smooth curve; their interval reaches 0 where no miscalibration is shown."""
    prediction, confidence = gathered.resampled.prediction, gathered.resampled.confidence
    try:
        smooth = calibration_smooth(prediction.y, prediction.probability)
    except EstimationError as missing:
        for metric in SMOOTH_METRICS:
            gathered.refuse(metric, str(missing))
        return
    perfect = smooth.perfect_p_value(prediction.patient)
    replicates = smooth.indices_of_resamples(gathered.resampled.weights)
    for metric, estimate in smooth.indices().items():
        low, high = gathered.distance_bounds(estimate, replicates[metric], metric)
        method = DISTANCE_BOOTSTRAP
        if perfect >= 1.0 - confidence and low > 0.0:
            low, method = 0.0, TO_ZERO_BOOTSTRAP
        gathered.add(metric, estimate, (low, high), f"{method}; {smooth.method}")


def _decision(gathered: _Rows, cutoff: float | None) -> None:
    resampled = gathered.resampled
    if resampled.prediction.is_label:
        gathered.refuse("net_benefit", _LABELS_ONLY, rule=YOUDEN_TRAINING)
        for rule in DCA_RULES:
            gathered.refuse("dca_optimal_threshold", _LABELS_ONLY, rule=rule)
        return
    with np.errstate(invalid="ignore"):
        if cutoff is None or cutoff >= 1.0:
            gathered.refuse("net_benefit", "no training cut-off below 1", rule=YOUDEN_TRAINING)
        else:
            at = np.array([cutoff])
            estimate = float(net_benefit_of_counts(resampled.counts, at)[0, 0])
            replicates = net_benefit_of_counts(resampled.replicates, at)[:, 0]
            bounds = gathered.bounds(replicates, "net_benefit")
            gathered.add("net_benefit", estimate, bounds, BOOTSTRAP, threshold=cutoff, rule=YOUDEN_TRAINING)
        optima, again = dca_optima_of_counts(resampled.counts), dca_optima_of_counts(resampled.replicates)
    for rule, meaning in DCA_RULES.items():
        if np.isnan(optima[rule][0]):
            gathered.refuse("dca_optimal_threshold", f"no {meaning}", rule=rule)
            continue
        bounds = gathered.bounds(again[rule], "dca_optimal_threshold", rule)
        method = f"{BOOTSTRAP}; {meaning}"
        gathered.add("dca_optimal_threshold", float(optima[rule][0]), bounds, method, rule=rule)
