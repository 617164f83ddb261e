"""Every figure of merit of one prediction of several classes, in long rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation import calibration
from her2mri.evaluation.bootstrap import percentile_interval
from her2mri.evaluation.clusters import effective_lesions, patient_codes
from her2mri.evaluation.delong import delong_interval
from her2mri.evaluation.performance import BOOTSTRAP, NOT_APPLICABLE, ROBUST_WALD
from her2mri.evaluation.polytomous import ClassPrediction, Indices, polytomous_parts
from her2mri.statistics.intervals import wilson

Floats = NDArray[np.float64]

CLASS_COLUMNS: Final = (
    "task", "model", "sample", "metric", "class", "versus", "call", "estimate", "conf_low", "conf_high",
    "n", "n_events", "method",
)  # fmt: skip
"""``class`` is empty where a figure is of all classes together; ``versus`` is the other class of a pair;
``call`` is the rule by which lesions got a class, where there is one; ``n_events`` is lesions of ``class``."""

TABLE_COLUMNS: Final = (
    "task", "model", "sample", "call", "class", "called", "count", "n", "share", "conf_low", "conf_high",
    "method",
)  # fmt: skip

_FLOOR: Final = calibration.CERTAIN  # what a probability of 0 is taken as in the log loss


@dataclass
class _Rows:
    prediction: ClassPrediction
    weights: Floats
    confidence: float
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        metric: str,
        estimate: float,
        bounds: tuple[float, float],
        method: str,
        *,
        of: int | None = None,
        versus: str = "",
        call: str = "",
        n: int | None = None,
    ) -> None:
        p = self.prediction
        self.rows.append(
            {
                "task": p.task,
                "model": p.model,
                "sample": p.sample,
                "metric": metric,
                "class": "" if of is None else p.classes[of],
                "versus": versus,
                "call": call,
                "estimate": estimate,
                "conf_low": bounds[0],
                "conf_high": bounds[1],
                "n": p.n if n is None else n,
                "n_events": np.nan if of is None else int(p.counts[of]),
                "method": method,
            }
        )

    def refuse(self, metric: str, reason: str, **where: Any) -> None:
        self.add(metric, np.nan, (np.nan, np.nan), f"{NOT_APPLICABLE}: {reason}", **where)

    def resampled(self, metric: str, estimate: float, replicates: Floats, **where: Any) -> None:
        if np.isnan(estimate):
            self.refuse(metric, "a class has no lesion", **where)
            return
        found = percentile_interval(replicates, confidence=self.confidence)
        self.add(metric, estimate, (found.conf_low, found.conf_high), BOOTSTRAP, **where)


def class_rows(
    prediction: ClassPrediction, weights: Floats, calls: dict[str, Indices], *, confidence: float
) -> list[dict[str, Any]]:
    """Rows of ``CLASS_COLUMNS``; ``weights`` (r, n) resample patients, ``calls`` give (n,) a class each."""
    gathered = _Rows(prediction, weights, confidence)
    _discrimination(gathered)
    _distance(gathered)
    for of in range(len(prediction.classes)):
        _calibration(gathered, of)
    for name, called in calls.items():
        _agreement(gathered, name, called)
    return gathered.rows


def table_rows(
    prediction: ClassPrediction, calls: dict[str, Indices], *, confidence: float
) -> list[dict[str, Any]]:
    """Rows of ``TABLE_COLUMNS``: true class by called class, ``share`` of the lesions of the true class.

    Wilson's interval, for the number that lesions of one patient are worth (``clusters.effective_lesions``).
    """
    p = prediction
    who = patient_codes(p.patient, p.n)
    rows: list[dict[str, Any]] = []
    for rule, called in calls.items():
        for true, label in enumerate(p.classes):
            members = p.y == true
            n = int(members.sum())
            worth = float(effective_lesions(who[members])[0]) if n else 0.0
            for place, called_label in enumerate(p.classes):
                count = int((called[members] == place).sum())
                share = count / n if n else np.nan
                low, high = wilson(share * worth if n else 0.0, worth, confidence=confidence)
                key = {"task": p.task, "model": p.model, "sample": p.sample, "call": rule, "class": label}
                found = {"called": called_label, "count": count, "n": n, "share": share}
                method = "Wilson" if worth == n else "Wilson, by patient"
                rows.append(
                    key | found | {"conf_low": float(low), "conf_high": float(high), "method": method}
                )
    return rows


def _discrimination(gathered: _Rows) -> None:
    p, confidence = gathered.prediction, gathered.confidence
    parts = polytomous_parts(p.y, p.probability, np.ones((1, p.n)))[0]
    again = polytomous_parts(p.y, p.probability, gathered.weights)
    gathered.resampled("pdi", float(parts.mean()), again.mean(axis=1))
    for of in range(len(p.classes)):
        gathered.resampled("pdi", float(parts[of]), again[:, of], of=of)
    for of in range(len(p.classes)):
        try:
            area = delong_interval(p.y == of, p.probability[:, of], patient=p.patient, confidence=confidence)
        except EstimationError as missing:
            gathered.refuse("auc", str(missing), of=of, versus="rest")
            continue
        bounds = area.conf_low, area.conf_high
        gathered.add("auc", area.estimate, bounds, area.method, of=of, versus="rest")
    for one, other in combinations(range(len(p.classes)), 2):
        _pair(gathered, one, other)


def _pair(gathered: _Rows, one: int, other: int) -> None:
    """AUC between two classes by the risk of the one given that it is one of the two."""
    p = gathered.prediction
    pair = np.isin(p.y, (one, other))
    versus, n = p.classes[other], int(pair.sum())
    both = p.probability[pair][:, [one, other]]
    total = both.sum(axis=1)
    score = np.divide(both[:, 0], total, out=np.full(len(both), 0.5), where=total > 0)
    try:
        area = delong_interval(
            p.y[pair] == one, score, patient=p.patient[pair], confidence=gathered.confidence
        )
    except EstimationError as missing:
        gathered.refuse("pairwise_auc", str(missing), of=one, versus=versus, n=n)
        return
    bounds = area.conf_low, area.conf_high
    gathered.add("pairwise_auc", area.estimate, bounds, area.method, of=one, versus=versus, n=n)


def _distance(gathered: _Rows) -> None:
    p = gathered.prediction
    truth = np.eye(len(p.classes))[p.y]
    squares = ((p.probability - truth) ** 2).sum(axis=1)
    losses = -np.log(np.maximum(p.probability[np.arange(p.n), p.y], _FLOOR))
    with np.errstate(invalid="ignore"):
        for metric, each in (("brier_multiclass", squares), ("log_loss", losses)):
            replicates = np.einsum("rn,n->r", gathered.weights, each) / gathered.weights.sum(axis=1)
            gathered.resampled(metric, float(each.mean()), replicates)


def _calibration(gathered: _Rows, of: int) -> None:
    """Each class against the rest, on the log odds of its probability."""
    p, confidence = gathered.prediction, gathered.confidence
    y, risk = p.y == of, p.probability[:, of]
    wald = "Wald" if p.n_patients == p.n else ROBUST_WALD
    for metric, measure in (
        ("observed_expected", calibration.observed_expected),
        ("calibration_in_the_large", calibration.calibration_in_the_large),
        ("calibration_slope", calibration.calibration_slope),
    ):
        try:
            found = measure(y, risk, patient=p.patient, confidence=confidence)
        except EstimationError as missing:
            gathered.refuse(metric, str(missing), of=of, versus="rest")
            continue
        gathered.add(metric, found.estimate, (found.conf_low, found.conf_high), wald, of=of, versus="rest")


def _agreement(gathered: _Rows, rule: str, called: Indices) -> None:
    """Share called right, and kappa with weights that fall by the step along the order of classes."""
    p = gathered.prediction
    k = len(p.classes)
    cell = p.y * k + called
    counted = np.stack([gathered.weights[:, cell == place].sum(axis=1) for place in range(k * k)], axis=1)
    one = np.bincount(cell, minlength=k * k).astype(float)[None]
    for metric, measure in (("accuracy", _accuracy), ("kappa_linear", _kappa)):
        gathered.resampled(metric, float(measure(one, k)[0]), measure(counted, k), call=rule)


def _accuracy(cells: Floats, k: int) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(cells[:, :: k + 1].sum(axis=1) / cells.sum(axis=1), dtype=float)


def _kappa(cells: Floats, k: int) -> Floats:
    """Linearly weighted kappa (doi:10.1037/h0026256) of tables (r, k * k)."""
    table = cells.reshape(-1, k, k)
    step = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / (k - 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
        expected /= table.sum(axis=(1, 2))[:, None, None]
        away, by_chance = ((step * each).sum(axis=(1, 2)) for each in (table, expected))
        return np.asarray(np.where(by_chance > 0, 1.0 - away / by_chance, np.nan), dtype=float)
