"""What the recommended protocol develops on, and what is repeated in every resample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.design_matrix import Encoding, IntArray
from her2mri.cohort.split import split_caveats
from her2mri.dictionary import Variable
from her2mri.models.development import Development, RecipeDevelopment
from her2mri.models.imputed import ImputedDevelopment
from her2mri.models.recipe import Recipe
from her2mri.study.study_file import StudyFile
from her2mri.study.task_analysis import TaskPlan
from her2mri.study.task_data import TaskData, task_data
from her2mri.vocabulary import EXTERNAL_VALIDATION, INTERNAL_VALIDATION, TRAINING

SIMPLEST_FIRST: Final = ("LR", "Firth", "EN", "RCS", "DT", "k-NN", "SVM", "ANN", "GB")
"""The order in which models are preferred that cannot be told apart."""


@dataclass(frozen=True)
class Lesions:
    """Some lesions of a task, as aligned arrays."""

    frame: pd.DataFrame
    y: IntArray
    patient: IntArray

    @property
    def n_patients(self) -> int:
        """How many patients there are behind the lesions."""
        return len(np.unique(self.patient))


@dataclass(frozen=True)
class RecommendedPlan:
    """One task: its lesions, with all that are not external in ``TRAINING``, and what to do with them.

    No lesion is put aside for internal validation: every lesion develops, and resampling validates.
    """

    study: StudyFile
    cohort: Cohort
    data: TaskData
    candidates: tuple[Variable, ...]
    recipe: Recipe
    caveats: tuple[Caveat, ...]

    @classmethod
    def of(
        cls, study: StudyFile, cohort: Cohort, name: str, candidates: tuple[Variable, ...]
    ) -> RecommendedPlan:
        """The plan of the task of that name.

        ``cohort`` may lack values of candidates: they are imputed inside the development.
        """
        data = task_data(cohort, cohort.dictionary.task(name), study)
        pooled = np.where(data.sample == INTERNAL_VALIDATION, TRAINING, data.sample)
        said = split_caveats(replace(cohort, frame=data.frame), data.task, pd.Series(pooled, dtype="str"))
        plan = TaskPlan.of(study, cohort, replace(data, sample=pooled, caveats=said), candidates)
        return cls(study, cohort, plan.data, plan.candidates, plan.recipe, plan.caveats)

    @property
    def families(self) -> tuple[str, ...]:
        """Every family developed, the simplest first."""
        asked = {*self.study.models.families, *self.study.resampling.challengers}
        return tuple(name for name in SIMPLEST_FIRST if name in asked)

    @property
    def bootstrapped(self) -> tuple[str, ...]:
        """The families developed in every resample."""
        return tuple(name for name in self.families if name in self.study.resampling.bootstrapped)

    def development(self, families: tuple[str, ...]) -> Development:
        """Everything from candidates, complete or not, to models of these families."""
        recipe = RecipeDevelopment(self.recipe, families, self.candidates)
        if not self.incomplete:
            return recipe
        return ImputedDevelopment(
            recipe, self.candidates, m=self.study.resampling.imputations, seed=self.study.seed
        )

    @property
    def decision_range(self) -> tuple[float, float]:
        """Between which threshold probabilities net benefit is asked for: the study file's, else the task's."""
        asked, own = self.study.decision, self.data.task.decision_range
        lowest = own[0] if asked.lowest is None else asked.lowest
        highest = own[1] if asked.highest is None else asked.highest
        return (lowest, highest) if lowest < highest else own

    @property
    def incomplete(self) -> bool:
        """Whether a lesion lacks a candidate."""
        return bool(self.data.frame[[variable.name for variable in self.candidates]].isna().any(axis=None))

    @property
    def on_both_sides(self) -> tuple[Variable, ...]:
        """The candidates that some lesion developed on and some external lesion have a value of."""
        sides = [self.developing.frame, *([self.external.frame] if self.external else [])]
        return tuple(v for v in self.candidates if all(side[v.name].notna().any() for side in sides))

    @property
    def parameters(self) -> int:
        """How many terms the candidates have: what the choice among them spends."""
        return len(Encoding.learn(self.developing.frame, self.candidates).terms)

    @property
    def developing(self) -> Lesions:
        """The lesions that models are developed on."""
        return self.sample(TRAINING)

    @property
    def external(self) -> Lesions | None:
        """Those of centers kept apart; None where there are none."""
        return self.sample(EXTERNAL_VALIDATION) if EXTERNAL_VALIDATION in self.data.samples else None

    def sample(self, name: str) -> Lesions:
        """The lesions of one sample."""
        inside = self.data.in_sample(name)
        return Lesions(
            self.data.frame[inside].reset_index(drop=True), self.data.y[inside], self.data.patient[inside]
        )
