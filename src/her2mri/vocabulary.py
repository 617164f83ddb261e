"""The words of every result: samples, models, metrics and the columns of the long tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TRAINING: Final = "training"
INTERNAL_VALIDATION: Final = "internal_validation"
EXTERNAL_VALIDATION: Final = "external_validation"
CROSS_VALIDATED: Final = "cross_validated"
OPTIMISM_CORRECTED: Final = "optimism_corrected"

SAMPLES: Final[dict[str, str]] = {
    TRAINING: "Training",
    INTERNAL_VALIDATION: "Internal validation",
    EXTERNAL_VALIDATION: "External validation",
    CROSS_VALIDATED: "Cross-validated",
    OPTIMISM_CORRECTED: "Optimism-corrected",
}
"""Name of each sample a result may be about, with its label in reports, in the order of tables."""

MODELS: Final[dict[str, str]] = {
    "DT": "Decision tree",
    "SVM": "Support vector machine",
    "k-NN": "k-nearest neighbours",
    "ANN": "Artificial neural network",
    "LR": "Logistic regression",
}
"""Name of each model, with its label, in the order of the paper's tables."""

CHALLENGERS: Final[dict[str, str]] = {
    "EN": "Elastic net",
    "Firth": "Firth's logistic regression",
    "RCS": "Spline regression",
    "GB": "Gradient boosting",
}
"""Models that the published study did not have, developed beside its own."""

MODEL_LABELS: Final[dict[str, str]] = {**MODELS, **CHALLENGERS}
"""Every model with its label."""


@dataclass(frozen=True)
class Metric:
    """A figure of merit: its range, and which direction is better (``ideal`` for calibration)."""

    name: str
    label: str
    low: float
    high: float
    better: str  # "higher", "lower" or "ideal"
    ideal: float | None = None


_INFINITE: Final = float("inf")

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("auc", "AUC", 0.0, 1.0, "higher"),
        Metric("sensitivity", "Sensitivity", 0.0, 1.0, "higher"),
        Metric("specificity", "Specificity", 0.0, 1.0, "higher"),
        Metric("accuracy", "Accuracy", 0.0, 1.0, "higher"),
        Metric("npv", "Negative predictive value", 0.0, 1.0, "higher"),
        Metric("ppv", "Positive predictive value", 0.0, 1.0, "higher"),
        Metric("youden", "Youden index", -1.0, 1.0, "higher"),
        Metric("brier", "Brier score", 0.0, 1.0, "lower"),
        Metric("calibration_in_the_large", "Calibration in the large", -_INFINITE, _INFINITE, "ideal", 0.0),
        Metric("calibration_intercept", "Calibration intercept", -_INFINITE, _INFINITE, "ideal", 0.0),
        Metric("calibration_slope", "Calibration slope", -_INFINITE, _INFINITE, "ideal", 1.0),
        Metric("observed_expected", "Observed by expected events", 0.0, _INFINITE, "ideal", 1.0),
        Metric("ici", "Integrated calibration index", 0.0, 1.0, "lower"),
        Metric("e50", "Median calibration error (E50)", 0.0, 1.0, "lower"),
        Metric("e90", "90th percentile of the calibration error (E90)", 0.0, 1.0, "lower"),
        Metric("net_benefit", "Net benefit", -_INFINITE, 1.0, "higher"),
        Metric("dca_optimal_threshold", "Threshold of highest net benefit", 0.0, 1.0, "ideal"),
    )
}

CLASS_METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("pdi", "Polytomous discrimination index", 0.0, 1.0, "higher"),
        Metric("auc", "AUC, against the rest", 0.0, 1.0, "higher"),
        Metric("pairwise_auc", "AUC, between two classes", 0.0, 1.0, "higher"),
        Metric("brier_multiclass", "Brier score of all classes", 0.0, 2.0, "lower"),
        Metric("log_loss", "Logarithmic loss", 0.0, _INFINITE, "lower"),
        METRICS["observed_expected"],
        METRICS["calibration_in_the_large"],
        METRICS["calibration_slope"],
        METRICS["accuracy"],
        Metric("kappa_linear", "Kappa, linear weights", -1.0, 1.0, "higher"),
    )
}
"""Figures of merit of a prediction of three classes or more."""

PERFORMANCE_COLUMNS: Final = (
    "task", "model", "sample", "metric", "estimate", "conf_low", "conf_high", "threshold",
    "threshold_rule", "positive", "n", "n_events", "method",
)  # fmt: skip
"""Columns of ``performance.csv``; ``threshold_rule`` says how the cut-off behind a row was chosen."""

SELECTION_COLUMNS: Final = (
    "term", "variable", "step", "lasso_coefficient", "estimate", "std_error", "odds_ratio",
    "conf_low", "conf_high", "p_value", "test", "kept",
)  # fmt: skip
"""Columns of ``selection_<task>.csv``; ``conf_low`` and ``conf_high`` bound the odds ratio, ``test`` gave the p."""
