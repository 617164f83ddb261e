"""How well a measurement repeats: within-subject standard deviation, repeatability coefficient, agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from her2mri.dictionary import DataDictionary
from her2mri.errors import EstimationError, Fault, InputError
from her2mri.statistics.agreement import feature_agreement, icc_class
from her2mri.statistics.agreement_bland_altman import BlandAltman, bland_altman
from her2mri.statistics.agreement_icc import intraclass_correlation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Z_95: Final = 1.959963984540054
REPEATABILITY_COLUMNS: Final = (
    "variable", "label", "quantity", "estimate", "conf_low", "conf_high", "unit", "n", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Repeatability:
    """Within-subject standard deviation and repeatability coefficient of two measurements of n lesions.

    Two measurements of one lesion differ by less than the coefficient in 95 % of lesions.
    """

    within_sd: float
    within_low: float
    within_high: float
    n: int

    @property
    def coefficient(self) -> tuple[float, float, float]:
        """The coefficient, 1.96 sqrt(2) times the standard deviation, with its interval."""
        factor = Z_95 * float(np.sqrt(2.0))
        return factor * self.within_sd, factor * self.within_low, factor * self.within_high


def repeatability(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Repeatability:
    """Repeatability from two measurements (n,) of the same lesions; those with one missing are left out.

    The within-subject variance is the mean of half the squared difference, whose interval is that of a
    chi-square with n degrees of freedom (Raunig et al. 2015, doi:10.1177/0962280214537344). A shift
    between the two is part of it. Raises EstimationError with fewer than 2 complete lesions.

    >>> found = repeatability([1.0, 2.0, 3.0, 4.0], [1.1, 1.9, 3.2, 4.0])
    >>> round(found.within_sd, 4), round(found.coefficient[0], 3)
    (0.0866, 0.24)
    """
    from scipy.stats import chi2

    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    difference = difference[~np.isnan(difference)]
    n = len(difference)
    if n < 2:
        raise EstimationError(f"repeatability needs 2 lesions or more, got {n}")
    variance = float(np.mean(difference**2) / 2.0)
    tail = (1.0 - confidence) / 2.0
    low, high = (float(np.sqrt(variance * n / chi2.isf(q, n))) for q in (tail, 1.0 - tail))
    return Repeatability(float(np.sqrt(variance)), low, high, n)


@dataclass(frozen=True, eq=False)
class RepeatStudy:
    """The measures of two sheets compared: rows of ``REPEATABILITY_COLUMNS``, and a figure a measure."""

    table: pd.DataFrame
    limits: dict[str, BlandAltman]

    def frame(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def within_sd(self) -> dict[str, float]:
        """The within-subject standard deviation by measure: the error of one measurement."""
        rows = self.table[self.table["quantity"] == "within_sd"]
        return dict(zip(rows["variable"], rows["estimate"].astype(float), strict=True))

    def plot(self) -> Figure:
        """Limits of agreement, a panel a measure."""
        from her2mri.imaging.drawing_repeat import draw_repeat

        return draw_repeat(self.limits)


def compare_sheets(first: pd.DataFrame, second: pd.DataFrame, dictionary: DataDictionary) -> RepeatStudy:
    """Repeatability of every feature that both tables hold, over the lesions that both hold.

    Tables have a row a lesion, with ``lesion_id``. Measurements get the within-subject standard deviation,
    repeatability coefficient, ICC2, bias and limits of agreement; categories their kappa. Raises InputError
    where the tables have no lesion in common.
    """
    a, b = first.set_index("lesion_id"), second.set_index("lesion_id")
    both = [lesion for lesion in a.index if lesion in b.index]
    if not both:
        raise InputError([Fault("second table", "has no lesion in common with the first")])
    rows: list[dict[str, Any]] = []
    limits: dict[str, BlandAltman] = {}
    for variable in dictionary.variables:
        if variable.name not in a or variable.name not in b or variable.kind != "continuous":
            continue
        one, other = (table.loc[both, variable.name].to_numpy(dtype=float) for table in (a, b))
        named = {"variable": variable.name, "label": variable.label, "unit": variable.unit}
        try:
            rows += [{**named, **row} for row in _rows(one, other)]
            limits[variable.name] = bland_altman(one, other, label=variable.title)
        except EstimationError as missing:
            rows.append({**named, "quantity": "within_sd", "n": 0, "note": str(missing)})
    kappas = feature_agreement(first, second, dictionary).frame()
    kappas = kappas[kappas["kind"] != "continuous"].assign(unit="")
    for row in kappas.to_dict("records"):
        named = {str(key): row[key] for key in row if key in REPEATABILITY_COLUMNS}
        rows.append({**named, "quantity": row["coefficient"]})
    return RepeatStudy(pd.DataFrame(rows, columns=list(REPEATABILITY_COLUMNS)), limits)


def _rows(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    found = repeatability(one, other)
    rows: list[tuple[Any, ...]] = [
        ("within_sd", found.within_sd, found.within_low, found.within_high, ""),
        ("repeatability_coefficient", *found.coefficient, ""),
    ]
    try:
        icc = intraclass_correlation(np.column_stack([one, other])).form("ICC2")
        rows.append(("ICC2", *icc, icc_class(icc[0])))
    except EstimationError as missing:
        rows.append(("ICC2", np.nan, np.nan, np.nan, str(missing)))
    for quantity, *numbers, _ in bland_altman(one, other).limits.itertuples(index=False, name=None):
        rows.append((str(quantity), *(float(value) for value in numbers), ""))
    columns = ("quantity", "estimate", "conf_low", "conf_high", "note")
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    return [{**row, "n": found.n, **({"unit": ""} if row["quantity"] == "ICC2" else {})} for row in told]
