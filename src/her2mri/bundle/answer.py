"""What a bundle says of one lesion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Warned:
    """Something that must be read with the answer. ``code`` is stable; ``variable`` is empty if it is about all.

    Codes: missing, out_of_range, unusual, ignored, not_patients, prevalence, no_interval.
    """

    code: str
    message: str
    variable: str = ""


@dataclass(frozen=True)
class Answer:
    """The probability of ``positive_label`` and what it is made of; None where there is no such number.

    ``conf_low`` and ``conf_high`` bound the probability with 95 % confidence, by the way that ``interval``
    names. ``points`` and ``total_points`` are the nomogram's. ``contributions`` by variable and
    ``baseline`` add up: of a linear model, as log-odds relative to the mean of development, to
    ``linear_predictor``; of a tree or a network, where they were asked for, to ``probability``.
    ``contributions_to`` says which. Where inputs are ``missing``, ``spread_low`` and ``spread_high`` hold the central
    95 % of the probabilities that the lesion would get if they were known. ``calls`` says, for each threshold
    of the bundle, whether the lesion is positive. A lesion that the model was not made for is ``refused``,
    with the reason, and has no probability.
    """

    task: str
    model: str
    positive_label: str
    negative_label: str
    bundle: str
    probability: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    interval: str = ""
    linear_predictor: float | None = None
    total_points: float | None = None
    points: Mapping[str, float | None] | None = None
    baseline: float | None = None
    contributions: Mapping[str, float | None] | None = None
    contributions_to: str = ""
    missing: tuple[str, ...] = ()
    spread_low: float | None = None
    spread_high: float | None = None
    calls: Mapping[str, bool] = field(default_factory=dict)
    prevalence: float | None = None
    warnings: tuple[Warned, ...] = ()
    refused: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain data, for JSON."""
        return asdict(self)
