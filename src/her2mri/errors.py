"""The exception tree: what may be wrong with what the user gave us, all faults at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class Fault:
    """One thing wrong in the user's input, said so that it can be mended without asking us.

    ``where`` names the file, sheet or setting; ``row`` is the row as a spreadsheet counts it
    (the header is row 1) or None where the fault is not in a row.
    """

    where: str
    problem: str
    allowed: str = ""
    remedy: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = self.where
        if self.row is not None:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        parts = [f"{place}: {self.problem}"]
        if self.value:
            parts[0] += f" (found {self.value!r})"
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.remedy:
            parts.append(self.remedy)
        return "; ".join(parts)

    def as_dict(self) -> dict[str, str | int | None]:
        """The fault as plain data, for ``--json``."""
        return asdict(self)


class Her2mriError(Exception):
    """Anything this package raises on purpose."""


class InputError(Her2mriError):
    """The input is at fault: carries every fault found, never only the first.

    >>> print(InputError([Fault("lesions.csv", "no rows")]))
    lesions.csv: no rows
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        if not self.faults:
            raise ValueError("an InputError needs at least one fault")
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Fault, ...]]]:
        """Made again from its faults, not from its text, where it comes from a worker process."""
        return type(self), (self.faults,)


class TableError(InputError):
    """A table of lesions (or of reads) cannot be used as it is."""


class StudyFileError(InputError):
    """A study file names something that does not exist or does not fit."""


class BundleError(InputError):
    """A frozen model is damaged, altered, of a newer format or not what it says it is."""


class LesionError(InputError):
    """A lesion cannot be read: a value of the wrong type, not a level, or impossible."""


class EstimationError(Her2mriError):
    """A fit or an estimate does not exist for these data (separation, one class, no convergence)."""


class NothingSelectedError(EstimationError):
    """A selection ends without any variable: all that these lesions tell is how common the event is."""
