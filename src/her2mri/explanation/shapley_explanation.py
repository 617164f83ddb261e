"""Shapley values of one model for named lesions: the table, the importance and the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import Encoding, FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.explanation.shapley import Predict, shapley_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHAPLEY_COLUMNS: Final = (
    "task", "model", "positive", "lesion_id", "variable", "value_shown",
    "shapley_value", "base", "prediction",
)  # fmt: skip
"""Columns of ``shapley_<task>.csv``: one row a lesion and variable; all numbers are probabilities of
``positive``."""

ADDITIVITY_TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class ShapleyValues:
    """What each variable adds to each lesion's probability of the positive class, by one model.

    ``values`` is lesions by variables, ``base`` the mean prediction over the background and ``prediction``
    the model's own for each lesion; ``shown`` holds the lesions' values in plain words, lesions by
    variables. ``additivity_error`` is the largest gap between base plus values and the prediction.
    """

    task: str
    model: str
    positive_label: str
    variables: tuple[Variable, ...]
    lesion_ids: tuple[str, ...]
    shown: pd.DataFrame
    values: FloatArray
    base: float
    prediction: FloatArray
    additivity_error: float
    n_background: int

    @property
    def adds_up(self) -> bool:
        """Whether base and values give every prediction back, to 1e-9."""
        return self.additivity_error <= ADDITIVITY_TOLERANCE

    def frame(self) -> pd.DataFrame:
        """One row a lesion and variable, columns as in SHAPLEY_COLUMNS."""
        n_lesions, n_variables = self.values.shape
        return pd.DataFrame(
            {
                "task": self.task,
                "model": self.model,
                "positive": self.positive_label,
                "lesion_id": np.repeat(np.array(self.lesion_ids, dtype=object), n_variables),
                "variable": [variable.name for variable in self.variables] * n_lesions,
                "value_shown": self.shown.to_numpy(dtype=object).ravel(),
                "shapley_value": self.values.ravel(),
                "base": self.base,
                "prediction": np.repeat(self.prediction, n_variables),
            },
            columns=list(SHAPLEY_COLUMNS),
        ).astype({"lesion_id": "str", "variable": "str", "value_shown": "str"})

    def importance(self) -> pd.DataFrame:
        """Mean absolute Shapley value of each variable, the largest first."""
        return (
            pd.DataFrame(
                {
                    "task": self.task,
                    "model": self.model,
                    "variable": [variable.name for variable in self.variables],
                    "label": [variable.label for variable in self.variables],
                    "mean_absolute_shapley": np.abs(self.values).mean(axis=0),
                }
            )
            .sort_values("mean_absolute_shapley", ascending=False, kind="stable")
            .reset_index(drop=True)
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The summary of all lesions."""
        return self.plot_summary(ax)

    def plot_summary(self, ax: Axes | None = None) -> Axes:
        """Every lesion a dot: levels of a category in lanes of their own, measurements by colour."""
        from her2mri.explanation.drawing_shapley import draw_summary

        return draw_summary(self.frame(), self.variables, ax=ax)

    def plot_bar(self, ax: Axes | None = None) -> Axes:
        """The importance of each variable as bars."""
        from her2mri.explanation.drawing_shapley import draw_bar

        return draw_bar(self.importance(), positive_label=self.positive_label, ax=ax)

    def plot_lesion(self, lesion_id: str, ax: Axes | None = None) -> Axes:
        """One lesion's way from the average prediction to its own; KeyError for an unknown lesion."""
        from her2mri.explanation.drawing_shapley import draw_lesion

        if lesion_id not in self.lesion_ids:
            raise KeyError(f"no lesion {lesion_id!r} among the {len(self.lesion_ids)} explained")
        frame = self.frame()
        return draw_lesion(frame[frame["lesion_id"] == lesion_id], self.variables, ax=ax)


def explain(
    predict: Predict,
    encoding: Encoding,
    frame: pd.DataFrame,
    background: pd.DataFrame,
    *,
    task: str,
    model: str,
    positive_label: str,
) -> ShapleyValues:
    """Explain the predictions for the lesions of ``frame`` against those of ``background``.

    ``predict`` takes a design matrix in this encoding and gives probabilities of the positive class.
    ``frame`` has ``lesion_id``.

    Raises ValueError where a value is missing or a level was not met when the encoding was learned.
    """
    names = [variable.name for variable in encoding.variables]
    for lesions in (frame, background):
        unusable = [name for name in names if lesions[name].isna().any()]
        unmet = encoding.unmet_levels(lesions).any()
        unusable += unmet.index[unmet].tolist()
        if unusable:
            raise ValueError(f"every value must be there and met in development, not so: {unusable}")
    X = encoding.matrix(frame)
    values, base = shapley_values(
        predict, X, encoding.matrix(background), encoding.groups, n_variables=len(names)
    )
    prediction = np.asarray(predict(X), dtype=float)
    return ShapleyValues(
        task=task,
        model=model,
        positive_label=positive_label,
        variables=encoding.variables,
        lesion_ids=tuple(frame["lesion_id"].astype(str)),
        shown=pd.DataFrame(
            {variable.name: _shown(frame[variable.name], variable) for variable in encoding.variables}
        ),
        values=values,
        base=base,
        prediction=prediction,
        additivity_error=float(np.abs(base + values.sum(axis=1) - prediction).max(initial=0.0)),
        n_background=len(background),
    )


def _shown(values: pd.Series, variable: Variable) -> list[str]:
    if variable.is_categorical:
        return [variable.label_of(value) for value in values]
    return [f"{value:.6g}" for value in values]


def background_rows(n_lesions: int, *, size: int = 100, seed: int) -> IntArray:
    """The positions of a random background of that size, ascending; all lesions where there are no more.

    >>> background_rows(3, size=100, seed=1).tolist()
    [0, 1, 2]
    """
    if size < 1:
        raise ValueError(f"the background must hold at least one lesion, got size {size}")
    if size >= n_lesions:
        return np.arange(n_lesions, dtype=np.int64)
    chosen = np.random.default_rng(np.random.SeedSequence(seed)).choice(n_lesions, size, replace=False)
    return np.sort(chosen).astype(np.int64)
