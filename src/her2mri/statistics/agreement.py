"""Agreement of two readings of the features of a dictionary, with the classes that reports put in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.dictionary import DataDictionary, Variable
from her2mri.errors import EstimationError
from her2mri.statistics.agreement_icc import intraclass_correlation
from her2mri.statistics.agreement_kappa import CategoryAgreement, Weights, cohen_kappa, gwet_ac
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE

FEATURE_AGREEMENT_COLUMNS: Final = (
    "variable", "label", "kind", "coefficient", "estimate", "conf_low", "conf_high", "verbal", "observed",
    "n", "note",
)  # fmt: skip
"""``observed`` is the share of cases read alike (NaN for measurements); ``note`` says what is missing."""

_KAPPA_CLASSES: Final = (
    (0.20, "slight"),
    (0.40, "fair"),
    (0.60, "moderate"),
    (0.80, "substantial"),
    (1.00, "almost perfect"),
)


def icc_class(value: float) -> str:
    """An intraclass correlation in words: poor, moderate, good, excellent.

    The limits are 0.5, 0.75 and 0.9; a value of exactly 0.9 is still good (doi:10.1016/j.jcm.2016.02.012).

    >>> icc_class(0.88), icc_class(0.96), icc_class(float("nan"))
    ('good', 'excellent', 'not applicable')
    """
    if np.isnan(value):
        return NOT_APPLICABLE
    if value < 0.5:
        return "poor"
    if value < 0.75:
        return "moderate"
    return "good" if value <= 0.9 else "excellent"


def kappa_class(value: float) -> str:
    """A kappa in Landis and Koch's words (doi:10.2307/2529310): poor, slight, ... almost perfect.

    Their classes are given with two places (0.21 to 0.40), so the value is rounded to two first.

    >>> kappa_class(0.74), kappa_class(0.204), kappa_class(-0.01)
    ('substantial', 'slight', 'poor')
    """
    if np.isnan(value):
        return NOT_APPLICABLE
    rounded = round(value, 2)
    if rounded < 0.0:
        return "poor"
    return next(name for limit, name in _KAPPA_CLASSES if rounded <= limit)


@dataclass(frozen=True, eq=False)
class FeatureAgreement:
    """Agreement of two readings, a row a feature and coefficient (``FEATURE_AGREEMENT_COLUMNS``)."""

    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()


def feature_agreement(
    first: pd.DataFrame,
    second: pd.DataFrame,
    dictionary: DataDictionary,
    *,
    group: str | None = None,
    key: str = "lesion_id",
    confidence: float = 0.95,
) -> FeatureAgreement:
    """Agreement of every feature that both tables hold, over the lesions that both hold.

    Measurements get ICC2 (two-way random, absolute agreement, one reading), categories Cohen's kappa, with
    quadratic weights as well for ordinal ones, and Gwet's AC1 or AC2, which do not fail where nearly all
    lesions are alike. ``group`` limits the table to one group of the dictionary. Where the tables name the
    patient (``patient_id``), the intervals of categories follow the patient. Raises ValueError where ``key``
    is missing, repeated or has nothing in common.
    """
    for name, table in (("first", first), ("second", second)):
        if key not in table.columns or bool(table[key].duplicated().any()):
            raise ValueError(f"the {name} table must name each lesion once in column {key!r}")
    both = [lesion for lesion in first[key] if lesion in set(second[key])]
    if not both:
        raise ValueError(f"the two tables have no {key} in common")
    a, b = first.set_index(key).loc[both], second.set_index(key).loc[both]
    patient = a["patient_id"].to_numpy(dtype=object) if "patient_id" in a else None
    rows: list[dict[str, Any]] = []
    for variable in _features(dictionary, group):
        if variable.name in a and variable.name in b:
            one, other = a[variable.name], b[variable.name]
            rows += (
                _category_rows(variable, one, other, patient, confidence)
                if variable.is_categorical
                else [_measurement_row(variable, one, other, confidence)]
            )
    return FeatureAgreement(pd.DataFrame(rows, columns=list(FEATURE_AGREEMENT_COLUMNS)))


def _features(dictionary: DataDictionary, group: str | None) -> Iterable[Variable]:
    features = dictionary.with_role("predictor", "descriptor")
    return (v for v in features if group is None or v.group == group)


def _row(variable: Variable, coefficient: str, n: int) -> dict[str, Any]:
    numbers = dict.fromkeys(("estimate", "conf_low", "conf_high", "observed"), np.nan)
    named = {"variable": variable.name, "label": variable.label, "kind": variable.kind}
    return {**named, "coefficient": coefficient, **numbers, "verbal": NOT_APPLICABLE, "n": n, "note": ""}


def _measurement_row(
    variable: Variable, one: pd.Series[Any], other: pd.Series[Any], confidence: float
) -> dict[str, Any]:
    readings = np.column_stack([one.to_numpy(dtype=float), other.to_numpy(dtype=float)])
    row = _row(variable, "ICC2", int((~np.isnan(readings).any(axis=1)).sum()))
    try:
        estimate, low, high = intraclass_correlation(readings, confidence=confidence).form("ICC2")
    except EstimationError as missing:
        return row | {"note": str(missing)}
    return row | {"estimate": estimate, "conf_low": low, "conf_high": high, "verbal": icc_class(estimate)}


def _category_rows(
    variable: Variable, one: pd.Series[Any], other: pd.Series[Any], patient: Any, confidence: float
) -> list[dict[str, Any]]:
    readings = np.column_stack([_plain(one), _plain(other)])
    n = int(sum(value is not None and twin is not None for value, twin in readings))
    ordinal = variable.kind == "ordinal"
    wanted = ["Cohen's kappa", *(["Cohen's kappa, quadratic weights"] if ordinal else [])]
    wanted.append("Gwet's AC2, quadratic weights" if ordinal else "Gwet's AC1")
    rows = []
    for coefficient in wanted:
        row = _row(variable, coefficient, n)
        try:
            found = _coefficient(coefficient, readings, variable, patient, confidence)
        except EstimationError as missing:
            rows.append(row | {"note": str(missing)})
            continue
        rows.append(
            row
            | {
                "estimate": found.estimate,
                "conf_low": found.conf_low,
                "conf_high": found.conf_high,
                "verbal": kappa_class(found.estimate),
                "observed": found.observed,
            }
        )
    return rows


def _coefficient(
    name: str, readings: np.ndarray[Any, Any], variable: Variable, patient: Any, confidence: float
) -> CategoryAgreement:
    levels = variable.values
    weights: Weights = "quadratic" if "quadratic" in name else "none"
    if name.startswith("Gwet"):
        return gwet_ac(readings, levels=levels, weights=weights, cluster=patient, confidence=confidence)
    return cohen_kappa(
        readings[:, 0],
        readings[:, 1],
        levels=levels,
        weights=weights,
        cluster=patient,
        confidence=confidence,
    )


def _plain(column: pd.Series[Any]) -> list[Any]:
    return [None if pd.isna(value) else str(value) for value in column]
