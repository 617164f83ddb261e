"""How a new center differs from development, and how much of a change in performance its case mix explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.centers.membership import Membership, effective_size, fit_membership, trimmed_weights
from her2mri.centers.reweighting import METRICS_REWEIGHTED, weighted_scores
from her2mri.dictionary import Variable
from her2mri.errors import Fault, TableError
from her2mri.evaluation.bootstrap import patient_weights, percentile_interval, seed_of
from her2mri.evaluation.calibration import logit
from her2mri.output.display_table import DisplayTable
from her2mri.statistics.effect_size import standardised_mean_difference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

DEVELOPMENT, REWEIGHTED, NEW_CENTER = "development", "development_reweighted", "new_center"
SAMPLES_OF_SHIFT: Final = {
    DEVELOPMENT: "Development",
    REWEIGHTED: "Development, case mix of the new center",
    NEW_CENTER: "New center",
}
SHIFT_COLUMNS: Final = (
    "task", "model", "sample", "metric", "estimate", "conf_low", "conf_high", "n", "n_events",
    "effective_n", "n_failed", "n_resamples", "method",
)  # fmt: skip
DIFFERENCE_COLUMNS: Final = (
    "variable",
    "label",
    "level",
    "development",
    "new_center",
    "standardised_difference",
)

_BOOTSTRAP: Final = "percentile bootstrap of patients"
_REFITTED: Final = "percentile bootstrap of patients, membership refitted, weights trimmed at 99 %"
_FEWEST: Final = 10


@dataclass(frozen=True, eq=False)
class Lesions:
    """Lesions of one side: their variables, outcome (0 or 1), probability and patient, all of one length.

    For development the probabilities must be honest: of lesions that the model behind each was not fitted to
    (cross-validated, or a validation set). ``of_model`` are the probabilities of the one model that the new
    center is judged by, for the linear predictors: several models' would differ without any other case mix. Not
    given, they are ``probability``. ``of`` says whose they are.
    """

    frame: pd.DataFrame
    y: ArrayLike
    probability: ArrayLike
    patient: ArrayLike
    of_model: ArrayLike | None = None
    of: str = "the model"

    @property
    def linear_predictor(self) -> Floats:
        """Log odds by the one model."""
        return logit(self.probability if self.of_model is None else self.of_model)


@dataclass(frozen=True, eq=False)
class CenterShift:
    """Membership, spread and performance of both sides, and the development as if it had the new case mix.

    From development to reweighted development is what the case mix does; from there to the new center what it
    does not explain (other effects, other reading, chance). ``differences`` has one row a variable or level.
    """

    rows: pd.DataFrame
    differences: pd.DataFrame
    linear_predictors: pd.DataFrame
    membership: Membership

    def frame(self) -> pd.DataFrame:
        """One row a sample and metric, SHIFT_COLUMNS."""
        return self.rows.copy()

    def display(self) -> DisplayTable:
        """Spread and performance of the three samples as people read them."""
        from her2mri.centers.display import shift_display

        return shift_display(self.rows)

    def differences_frame(self) -> pd.DataFrame:
        """Standardised differences, DIFFERENCE_COLUMNS."""
        return self.differences.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Distributions of the linear predictor on both sides."""
        from her2mri.centers.drawing_center_shift import draw_linear_predictors

        return draw_linear_predictors(self.linear_predictors, self.rows, ax=ax)

    def plot_differences(self, ax: Axes | None = None) -> Axes:
        """Standardised differences of variables and levels, largest first."""
        from her2mri.centers.drawing_center_shift import draw_differences

        return draw_differences(self.differences, ax=ax)


def center_shift(
    development: Lesions,
    new_center: Lesions,
    variables: Sequence[Variable],
    *,
    seed: int,
    n_resamples: int = 500,
    task: str = "",
    model: str = "",
) -> CenterShift:
    """Compare a new center with development by the ``variables`` that both frames have.

    Rows: AUC of the membership model (cross-validated by patient, 0.5: nothing tells them apart), mean and SD of
    the linear predictor of both, and AUC, Brier score and calibration in the large of development, of
    development weighted to the new center's case mix, and of the new center. Resamples draw patients on each
    side apart and refit the membership model (its penalty stays).

    Raises TableError where a side has fewer than 10 patients or a variable is missing from one.
    """
    sides = [_checked(one, variables) for one in (development, new_center)]
    frame = pd.concat([one.frame[[v.name for v in variables]] for one in sides], ignore_index=True)
    sizes = [len(one.frame) for one in sides]
    member = np.repeat([0, 1], sizes).astype(np.int64)
    named = [f"{side}\x1f{name}" for side, one in enumerate(sides) for name in np.asarray(one.patient)]
    patient = np.unique(named, return_inverse=True)[1].astype(np.int64)
    y = np.concatenate([np.asarray(one.y, dtype=float) for one in sides])
    p = np.concatenate([np.asarray(one.probability, dtype=float) for one in sides])
    membership = fit_membership(frame, variables, member, patient, seed=seed)
    draws = np.column_stack(
        [
            patient_weights(patient[member == side], n_resamples, seed_of(seed, task, model, name))
            for side, name in enumerate((DEVELOPMENT, NEW_CENTER))
        ]
    )
    linear = np.concatenate([one.linear_predictor for one in sides])
    said = [one.of for one in sides]
    rows = [_membership_row(membership), *_rows(membership, y, p, linear, draws, said)]
    table = pd.DataFrame([{"task": task, "model": model, **row} for row in rows], columns=list(SHIFT_COLUMNS))
    sample = np.where(member == 1, NEW_CENTER, DEVELOPMENT)
    predictors = pd.DataFrame({"sample": sample, "linear_predictor": linear})
    return CenterShift(table, _differences(frame, member, variables), predictors, membership)


def _rows(
    membership: Membership, y: Floats, p: Floats, linear: Floats, draws: Floats, said: Sequence[str]
) -> list[dict[str, Any]]:
    """Spread and performance of the three samples, each with its interval over the ``draws`` (r, n).

    ``said`` is whose linear predictors those of development and of the new center are.
    """
    old = membership.member == 0
    estimates, sizes = _all_scores(membership, y, p, linear, np.ones(len(y)))
    replicates = np.array([_all_scores(membership, y, p, linear, weights)[0] for weights in draws])
    rows = []
    metrics = ("linear_predictor_mean", "linear_predictor_sd", *METRICS_REWEIGHTED)
    for s, sample in enumerate(SAMPLES_OF_SHIFT):
        inside = ~old if sample == NEW_CENTER else old
        for m, metric in enumerate(metrics):
            interval = percentile_interval(replicates[:, s, m])
            method = _REFITTED if sample == REWEIGHTED else _BOOTSTRAP
            if metric.startswith("linear_predictor"):
                method = f"of {said[sample == NEW_CENTER]}; {method}"
            rows.append(
                {
                    "sample": sample,
                    "metric": metric,
                    "estimate": estimates[s, m],
                    "conf_low": interval.conf_low,
                    "conf_high": interval.conf_high,
                    "n": int(inside.sum()),
                    "n_events": int(y[inside].sum()),
                    "effective_n": sizes[s],
                    "n_failed": interval.n_failed,
                    "n_resamples": interval.n_resamples,
                    "method": method,
                }
            )
    return rows


def _all_scores(
    membership: Membership, y: Floats, p: Floats, linear: Floats, counts: Floats
) -> tuple[Floats, list[float]]:
    """Mean and SD of the linear predictor and the metrics of the three samples (3, 5), and effective sizes."""
    old = membership.member == 0
    drawn = counts[old] > 0
    odds = np.zeros(int(old.sum()))
    odds[drawn] = membership.odds(counts)[old][drawn]
    weights = np.zeros(len(odds))
    weights[drawn] = trimmed_weights(odds[drawn]) * counts[old][drawn]
    found, sizes = [], []
    for inside, given in ((old, counts[old]), (old, weights), (~old, counts[~old])):
        mean = given @ linear[inside] / given.sum()
        sd = np.sqrt(given @ (linear[inside] - mean) ** 2 / given.sum())
        found.append([mean, sd, *weighted_scores(y[inside], p[inside], given)])
        sizes.append(effective_size(given))
    return np.array(found, dtype=float), sizes


def _membership_row(membership: Membership) -> dict[str, Any]:
    area, n = membership.auc, len(membership.member)
    return {
        "sample": "both",
        "metric": "membership_auc",
        "estimate": area.estimate,
        "conf_low": area.conf_low,
        "conf_high": area.conf_high,
        "n": n,
        "n_events": int(membership.member.sum()),
        "effective_n": float(n),
        "method": f"ridge, nested cross-validation by patient; {area.method}",
    }


def _differences(
    frame: pd.DataFrame, member: NDArray[np.int64], variables: Sequence[Variable]
) -> pd.DataFrame:
    """New center less development in pooled standard deviations, for each measurement, level and gap."""
    rows = []
    for variable in variables:
        values = frame[variable.name]
        parts: list[tuple[str, str, Any]] = []
        if variable.is_categorical:
            there = [level for level in variable.values if (values == level).any()]
            parts += [
                (level, f"{variable.label}: {variable.label_of(level)}", (values == level).astype(float))
                for level in (there[1:] if len(there) == 2 else there)
            ]
            parts = [(level, label, column.where(values.notna())) for level, label, column in parts]
        else:
            parts.append(("", variable.title, values))
        if values.isna().any():
            parts.append(("", f"{variable.label}: missing", values.isna().astype(float)))
        for level, label, column in parts:
            sides = [column[member == side].dropna().to_numpy(dtype=float) for side in (0, 1)]
            if not all(len(side) for side in sides):
                continue
            before, now = (float(side.mean()) for side in sides)
            spread = float(np.copysign(standardised_mean_difference(sides[1], sides[0]), now - before))
            rows.append((variable.name, label, level, before, now, spread))
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def _checked(one: Lesions, variables: Sequence[Variable]) -> Lesions:
    faults = [
        Fault("lesions", "is not in the table", column=variable.name)
        for variable in variables
        if variable.name not in one.frame
    ]
    if (n := len(np.unique(np.asarray(one.patient)))) < _FEWEST:
        faults.append(Fault("lesions", f"{n} patients: comparing centers takes {_FEWEST} on either side"))
    if faults:
        raise TableError(faults)
    return one
