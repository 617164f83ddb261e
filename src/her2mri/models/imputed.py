"""A development with multiple imputation inside: whoever resamples it imputes anew in every resample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.imputation.imputer import IMPUTATIONS, ITERATIONS, Imputer
from her2mri.models.development import Developed, Development, NotDeveloped

NEAREST_TO_CERTAIN: Final = 1e-3
"""On the scale of log odds a probability of 0 or 1 counts as this far from it, as in decision 0013."""

MAJORITY: Final = 0.5


@dataclass(frozen=True)
class ImputedModel:
    """One model developed on each completed frame: ``models`` has one an imputation, or one if nothing was missing.

    None stands for an imputation that carried no model (nothing was selected, say): it chose no variable, and the
    others are averaged. See docs/decisions/0152.
    """

    models: tuple[Developed | None, ...]
    imputer: Imputer
    m: int

    @property
    def selected(self) -> tuple[str, ...]:
        """The variables chosen in at least half of the imputations, in the order of the candidates.

        The majority rule; Wood and others 2008, doi:10.1002/sim.3177, compare it with others.
        """
        shares = self._shares()
        return tuple(
            variable.name for variable in self.imputer.variables if shares.get(variable.name, 0.0) >= MAJORITY
        )

    def frame(self) -> pd.DataFrame:
        """How often each candidate was chosen: variable, n_chosen, n_imputations, share, selected."""
        shares = self._shares()
        names = [variable.name for variable in self.imputer.variables]
        share = np.array([shares.get(name, 0.0) for name in names])
        n = len(self.models)
        return pd.DataFrame(
            {
                "variable": names,
                "n_chosen": np.rint(share * n).astype(np.int64),
                "n_imputations": n,
                "share": share,
                "selected": share >= MAJORITY,
            }
        )

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """Probability of the positive class for each lesion; gaps in the candidates are filled without the outcome.

        The log odds of the m models, each with its own completion of the lesion, are averaged.
        """
        completed = self.imputer.complete_new(frame, self.m, seed=self.imputer.seed)
        if completed[0] is frame:
            return averaged([model.probability(frame) for model in self.models if model is not None])
        models = self.models * (self.m if len(self.models) == 1 else 1)
        pairs = zip(models, completed, strict=True)
        return averaged([model.probability(filled) for model, filled in pairs if model is not None])

    def _shares(self) -> dict[str, float]:
        return selection_shares([() if model is None else model.selected for model in self.models])


@dataclass(frozen=True)
class ImputedDevelopment:
    """``development`` on ``m`` completed copies of the lesions it is given.

    ``with_outcome`` False leaves the outcome out of the imputation of the development lesions too, for models
    that will often meet gaps where they are used (docs/decisions/0151).
    """

    development: Development
    candidates: tuple[Variable, ...]
    m: int = IMPUTATIONS
    seed: int = 0
    n_iterations: int = ITERATIONS
    with_outcome: bool = True

    def __call__(
        self, frame: pd.DataFrame, y: IntArray, patient: IntArray
    ) -> dict[str, ImputedModel | NotDeveloped]:
        """The models by name; developed once where nothing is missing.

        A family without a model in more than half of the imputations has none. Raises what the development
        raises in more than half of them, and TableError for a candidate without any value.
        """
        imputer = Imputer.learn(
            frame,
            self.candidates,
            y if self.with_outcome else None,
            patient,
            n_iterations=self.n_iterations,
            seed=self.seed,
        )
        n = 1 if imputer.nothing_missing else self.m
        developed: list[Mapping[str, Developed | NotDeveloped]] = []
        failures: list[EstimationError] = []
        for completed in imputer.complete_development(n):
            try:
                developed.append(self.development(completed, y, patient))
            except EstimationError as error:
                failures.append(error)
                developed.append({})
        if len(failures) > MAJORITY * n:
            raise failures[0]
        names = dict.fromkeys(name for models in developed for name in models)
        return {name: self._of([models.get(name) for models in developed], imputer) for name in names}

    def _of(
        self, found: Sequence[Developed | NotDeveloped | None], imputer: Imputer
    ) -> ImputedModel | NotDeveloped:
        """One family's model of each imputation as one model; None where the whole development failed."""
        failed = [one for one in found if isinstance(one, NotDeveloped)]
        if failed and len(failed) + sum(one is None for one in found) > MAJORITY * len(found):
            return failed[0]
        models = tuple(None if isinstance(one, NotDeveloped) else one for one in found)
        return ImputedModel(models, imputer, self.m)


def averaged(probabilities: Sequence[FloatArray]) -> FloatArray:
    """The mean on the scale of log odds, lesion by lesion; where all are the same, that number.

    >>> averaged([np.array([0.2, 0.0]), np.array([0.8, 0.0])]).tolist()
    [0.5, 0.0]
    """
    each = np.stack(probabilities)
    bounded = np.clip(each, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return np.asarray(np.where((each == each[0]).all(axis=0), each[0], expit(logit(bounded).mean(axis=0))))


def selection_shares(selected: Sequence[tuple[str, ...]]) -> dict[str, float]:
    """The share of imputations in which each variable was chosen."""
    names = dict.fromkeys(name for one in selected for name in one)
    return {name: sum(name in one for one in selected) / len(selected) for name in names}
