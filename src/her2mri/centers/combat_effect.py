"""What harmonising a new center by a few of its lesions does to a model there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.centers.combat import CenterAdaptation, FrozenCombat
from her2mri.errors import EstimationError, Fault, TableError
from her2mri.evaluation.bootstrap import patient_weights, percentile_interval, seed_of
from her2mri.evaluation.calibration import brier, calibration_in_the_large, calibration_slope
from her2mri.evaluation.discrimination import auc
from her2mri.models.development import Developed, Development, parted
from her2mri.output.display_table import DisplayTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

EFFECT_COLUMNS: Final = (
    "task", "model", "center", "metric", "n_adaptation", "arm", "estimate", "conf_low", "conf_high", "n",
    "n_events", "n_failed", "n_resamples", "method",
)  # fmt: skip
"""``arm`` is without, with or difference (with less without); ``n`` and ``n_events`` are means over draws."""

METHOD: Final = (
    "mean over draws of the lesions adapted to; interval: draws, and bootstrap of patients in each"
)

_METRICS: Final[Mapping[str, Callable[[Floats, Floats], float]]] = {
    "auc": auc,
    "brier": brier,
    "calibration_in_the_large": lambda y, p: calibration_in_the_large(y, p).estimate,
    "calibration_slope": lambda y, p: calibration_slope(y, p).estimate,
}


@dataclass(frozen=True, eq=False)
class CombatEffect:
    """Performance in a new center without and with harmonisation, by the number of lesions adapted to.

    ``combat`` is what was frozen on the other centers; ``adaptation`` the center's location and scale from all
    of its lesions, for the record.
    """

    rows: pd.DataFrame
    combat: FrozenCombat
    adaptation: CenterAdaptation

    def frame(self) -> pd.DataFrame:
        """One row a model, number of lesions, metric and arm: EFFECT_COLUMNS."""
        return self.rows.copy()

    def display(self) -> DisplayTable:
        """Each metric as measured and harmonised, as people read it."""
        from her2mri.centers.display import effect_display

        return effect_display(self.rows)

    def plot(self, ax: Axes | None = None, *, model: str | None = None, metric: str = "auc") -> Axes:
        """One metric against the lesions adapted to, as measured and harmonised."""
        from her2mri.centers.drawing_combat import draw_combat_effect

        return draw_combat_effect(self.frame(), model=model, metric=metric, ax=ax)


def combat_effect(
    development: Development,
    frame: pd.DataFrame,
    y: ArrayLike,
    patient: ArrayLike,
    center: ArrayLike,
    *,
    new_center: str,
    measurements: Sequence[str],
    covariates: Sequence[str] = (),
    n_adaptation: Sequence[int] = (5, 10, 20),
    n_resamples: int = 300,
    seed: int,
    task: str = "",
) -> CombatEffect:
    """Develop on the other centers as measured and harmonised; judge both on the new center (n lesions in all).

    Each draw takes patients of the new center at random until ``n_adaptation`` lesions are there; location and
    scale are learned from these, and both models judged on the lesions of all other patients, which are the
    same for both. Patients of the new center are in neither development.

    Raises TableError where the new center is not there or too small, EstimationError where ComBat or a
    development cannot be fitted.
    """
    outcome, where = np.asarray(y, dtype=np.int64), np.asarray(center).astype(str)
    who = np.unique(np.asarray(patient).astype(str), return_inverse=True)[1].astype(np.int64)
    inside = where == new_center
    _check(outcome[inside], max(n_adaptation), new_center)
    kept = ~inside & ~np.isin(who, who[inside])
    others, new = frame[kept].reset_index(drop=True), frame[inside].reset_index(drop=True)
    combat = FrozenCombat.learn(others, where[kept], measurements, covariates=covariates)
    together = combat.harmonise_development(others, where[kept])
    plain, harmonised = (_developed(development, one, outcome[kept], who[kept]) for one in (others, together))
    rows = []
    for size in n_adaptation:
        draws = _Draws(plain, harmonised, combat, new, outcome[inside], who[inside], new_center)
        found = draws.scores(size, n_resamples, seed_of(seed, task, new_center, str(size)))
        rows += [{"task": task, "center": new_center, "n_adaptation": size, **row} for row in found]
    table = pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))
    return CombatEffect(table, combat, combat.adapt(new, new_center))


def _developed(
    development: Development, frame: pd.DataFrame, y: NDArray[np.int64], patient: NDArray[np.int64]
) -> Mapping[str, Developed]:
    models, failed = parted(development(frame, y, patient))
    if not models:
        raise EstimationError("; ".join(sorted(set(failed.values()))))
    return models


@dataclass(frozen=True, eq=False)
class _Draws:
    """Two developments and the new center's lesions, of which some are adapted to and the rest judged on."""

    plain: Mapping[str, Developed]
    harmonised: Mapping[str, Developed]
    combat: FrozenCombat
    new: pd.DataFrame
    y: NDArray[np.int64]
    patient: NDArray[np.int64]
    center: str

    def scores(self, size: int, n_resamples: int, seed: np.random.SeedSequence) -> list[dict[str, object]]:
        """Rows of each model, metric and arm at one number of lesions adapted to."""
        models = [name for name in self.plain if name in self.harmonised]
        without = {name: self.plain[name].probability(self.new) for name in models}
        shape = (n_resamples, len(models), len(_METRICS), 2)
        drawn, resampled = np.full(shape, np.nan), np.full(shape, np.nan)
        counts = np.empty((n_resamples, 2))
        for r, own in enumerate(seed.spawn(n_resamples)):
            of_draw, of_bootstrap = own.spawn(2)
            adapted_to = self._drawn(size, of_draw)
            rest = np.flatnonzero(~adapted_to)
            adaptation = self.combat.adapt(self.new[adapted_to], self.center)
            lesions = self.combat.harmonise(self.new.iloc[rest], adaptation)
            counts[r] = len(rest), self.y[rest].sum()
            weights = patient_weights(self.patient[rest], 1, of_bootstrap)[0].astype(np.int64)
            again = np.repeat(np.arange(len(rest)), weights)
            for m, name in enumerate(models):
                arms = (without[name][rest], self.harmonised[name].probability(lesions))
                for a, probability in enumerate(arms):
                    drawn[r, m, :, a] = _scores(self.y[rest], probability)
                    resampled[r, m, :, a] = _scores(self.y[rest][again], probability[again])
        return _rows(models, drawn, resampled, counts.mean(axis=0))

    def _drawn(self, size: int, seed: np.random.SeedSequence) -> NDArray[np.bool_]:
        """The lesions of patients drawn until there are ``size`` of them."""
        names, which, n_lesions = np.unique(self.patient, return_inverse=True, return_counts=True)
        order = np.random.default_rng(seed).permutation(len(names))
        enough = int(np.searchsorted(np.cumsum(n_lesions[order]), size)) + 1
        return np.isin(which, order[:enough])


def _rows(models: list[str], drawn: Floats, resampled: Floats, counts: Floats) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for m, name in enumerate(models):
        for k, metric in enumerate(_METRICS):
            first, again = drawn[:, m, k], resampled[:, m, k]
            arms = {"without": (first[:, 0], again[:, 0]), "with": (first[:, 1], again[:, 1])}
            arms["difference"] = (first[:, 1] - first[:, 0], again[:, 1] - again[:, 0])
            for arm, (estimates, replicates) in arms.items():
                interval = percentile_interval(replicates)
                finite = estimates[np.isfinite(estimates)]
                rows.append(
                    {
                        "model": name,
                        "metric": metric,
                        "arm": arm,
                        "estimate": float(finite.mean()) if len(finite) else np.nan,
                        "conf_low": interval.conf_low,
                        "conf_high": interval.conf_high,
                        "n": float(counts[0]),
                        "n_events": float(counts[1]),
                        "n_failed": interval.n_failed,
                        "n_resamples": interval.n_resamples,
                        "method": METHOD,
                    }
                )
    return rows


def _scores(y: NDArray[np.int64], probability: Floats) -> list[float]:
    """Every metric; NaN where it does not exist for these lesions."""
    found = []
    for metric in _METRICS.values():
        try:
            found.append(metric(y.astype(float), probability))
        except EstimationError:
            found.append(float("nan"))
    return found


def _check(y: NDArray[np.int64], most: int, center: str) -> None:
    if not len(y):
        raise TableError([Fault("centers", "has no lesion", value=center)])
    if len(y) < 2 * most:
        problem = f"has {len(y)} lesions: too few to adapt to {most} and to judge on the rest"
        raise TableError([Fault("centers", problem, allowed=f"at least {2 * most}", value=center)])
