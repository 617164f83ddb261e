"""Multiple imputation that is part of a model's development: what it learned completes new lesions too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.imputation.chains import FROZEN, chains
from her2mri.imputation.coding import BoolArray, Coding
from her2mri.imputation.conditional import Conditional, conditional
from her2mri.imputation.determined import Determined, consistent_draw, determined_pairs, in_order
from her2mri.imputation.lesion_draws import lesion_keys, lesion_uniforms

ITERATIONS = 5
IMPUTATIONS = 5


@dataclass(frozen=True)
class Imputer:
    """Chained equations learned on the lesions that a model is developed on. See docs/decisions/0150 and 0151.

    ``variables`` are those that predict each other; their gaps alone are filled, and what was derived from them
    elsewhere in the frame stays as it is. ``y`` is the outcome that completes the development lesions; None
    leaves it out. New lesions are always completed without it.
    """

    lesions: pd.DataFrame
    variables: tuple[Variable, ...]
    y: IntArray | None
    patient: IntArray
    n_iterations: int
    seed: int

    @classmethod
    def learn(
        cls,
        frame: pd.DataFrame,
        variables: Sequence[Variable],
        y: IntArray | None,
        patient: IntArray,
        *,
        n_iterations: int = ITERATIONS,
        seed: int = 0,
    ) -> Imputer:
        """The imputer of these lesions; the work is done when a completed frame is asked for.

        Raises TableError with every variable that has no value at all, ValueError for less than one round.
        """
        if n_iterations < 1:
            raise ValueError(f"n_iterations must fulfil n_iterations >= 1, got {n_iterations}")
        names = [variable.name for variable in variables]
        imputer = cls(frame, tuple(variables), y, patient, n_iterations, seed)
        if set(names) - set(frame) or frame[names].isna().all().any():
            Coding.learn(frame, variables)
        return imputer

    @cached_property
    def missing(self) -> BoolArray:
        """Where the development lesions have gaps, lesions by variables."""
        return self._missing_in(self.lesions)

    @property
    def nothing_missing(self) -> bool:
        """Whether the development lesions have no gap, so that every completed frame is the frame itself."""
        return not self.missing.any()

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What must be said of variables that could not be modelled."""
        return tuple(
            f"{one.variable.label}: every lesion that has a value has the same, and the gaps were given it."
            for at, one in enumerate(self._coding.variables)
            if one.is_constant and self.missing[:, at].any()
        )

    def complete_development(self, m: int = IMPUTATIONS) -> list[pd.DataFrame]:
        """``m`` completed copies of the development lesions; the frame itself, ``m`` times, without a gap."""
        _check_number(m)
        if self.nothing_missing:
            return [self.lesions] * m
        return [self._coding.filled(self.lesions, self.missing, codes) for codes in self._completed_codes(m)]

    def complete_new(self, frame: pd.DataFrame, m: int = IMPUTATIONS, *, seed: int = 0) -> list[pd.DataFrame]:
        """``m`` completed copies of lesions to be predicted, without their outcome.

        Each lesion is completed by itself, from its own values and what the development lesions taught: the
        other lesions of ``frame`` and their order make no difference. A level that no development lesion had
        is kept, and counts as the reference where it predicts another variable.
        """
        _check_number(m)
        missing = self._missing_in(frame)
        if not missing.any():
            return [frame] * m
        incomplete = np.flatnonzero(missing.any(axis=1))
        codes = self._coding.codes(frame)
        keys = lesion_keys(codes[incomplete])
        completed = []
        needed = np.flatnonzero(missing.any(axis=0))
        for imputation, development in enumerate(self._completed_codes(m)):
            filled = codes.copy()
            models = self._models(imputation, development, needed)
            filled[incomplete] = self._completed(codes[incomplete], models, keys, (seed, imputation))
            completed.append(self._coding.filled(frame, missing, filled))
        return completed

    @cached_property
    def _coding(self) -> Coding:
        return Coding.learn(self.lesions, self.variables)

    @cached_property
    def _codes(self) -> FloatArray:
        return self._coding.codes(self.lesions)

    @cached_property
    def _pairs(self) -> tuple[Determined, ...]:
        return determined_pairs(self._coding, self._codes)

    @cached_property
    def _completions(self) -> list[FloatArray]:
        """The chains run so far; more are added when asked for."""
        return []

    @cached_property
    def _frozen(self) -> dict[tuple[int, int], Conditional]:
        """The models of new lesions fitted so far, by imputation and variable."""
        return {}

    def _missing_in(self, frame: pd.DataFrame) -> BoolArray:
        return frame[[variable.name for variable in self.variables]].isna().to_numpy()

    def _completed_codes(self, m: int) -> list[FloatArray]:
        """The development lesions completed ``m`` times, as codes."""
        if self.nothing_missing:
            return [self._codes] * m
        if len(self._completions) < m:
            self._completions[:] = chains(
                self._coding,
                self._codes,
                self.y,
                self.patient,
                m=m,
                n_iterations=self.n_iterations,
                seed=self.seed,
            )
        return self._completions[:m]

    def _models(self, imputation: int, codes: FloatArray, needed: IntArray) -> dict[int, Conditional]:
        """The models of one imputation that need no outcome, of the variables needed.

        Fitted to the completed development lesions: the outcome helped to complete them, so that gaps that
        depend on it do not mislead, and is then left out.
        """
        models = {}
        X: FloatArray | None = None
        for at in in_order(needed.tolist(), self._pairs):
            one = self._coding.variables[at]
            if one.is_constant:
                continue
            if (imputation, at) not in self._frozen:
                X = self._coding.design(codes, None) if X is None else X
                rng = np.random.default_rng(np.random.SeedSequence([self.seed, FROZEN, imputation, at]))
                self._frozen[imputation, at] = conditional(one, X, codes[:, at], rng)[0]
            models[at] = self._frozen[imputation, at]
        return models

    def _completed(
        self, codes: FloatArray, models: dict[int, Conditional], keys: np.ndarray, place: tuple[int, int]
    ) -> FloatArray:
        """Lesions with their gaps drawn in turn, from the models of one imputation."""
        missing = np.isnan(codes)
        codes = codes.copy()
        for at, one in enumerate(self._coding.variables):
            gaps = np.flatnonzero(missing[:, at])
            uniform = lesion_uniforms(keys[gaps], (*place, 0, at), 1)[:, 0]
            codes[gaps, at] = one.observed[(uniform * len(one.observed)).astype(np.int64)]
        X = self._coding.design(codes, None)
        for iteration in range(1, self.n_iterations + 1):
            for at, model in models.items():
                one, gaps = self._coding.variables[at], np.flatnonzero(missing[:, at])
                columns = max(len(one.levels) - 1, 1)
                uniform = lesion_uniforms(keys[gaps], (*place, iteration, at), columns)
                codes[gaps, at] = consistent_draw(
                    at, model, X[gaps], uniform, codes[gaps], missing[gaps], self._pairs
                )
                X[gaps, one.columns] = one.design(codes[gaps, at])
        return codes


def _check_number(m: int) -> None:
    if m < 1:
        raise ValueError(f"m must fulfil m >= 1, got {m}")
