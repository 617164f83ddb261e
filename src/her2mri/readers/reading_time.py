"""How long reading took with and without the aid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.readers.mixed_model import mixed_model
from her2mri.readers.reads import AIDED, UNAIDED, Reads
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE

Floats = NDArray[np.float64]

TIME_COLUMNS: Final = (
    "reader", "experience", "quantity", "unaided", "aided", "estimate", "conf_low", "conf_high", "p_value", "n",
    "n_patients", "method",
)  # fmt: skip
"""``quantity`` is difference (mean seconds, aided less unaided) or ratio (of geometric means)."""
TIME_MODEL_COLUMNS: Final = (
    "term", "estimate", "std_error", "df", "conf_low", "conf_high", "p_value", "ratio", "ratio_low",
    "ratio_high", "n", "method",
)  # fmt: skip
"""Effects on log seconds, with the ratio of times they stand for; standard deviations follow as rows."""

READERS_FOR_OWN_EFFECT: Final = 3


@dataclass(frozen=True, eq=False)
class ReadingTime:
    """Paired changes a reader, and the mixed model over all of them; empty tables where nothing was timed."""

    paired: pd.DataFrame
    model: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """The paired changes."""
        return self.paired.copy()


def reading_time(reads: Reads, *, confidence: float = 0.95) -> ReadingTime:
    """Paired change of seconds and of their logarithm by reader, and a mixed model on log seconds.

    The model has the arm as its effect and random intercepts of reader and case (of patient too, where one has
    several cases), and with ``READERS_FOR_OWN_EFFECT`` readers or more of reader and arm together, so that the
    effect carries over to other readers.
    """
    timed = reads.frame[reads.frame["seconds"].notna()]
    rows: list[dict[str, Any]] = []
    for reader, own in timed.groupby("reader", sort=False):
        wide = own.pivot(index="case", columns="arm", values="seconds")
        if not {UNAIDED, AIDED} <= set(wide.columns):
            continue
        wide = wide.dropna()
        patient = own.drop_duplicates("case").set_index("case")["patient"].loc[wide.index]
        key = {"reader": reader, "experience": own["experience"].iloc[0]}
        unaided, aided = (wide[arm].to_numpy(dtype=float) for arm in (UNAIDED, AIDED))
        found = _paired(unaided, aided, patient.to_numpy(dtype=np.str_), confidence)
        rows += [key | row for row in found]
    return ReadingTime(pd.DataFrame(rows, columns=list(TIME_COLUMNS)), _model(timed, confidence))


def _paired(
    unaided: Floats, aided: Floats, patient: NDArray[np.str_], confidence: float
) -> list[dict[str, Any]]:
    shared = {"n": len(unaided), "n_patients": len(np.unique(patient))}
    difference = clustered_mean(aided - unaided, patient, confidence)
    logs = clustered_mean(np.log(aided / unaided), patient, confidence)
    geometric = [
        float(np.exp(np.log(values).mean())) if len(values) else np.nan for values in (unaided, aided)
    ]
    means = [float(values.mean()) if len(values) else np.nan for values in (unaided, aided)]
    rows = []
    for quantity, levels, found, turn in (
        ("difference", means, difference, float),
        ("ratio", geometric, logs, np.exp),
    ):
        estimate, low, high, p_value = found
        rows.append(
            {
                "quantity": quantity,
                "unaided": levels[0],
                "aided": levels[1],
                "estimate": float(turn(estimate)),
                "conf_low": float(turn(low)),
                "conf_high": float(turn(high)),
                "p_value": p_value,
                **shared,
                "method": "paired t by patient" if not np.isnan(low) else f"{NOT_APPLICABLE}: too few pairs",
            }
        )
    return rows


def clustered_mean(
    values: Floats, patient: NDArray[np.str_], confidence: float
) -> tuple[float, float, float, float]:
    """Mean of case values (n,) with a t interval over patients and the p-value that it is zero.

    With one case a patient this is Student's paired interval.

    >>> [round(x, 3) for x in clustered_mean(np.array([1.0, 2.0, 3.0]), np.array(["a", "b", "c"]), 0.95)]
    [2.0, -0.484, 4.484, 0.074]
    """
    from scipy.stats import t

    if not len(values):
        return np.nan, np.nan, np.nan, np.nan
    who = np.unique(patient, return_inverse=True)[1]
    clusters = int(who.max()) + 1
    mean = float(values.mean())
    if clusters < 2:
        return mean, np.nan, np.nan, np.nan
    summed = np.bincount(who, weights=values - mean)
    error = float(np.sqrt(np.sum(summed**2) * clusters / (clusters - 1.0))) / len(values)
    if error == 0.0:
        return mean, mean, mean, 1.0 if mean == 0.0 else 0.0
    half = float(t.ppf(0.5 + confidence / 2.0, clusters - 1)) * error
    return mean, mean - half, mean + half, float(2.0 * t.sf(abs(mean) / error, clusters - 1))


def _model(timed: pd.DataFrame, confidence: float) -> pd.DataFrame:
    columns = list(TIME_MODEL_COLUMNS)
    if timed.empty or timed["arm"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    groups: dict[str, Any] = {"case": timed["case"].to_numpy(dtype=np.str_)}
    if timed["reader"].nunique() > 1:
        groups["reader"] = timed["reader"].to_numpy(dtype=np.str_)
    if timed["patient"].nunique() < timed["case"].nunique():
        groups["patient"] = timed["patient"].to_numpy(dtype=np.str_)
    if timed["reader"].nunique() >= READERS_FOR_OWN_EFFECT:
        groups["reader and arm"] = (timed["reader"] + "\x1f" + timed["arm"]).to_numpy(dtype=np.str_)
    design = np.column_stack([np.ones(len(timed)), (timed["arm"] == AIDED).to_numpy(dtype=float)])
    try:
        fit = mixed_model(np.log(timed["seconds"].to_numpy(dtype=float)), design, groups)
    except EstimationError as missing:
        return pd.DataFrame([{"term": "aided", "method": f"{NOT_APPLICABLE}: {missing}"}], columns=columns)
    low, high = fit.interval(1, confidence=confidence)
    estimate = float(fit.estimate[1])
    effect = {
        "term": "aided",
        "estimate": estimate,
        "std_error": float(fit.std_error[1]),
        "df": float(fit.df[1]),
        "conf_low": low,
        "conf_high": high,
        "p_value": fit.p_value(1),
        "ratio": float(np.exp(estimate)),
        "ratio_low": float(np.exp(low)),
        "ratio_high": float(np.exp(high)),
        "n": fit.n,
        "method": "linear mixed model on log seconds, REML, Satterthwaite",
    }
    spread = [
        {"term": f"standard deviation: {name}", "estimate": value, "n": fit.n, "method": "REML"}
        for name, value in fit.spread.items()
    ]
    return pd.DataFrame([effect, *spread], columns=columns)
