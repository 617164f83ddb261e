"""How good predictions are: discrimination, calibration, decision curves, comparison, resampling."""

from her2mri.evaluation.evaluation import Evaluation, evaluate
from her2mri.evaluation.notes import EvaluationNote
from her2mri.evaluation.prediction import Prediction

__all__ = ["Evaluation", "EvaluationNote", "Prediction", "evaluate"]
