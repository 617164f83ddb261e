"""How good predictions are: discrimination, calibration, decision curves, comparison, subgroups, resampling."""

from her2mri.evaluation.decision_comparison import DecisionComparison, compare_net_benefit
from her2mri.evaluation.evaluation import Evaluation, evaluate
from her2mri.evaluation.notes import EvaluationNote
from her2mri.evaluation.polytomous import ClassPrediction
from her2mri.evaluation.polytomous_evaluation import ClassEvaluation, evaluate_classes
from her2mri.evaluation.prediction import Prediction
from her2mri.evaluation.subgroups import SubgroupEvaluation, evaluate_subgroups

__all__ = [
    "ClassEvaluation",
    "ClassPrediction",
    "DecisionComparison",
    "Evaluation",
    "EvaluationNote",
    "Prediction",
    "SubgroupEvaluation",
    "compare_net_benefit",
    "evaluate",
    "evaluate_classes",
    "evaluate_subgroups",
]
