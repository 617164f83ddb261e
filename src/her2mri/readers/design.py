"""The schedule of a reader study: who reads which case in which arm, when, and in what order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from her2mri.errors import Fault, InputError
from her2mri.readers.reads import AIDED, ARMS, READ_COLUMNS, UNAIDED
from her2mri.readers.truth import Truth

ArmOrder = Literal["balanced", "unaided_first"]
ARM_ORDERS: Final = ("balanced", "unaided_first")


@dataclass(frozen=True)
class Reader:
    """A reader by name, with years of experience or a word for it (empty: not said)."""

    name: str
    experience: str = ""

    @classmethod
    def from_text(cls, text: str) -> Reader:
        """From ``NAME`` or ``NAME:EXPERIENCE``.

        >>> Reader.from_text("R1:18")
        Reader(name='R1', experience='18')
        """
        name, _, experience = text.partition(":")
        return cls(name.strip(), experience.strip())


def reading_schedule(
    truth: Truth,
    readers: Sequence[Reader],
    *,
    seed: int,
    arm_order: ArmOrder = "balanced",
    washout_days: int = 28,
    cases_per_session: int | None = None,
    start: datetime.date | None = None,
) -> pd.DataFrame:
    """A reads file without calls (``READ_COLUMNS``): every case twice by every reader.

    ``balanced``: in the first period a reader sees half of the cases aided, in the second the other half; half
    of the readers begin with the one half, half with the other. The halves keep patients whole and hold the
    levels of the truth alike; the truth itself is not written. ``unaided_first``: all cases unaided, then all
    aided. The order of cases is drawn for each reader and period. ``start`` gives the days of the sessions
    (one a day, the second period after ``washout_days`` without reading).

    Raises InputError for readers that cannot be told apart, and ValueError for a rule that is broken.
    """
    if arm_order not in ARM_ORDERS:
        raise ValueError(f"arm_order must be one of {', '.join(ARM_ORDERS)}, got {arm_order!r}")
    if washout_days < 0 or (cases_per_session is not None and cases_per_session < 1):
        raise ValueError(
            f"washout_days must be 0 or more and cases_per_session 1 or more, got {washout_days} and "
            f"{cases_per_session}"
        )
    names = [reader.name for reader in readers]
    faults = [
        Fault("readers", "a reader is named twice", value=name)
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if not names or "" in names:
        faults.append(Fault("readers", "a reader has no name", "NAME or NAME:EXPERIENCE"))
    if faults:
        raise InputError(faults)
    rng = np.random.default_rng(np.random.SeedSequence([seed, len(names)]))
    cases = truth.frame.reset_index(drop=True)
    in_first_half = _halves(cases, rng)
    begins_with_first = _alternating(readers, rng)
    parts = []
    for reader, first in zip(readers, begins_with_first, strict=True):
        aided = in_first_half == first if arm_order == "balanced" else np.zeros(len(cases), dtype=bool)
        parts.append(_reader_rows(reader, cases, aided, rng, washout_days, cases_per_session, start))
    return pd.concat(parts, ignore_index=True)[list(READ_COLUMNS)]


def _halves(cases: pd.DataFrame, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each case is in the first half: patients whole, alternating within each pattern of truth."""
    pattern = cases.groupby("patient", sort=True)["truth"].agg(lambda levels: "+".join(sorted(levels)))
    order = pattern.iloc[rng.permutation(len(pattern))].sort_values(kind="stable").index
    first = pd.Series((np.arange(len(order)) + int(rng.integers(2))) % 2 == 0, index=order)
    return cases["patient"].map(first).to_numpy(dtype=bool)


def _alternating(readers: Sequence[Reader], rng: np.random.Generator) -> list[bool]:
    """Which readers see the first half aided first: every second one within each experience."""
    order = sorted(rng.permutation(len(readers)).tolist(), key=lambda place: readers[place].experience)
    begins = [False] * len(readers)
    for count, place in enumerate(order):
        begins[place] = count % 2 == 0
    return begins


def _reader_rows(
    reader: Reader,
    cases: pd.DataFrame,
    aided_first: np.ndarray[tuple[int], np.dtype[np.bool_]],
    rng: np.random.Generator,
    washout_days: int,
    cases_per_session: int | None,
    start: datetime.date | None,
) -> pd.DataFrame:
    """Both periods of one reader."""
    size = cases_per_session or len(cases)
    sessions = -(-len(cases) // size)
    periods = []
    for period, aided in enumerate((aided_first, ~aided_first)):
        order = rng.permutation(len(cases))
        place = np.arange(len(cases))
        session = place // size + 1 + period * sessions
        part = cases.iloc[order][["case", "patient"]].assign(
            reader=reader.name,
            experience=reader.experience,
            arm=np.where(aided[order], AIDED, UNAIDED),
            session=session,
            order=place % size + 1,
            date=_days(session, period, start, washout_days),
            call="",
            confidence="",
            seconds="",
        )
        periods.append(part)
    return pd.concat(periods)


def _days(
    session: np.ndarray[tuple[int], np.dtype[np.int64]],
    period: int,
    start: datetime.date | None,
    washout_days: int,
) -> list[str]:
    """One session a day; between the last day of the first period and the second lie the washout days."""
    if start is None:
        return [""] * len(session)
    gap = max(washout_days - 1, 0) if period else 0
    return [(start + datetime.timedelta(days=int(number) - 1 + gap)).isoformat() for number in session]


def arms_by_reader(schedule: pd.DataFrame) -> pd.DataFrame:
    """How many reads each reader has in each session and arm: the check of balance."""
    counts = schedule.groupby(["reader", "session", "arm"], sort=False).size().unstack(fill_value=0)
    return counts.reindex(columns=list(ARMS), fill_value=0).reset_index()
