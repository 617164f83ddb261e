"""How well a model did here: discrimination, calibration, and decisions at the locked threshold, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from her2mri.bundle import Bundle
from her2mri.bundle.arrays import FloatArray, IntArray
from her2mri.web.monitoring.judged import Said

Texts = np.ndarray[tuple[int], np.dtype[np.str_]]
CurveRows = tuple[tuple[float, float, float, float], ...]

FEWEST: Final = 10
"""Events, and as many others: with fewer no figure is shown."""
RESAMPLES: Final = 1000

LABELS: Final = {
    "auc": ("AUC", "how well it tells the two apart; 0.5 is chance"),
    "observed_expected": ("Observed : expected", "events that came by events foretold; ideal 1"),
    "calibration_in_the_large": ("Calibration in the large", "shift of the log odds; ideal 0"),
    "calibration_slope": ("Calibration slope", "below 1: probabilities too extreme; ideal 1"),
    "brier": ("Brier score", "mean squared distance of probability and outcome; lower is better"),
    "sensitivity": ("Sensitivity", "at the locked threshold"),
    "specificity": ("Specificity", "at the locked threshold"),
    "net_benefit": ("Net benefit", "at the locked threshold, in true positives a lesion"),
    "treat_all": ("… of acting on all", "the same without a model; acting on none is 0"),
    "gain": ("Gain over the better of both", "below 0: deciding without the model would be better"),
}


@dataclass(frozen=True)
class Figure:
    """One measure with its 95 % interval, and the development's where there is one."""

    name: str
    estimate: float
    low: float
    high: float
    at_development: tuple[float, float, float] | None = None

    @property
    def label(self) -> str:
        """As people read it."""
        return LABELS[self.name][0]

    @property
    def meaning(self) -> str:
        """What it says."""
        return LABELS[self.name][1]


@dataclass(frozen=True)
class Curve:
    """The smooth calibration curve with its band, and groups of lesions with their intervals, as rows (m, 4)."""

    smooth: CurveRows
    groups: CurveRows


def is_enough(events: int, lesions: int) -> bool:
    """Whether figures are shown."""
    return min(events, lesions - events) >= FEWEST


def figures(bundle: Bundle, true: Sequence[Said]) -> tuple[Figure, ...]:
    """Every measure of LABELS that there is, by the functions of ``her2mri validate``; intervals by patient."""
    from her2mri.evaluation.prediction import Prediction
    from her2mri.transport.validate import measured

    y, p, patient = _arrays(true)
    names = np.array([str(said.case.lesion) for said in true])
    task = bundle.task
    prediction = Prediction(
        task.name, bundle.model, "reading room", names, patient, y, p, task.positive_label
    )
    table, _ = measured(bundle, prediction, n_bootstrap=RESAMPLES)
    developed = _at_development(bundle)
    found = {
        row["metric"]: Figure(
            row["metric"], row["estimate"], row["conf_low"], row["conf_high"], developed.get(row["metric"])
        )
        for row in table.to_dict("records")
        if row["metric"] in LABELS and row["estimate"] == row["estimate"]
    }
    found |= {figure.name: figure for figure in _decisions(bundle, y, p, patient)}
    return tuple(found[name] for name in LABELS if name in found)


def calibration(true: Sequence[Said]) -> Curve:
    """The calibration curve of the lesions; their patients make its band."""
    from her2mri.evaluation.calibration_curve import calibration_curve

    y, p, patient = _arrays(true)
    table = calibration_curve(y, p, patient=patient)
    columns = ["predicted", "observed", "conf_low", "conf_high"]

    def rows(kind: str) -> CurveRows:
        found = table.loc[table["kind"] == kind, columns].to_numpy(dtype=float).tolist()
        return tuple((predicted, observed, low, high) for predicted, observed, low, high in found)

    return Curve(rows("smooth"), rows("group"))


def _decisions(bundle: Bundle, y: IntArray, p: FloatArray, patient: Texts) -> list[Figure]:
    """Net benefit of acting on all, and the gain of the model over the better of all and none, by bootstrap."""
    from her2mri.evaluation.bootstrap import patient_weights, seed_of

    threshold = bundle.locked_threshold
    if threshold is None or not 0 < threshold < 1:
        return []
    odds = threshold / (1 - threshold)
    acted = (p >= threshold).astype(float)
    worth = np.where(y == 1, 1.0, -odds)
    weights = patient_weights(patient, RESAMPLES, seed_of(0, bundle.task.name, "decisions"))
    weights = np.vstack([np.ones(len(y)), weights])
    total = weights.sum(axis=1)
    model, everybody = weights @ (worth * acted) / total, weights @ worth / total
    found = []
    for name, values in (("treat_all", everybody), ("gain", model - np.maximum(everybody, 0.0))):
        low, high = np.quantile(values[1:], (0.025, 0.975))
        found.append(Figure(name, float(values[0]), float(low), float(high)))
    return found


def _at_development(bundle: Bundle) -> dict[str, tuple[float, float, float]]:
    """What the bundle says of its development lesions: apparent, unless its sample says otherwise."""
    return {
        row["metric"]: (row["estimate"], row["conf_low"], row["conf_high"])
        for row in bundle.content["performance"]
        if row["metric"] == "auc" and row["sample"] == "training"
    }


def _arrays(true: Sequence[Said]) -> tuple[IntArray, FloatArray, Texts]:
    """Outcomes, probabilities and patients."""
    y = np.array([bool(said.event) for said in true], dtype=np.int64)
    p = np.array([said.probability for said in true], dtype=float)
    return y, p, np.array([said.case.patient for said in true], dtype=np.str_)
