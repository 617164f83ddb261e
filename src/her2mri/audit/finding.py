"""What an audit says: one finding a cell, in one of three grades, and what it says of a table as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd

IMPOSSIBLE: Final = "impossible"
UNLIKELY: Final = "unlikely"
UNCHECKED: Final = "cannot be checked"

VERDICTS: Final[dict[str, str]] = {
    IMPOSSIBLE: "the printed figures contradict each other or the numbers of lesions: the proof is given",
    UNLIKELY: "possible, but not with the methods in common use",
    UNCHECKED: "what is printed does not suffice for a check",
}
"""The three grades, gravest first."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not add up, or cannot be added up.

    ``model`` is filled for a performance table and ``variable`` for a table of characteristics; "all" stands for
    the whole column. ``possible`` is what the other printed figures leave for this one; ``check`` is a stable name.
    """

    table: str
    set: str
    model: str
    variable: str
    metric: str
    printed: str
    possible: str
    verdict: str
    why: str
    check: str


FINDING_COLUMNS: Final = tuple(Finding.__dataclass_fields__)


@dataclass(frozen=True)
class Note:
    """Something that holds of a table as a whole, such as the test its p-values follow."""

    table: str
    text: str


@dataclass(frozen=True)
class Checked:
    """What one group of checks found."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()

    @classmethod
    def joined(cls, parts: Iterable[Checked]) -> Checked:
        """The findings and notes of several, in order."""
        whole = tuple(parts)
        return cls(
            tuple(finding for part in whole for finding in part.findings),
            tuple(note for part in whole for note in part.notes),
        )


@dataclass(frozen=True)
class Audit:
    """The answer to: does this table add up? ``sources`` names what was read, ``rows`` how many rows it had."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    sources: tuple[str, ...]
    rows: int

    def frame(self) -> pd.DataFrame:
        """One row a finding, in the order of the tables."""
        return pd.DataFrame([asdict(finding) for finding in self.findings], columns=list(FINDING_COLUMNS))

    def records(self) -> list[dict[str, str]]:
        """The findings as plain data, for ``--json``."""
        return [asdict(finding) for finding in self.findings]

    def count(self, verdict: str) -> int:
        """How many findings have this verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)
