"""What validation by resampling takes: the whole development of models, never a fitted model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError, NothingSelectedError, TableError
from her2mri.models.family import FAMILIES
from her2mri.models.fit import Fit
from her2mri.models.recipe import Recipe


class Developed(Protocol):
    """One model that a development ended with."""

    @property
    def selected(self) -> tuple[str, ...]:
        """The variables that the model uses."""
        ...

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """Probability of the positive class for each lesion of ``frame``."""
        ...


@dataclass(frozen=True)
class NotDeveloped:
    """In the place of a model: the reason why these lesions carry none of its family. The others stand."""

    reason: str


class Development(Protocol):
    """Everything from candidate variables to models, done from the start on the lesions it is given."""

    def __call__(
        self, frame: pd.DataFrame, y: IntArray, patient: IntArray
    ) -> Mapping[str, Developed | NotDeveloped]:
        """The models by name, or why there is none of that name.

        Raises EstimationError or TableError where these lesions carry no model at all.
        """
        ...


def parted(
    found: Mapping[str, Developed | NotDeveloped],
) -> tuple[dict[str, Developed], dict[str, str]]:
    """The models of a development, and the reasons of those that are not there."""
    models = {name: one for name, one in found.items() if not isinstance(one, NotDeveloped)}
    return models, {name: one.reason for name, one in found.items() if isinstance(one, NotDeveloped)}


def problem_of(error: EstimationError | TableError) -> str:
    """The problem alone: where it is would name a patient's lesion."""
    if isinstance(error, TableError):
        return "; ".join(sorted({fault.problem for fault in error.faults}))
    return str(error)


@dataclass(frozen=True)
class DevelopedModel:
    """A fitted model with the variables that were selected for it, or that it selected.

    A level that the lesions it was developed on did not have counts as the reference: a resample may lack a
    rare level, and the lesions that have it must still be predicted.
    """

    selected: tuple[str, ...]
    fit: Fit

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """Probability of the positive class for each lesion, which must have every variable encoded."""
        return self.fit.predict(self.fit.encoding.matrix(frame))


@dataclass(frozen=True)
class ConstantModel:
    """What is left where nothing is selected: every lesion has the share of events of those developed on."""

    share: float
    selected: tuple[str, ...] = ()

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """The share, for each lesion."""
        return np.full(len(frame), self.share)


@dataclass(frozen=True)
class RecipeDevelopment:
    """A recipe for some families: those made from selected predictors share one selection.

    ``candidates`` are looked at by the selection, and all taken by families that weigh them by themselves. Where
    the selection leaves nothing, the families made from it are constant: that is what the recipe comes to, and
    a resample that ended so must count (docs/decisions/0105). A family that cannot be fitted takes no other
    with it (docs/decisions/0107).
    """

    recipe: Recipe
    families: tuple[str, ...]
    candidates: tuple[Variable, ...]

    def __call__(
        self, frame: pd.DataFrame, y: IntArray, patient: IntArray
    ) -> dict[str, Developed | NotDeveloped]:
        """Select once if any family asks for it, then tune and fit each family."""
        chosen: tuple[str, ...] | NotDeveloped = ()
        if any(FAMILIES[name].predictors == "selected" for name in self.families):
            chosen = self._selected(frame, y, patient)
        return {name: self._attempted(name, chosen, frame, y, patient) for name in self.families}

    def _selected(
        self, frame: pd.DataFrame, y: IntArray, patient: IntArray
    ) -> tuple[str, ...] | NotDeveloped:
        try:
            selection = self.recipe.select(frame, y, patient, self.candidates, for_report=False)
            return selection.variables
        except NothingSelectedError:
            return ()
        except (EstimationError, TableError) as error:
            return NotDeveloped(problem_of(error))

    def _attempted(
        self,
        name: str,
        chosen: tuple[str, ...] | NotDeveloped,
        frame: pd.DataFrame,
        y: IntArray,
        patient: IntArray,
    ) -> Developed | NotDeveloped:
        if isinstance(chosen, NotDeveloped):
            if FAMILIES[name].predictors == "selected":
                return chosen
            chosen = ()
        try:
            return self._developed(name, chosen, frame, y, patient)
        except (EstimationError, TableError) as error:
            return NotDeveloped(problem_of(error))

    def _developed(
        self, name: str, chosen: tuple[str, ...], frame: pd.DataFrame, y: IntArray, patient: IntArray
    ) -> Developed:
        from_selected = FAMILIES[name].predictors == "selected"
        if from_selected and not chosen:
            return ConstantModel(float(np.mean(y)))
        predictors = self.recipe.predictors(name, chosen, self.candidates)
        fit = self.recipe.fit(name, frame, y, patient, predictors)
        return DevelopedModel(chosen if from_selected else fit.used, fit)
