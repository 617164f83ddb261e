"""One model of a development: what it is on all lesions, and what each resample made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import FloatArray
from her2mri.validation.resampling import OUT_OF_BAG_SCORES, Outcome
from her2mri.validation.scores import SCORES, from_json


@dataclass(frozen=True, eq=False)
class ModelResamples:
    """One model on all lesions (n,), and in each resample (r,).

    ``probability`` (r, n) is of all lesions by the model of each resample; NaN, like the scores, where the
    resample gave no model, and ``selected`` is then None.
    """

    model: str
    apparent_selected: tuple[str, ...]
    apparent_probability: FloatArray
    apparent: dict[str, float]
    probability: FloatArray
    resample: dict[str, FloatArray]
    original: dict[str, FloatArray]
    out_of_bag: dict[str, FloatArray]
    selected: tuple[tuple[str, ...] | None, ...]

    @property
    def developed(self) -> NDArray[np.bool_]:
        """Which resamples gave the model (r,)."""
        return np.array([names is not None for names in self.selected], dtype=bool)

    def of_its_kind(self) -> Self:
        """With those resamples alone that gave a model of its kind: one that tells lesions apart if it does, else none.

        From these its optimism is learned: docs/decisions/0105. What is selected would not say it: the average of
        models from several imputations may have no variable that most of them chose.
        """
        tells = np.ptp(self.probability, axis=1) > 0
        kind = np.flatnonzero(self.developed & (tells == (np.ptp(self.apparent_probability) > 0)))
        return replace(
            self,
            probability=self.probability[kind],
            resample={metric: values[kind] for metric, values in self.resample.items()},
            original={metric: values[kind] for metric, values in self.original.items()},
            out_of_bag={metric: values[kind] for metric, values in self.out_of_bag.items()},
            selected=tuple(self.selected[at] for at in kind),
        )

    @classmethod
    def gathered(cls, name: str, whole: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Self:
        """The arrays of one model, from its outcome on all lesions and the outcomes of the resamples."""
        found = [outcome.get("models", {}).get(name) for outcome in outcomes]
        missing = np.full(len(whole["probability"]), np.nan)

        def column(where: str, metrics: Sequence[str]) -> dict[str, FloatArray]:
            each = [{} if one is None else from_json(one[where]) for one in found]
            return {metric: np.array([row.get(metric, np.nan) for row in each]) for metric in metrics}

        probability = [missing if one is None else one["probability"] for one in found]
        return cls(
            model=name,
            apparent_selected=tuple(whole["selected"]),
            apparent_probability=np.array(whole["probability"], dtype=float),
            apparent=from_json(whole["scores"]),
            probability=np.array(probability, dtype=float),
            resample=column("resample", SCORES),
            original=column("original", SCORES),
            out_of_bag=column("out_of_bag", OUT_OF_BAG_SCORES),
            selected=tuple(None if one is None else tuple(one["selected"]) for one in found),
        )
