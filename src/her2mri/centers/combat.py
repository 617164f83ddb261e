"""ComBat fitted on development, frozen as numbers, and adapted to an unseen center by a few of its lesions.

Johnson, Li and Rabinovic 2007 (doi:10.1093/biostatistics/kxj037); what is ours is in docs/decisions/0143.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.centers.location_scale import (
    LocationScale,
    Prior,
    crude,
    posterior,
    prior_across_centers,
    prior_across_measurements,
)
from her2mri.errors import EstimationError, Fault, TableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Numbers = tuple[float, ...]

ADAPTATION_COLUMNS: Final = (
    "center", "measurement", "n", "shift", "conf_low", "conf_high", "sd_ratio", "sd_ratio_low",
    "sd_ratio_high", "weight",
)  # fmt: skip


@dataclass(frozen=True)
class CenterAdaptation:
    """Where one center's measurements lie, in development's standard deviations, and how sure that is.

    One number a measurement: ``location`` (0: as development), ``scale`` (ratio of variances), the lesions
    ``n`` behind them, the posterior's ``location_error`` and ``scale_shape``, and ``weight``, the share that the
    center's own lesions have in its location (the rest is the prior's).
    """

    center: str
    measurements: tuple[str, ...]
    unit: Numbers
    n: tuple[int, ...]
    location: Numbers
    location_error: Numbers
    scale: Numbers
    scale_shape: Numbers
    weight: Numbers

    def frame(self, *, confidence: float = 0.95) -> pd.DataFrame:
        """One row a measurement, ADAPTATION_COLUMNS: its shift in its own unit and the ratio of SDs."""
        from scipy.special import ndtri
        from scipy.stats import invgamma

        z, tail = float(ndtri(0.5 + confidence / 2.0)), (1.0 - confidence) / 2.0
        rows = []
        for j, name in enumerate(self.measurements):
            shift, half = self.location[j] * self.unit[j], z * self.location_error[j] * self.unit[j]
            shape = self.scale_shape[j]
            ends = invgamma.ppf([tail, 1.0 - tail], shape, scale=self.scale[j] * (shape - 1.0))
            low, high = np.sqrt(ends).tolist()
            rows.append(
                (self.center, name, self.n[j], shift, shift - half, shift + half,
                 float(np.sqrt(self.scale[j])), low, high, self.weight[j])
            )  # fmt: skip
        return pd.DataFrame(rows, columns=list(ADAPTATION_COLUMNS))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The shift of each measurement in development's standard deviations, with its interval."""
        from her2mri.centers.drawing_combat import draw_adaptation

        return draw_adaptation(self.frame(), dict(zip(self.measurements, self.unit, strict=True)), ax=ax)


@dataclass(frozen=True)
class FrozenCombat:
    """What harmonising needs and no patient: development's mean and SD, its centers, the prior of a new one.

    ``mean`` and ``sd`` (one a measurement) are those of the lesions within centers; ``coefficients`` (one row a
    covariate) what the covariates add. ``centers`` is empty where development has one center only: the prior of
    a new one is then the weak one alone. ``as_dict`` and ``from_dict`` are exact inverses, through JSON too.
    """

    measurements: tuple[str, ...]
    covariates: tuple[str, ...]
    mean: Numbers
    sd: Numbers
    coefficients: tuple[Numbers, ...]
    centers: tuple[CenterAdaptation, ...]
    prior_location_variance: Numbers
    prior_shape: Numbers
    n_centers: int

    @classmethod
    def learn(
        cls,
        frame: pd.DataFrame,
        center: ArrayLike,
        measurements: Sequence[str],
        *,
        covariates: Sequence[str] = (),
        across: Literal["centers", "measurements"] = "centers",
    ) -> Self:
        """Fit on the lesions of development (n rows), ``center`` (n,) naming where each was measured.

        ``measurements`` and ``covariates`` are columns of numbers; a covariate's effect is kept, so it must be
        known before the outcome is (never the outcome itself). ``across`` says what a center's location and
        scale are shrunken by: the other centers, for each measurement (default: there are few measurements), or
        the other measurements, as Johnson did with thousands. Missing measurements stay missing.

        Raises TableError for columns that are no numbers, EstimationError where a center has fewer than two
        lesions with a measurement or a covariate follows from center and other covariates.
        """
        values, extra = _numbers(frame, measurements), _numbers(frame, covariates)
        if not np.isfinite(extra).all():
            raise TableError([Fault("covariates", "a lesion lacks a covariate", value=", ".join(covariates))])
        names, which = np.unique(np.asarray(center).astype(str), return_inverse=True)
        batches = np.eye(len(names))[which]
        fits = [_standard(column, batches, extra) for column in values.T]
        mean, sd = np.array([fit[0] for fit in fits]), np.array([fit[1] for fit in fits])
        coefficients = np.array([fit[2] for fit in fits]).T.reshape(len(covariates), len(measurements))
        standardised = (values - mean - extra @ coefficients) / sd
        found = [crude(standardised[which == i], str(name)) for i, name in enumerate(names)]
        between = prior_across_centers(found, len(measurements))
        adapted = []
        for i, name in enumerate(names):
            prior = between if across == "centers" else prior_across_measurements(found[i])
            shrunken = posterior(standardised[which == i], prior)
            adapted.append(_adaptation(str(name), measurements, sd, shrunken, prior))
        return cls(
            measurements=tuple(measurements),
            covariates=tuple(covariates),
            mean=tuple(mean.tolist()),
            sd=tuple(sd.tolist()),
            coefficients=tuple(tuple(row) for row in coefficients.tolist()),
            centers=tuple(adapted) if len(names) > 1 else (),
            prior_location_variance=tuple(between.location_variance.tolist()),
            prior_shape=tuple(between.shape.tolist()),
            n_centers=len(names),
        )

    def adapt(self, frame: pd.DataFrame, center: str) -> CenterAdaptation:
        """Location and scale of a new center from some of its lesions; with none it is left as it is."""
        p = len(self.measurements)
        prior = Prior(
            np.zeros(p), np.array(self.prior_location_variance), np.array(self.prior_shape), np.ones(p)
        )
        shrunken = posterior(self._standardised(frame), prior)
        return _adaptation(center, self.measurements, np.array(self.sd), shrunken, prior)

    def harmonise(self, frame: pd.DataFrame, adaptation: CenterAdaptation) -> pd.DataFrame:
        """``frame`` with the measurements of one center's lesions brought to development's mean and SD."""
        standardised = self._standardised(frame)
        moved = (standardised - np.array(adaptation.location)) / np.sqrt(adaptation.scale)
        return self._replaced(frame, moved)

    def harmonise_development(self, frame: pd.DataFrame, center: ArrayLike) -> pd.DataFrame:
        """Lesions of the development's own centers, each brought to their common mean and SD.

        Raises TableError for a center that was not in development. One center alone is left as it is.
        """
        where = np.asarray(center).astype(str)
        if not self.centers:
            return frame.copy()
        known = {one.center: one for one in self.centers}
        if unknown := sorted(set(where.tolist()) - set(known)):
            allowed = ", ".join(known)
            raise TableError(
                Fault("centers", "was not in development", allowed=allowed, value=name) for name in unknown
            )
        location = np.array([known[name].location for name in where])
        scale = np.array([known[name].scale for name in where])
        return self._replaced(frame, (self._standardised(frame) - location) / np.sqrt(scale))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """The inverse of ``as_dict``."""
        centers = tuple(CenterAdaptation(**_tuples(one)) for one in content["centers"])
        return cls(**{**_tuples(content), "centers": centers})

    def _expected(self, frame: pd.DataFrame) -> Floats:
        extra = _numbers(frame, self.covariates)
        coefficients = np.array(self.coefficients).reshape(len(self.covariates), len(self.measurements))
        return np.asarray(np.array(self.mean) + extra @ coefficients, dtype=float)

    def _standardised(self, frame: pd.DataFrame) -> Floats:
        values = _numbers(frame, self.measurements) - self._expected(frame)
        return np.asarray(values / np.array(self.sd), dtype=float)

    def _replaced(self, frame: pd.DataFrame, standardised: Floats) -> pd.DataFrame:
        values = standardised * np.array(self.sd) + self._expected(frame)
        return frame.assign(**{name: values[:, j] for j, name in enumerate(self.measurements)})


def _standard(column: Floats, batches: Floats, extra: Floats) -> tuple[float, float, Floats]:
    """Mean over lesions, SD within centers and effects of the covariates for one measurement."""
    there = np.isfinite(column)
    design = np.column_stack([batches, extra])[there]
    present = design[:, : batches.shape[1]].sum(axis=0) > 0
    kept = np.concatenate([present, np.ones(extra.shape[1], dtype=bool)])
    if not present.all():
        raise EstimationError("a center has no lesion with a measurement")
    if np.linalg.matrix_rank(design) < kept.sum():
        raise EstimationError("a covariate follows from the center and the other covariates")
    beta = np.linalg.lstsq(design, column[there], rcond=None)[0]
    centers = batches.shape[1]
    mean = float(design[:, :centers].mean(axis=0) @ beta[:centers])
    sd = float(np.sqrt(np.mean((column[there] - design @ beta) ** 2)))
    if not sd > 0:
        raise EstimationError("a measurement does not vary within centers")
    return mean, sd, np.asarray(beta[centers:], dtype=float)


def _adaptation(
    center: str, measurements: Sequence[str], sd: Floats, found: LocationScale, prior: Prior
) -> CenterAdaptation:
    own = prior.location_variance * found.n
    error = np.sqrt(prior.location_variance * found.scale / (own + found.scale))
    return CenterAdaptation(
        center=center,
        measurements=tuple(measurements),
        unit=tuple(sd.tolist()),
        n=tuple(found.n.tolist()),
        location=tuple(found.location.tolist()),
        location_error=tuple(error.tolist()),
        scale=tuple(found.scale.tolist()),
        scale_shape=tuple((prior.shape + 0.5 * found.n).tolist()),
        weight=tuple((own / (own + found.scale)).tolist()),
    )


def _numbers(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Columns as numbers (n, k), infinite ones missing; raises TableError with every column that is none."""
    faults = [
        Fault("lesions", "is not in the table" if name not in frame else "is not a number", column=name)
        for name in names
        if name not in frame or not pd.api.types.is_numeric_dtype(frame[name])
    ]
    if faults:
        raise TableError(faults)
    values = frame[list(names)].to_numpy(dtype=float).reshape(len(frame), len(names))
    return np.where(np.isfinite(values), values, np.nan)


def _tuples(content: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, at any depth."""

    def frozen(value: Any) -> Any:
        return tuple(frozen(one) for one in value) if isinstance(value, (list, tuple)) else value

    return {name: frozen(value) for name, value in content.items()}
