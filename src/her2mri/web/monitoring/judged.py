"""The lesions of one task: what its bundle said of each, and what is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from her2mri.bundle import Bundle
from her2mri.web.monitoring.cases import Case


@dataclass(frozen=True)
class Said:
    """One lesion with the probability that was given of the event; ``event`` is None where it is not known."""

    case: Case
    probability: float
    event: bool | None


@dataclass(frozen=True)
class Judged:
    """What is known of one task. ``said``: lesions with a probability, without those that the task is not about."""

    bundle: Bundle
    said: tuple[Said, ...]
    refused: int
    not_of_task: int
    waiting: int
    """Reported, but by a report of which no outcome follows yet."""
    incomplete: int
    other_prevalence: int

    @property
    def true(self) -> tuple[Said, ...]:
        """The lesions with a known outcome, in the order in which it came to be known."""
        return tuple(sorted((said for said in self.said if said.event is not None), key=_known))

    @property
    def events(self) -> int:
        """How many of them have the event."""
        return sum(bool(said.event) for said in self.true)

    @property
    def one_a_patient(self) -> tuple[Said, ...]:
        """Of each patient's lesions the one whose outcome was known first, as ``watch_calibration`` needs them."""
        first: dict[str, Said] = {}
        for said in self.true:
            first.setdefault(said.case.patient, said)
        return tuple(first.values())

    def mean_probability(self, *, with_truth: bool) -> float | None:
        """Of the lesions with or without a known outcome."""
        found = [said.probability for said in self.said if (said.event is not None) is with_truth]
        return sum(found) / len(found) if found else None


def judged(bundle: Bundle, cases: Sequence[Case]) -> Judged:
    """The cases as this bundle's task sees them."""
    task = bundle.task
    said: list[Said] = []
    refused = not_of_task = incomplete = other_prevalence = 0
    for case in cases:
        part = case.part(bundle)
        if part is None or part["probability"] is None:
            refused += 1
        elif case.status is not None and case.status not in task.eligible:
            not_of_task += 1
        else:
            event = None if case.status is None else case.status in task.positive
            said.append(Said(case, part["probability"], event))
            incomplete += bool(part["missing"])
            other_prevalence += part["prevalence"] is not None
    waiting = sum(case.is_reported and case.status is None for case in cases)
    return Judged(bundle, tuple(said), refused, not_of_task, waiting, incomplete, other_prevalence)


def _known(said: Said) -> int:
    return said.case.known
