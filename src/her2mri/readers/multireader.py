"""All readers together: the multi-reader multi-case analysis of each task, and the effect by experience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.readers.covariance import READER_METRICS, CovarianceMethod, error_covariance
from her2mri.readers.obuchowski_rockette import (
    INFERENCES,
    RANDOM_CASES,
    RANDOM_READERS_AND_CASES,
    Components,
    Inference,
    ObuchowskiRockette,
    inference,
    obuchowski_rockette,
)
from her2mri.readers.reads import AIDED, ARMS, UNAIDED
from her2mri.readers.task_reads import TaskReads
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE

Floats = NDArray[np.float64]

COVARIANCE_NAMES: Final = {"delong": "DeLong", "jackknife": "jackknife", "bootstrap": "bootstrap"}
OVERLAPPING: Final = "readers' cases overlap in part"
MRMC_COLUMNS: Final = (
    "task", "metric", "quantity", "inference", "estimate", "std_error", "df", "conf_low", "conf_high",
    "statistic", "p_value", "n_readers", "n_cases", "n_patients", "design", "method",
)  # fmt: skip
COMPONENT_COLUMNS: Final = (
    "task", "metric", "ms_arm", "ms_arm_reader", "variance", "cov1", "cov2", "cov3", "n_readers", "n_patients",
)  # fmt: skip
EXPERIENCE_COLUMNS: Final = (
    "task", "metric", "experience", "n_readers", "inference", "estimate", "std_error", "df", "conf_low",
    "conf_high", "statistic", "p_value", "method",
)  # fmt: skip
"""``estimate`` is the mean gain of the readers of one experience, or the difference of two such gains."""


@dataclass(frozen=True, eq=False)
class ReaderFigures:
    """Figures of the readers in both arms (readers, 2), their covariance, and whom they come from."""

    readers: tuple[str, ...]
    experience: tuple[str, ...]
    figures: Floats
    covariance: Floats
    group: NDArray[np.intp]
    n_cases: int
    n_patients: int
    same_cases: bool


def reader_figures(
    reads: TaskReads,
    metric: str,
    *,
    method: CovarianceMethod = "delong",
    n_bootstrap: int = 2000,
    seed: int = 0,
) -> ReaderFigures:
    """Figures and error covariance of a task's readers.

    Readers with both arms are taken with the cases they read in both; where no reader has both arms, every
    reader is taken with the arm that was read. Raises EstimationError where a figure does not exist.
    """
    frame = _analysed(reads.frame)
    if frame.empty:
        raise EstimationError("no case was read by any reader as the comparison needs it")
    readers = tuple(dict.fromkeys(frame["reader"]))
    experience = frame.drop_duplicates("reader").set_index("reader")["experience"]
    cases = frame.drop_duplicates("case").set_index("case")
    value = "score" if metric == "auc" else "right"
    table = frame.assign(rating=frame[value].astype(float)).pivot(
        index="case", columns=["reader", "arm"], values="rating"
    )
    columns = [(reader, arm) for reader in readers for arm in ARMS if (reader, arm) in table.columns]
    table = table[columns].loc[cases.index]
    estimates, covariance = error_covariance(
        metric,
        cases["y"].to_numpy(),
        table.to_numpy(dtype=float),
        patient=cases["patient"].to_numpy(dtype=np.str_),
        method=method,
        n_bootstrap=n_bootstrap,
        seed=seed,
    )
    figures = np.full((len(readers), 2), np.nan)
    sigma = np.zeros((len(readers), 2, len(readers), 2))
    place = [(readers.index(reader), ARMS.index(arm)) for reader, arm in columns]
    for one, (i, a) in enumerate(place):
        figures[i, a] = estimates[one]
        for other, (j, b) in enumerate(place):
            sigma[i, a, j, b] = covariance[one, other]
    read = table.notna()
    return ReaderFigures(
        readers,
        tuple(experience[list(readers)]),
        figures,
        sigma,
        _groups(frame, readers),
        len(cases),
        cases["patient"].nunique(),
        bool(read.all(axis=None)),
    )


def _analysed(frame: pd.DataFrame) -> pd.DataFrame:
    """Reads in pairs where there are any, else all reads."""
    both = frame.groupby(["reader", "case"])["arm"].transform("nunique") == 2
    return frame[both] if both.any() else frame


def _groups(frame: pd.DataFrame, readers: Sequence[str]) -> NDArray[np.intp]:
    """Readers that are linked, directly or over others, by common patients."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    patient = np.unique(frame["patient"].to_numpy(dtype=np.str_), return_inverse=True)[1]
    who = frame["reader"].map({name: i for i, name in enumerate(readers)}).to_numpy()
    size = len(readers) + int(patient.max()) + 1
    edges = coo_array((np.ones(len(frame)), (who, patient + len(readers))), shape=(size, size))
    labels = connected_components(edges, directed=False)[1]
    return np.asarray(np.unique(labels[: len(readers)], return_inverse=True)[1], dtype=np.intp)


def multireader_analysis(
    tasks: Sequence[TaskReads],
    *,
    method: CovarianceMethod = "delong",
    n_bootstrap: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables of all readers: ``MRMC_COLUMNS``, ``COMPONENT_COLUMNS`` and ``EXPERIENCE_COLUMNS``.

    What the design or the data do not allow is a row "not applicable" with the reason.
    """
    rows: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    levels: list[dict[str, Any]] = []
    for reads in tasks:
        for metric in READER_METRICS:
            key = {"task": reads.task.name, "metric": metric}
            try:
                found = reader_figures(reads, metric, method=method, n_bootstrap=n_bootstrap, seed=seed)
                result = obuchowski_rockette(
                    found.figures, found.covariance, group=found.group, confidence=confidence
                )
            except EstimationError as missing:
                rows.append(key | _nothing(str(missing)))
                continue
            rows += [key | row for row in _rows(found, result, method)]
            sizes = {"n_readers": len(found.readers), "n_patients": found.n_patients}
            parts.append(key | asdict(result.components) | sizes)
            levels += [key | row for row in _by_experience(found, confidence)]
    return (
        pd.DataFrame(rows, columns=list(MRMC_COLUMNS)),
        pd.DataFrame(parts, columns=list(COMPONENT_COLUMNS)),
        pd.DataFrame(levels, columns=list(EXPERIENCE_COLUMNS)),
    )


def pilot_components(reads: TaskReads, metric: str = "auc") -> tuple[Components, int]:
    """Components and number of patients of a pilot, for sizing. Raises EstimationError."""
    found = reader_figures(reads, metric)
    result = obuchowski_rockette(found.figures, found.covariance, group=found.group)
    return result.components, found.n_patients


def _nothing(reason: str) -> dict[str, Any]:
    said = reason if reason.startswith(NOT_APPLICABLE) else f"{NOT_APPLICABLE}: {reason}"
    return {"quantity": "difference", "inference": RANDOM_READERS_AND_CASES, "method": said}


def _rows(found: ReaderFigures, result: ObuchowskiRockette, method: str) -> list[dict[str, Any]]:
    overlapping = (
        not found.same_cases and len(np.unique(found.group)) == 1 and not np.isnan(found.figures).any()
    )
    shared = {
        "n_readers": len(found.readers),
        "n_cases": found.n_cases,
        "n_patients": found.n_patients,
        "design": OVERLAPPING if overlapping else result.design,
    }
    rows = []
    quantities = {UNAIDED: result.first, AIDED: result.second, "difference": result.difference}
    for quantity, by_inference in quantities.items():
        for name in INFERENCES:
            numbers = _bounded(by_inference[name], -1.0 if quantity == "difference" else 0.0)
            how = f"Obuchowski-Rockette, {COVARIANCE_NAMES[method]} covariance"
            if np.isnan(numbers.std_error):
                how = f"{NOT_APPLICABLE}: {_why_not(found, name)}"
            row = {"quantity": quantity, "inference": name, **shared, **asdict(numbers), "method": how}
            # A test that a mean figure is 0 answers no question; only the difference is tested.
            rows.append(row if quantity == "difference" else row | {"statistic": np.nan, "p_value": np.nan})
    return rows


def _bounded(numbers: Inference, lowest: float) -> Inference:
    """The inference with its interval cut where no figure can lie."""
    low, high = np.clip([numbers.conf_low, numbers.conf_high], lowest, 1.0).tolist()
    return replace(numbers, conf_low=low, conf_high=high)


def _why_not(found: ReaderFigures, name: str) -> str:
    if name != RANDOM_CASES and len(found.readers) < 2:
        return "one reader shows nothing of how readers differ"
    return "the figures show no spread"


def _by_experience(found: ReaderFigures, confidence: float) -> list[dict[str, Any]]:
    """Mean gain of each experience, and the first of two less the second."""
    names = [name for name in dict.fromkeys(found.experience) if name]
    if np.isnan(found.figures).any() or not names:
        return []
    gain = found.figures[:, 1] - found.figures[:, 0]
    sigma = found.covariance
    of_gain = sigma[:, 1, :, 1] + sigma[:, 0, :, 0] - sigma[:, 1, :, 0] - sigma[:, 0, :, 1]
    level = np.array(found.experience)
    rows: list[dict[str, Any]] = []
    for name in names:
        inside = np.flatnonzero(level == name)
        block = found.covariance[inside][:, :, inside]
        part = obuchowski_rockette(
            found.figures[inside], block, group=found.group[inside], confidence=confidence
        )
        chosen = RANDOM_READERS_AND_CASES if len(inside) > 1 else RANDOM_CASES
        rows.append(_level_row(name, len(inside), chosen, part.difference[chosen]))
    if len(names) == 2:
        first, second = (np.flatnonzero(level == name) for name in names)
        rows.append(_contrast(names, gain, of_gain, first, second, confidence))
    return rows


def _contrast(
    names: list[str], gain: Floats, of_gain: Floats, first: Any, second: Any, confidence: float
) -> dict[str, Any]:
    """First less second: of random readers a two-sample t, as the cases they share cancel; else the cases'."""
    weight = np.zeros(len(gain))
    weight[first], weight[second] = 1.0 / len(first), -1.0 / len(second)
    estimate = float(weight @ gain)
    label = f"{names[0]} less {names[1]}"
    df = len(first) + len(second) - 2
    if min(len(first), len(second)) > 1:
        squares = sum(float(np.sum((gain[part] - gain[part].mean()) ** 2)) for part in (first, second))
        variance = squares / df * (1.0 / len(first) + 1.0 / len(second))
        chosen, numbers = RANDOM_READERS_AND_CASES, inference(estimate, variance, df, confidence)
    else:
        variance = float(weight @ of_gain @ weight)
        chosen, numbers = RANDOM_CASES, inference(estimate, variance, np.inf, confidence)
    return _level_row(label, len(first) + len(second), chosen, numbers)


def _level_row(name: str, count: int, chosen: str, numbers: Inference) -> dict[str, Any]:
    method = "Obuchowski-Rockette" if not np.isnan(numbers.std_error) else NOT_APPLICABLE
    shown = asdict(_bounded(numbers, -1.0))
    return {"experience": name, "n_readers": count, "inference": chosen, **shown, "method": method}
