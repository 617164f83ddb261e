"""A binary clinical question about an outcome."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """Which levels of ``outcome`` are the event, which are not, and which lesions are asked about.

    Lesions whose outcome is in neither tuple are not eligible for the task. ``published`` are the
    predictors that the study behind the dictionary arrived at, for ``selection = "published"``.
    ``decision_range`` bounds the threshold probabilities at which somebody might act on the answer.
    """

    name: str
    label: str
    outcome: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    positive_label: str
    negative_label: str
    published: tuple[str, ...] = ()
    decision_range: tuple[float, float] = (0.05, 0.6)

    @property
    def eligible(self) -> tuple[str, ...]:
        """The outcome levels that the task is about."""
        return self.positive + self.negative

    @property
    def set_column(self) -> str:
        """The optional column of the lesion table that assigns this task's sets."""
        return f"set_{self.name}"
