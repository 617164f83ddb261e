"""What the recommended protocol found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import pandas as pd

from her2mri.centers.center_shift import CenterShift
from her2mri.centers.combat_effect import CombatEffect
from her2mri.centers.internal_external import InternalExternal
from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.eligibility import Flow
from her2mri.evaluation.decision_comparison import DecisionComparison
from her2mri.evaluation.evaluation import Evaluation
from her2mri.evaluation.polytomous_evaluation import ClassEvaluation
from her2mri.evaluation.prediction import Prediction
from her2mri.evaluation.subgroups import SubgroupEvaluation
from her2mri.imputation.complete_cases import BesideCompleteCases
from her2mri.imputation.pattern import MissingPattern
from her2mri.models.development import Developed
from her2mri.sample_size.verdict import SizeVerdict
from her2mri.study.recommended.choice import Choice
from her2mri.study.recommended.plan import RecommendedPlan
from her2mri.validation.cross_validation import CrossValidation
from her2mri.validation.development_validation import DevelopmentValidation


@dataclass(frozen=True)
class RecommendedTask:
    """One task. What these lesions cannot carry is None, and a caveat says why.

    ``predictions`` are of held-out lesions alone: cross-validated, and external where there is such a set.
    ``evaluation`` carries the cut-off of the cross-validated predictions to every set. ``net_benefit`` is of the
    model chosen against the published protocol's logistic regression, on the external set; ``beside_published``
    is whether that spoke of external lesions at all.
    """

    plan: RecommendedPlan
    size: SizeVerdict
    validation: DevelopmentValidation
    cross_validation: CrossValidation
    developed: Mapping[str, Developed]
    predictions: tuple[Prediction, ...]
    evaluation: Evaluation
    choice: Choice
    beside_published: bool
    subgroups: SubgroupEvaluation
    net_benefit: DecisionComparison | None
    internal_external: InternalExternal | None
    shift: CenterShift | None
    harmonisation: CombatEffect | None
    missing: MissingPattern | None
    complete_cases: BesideCompleteCases | None
    caveats: tuple[Caveat, ...]

    @property
    def name(self) -> str:
        """The task's name."""
        return self.plan.data.task.name

    def performance_frame(self) -> pd.DataFrame:
        """Every estimate: of held-out lesions, and corrected for optimism."""
        return pd.concat([self.evaluation.frame(), self.validation.frame()], ignore_index=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every result as a tidy table, by its name; those that are not there are left out."""
        found = {name: frame_of(self) for name, frame_of in _TABLES.items()}
        for name, part in self._parts().items():
            if part is not None:
                found[name] = part.frame()
        if self.complete_cases is not None:
            found["complete_case_sizes"] = self.complete_cases.sizes()
        if self.internal_external is not None:
            found["center_pools"] = self.internal_external.pools_frame()
        if self.shift is not None:
            found["center_differences"] = self.shift.differences_frame()
        return {
            name: table if "task" in table else table.assign(task=self.name) for name, table in found.items()
        }

    def _parts(self) -> dict[str, Any]:
        return {
            "net_benefit_difference": self.net_benefit,
            "centers": self.internal_external,
            "center_shift": self.shift,
            "harmonisation": self.harmonisation,
            "missing_patterns": self.missing,
            "complete_cases": self.complete_cases,
        }


_TABLES: Final[dict[str, Callable[[RecommendedTask], pd.DataFrame]]] = {
    "performance": RecommendedTask.performance_frame,
    "optimism": lambda task: task.validation.optimism_frame(),
    "cross_validation_repeats": lambda task: task.cross_validation.repeats_frame(),
    "selection_frequency": lambda task: task.validation.selection_frame(),
    "instability": lambda task: task.validation.instability_frame(),
    "failed_resamples": lambda task: pd.concat(
        [task.validation.failures_frame(), task.cross_validation.failures_frame()], ignore_index=True
    ),
    "comparison": lambda task: task.evaluation.comparison_frame(),
    "calibration": lambda task: task.evaluation.calibration_frame(),
    "decision_curve": lambda task: task.evaluation.decision_curve_frame(),
    "rule_out": lambda task: task.evaluation.rule_out_frame(),
    "subgroups": lambda task: task.subgroups.frame(),
    "heterogeneity": lambda task: task.subgroups.heterogeneity_frame(),
    "sample_size": lambda task: task.size.frame(),
    "choice": lambda task: pd.DataFrame([asdict(task.choice)]),
}


@dataclass(frozen=True)
class Recommended:
    """Every task by the recommended protocol, and the tasks chained into one answer where they make a chain.

    ``cohort`` keeps the lesions that lack a predictor: they are imputed.
    """

    cohort: Cohort
    flow: Flow
    tasks: dict[str, RecommendedTask]
    classes: ClassEvaluation | None
    caveats: tuple[Caveat, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every result as a tidy table of all tasks, by the name of its file."""
        by_name: dict[str, list[pd.DataFrame]] = {}
        for task in self.tasks.values():
            for name, table in task.tables().items():
                by_name.setdefault(name, []).append(table)
        found = {
            f"recommended_{name}": pd.concat(tables, ignore_index=True) for name, tables in by_name.items()
        }
        found["recommended_flow"] = self.flow.frame()
        if self.classes is not None:
            found["three_class_performance"] = self.classes.frame()
            found["three_class_calibration"] = self.classes.calibration_frame()
            found["three_class_table"] = self.classes.table_frame()
        return found
