"""The calls themselves: truth against call in all levels, and how far readers agree with each other."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.errors import EstimationError
from her2mri.readers.rates import clustered_rate
from her2mri.readers.reads import Reads
from her2mri.statistics.agreement import kappa_class
from her2mri.statistics.agreement_kappa import CategoryAgreement, cohen_kappa, fleiss_kappa, gwet_ac
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE

CONFUSION_COLUMNS: Final = ("reader", "arm", "truth", "call", "n", "share_of_truth")
CALL_ACCURACY_COLUMNS: Final = (
    "reader", "experience", "arm", "estimate", "conf_low", "conf_high", "n_right", "n", "kappa_with_truth",
    "kappa_low", "kappa_high", "verbal", "method",
)  # fmt: skip
READER_AGREEMENT_COLUMNS: Final = (
    "arm", "readers", "coefficient", "estimate", "conf_low", "conf_high", "verbal", "observed", "n", "note",
)  # fmt: skip


def call_levels(reads: Reads) -> list[str]:
    """The levels that stand in truth or calls, in the order of the dictionary."""
    there = set(reads.frame["truth"]) | set(reads.frame["call"])
    return [level for level in reads.dictionary[reads.outcome].values if level in there]


def confusion_of_calls(reads: Reads) -> pd.DataFrame:
    """Rows of ``CONFUSION_COLUMNS``: how often each truth was called what, for each reader and arm."""
    levels = call_levels(reads)
    rows = []
    for (reader, arm), part in reads.frame.groupby(["reader", "arm"], sort=False):
        counts = pd.crosstab(part["truth"], part["call"]).reindex(index=levels, columns=levels, fill_value=0)
        for truth, of_truth in zip(levels, counts.to_numpy(dtype=int), strict=True):
            total = int(of_truth.sum())
            for call, n in zip(levels, of_truth.tolist(), strict=True):
                rows.append((reader, arm, truth, call, n, n / total if total else np.nan))
    return pd.DataFrame(rows, columns=list(CONFUSION_COLUMNS))


def accuracy_of_calls(reads: Reads, *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of ``CALL_ACCURACY_COLUMNS``: share of calls that name the very level, and kappa with the truth."""
    levels = call_levels(reads)
    rows = []
    for (reader, arm), part in reads.frame.groupby(["reader", "arm"], sort=False):
        patient = part["patient"].to_numpy(dtype=np.str_)
        right = (part["truth"] == part["call"]).to_numpy()
        rate = clustered_rate(np.ones(len(part), dtype=bool), right, patient, confidence=confidence)
        try:
            found = cohen_kappa(
                part["truth"].to_numpy(dtype=object),
                part["call"].to_numpy(dtype=object),
                levels=levels,
                cluster=patient,
                confidence=confidence,
            )
            kappa = found.estimate, found.conf_low, found.conf_high, kappa_class(found.estimate)
        except EstimationError:
            kappa = np.nan, np.nan, np.nan, NOT_APPLICABLE
        experience = part["experience"].iloc[0]
        numbers = rate.estimate, rate.conf_low, rate.conf_high, rate.n_successes, rate.n
        rows.append((reader, experience, arm, *numbers, *kappa, rate.method))
    return pd.DataFrame(rows, columns=list(CALL_ACCURACY_COLUMNS))


def agreement_of_readers(reads: Reads, *, confidence: float = 0.95, most_pairs: int = 10) -> pd.DataFrame:
    """Rows of ``READER_AGREEMENT_COLUMNS``: agreement of the readers' calls in each arm.

    All readers together by Fleiss' kappa and Gwet's AC1 over the cases that all of them read; up to
    ``most_pairs`` pairs of readers by Cohen's kappa. Empty with one reader.
    """
    levels = call_levels(reads)
    rows: list[dict[str, Any]] = []
    for arm in reads.arms:
        part = reads.frame[reads.frame["arm"] == arm]
        table = part.pivot(index="case", columns="reader", values="call").astype(object)
        table = table.where(table.notna(), None)
        patient = part.drop_duplicates("case").set_index("case")["patient"].loc[table.index]
        who = patient.to_numpy(dtype=np.str_)
        names = list(dict.fromkeys(part["reader"]))
        if len(names) < 2:
            continue
        calls = table[names].to_numpy(dtype=object)
        options: dict[str, Any] = {"levels": levels, "cluster": who, "confidence": confidence}
        whole = {"arm": arm, "readers": "all readers" if len(names) > 2 else " and ".join(names)}
        rows.append(whole | _agreed("Fleiss' kappa", fleiss_kappa, (calls,), options))
        rows.append(whole | _agreed("Gwet's AC1", gwet_ac, (calls,), options))
        pairs = list(combinations(range(len(names)), 2))
        if 1 < len(pairs) <= most_pairs or len(names) == 2:
            for a, b in pairs:
                both = {"arm": arm, "readers": f"{names[a]} and {names[b]}"}
                rows.append(both | _agreed("Cohen's kappa", cohen_kappa, (calls[:, a], calls[:, b]), options))
    return pd.DataFrame(rows, columns=list(READER_AGREEMENT_COLUMNS))


def _agreed(name: str, measure: Any, readings: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"coefficient": name, "verbal": NOT_APPLICABLE, "note": ""}
    try:
        found: CategoryAgreement = measure(*readings, **options)
    except EstimationError as missing:
        return row | {"note": f"{NOT_APPLICABLE}: {missing}"}
    return row | {
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "verbal": kappa_class(found.estimate),
        "observed": found.observed,
        "n": found.n,
    }
